using System.Buffers;

namespace OrleansWork.Engine.Storage;

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
