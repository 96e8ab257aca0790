using OrleansWork.Engine.Storage;
using OrleansWork.Scheduling.Failures;

namespace OrleansWork.Engine.Execution;

/// <summary>The items of one job on one silo, read from storage as units come to them; those read last are kept for all slots.</summary>
/// <param name="segments">Reads what is stored.</param>
/// <param name="index">Names the segments.</param>
/// <param name="slots">How many slots run units of the job, each in another segment at times.</param>
/// <param name="time">The clock of retries.</param>
internal sealed class StoredItems(SegmentReader segments, SegmentIndex index, int slots, TimeProvider time) : IItemSource
{
    private const int LeastKept = 16;
    private static readonly BackOff Retries = new(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(2));
    private static readonly TimeSpan GiveUpAfter = TimeSpan.FromSeconds(60);

    // Two for each slot: the one it is in and the one it comes to.
    private readonly int _most = Math.Max(LeastKept, 2 * slots);
    private readonly Lock _gate = new();
    private readonly Dictionary<long, Loading> _loads = [];

    // Replaced as a whole, the newest first: slots read it for every unit and take no lock.
    private volatile ItemSegment[] _kept = [];

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> Get(long unit, IUnitHost host)
    {
        if (Find(unit) is { } segment)
            return segment[unit];
        Loading loading = Load(unit);
        if (!loading.Ended.IsSet)
            loading.Ended.Wait(host.CancellationToken);
        return loading.Result[unit];
    }

    /// <inheritdoc/>
    public async ValueTask LoadAsync(long unit, IUnitHost host)
    {
        if (Find(unit) is not null)
            return;
        Loading loading = Load(unit);
        if (!loading.Ended.IsSet)
            await loading.Work.WaitAsync(host.CancellationToken);
        _ = loading.Result;
    }

    private ItemSegment? Find(long unit)
    {
        foreach (ItemSegment segment in _kept)
        {
            if (segment.Has(unit))
                return segment;
        }

        return null;
    }

    private Loading Load(long unit)
    {
        lock (_gate)
        {
            if (_loads.TryGetValue(unit, out Loading? known))
                return known;
            Loading loading = new(unit);
            if (Find(unit) is { } segment)
            {
                loading.Segment = segment;
                loading.Ended.Set();
                return loading;
            }

            _loads.Add(unit, loading);
            loading.Work = Task.Run(() => LoadAsync(loading));
            return loading;
        }
    }

    private void Keep(ItemSegment segment)
    {
        ItemSegment[] others = [.. _kept.Where(kept => kept.From != segment.From).Take(_most - 1)];
        _kept = [segment, .. others];
    }

    /// <summary>Reads the segment of a unit, again while storage does not answer.</summary>
    private async Task LoadAsync(Loading loading)
    {
        long began = time.GetTimestamp();
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                StoredSegment found = (await segments.FindUnitAsync(index, loading.Unit)).Single();
                loading.Segment = new ItemSegment(found.First, found.Count, await segments.ReadAsync(found));
                break;
            }
            catch (Exception exception)
            {
                if (exception is not StoredRecordException && StorageFailures.Is(exception) && time.GetElapsedTime(began) < GiveUpAfter)
                {
                    await Task.Delay(Retries.After(attempt), time);
                    continue;
                }

                loading.Error = exception;
                break;
            }
        }

        lock (_gate)
        {
            _loads.Remove(loading.Unit);
            if (loading.Segment is { } segment)
                Keep(segment);
        }

        loading.Ended.Set();
    }

    private sealed class Loading(long unit)
    {
        public long Unit { get; } = unit;
        public Task Work { get; set; } = Task.CompletedTask;
        public ManualResetEventSlim Ended { get; } = new(initialState: false);
        public volatile ItemSegment? Segment;
        public volatile Exception? Error;

        public ItemSegment Result => Segment ?? throw new IOException($"The items could not be read: {Error?.Message}", Error);
    }
}
