using System.Buffers;
using System.Numerics;

namespace OrleansWork;

/// <summary>Results of some items of a map job, as UTF-8 JSON each; made by the engine.</summary>
public sealed class UnitResultBatch
{
    internal UnitResultBatch(long unit, ReadOnlyMemory<byte> json) => Entries = [(unit, json)];

    private UnitResultBatch(List<(long Unit, ReadOnlyMemory<byte> Json)> entries) => Entries = entries;

    internal List<(long Unit, ReadOnlyMemory<byte> Json)> Entries { get; }

    internal UnitResultBatch Append(UnitResultBatch right)
    {
        Entries.AddRange(right.Entries);
        return this;
    }

    internal static UnitResultBatch Read(ReadOnlyMemory<byte> bytes)
    {
        List<(long, ReadOnlyMemory<byte>)> entries = [];
        UnitResultReader reader = new(bytes);
        while (reader.TryRead(out long unit, out ReadOnlyMemory<byte> json))
            entries.Add((unit, json));
        return new UnitResultBatch(entries);
    }
}

/// <summary>Reads results one by one from their encoding: the distance from the unit after the last one, the length, the JSON.</summary>
internal struct UnitResultReader(ReadOnlyMemory<byte> bytes)
{
    private ReadOnlyMemory<byte> _rest = bytes;
    private long _next;

    /// <summary>Gets how many bytes were not read yet.</summary>
    public readonly int Left => _rest.Length;

    public bool TryRead(out long unit, out ReadOnlyMemory<byte> json)
    {
        if (_rest.IsEmpty)
        {
            (unit, json) = (0, default);
            return false;
        }

        ulong distance = Varint.Read(ref _rest);
        unit = _next + ((long)(distance >> 1) ^ -(long)(distance & 1));
        int length = checked((int)Varint.Read(ref _rest));
        if (length > _rest.Length)
            throw new FormatException($"A result of {length} bytes does not fit into the {_rest.Length} that are left of its batch.");
        json = _rest[..length];
        _rest = _rest[length..];
        _next = unit + 1;
        return true;
    }
}

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

internal sealed class UnitResultBatchCodec : PayloadCodec<UnitResultBatch>
{
    public override void Encode(UnitResultBatch value, IBufferWriter<byte> output)
    {
        UnitResultWriter writer = new(output);
        foreach ((long unit, ReadOnlyMemory<byte> json) in value.Entries)
            writer.Write(unit, json.Span);
    }

    public override UnitResultBatch Decode(ReadOnlySpan<byte> bytes) => UnitResultBatch.Read(bytes.ToArray());
}
