using System.Buffers;
using OrleansWork.Scheduling.Ledger;

namespace OrleansWork.Engine.Storage;

/// <summary>Reads the results of a map job from what its manifest names; a few segments are kept for the readers to come.</summary>
internal sealed class ResultReader(SegmentReader segments)
{
    private const int SegmentsKept = 8;
    private const int SliceBytes = 1 << 20;
    private const int MaxRunsKept = 1 << 16;

    private readonly RecentCache<StoredSegment, ResultSegment> _kept = new(SegmentsKept);

    // What was read once is not read again to find that it lacks a unit: with leases of many silos in flight, dozens of segments span one.
    private readonly Dictionary<StoredSegment, UnitRange[]> _runs = [];
    private ArrayBufferWriter<byte>? _spareOutput;
    private int _runsKept;
    private (byte[] Bytes, ResultSegment Segment)? _tail;

    /// <summary>Reads results in the order in which they were stored.</summary>
    /// <param name="manifest">The manifest as stored.</param>
    /// <param name="place">How many were read before.</param>
    public async Task<ResultSlice> ReadStoredAsync(JobManifest manifest, long place)
    {
        ArrayBufferWriter<byte> output = TakeOutput(manifest);
        UnitResultWriter writer = new(output);
        while (output.WrittenCount < SliceBytes)
        {
            (ResultSegment segment, int at) = await segments.FindPlaceAsync(manifest.Results, place) is { } found
                ? (await GetAsync(found.Segment), found.Place)
                : (Tail(manifest), (int)(place - manifest.Results.Count));
            if (at >= segment.Count)
                break;
            for (; at < segment.Count && output.WrittenCount < SliceBytes; at++, place++)
            {
                (long unit, ReadOnlyMemory<byte> json) = segment[at];
                writer.Write(unit, json.Span);
            }
        }

        bool end = manifest.IsTerminal && place >= manifest.ResultCount;
        return new ResultSlice(place, Content(output), end ? Failed(manifest, 0, long.MaxValue) : [], end);
    }

    /// <summary>Reads results in the order of their units; while the job runs it stops before the first one missing.</summary>
    /// <param name="manifest">The manifest as stored.</param>
    /// <param name="unit">The unit to go on with.</param>
    public async Task<ResultSlice> ReadInOrderAsync(JobManifest manifest, long unit)
    {
        ArrayBufferWriter<byte> output = TakeOutput(manifest);
        UnitResultWriter writer = new(output);
        List<StoredFailure> failures = [];
        bool end = false;
        while (output.WrittenCount < SliceBytes)
        {
            (long from, long to) = NextCommitted(manifest, unit);
            if (from > unit)
            {
                // A gap: units that failed for good and, once the job has ended, those that never ran.
                IReadOnlyList<StoredFailure> skipped = Failed(manifest, unit, from);
                failures.AddRange(skipped);
                if (manifest.IsTerminal)
                    unit = from;
                else
                    unit = FirstMissing(skipped, unit);
                end = manifest.IsTerminal && from == long.MaxValue;
                if (end || unit < from)
                    break;
            }

            unit = await CopyAsync(manifest, from, to);
        }

        return new ResultSlice(unit, Content(output), failures, end);

        async Task<long> CopyAsync(JobManifest stored, long next, long to)
        {
            while (next < to && output.WrittenCount < SliceBytes)
            {
                long before = next;
                foreach (StoredSegment candidate in await segments.FindUnitAsync(stored.Results, next))
                {
                    if (_runs.TryGetValue(candidate, out UnitRange[]? runs) && !Has(runs, next))
                        continue;
                    next = Copy(await GetAsync(candidate), next, to);
                    if (next > before)
                        break;
                }

                if (next == before)
                    next = Copy(Tail(stored), next, to);
                if (next == before)
                    throw new StoredRecordException($"The stored result of unit {next} of job {stored.JobId} is missing.", isForGood: true);
            }

            return next;
        }

        long Copy(ResultSegment segment, long next, long to)
        {
            foreach ((long found, ReadOnlyMemory<byte> json) in segment.From(next))
            {
                if (next == to || output.WrittenCount >= SliceBytes)
                    break;
                writer.Write(found, json.Span);
                next = found + 1;
            }

            return next;
        }
    }

    private static (long From, long To) NextCommitted(JobManifest manifest, long unit)
    {
        for (int i = 0; i + 1 < manifest.Committed.Length; i += 2)
        {
            if (manifest.Committed[i + 1] > unit)
                return (Math.Max(unit, manifest.Committed[i]), manifest.Committed[i + 1]);
        }

        return (long.MaxValue, long.MaxValue);
    }

    private static IReadOnlyList<StoredFailure> Failed(JobManifest manifest, long from, long to) =>
        [
            .. manifest
                .Failures.Where(failure => failure.ForGood && failure.Unit >= from && failure.Unit < to)
                .OrderBy(failure => failure.Unit),
        ];

    private static long FirstMissing(IEnumerable<StoredFailure> failed, long unit)
    {
        foreach (StoredFailure failure in failed)
        {
            if (failure.Unit != unit)
                break;
            unit++;
        }

        return unit;
    }

    private async Task<ResultSegment> GetAsync(StoredSegment segment)
    {
        if (_kept.TryGet(segment, out ResultSegment? known))
            return known;
        ResultSegment read = new(await segments.ReadAsync(segment), segment.Count);
        _kept.Add(segment, read);
        KeepRuns(segment, read.Runs());
        return read;
    }

    private void KeepRuns(StoredSegment segment, UnitRange[] runs)
    {
        if (_runsKept + runs.Length > MaxRunsKept)
        {
            _runs.Clear();
            _runsKept = 0;
        }

        if (_runs.TryAdd(segment, runs))
            _runsKept += runs.Length;
    }

    private static bool Has(UnitRange[] runs, long unit)
    {
        int low = 0;
        for (int high = runs.Length; low < high; )
        {
            int middle = (low + high) / 2;
            if (runs[middle].To <= unit)
                low = middle + 1;
            else
                high = middle;
        }

        return low < runs.Length && runs[low].From <= unit;
    }

    // Buffers that grow to a slice would be garbage of four times its size.
    private ArrayBufferWriter<byte> TakeOutput(JobManifest manifest)
    {
        if (Interlocked.Exchange(ref _spareOutput, null) is { } spare)
            return spare;
        long stored = manifest.ResultTail.Length + manifest.Results.Open.Sum(static segment => (long)segment.Bytes);
        int most = SliceBytes + (SliceBytes / 16);
        return new ArrayBufferWriter<byte>(manifest.Results.Sealed.IsEmpty ? (int)Math.Clamp(stored, 256, most) : most);
    }

    private byte[] Content(ArrayBufferWriter<byte> output)
    {
        byte[] content = output.WrittenSpan.ToArray();
        output.ResetWrittenCount();
        if (output.Capacity <= 2 * SliceBytes)
            _spareOutput = output;
        return content;
    }

    private ResultSegment Tail(JobManifest manifest)
    {
        if (_tail is { } tail && ReferenceEquals(tail.Bytes, manifest.ResultTail))
            return tail.Segment;
        ResultSegment read = new(manifest.ResultTail, manifest.ResultTailCount);
        _tail = (manifest.ResultTail, read);
        return read;
    }
}
