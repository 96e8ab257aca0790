using System.Collections.Immutable;

namespace OrleansWork.Engine.Storage;

/// <summary>Reads segments of one job and the pages of their index; a few index pages are kept. Safe for many callers.</summary>
internal sealed class SegmentReader(JobStore store, string jobId, ulong incarnation)
{
    private const int IndexPagesKept = 4;
    private readonly Lock _gate = new();
    private readonly RecentCache<StoredSegment, ImmutableArray<StoredSegment>> _indexPages = new(IndexPagesKept);

    /// <summary>Reads the bytes of a segment.</summary>
    public async Task<byte[]> ReadAsync(StoredSegment segment)
    {
        if (segment.Bytes <= JobStore.MaxPageBytes && segment.Bytes > 0)
            return await store.ReadPageAsync(jobId, incarnation, new PageKey(segment.Epoch, segment.Page));
        byte[] whole = new byte[segment.Bytes];
        int at = 0;
        foreach (PageKey page in segment.Pages)
        {
            byte[] piece = await store.ReadPageAsync(jobId, incarnation, page);
            piece.CopyTo(whole, at);
            at += piece.Length;
        }

        return whole;
    }

    /// <summary>Reads the entries of a sealed part of an index.</summary>
    public async Task<ImmutableArray<StoredSegment>> ReadIndexAsync(StoredSegment part)
    {
        lock (_gate)
        {
            if (_indexPages.TryGet(part, out ImmutableArray<StoredSegment> known))
                return known;
        }

        ImmutableArray<StoredSegment> entries = SegmentIndex.Decode(await ReadAsync(part));
        lock (_gate)
            _indexPages.Add(part, entries);
        return entries;
    }

    /// <summary>Finds the segments that may hold a unit, newest first.</summary>
    public async Task<List<StoredSegment>> FindUnitAsync(SegmentIndex index, long unit)
    {
        List<StoredSegment> found = [];
        Collect(index.Open);
        for (int i = index.Sealed.Length - 1; i >= 0; i--)
        {
            if (Spans(index.Sealed[i]))
                Collect(await ReadIndexAsync(index.Sealed[i]));
        }

        return found;

        void Collect(ImmutableArray<StoredSegment> entries)
        {
            for (int i = entries.Length - 1; i >= 0; i--)
            {
                if (Spans(entries[i]))
                    found.Add(entries[i]);
            }
        }

        bool Spans(StoredSegment segment) => segment.First <= unit && unit <= segment.Last;
    }

    /// <summary>Finds the segment with the entry that was stored after <paramref name="place"/> others.</summary>
    /// <returns>The segment and the entry's place in it; null when fewer are stored.</returns>
    public async Task<(StoredSegment Segment, int Place)?> FindPlaceAsync(SegmentIndex index, long place)
    {
        foreach (StoredSegment part in index.Sealed)
        {
            if (place < part.Count)
                return Find(await ReadIndexAsync(part), ref place);
            place -= part.Count;
        }

        return Find(index.Open, ref place);

        static (StoredSegment, int)? Find(ImmutableArray<StoredSegment> entries, ref long place)
        {
            foreach (StoredSegment entry in entries)
            {
                if (place < entry.Count)
                    return (entry, (int)place);
                place -= entry.Count;
            }

            return null;
        }
    }

    /// <summary>Lists every page that an index names, itself and what it names.</summary>
    public async Task<HashSet<PageKey>> PagesAsync(SegmentIndex index)
    {
        HashSet<PageKey> pages = [.. index.Open.SelectMany(segment => segment.Pages)];
        foreach (StoredSegment part in index.Sealed)
        {
            pages.UnionWith(part.Pages);
            pages.UnionWith((await ReadIndexAsync(part)).SelectMany(segment => segment.Pages));
        }

        return pages;
    }
}
