using System.Buffers;
using System.Text.Json;
using OrleansWork.Values;

namespace OrleansWork;

/// <summary>The codec of results: JSON as people read it.</summary>
internal sealed class ResultCodec<T> : PayloadCodec<T>
{
    public override void Encode(T value, IBufferWriter<byte> output)
    {
        Utf8JsonWriter writer = JsonWriters.Rent(output);
        try
        {
            JsonSerializer.Serialize(writer, value, OrleansWorkJson.Payloads);
        }
        finally
        {
            JsonWriters.Return(writer);
        }
    }

    public override T Decode(ReadOnlySpan<byte> bytes) => JsonSerializer.Deserialize<T>(bytes, OrleansWorkJson.Payloads)!;
}
