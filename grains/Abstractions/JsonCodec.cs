using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansWork.Values;

namespace OrleansWork;

/// <summary>The codec of items and partials that are no primitives and not Orleans' to serialize.</summary>
internal sealed class JsonCodec<T> : PayloadCodec<T>
{
    public override void Encode(T value, IBufferWriter<byte> output)
    {
        Utf8JsonWriter writer = JsonWriters.Rent(output);
        CrossingScope scope = CrossingScope.Begin();
        try
        {
            if (value is JsonNode node)
                JsonNodes.Check(node);
            JsonSerializer.Serialize(writer, value, OrleansWorkJson.Payloads);
            writer.Flush();
            scope.WriteTrailer(output);
        }
        finally
        {
            scope.End();
            JsonWriters.Return(writer);
        }
    }

    public override T Decode(ReadOnlySpan<byte> bytes)
    {
        CrossingScope scope = CrossingScope.Begin();
        try
        {
            T value = JsonSerializer.Deserialize<T>(scope.ReadTrailer(bytes), OrleansWorkJson.Payloads)!;
            scope.CheckMade();
            return value;
        }
        finally
        {
            scope.End();
        }
    }
}
