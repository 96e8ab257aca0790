using System.Globalization;
using OrleansWork.Engine.Coordination;

namespace OrleansWork.Silo.Watching;

/// <summary>Follows one job for as long as somebody watches it: one question to its coordinator, however many watch.</summary>
/// <remarks>Viewers see the newest status; what came and went while one was slow it does not see, so nothing grows with slow viewers.</remarks>
internal sealed class JobFeed : IDisposable
{
    private static readonly TimeSpan StatusWait = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ShortestPace = TimeSpan.FromMilliseconds(5);

    /// <summary>How long after a failed question the next one is asked.</summary>
    private static readonly TimeSpan FailedPace = TimeSpan.FromSeconds(1);

    private readonly Func<long, TimeSpan, CancellationToken, Task<(long Sequence, JobStatus Status)>> _ask;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _lock = new();
    private readonly Signal _changed = new();
    private JobMoment? _latest;
    private bool _isOver;

    /// <summary>Starts to follow.</summary>
    /// <param name="ask">Asks the coordinator for a status that is newer than a known one, and waits for it.</param>
    /// <param name="time">The time.</param>
    public JobFeed(Func<long, TimeSpan, CancellationToken, Task<(long Sequence, JobStatus Status)>> ask, TimeProvider time)
    {
        _ask = ask;
        _time = time;
        CancellationToken stopping = _stopping.Token;

        // It outlives the request of the viewer who was first, and is no part of it.
        using (ExecutionContext.SuppressFlow())
            _ = Task.Run(() => FollowAsync(stopping), stopping);
    }

    /// <summary>Gets or sets how many watch; its keeper counts.</summary>
    public int Viewers { get; set; }

    /// <summary>Returns the newest status, null before the first; whether nothing follows; and what tells of the next change.</summary>
    public (JobMoment? Latest, bool IsOver, Task Changed) Look()
    {
        lock (_lock)
            return (_latest, _isOver, _changed.Next);
    }

    /// <summary>Stops to follow.</summary>
    public void Dispose()
    {
        _stopping.Cancel();
        _stopping.Dispose();
    }

    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        long known = -1;
        TimeSpan pace = ShortestPace;
        while (!cancellationToken.IsCancellationRequested)
        {
            long asked = _time.GetTimestamp();
            TimeSpan rest;
            try
            {
                (long sequence, JobStatus status) = await _ask(known, StatusWait, cancellationToken);
                // Another activation of the coordinator counts anew: the same number may stand for the end.
                if (sequence != known || status.IsTerminal)
                    Publish(new JobMoment(IdOf(sequence, status), status), status.IsTerminal);
                if (status.IsTerminal)
                    return;
                known = sequence;
                rest = pace - _time.GetElapsedTime(asked);
                TimeSpan slowest = ViewerPace.Of(Viewers);
                pace = pace * 2 < slowest ? pace * 2 : slowest;
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (RequestException refusal) when (refusal.Reason == ErrorReason.NotFound)
            {
                Publish(moment: null, isOver: true);
                return;
            }
            catch (Exception)
            {
                // The coordinator moves, or storage is away: viewers keep what they see until there is something newer.
                (known, rest) = (-1, FailedPace);
            }

            if (rest > TimeSpan.Zero)
                await Task.Delay(rest, _time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Publish(JobMoment? moment, bool isOver)
    {
        lock (_lock)
        {
            _latest = moment ?? _latest;
            _isOver = isOver;
            _changed.Raise();
        }
    }

    private static string IdOf(long sequence, JobStatus status) =>
        string.Create(CultureInfo.InvariantCulture, $"{status.Coordinator ?? "none"}/{sequence}");
}
