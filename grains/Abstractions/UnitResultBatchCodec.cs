using System.Buffers;

namespace OrleansWork;

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
