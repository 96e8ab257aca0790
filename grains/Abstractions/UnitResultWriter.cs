using System.Buffers;

namespace OrleansWork;

/// <summary>Writes results as <see cref="UnitResultReader"/> reads them; units may come in any order.</summary>
internal struct UnitResultWriter(IBufferWriter<byte> output)
{
    private long _next;

    public void Write(long unit, ReadOnlySpan<byte> json)
    {
        long distance = unit - _next;
        Varint.Write(output, (ulong)(distance << 1) ^ (ulong)(distance >> 63));
        Varint.Write(output, (ulong)json.Length);
        output.Write(json);
        _next = unit + 1;
    }
}
