using System.Collections.Immutable;
using System.Threading.Channels;
using OrleansWork.Engine.Execution;
using OrleansWork.Engine.Storage;
using OrleansWork.Protocol;

namespace OrleansWork.Engine.Coordination;

/// <content>Items: listed once, stored before the first lease. Results of units: read while the job runs and after it.</content>
internal sealed partial class JobGrain
{
    private const int BatchesAhead = 2;

    private CancellationTokenSource? _listing;
    private ResultReader? _results;
    private TaskCompletionSource _resultsStored = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <inheritdoc/>
    public async Task<UnitResultsReply> GetUnitResultsAsync(long cursor, bool inOrder, TimeSpan wait)
    {
        if (Missing() is { } refusal)
            return NoResults(cursor, refusal);
        if (!_record.Current!.IsMap)
            return NoResults(
                cursor,
                new Refusal(
                    ErrorReason.Refused,
                    $"Job {JobId} is of kind {_record.Current.Kind}, which combines its units to one result.",
                    []
                )
            );
        if (cursor < 0)
            return NoResults(cursor, new Refusal(ErrorReason.WrongInput, $"The cursor is {cursor}; results start at 0.", []));
        if (_run is null && _starting is null && !_record.Current.IsTerminal && _ending is null)
            await StartIfPlacedAsync();
        try
        {
            Task stored = _resultsStored.Task;
            ResultSlice slice = await ReadAsync();
            if (slice is { Batch.Length: 0, Failures.Count: 0, End: false } && wait > TimeSpan.Zero)
            {
                await Task.WhenAny(stored, Task.Delay(wait < LongestWait ? wait : LongestWait, services.Time));
                slice = await ReadAsync();
            }

            ImmutableArray<UnitError> errors =
            [
                .. slice.Failures.Select(failure => new UnitError(failure.Unit, failure.Type, failure.Message, failure.Silo)),
            ];
            return new UnitResultsReply(slice.Next, slice.Batch, errors, slice.End, null);
        }
        catch (Exception exception) when (StorageFailures.Is(exception))
        {
            return NoResults(
                cursor,
                new Refusal(ErrorReason.Unavailable, $"Job {JobId}: storage does not answer: {exception.Message}", [])
            );
        }

        Task<ResultSlice> ReadAsync()
        {
            _results ??= new ResultReader(_record.Segments());
            JobManifest manifest = _record.Current!;
            return inOrder ? _results.ReadInOrderAsync(manifest, cursor) : _results.ReadStoredAsync(manifest, cursor);
        }
    }

    private static UnitResultsReply NoResults(long cursor, Refusal refusal) => new(cursor, [], [], End: false, refusal);

    private void ResultsStored()
    {
        TaskCompletionSource waiting = _resultsStored;
        _resultsStored = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        waiting.TrySetResult();
    }

    private async Task StopListingAsync()
    {
        if (_listing is { } listing)
            await listing.CancelAsync();
    }

    /// <summary>Lists the items on a service thread and stores them as they come, at the pace of storage.</summary>
    /// <returns>Whether all are stored; false when the job ended in the meantime.</returns>
    private async Task<bool> ListItemsAsync(KindRuntime kind)
    {
        if (_record.Current!.Items.Count > 0)
            await _record.ForgetItemsAsync();
        using CancellationTokenSource listing = new();
        _listing = listing;
        Channel<ItemBatch> channel = Channel.CreateBounded<ItemBatch>(BatchesAhead);
        Task<bool> producing = services.UserCode.RunAsync("Items", () => ProduceAsync(channel.Writer), CancellationToken.None);
        try
        {
            await foreach (ItemBatch batch in channel.Reader.ReadAllAsync(CancellationToken.None))
            {
                if (_record.Current!.IsTerminal || _superseded || _ending is not null)
                    return false;
                CheckCount(batch.From + batch.Count);
                await WriteUntilStoredAsync((current, pages) => current!.IsTerminal ? current : WithItems(current, batch, pages));
            }

            await producing;
            return _record.Current is { IsTerminal: false, UnitCount: >= 0 } && !_superseded;
        }
        catch (UserCodeException) when (_ending is not null || listing.IsCancellationRequested)
        {
            return false;
        }
        finally
        {
            _listing = null;
            await listing.CancelAsync();
            _ = producing.ContinueWith(static task => task.Exception, TaskScheduler.Default);
        }

        async Task<bool> ProduceAsync(ChannelWriter<ItemBatch> output)
        {
            try
            {
                await foreach (ItemBatch batch in kind.ListItemsAsync(_input, listing.Token))
                    await output.WriteAsync(batch, listing.Token);
                return true;
            }
            finally
            {
                output.TryComplete();
            }
        }
    }

    private void CheckCount(long items)
    {
        try
        {
            _ = UnitCount.Checked(items, Limits.MaxUnits);
        }
        catch (UnitCountException exception)
        {
            throw UserCodeFailures.Of("Items", exception);
        }
    }

    private static JobManifest WithItems(JobManifest current, ItemBatch batch, PayloadWriter pages)
    {
        SegmentIndex items = current.Items;
        // A write that was taken for failed may have stored the batch already.
        if (batch.Count > 0 && items.Count == batch.From)
            items = items.Add(pages.AddSegment(batch.Bytes, batch.From, batch.From + batch.Count - 1, batch.Count), pages);
        return current with { Items = items, UnitCount = batch.IsLast ? batch.From + batch.Count : current.UnitCount };
    }
}
