using System.Text.Json;

namespace OrleansWork.Values;

/// <summary>Two values as a list of two, for what has no name to be an object's field.</summary>
internal static class Pairs
{
    public static void Write<TFirst, TSecond>(
        Utf8JsonWriter writer,
        IEnumerable<(TFirst First, TSecond Second)> pairs,
        JsonSerializerOptions options
    )
    {
        writer.WriteStartArray();
        foreach ((TFirst first, TSecond second) in pairs)
        {
            writer.WriteStartArray();
            JsonSerializer.Serialize(writer, first, options);
            JsonSerializer.Serialize(writer, second, options);
            writer.WriteEndArray();
        }

        writer.WriteEndArray();
    }

    public static List<(TFirst First, TSecond Second)> Read<TFirst, TSecond>(ref Utf8JsonReader reader, JsonSerializerOptions options)
    {
        List<(TFirst, TSecond)> pairs = [];
        Expect(reader.TokenType, JsonTokenType.StartArray);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            Expect(reader.TokenType, JsonTokenType.StartArray);
            reader.Read();
            TFirst first = JsonSerializer.Deserialize<TFirst>(ref reader, options)!;
            reader.Read();
            TSecond second = JsonSerializer.Deserialize<TSecond>(ref reader, options)!;
            reader.Read();
            Expect(reader.TokenType, JsonTokenType.EndArray);
            pairs.Add((first, second));
        }

        return pairs;
    }

    private static void Expect(JsonTokenType given, JsonTokenType wanted)
    {
        if (given != wanted)
            throw new JsonException("It must be a list of lists of two.");
    }
}
