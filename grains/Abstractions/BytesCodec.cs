using System.Buffers;

namespace OrleansWork;

internal sealed class BytesCodec : PayloadCodec<byte[]>
{
    public override void Encode(byte[] value, IBufferWriter<byte> output) => output.Write(value);

    public override byte[] Decode(ReadOnlySpan<byte> bytes) => bytes.ToArray();
}
