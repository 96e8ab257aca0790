using System.Buffers;
using System.Runtime.InteropServices;
using OrleansWork.Engine.Storage;
using OrleansWork.Scheduling.Ledger;

namespace OrleansWork.Engine.Coordination;

/// <summary>The results of a map job that are committed and not stored yet, in the order in which they are stored.</summary>
/// <param name="stored">How many were stored before this coordinator.</param>
internal sealed class ResultLog(long stored)
{
    /// <summary>Above it no new leases are granted until storage has caught up.</summary>
    public const long HoldBytes = 32 << 20;

    /// <summary>Above it the results are stored at once.</summary>
    public const long StoreAtOnceBytes = 4 << 20;

    /// <summary>The newest results stay in the manifest, which is written anyway, until they are worth a page.</summary>
    public const int TailBytes = 64 << 10;

    private const int EntryBytes = 64;

    private readonly List<(long Unit, ReadOnlyMemory<byte> Json)> _pending = [];
    private long _stored = stored;

    // Their order was offered to storage, which may have taken them even if the write failed: it never changes.
    private int _ordered;

    /// <summary>Gets how much memory they take.</summary>
    public long PendingBytes { get; private set; }

    /// <summary>Keeps the results of some of a batch's units.</summary>
    /// <param name="batch">The results, as <see cref="UnitResultReader"/> reads them.</param>
    /// <param name="kept">The units, in unit order.</param>
    public void Add(byte[] batch, IReadOnlyList<UnitRange> kept)
    {
        int range = 0;
        UnitResultReader reader = new(batch);
        while (reader.TryRead(out long unit, out ReadOnlyMemory<byte> json))
        {
            while (range < kept.Count && kept[range].To <= unit)
                range++;
            if (range == kept.Count)
                return;
            if (unit < kept[range].From)
                continue;
            _pending.Add((unit, json));
            PendingBytes += json.Length + EntryBytes;
        }
    }

    /// <summary>Forgets what is stored by now.</summary>
    /// <param name="storedCount">How many results the stored manifest has.</param>
    public void Trim(long storedCount)
    {
        int count = (int)(storedCount - _stored);
        if (count <= 0)
            return;
        for (int i = 0; i < count; i++)
            PendingBytes -= _pending[i].Json.Length + EntryBytes;
        _pending.RemoveRange(0, count);
        _stored = storedCount;
        _ordered = Math.Max(0, _ordered - count);
    }

    /// <summary>Appends all results that the manifest does not have, in unit order; they are kept until <see cref="Trim"/>.</summary>
    public JobManifest AppendTo(JobManifest manifest, PayloadWriter pages)
    {
        Trim(manifest.ResultCount);
        if (_pending.Count == 0)
            return manifest;
        Order();
        SegmentIndex index = manifest.Results;
        // One that grew to a page would leave as much garbage again.
        ArrayBufferWriter<byte> open = new((int)Math.Min(manifest.ResultTail.Length + PendingBytes, JobStore.MaxPageBytes));
        UnitResultWriter writer = new(open);
        (long first, long last, long count) = (long.MaxValue, long.MinValue, 0);
        UnitResultReader tail = new(manifest.ResultTail);
        while (tail.TryRead(out long unit, out ReadOnlyMemory<byte> json))
            Append(unit, json);
        foreach ((long unit, ReadOnlyMemory<byte> json) in _pending)
            Append(unit, json);
        if (open.WrittenCount > TailBytes)
            Close();
        return manifest with { Results = index, ResultTail = open.WrittenSpan.ToArray(), ResultTailCount = (int)count };

        void Append(long unit, ReadOnlyMemory<byte> json)
        {
            if (count > 0 && open.WrittenCount + json.Length + (2 * Varint.MaxBytes) > JobStore.MaxPageBytes)
                Close();
            writer.Write(unit, json.Span);
            (first, last, count) = (Math.Min(first, unit), Math.Max(last, unit), count + 1);
        }

        void Close()
        {
            index = index.Add(pages.AddSegment(open.WrittenSpan, first, last, count), pages);
            open.ResetWrittenCount();
            writer = new UnitResultWriter(open);
            (first, last, count) = (long.MaxValue, long.MinValue, 0);
        }
    }

    // Leases end in any order: sorted, a segment has few runs of units, and a reader in the order of units comes back to few of them.
    private void Order()
    {
        CollectionsMarshal.AsSpan(_pending)[_ordered..].Sort(static (left, right) => left.Unit.CompareTo(right.Unit));
        _ordered = _pending.Count;
    }
}
