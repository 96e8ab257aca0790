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
