using System.Text.Json;
using OrleansWork.Engine.Coordination;

namespace OrleansWork.Silo.Watching;

/// <summary>Follows the leases of one job for as long as somebody looks at them: one question to its coordinator at <see cref="ViewerPace"/>.</summary>
/// <remarks>Viewers get the newest batch; one who was too slow for a batch sees that by <see cref="LeaseBatch.From"/>, and reads the list anew.</remarks>
internal sealed class LeaseFeed : IDisposable
{
    private static readonly TimeSpan FailedPace = TimeSpan.FromSeconds(1);

    private readonly Func<string?, CancellationToken, Task<JobLeases>> _ask;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _lock = new();
    private readonly Signal _changed = new();
    private LeaseBatch? _latest;

    /// <summary>Starts to follow.</summary>
    /// <param name="ask">Asks the coordinator for what has ended since a cursor, and what runs.</param>
    /// <param name="time">The time.</param>
    public LeaseFeed(Func<string?, CancellationToken, Task<JobLeases>> ask, TimeProvider time)
    {
        _ask = ask;
        _time = time;
        CancellationToken stopping = _stopping.Token;

        // It outlives the request of the viewer who was first, and is no part of it.
        using (ExecutionContext.SuppressFlow())
            _ = Task.Run(() => FollowAsync(stopping), stopping);
    }

    /// <summary>Gets or sets how many look; its keeper counts.</summary>
    public int Viewers { get; set; }

    /// <summary>Returns the newest batch, null before the first, and what tells of the next.</summary>
    public (LeaseBatch? Latest, Task Changed) Look()
    {
        lock (_lock)
            return (_latest, _changed.Next);
    }

    /// <summary>Stops to follow.</summary>
    public void Dispose()
    {
        _stopping.Cancel();
        _stopping.Dispose();
    }

    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        string? cursor = null;
        while (!cancellationToken.IsCancellationRequested)
        {
            TimeSpan pace = ViewerPace.Of(Viewers);
            try
            {
                JobLeases leases = await _ask(cursor, cancellationToken);
                if (leases.Columns.Number.Count > 0)
                    Publish(new LeaseBatch(cursor, leases.NextCursor, JsonSerializer.Serialize(leases, OrleansWorkJson.Documents)));
                cursor = leases.NextCursor;
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception)
            {
                // The coordinator moves, or the job is gone, which its status says: the next one counts its leases anew.
                (cursor, pace) = (null, FailedPace);
            }

            await Task.Delay(pace, _time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Publish(LeaseBatch batch)
    {
        lock (_lock)
        {
            _latest = batch;
            _changed.Raise();
        }
    }
}
