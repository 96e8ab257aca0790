using OrleansWork.Engine.Storage;

namespace OrleansWork.Engine.Execution;

/// <summary>The items of one job on one silo, read from storage as units come to them; those read last are kept for all slots.</summary>
internal sealed class StoredItems(SegmentReader segments, SegmentIndex index, TimeProvider time) : IItemSource
{
    private const int SegmentsKept = 16;
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan GiveUpAfter = TimeSpan.FromSeconds(60);

    private readonly Lock _gate = new();
    private readonly RecentCache<long, Loading> _loads = new(SegmentsKept);
    private volatile ItemSegment? _last;

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> Get(long unit, IUnitHost host)
    {
        if (_last is { } last && last.Has(unit))
            return last[unit];
        Loading loading = Load(unit);
        if (!loading.Ended.IsSet)
            loading.Ended.Wait(host.CancellationToken);
        return Use(loading)[unit];
    }

    /// <inheritdoc/>
    public async ValueTask LoadAsync(long unit, IUnitHost host)
    {
        if (_last is { } last && last.Has(unit))
            return;
        Loading loading = Load(unit);
        if (!loading.Ended.IsSet)
            await loading.Work.WaitAsync(host.CancellationToken);
        Use(loading);
    }

    private ItemSegment Use(Loading loading)
    {
        if (loading.Segment is { } segment)
            return _last = segment;
        throw new IOException($"The items could not be read: {loading.Error?.Message}", loading.Error);
    }

    private Loading Load(long unit)
    {
        lock (_gate)
        {
            foreach (Loading known in _loads.Values)
            {
                if (known.Segment is { } segment ? segment.Has(unit) : known.Unit == unit)
                {
                    _loads.TryGet(known.Unit, out _);
                    return known;
                }
            }

            Loading loading = new(unit);
            _loads.Add(unit, loading);
            loading.Work = Task.Run(() => LoadAsync(loading));
            return loading;
        }
    }

    /// <summary>Reads the segment of a unit, again while storage does not answer.</summary>
    private async Task LoadAsync(Loading loading)
    {
        long began = time.GetTimestamp();
        TimeSpan delay = FirstRetry;
        while (true)
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
                    await Task.Delay(delay, time);
                    delay = delay * 2 < LongestRetry ? delay * 2 : LongestRetry;
                    continue;
                }

                loading.Error = exception;
                lock (_gate)
                    _loads.Remove(loading.Unit);
                break;
            }
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
    }
}
