using System.Buffers;

namespace OrleansWork.Engine.Storage;

/// <summary>Items that follow one another, as they are stored: each with its length before it.</summary>
internal sealed class ItemSegment
{
    private readonly byte[] _bytes;
    private readonly int[] _ends;
    private readonly int[] _starts;

    public ItemSegment(long from, long count, byte[] bytes)
    {
        From = from;
        _bytes = bytes;
        _starts = new int[count];
        _ends = new int[count];
        ReadOnlyMemory<byte> rest = bytes;
        for (int i = 0; i < count; i++)
        {
            int length = checked((int)Varint.Read(ref rest));
            _starts[i] = bytes.Length - rest.Length;
            rest = rest[length..];
            _ends[i] = bytes.Length - rest.Length;
        }
    }

    public long From { get; }

    public bool Has(long unit) => unit >= From && unit - From < _starts.Length;

    public ReadOnlyMemory<byte> this[long unit]
    {
        get
        {
            int i = (int)(unit - From);
            return _bytes.AsMemory(_starts[i], _ends[i] - _starts[i]);
        }
    }
}

/// <summary>Items on their way to a segment.</summary>
/// <param name="From">The number of the first.</param>
/// <param name="Count">How many there are.</param>
/// <param name="Bytes">The items as <see cref="ItemSegment"/> reads them.</param>
/// <param name="IsLast">Whether no more follow.</param>
internal sealed record ItemBatch(long From, long Count, byte[] Bytes, bool IsLast)
{
    /// <summary>Packs items into batches of at most a page; one that is larger has a batch of its own. The last batch may be empty.</summary>
    /// <exception cref="PayloadTooLargeException">An item is larger than a payload may be.</exception>
    public static async IAsyncEnumerable<ItemBatch> PackAsync(IAsyncEnumerable<byte[]> items, int maxItemBytes)
    {
        ArrayBufferWriter<byte> open = new();
        long from = 0;
        long count = 0;
        await foreach (byte[] item in items)
        {
            if (item.Length > maxItemBytes)
                throw new PayloadTooLargeException(FormattableString.Invariant($"item {from + count}"), item.Length, maxItemBytes);
            int size = Varint.SizeOf((ulong)item.Length) + item.Length;
            if (count > 0 && open.WrittenCount + size > JobStore.MaxPageBytes)
            {
                yield return new ItemBatch(from, count, open.WrittenSpan.ToArray(), IsLast: false);
                (from, count) = (from + count, 0);
                open.ResetWrittenCount();
            }

            Varint.Write(open, (ulong)item.Length);
            open.Write(item);
            count++;
        }

        yield return new ItemBatch(from, count, open.WrittenSpan.ToArray(), IsLast: true);
    }
}
