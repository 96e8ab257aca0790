using System.Buffers.Binary;
using System.Collections.Immutable;
using Orleans.Concurrency;

namespace OrleansWork.Engine.Storage;

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
