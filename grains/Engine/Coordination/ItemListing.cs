using System.Threading.Channels;
using OrleansWork.Engine.Execution;
using OrleansWork.Engine.Storage;

namespace OrleansWork.Engine.Coordination;

/// <summary>Lists the items of a job on a service thread, batch by batch, at the pace at which they are taken.</summary>
/// <remarks>Called in the coordinator's turns.</remarks>
internal sealed class ItemListing : IDisposable
{
    private const int BatchesAhead = 2;

    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<ItemBatch> _batches = Channel.CreateBounded<ItemBatch>(BatchesAhead);
    private readonly Task<bool> _producing;
    private readonly long _maxUnits;

    /// <summary>Begins.</summary>
    /// <param name="userCode">Where the kind's code runs.</param>
    /// <param name="instance">The kind's instance.</param>
    /// <param name="maxUnits"><see cref="CoordinatorOptions.MaxUnits"/>.</param>
    public ItemListing(IUserCode userCode, JobInstance instance, long maxUnits)
    {
        _maxUnits = maxUnits;
        _producing = userCode.RunAsync("Items", () => ProduceAsync(instance), CancellationToken.None);
    }

    /// <summary>Gets the batch that was listed last.</summary>
    /// <value>Set by <see cref="ReadAsync"/>.</value>
    public ItemBatch? Batch { get; private set; }

    /// <summary>Reads the next batch.</summary>
    /// <exception cref="UserCodeException">The kind's code threw, lists too many, or was stopped.</exception>
    public async Task ReadAsync()
    {
        if (!await _batches.Reader.WaitToReadAsync() || !_batches.Reader.TryRead(out ItemBatch? batch))
        {
            await _producing;
            throw new InvalidOperationException("The list of items has no last batch.");
        }

        try
        {
            _ = UnitCount.Checked(batch.From + batch.Count, _maxUnits);
        }
        catch (UnitCountException exception)
        {
            throw UserCodeFailures.Of("Items", exception);
        }

        Batch = batch;
    }

    /// <summary>Takes the batch that was listed last into a record.</summary>
    public JobManifest AddTo(JobManifest current, PayloadWriter pages)
    {
        ItemBatch batch = Batch!;
        SegmentIndex items = current.Items;
        // A write that was taken for failed may have stored the batch already.
        if (batch.Count > 0 && items.Count == batch.From)
            items = items.Add(pages.AddSegment(batch.Bytes, batch.From, batch.From + batch.Count - 1, batch.Count), pages);
        return batch.IsLast
            ? current.AfterStep() with
            {
                Items = items,
                UnitCount = batch.From + batch.Count,
            }
            : current with
            {
                Items = items,
            };
    }

    /// <summary>Stops the kind's code, which may take its time.</summary>
    public void Stop()
    {
        _ = _stop.CancelAsync();
        _ = _producing.ContinueWith(static task => task.Exception, TaskScheduler.Default);
    }

    /// <inheritdoc/>
    public void Dispose() => _stop.Dispose();

    private async Task<bool> ProduceAsync(JobInstance instance)
    {
        try
        {
            await foreach (ItemBatch batch in instance.ListItemsAsync(_stop.Token))
                await _batches.Writer.WriteAsync(batch, _stop.Token);
            return true;
        }
        finally
        {
            _batches.Writer.TryComplete();
        }
    }
}
