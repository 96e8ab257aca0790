using System.Buffers.Binary;
using System.Collections.Immutable;
using Orleans.Concurrency;

namespace OrleansWork.Engine.Storage;

/// <summary>A run of items or results in pages of its own; the pages' numbers follow one another.</summary>
/// <param name="First">The lowest unit in it.</param>
/// <param name="Last">The highest unit in it.</param>
/// <param name="Count">How many entries it has.</param>
/// <param name="Epoch">The epoch of its pages.</param>
/// <param name="Page">The number of its first page.</param>
/// <param name="Bytes">Its size; every page but the last is full.</param>
[GenerateSerializer, Immutable, Alias("ow.StoredSegment")]
internal readonly record struct StoredSegment(
    [property: Id(0)] long First,
    [property: Id(1)] long Last,
    [property: Id(2)] long Count,
    [property: Id(3)] int Epoch,
    [property: Id(4)] long Page,
    [property: Id(5)] int Bytes
)
{
    /// <summary>Gets its pages in order.</summary>
    public IEnumerable<PageKey> Pages
    {
        get
        {
            for (int i = 0; i < (Bytes + JobStore.MaxPageBytes - 1) / JobStore.MaxPageBytes; i++)
                yield return new PageKey(Epoch, Page + i);
        }
    }
}

/// <summary>Where the items or the results of a job are: an append-only list of segments, whose older entries are themselves in pages.</summary>
/// <param name="Sealed">Segments that hold <see cref="SegmentsPerIndexPage"/> entries of this list each, oldest first.</param>
/// <param name="Open">The newest entries.</param>
[GenerateSerializer, Immutable, Alias("ow.SegmentIndex")]
internal sealed record SegmentIndex(
    [property: Id(0)] ImmutableArray<StoredSegment> Sealed,
    [property: Id(1)] ImmutableArray<StoredSegment> Open
)
{
    /// <summary>How many entries the manifest names itself before they go to a page: 40 KB of it.</summary>
    public const int SegmentsPerIndexPage = 1024;

    private const int EntryBytes = 40;

    public static readonly SegmentIndex Empty = new([], []);

    /// <summary>Gets how many entries all segments have together.</summary>
    public long Count => Sealed.Sum(segment => segment.Count) + Open.Sum(segment => segment.Count);

    /// <summary>Appends a segment.</summary>
    public SegmentIndex Add(StoredSegment segment, PayloadWriter pages)
    {
        if (Open.Length < SegmentsPerIndexPage)
            return this with { Open = Open.Add(segment) };
        StoredSegment full = pages.AddSegment(
            Encode(Open),
            Open.Min(entry => entry.First),
            Open.Max(entry => entry.Last),
            Open.Sum(entry => entry.Count)
        );
        return new SegmentIndex(Sealed.Add(full), [segment]);
    }

    /// <summary>Writes the index as one block of bytes, for silos that read items themselves.</summary>
    public byte[] ToBytes()
    {
        byte[] bytes = new byte[sizeof(int) + (EntryBytes * (Sealed.Length + Open.Length))];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, Sealed.Length);
        Write(Sealed, bytes.AsSpan(sizeof(int)));
        Write(Open, bytes.AsSpan(sizeof(int) + (EntryBytes * Sealed.Length)));
        return bytes;
    }

    /// <summary>Reads what <see cref="ToBytes"/> wrote.</summary>
    public static SegmentIndex FromBytes(ReadOnlySpan<byte> bytes)
    {
        int split = sizeof(int) + (EntryBytes * BinaryPrimitives.ReadInt32LittleEndian(bytes));
        return new SegmentIndex(Decode(bytes[sizeof(int)..split]), Decode(bytes[split..]));
    }

    /// <summary>Reads the entries of an index page.</summary>
    public static ImmutableArray<StoredSegment> Decode(ReadOnlySpan<byte> bytes)
    {
        ImmutableArray<StoredSegment>.Builder entries = ImmutableArray.CreateBuilder<StoredSegment>(bytes.Length / EntryBytes);
        for (; bytes.Length >= EntryBytes; bytes = bytes[EntryBytes..])
        {
            entries.Add(
                new StoredSegment(
                    BinaryPrimitives.ReadInt64LittleEndian(bytes),
                    BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]),
                    BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]),
                    BinaryPrimitives.ReadInt32LittleEndian(bytes[24..]),
                    BinaryPrimitives.ReadInt64LittleEndian(bytes[28..]),
                    BinaryPrimitives.ReadInt32LittleEndian(bytes[36..])
                )
            );
        }

        return entries.DrainToImmutable();
    }

    private static byte[] Encode(ImmutableArray<StoredSegment> entries)
    {
        byte[] bytes = new byte[EntryBytes * entries.Length];
        Write(entries, bytes);
        return bytes;
    }

    private static void Write(ImmutableArray<StoredSegment> entries, Span<byte> bytes)
    {
        foreach (StoredSegment entry in entries)
        {
            BinaryPrimitives.WriteInt64LittleEndian(bytes, entry.First);
            BinaryPrimitives.WriteInt64LittleEndian(bytes[8..], entry.Last);
            BinaryPrimitives.WriteInt64LittleEndian(bytes[16..], entry.Count);
            BinaryPrimitives.WriteInt32LittleEndian(bytes[24..], entry.Epoch);
            BinaryPrimitives.WriteInt64LittleEndian(bytes[28..], entry.Page);
            BinaryPrimitives.WriteInt32LittleEndian(bytes[36..], entry.Bytes);
            bytes = bytes[EntryBytes..];
        }
    }
}
