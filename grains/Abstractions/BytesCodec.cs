using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using OrleansWork.Values;

namespace OrleansWork;

internal sealed class BytesCodec : PayloadCodec<byte[]>
{
    public override void Encode(byte[] value, IBufferWriter<byte> output) => output.Write(value);

    public override byte[] Decode(ReadOnlySpan<byte> bytes) => bytes.ToArray();
}
