using System.Collections.Immutable;
using OrleansWork.Engine.Storage;
using OrleansWork.Protocol;

namespace OrleansWork.Engine.Coordination;

/// <summary>The stored results of a map job's units, read while it runs and after it.</summary>
/// <remarks>Called in the coordinator's turns.</remarks>
internal sealed class UnitResultFeed(CoordinatorServices services, JobRecord record)
{
    private readonly Signal _stored = new();
    private ResultReader? _reader;

    /// <summary>Says that more may be stored than before.</summary>
    public void Stored() => _stored.Raise();

    /// <summary>Reads results from a cursor on; waits for some when there are none.</summary>
    public async Task<UnitResultsReply> GetAsync(long cursor, bool inOrder, TimeSpan wait)
    {
        Task stored = _stored.Next;
        ResultSlice slice = await ReadAsync(cursor, inOrder);
        if (slice is { Batch.Length: 0, Failures.Count: 0, End: false } && wait > TimeSpan.Zero)
        {
            await Task.WhenAny(stored, Task.Delay(wait, services.Time));
            slice = await ReadAsync(cursor, inOrder);
        }

        ImmutableArray<UnitError> errors =
        [
            .. slice.Failures.Select(failure => new UnitError(failure.Unit, failure.Type, failure.Message, failure.Silo)),
        ];
        return new UnitResultsReply(slice.Next, slice.Batch, errors, slice.End, null);
    }

    private Task<ResultSlice> ReadAsync(long cursor, bool inOrder)
    {
        _reader ??= new ResultReader(record.Segments());
        JobManifest manifest = record.Current!;
        return inOrder ? _reader.ReadInOrderAsync(manifest, cursor) : _reader.ReadStoredAsync(manifest, cursor);
    }
}
