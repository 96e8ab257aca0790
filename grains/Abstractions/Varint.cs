using System.Buffers;
using System.Numerics;

namespace OrleansWork;

/// <summary>Unsigned numbers in groups of seven bits, the lowest first.</summary>
internal static class Varint
{
    public const int MaxBytes = 10;

    public static int SizeOf(ulong value) => (BitOperations.Log2(value | 1) / 7) + 1;

    public static void Write(IBufferWriter<byte> output, ulong value)
    {
        Span<byte> span = output.GetSpan(MaxBytes);
        int at = 0;
        while (value >= 0x80)
        {
            span[at++] = (byte)(value | 0x80);
            value >>= 7;
        }

        span[at++] = (byte)value;
        output.Advance(at);
    }

    public static ulong Read(ref ReadOnlyMemory<byte> bytes)
    {
        ReadOnlySpan<byte> span = bytes.Span;
        ulong value = 0;
        for (int at = 0; at < Math.Min(span.Length, MaxBytes); at++)
        {
            value |= (ulong)(span[at] & 0x7F) << (7 * at);
            if (span[at] < 0x80)
            {
                bytes = bytes[(at + 1)..];
                return value;
            }
        }

        throw new FormatException("A number in a batch has no end.");
    }
}
