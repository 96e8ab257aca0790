using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansWork.Values;

/// <summary>Writes enumerations by name in kebab case, and a value that no name means as its number; the same as keys.</summary>
internal sealed class EnumConverterFactory : JsonConverterFactory
{
    private readonly JsonStringEnumConverter _names = new(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false);

    public override bool CanConvert(Type typeToConvert) => typeToConvert.IsEnum;

    public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
        (JsonConverter)
            Activator.CreateInstance(
                typeof(EnumConverter<>).MakeGenericType(typeToConvert),
                _names.CreateConverter(typeToConvert, options)
            )!;
}

/// <summary>The converter of one enumeration.</summary>
/// <param name="names">Knows the names, and nothing else.</param>
internal sealed class EnumConverter<T>(JsonConverter<T> names) : JsonConverter<T>
    where T : struct, Enum
{
    // Combinations of flags may be many; what is not kept is looked up again.
    private const int MaxKept = 1024;

    private readonly ConcurrentDictionary<T, string?> _kept = new();

    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String)
            return names.Read(ref reader, typeToConvert, options);
        return reader.TokenType == JsonTokenType.Number && TryReadNumber(RawText(ref reader), out T value)
            ? value
            : throw new JsonException();
    }

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options)
    {
        if (NameOf(value) is { } name)
            writer.WriteStringValue(name);
        else
            writer.WriteRawValue(NumberOf(value), skipInputValidation: true);
    }

    public override T ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        TryReadNumber(reader.GetString()!, out T value) ? value : names.ReadAsPropertyName(ref reader, typeToConvert, options);

    public override void WriteAsPropertyName(Utf8JsonWriter writer, [DisallowNull] T value, JsonSerializerOptions options) =>
        writer.WritePropertyName(NameOf(value) ?? NumberOf(value));

    /// <summary>Reads a number that stands for a value without a name: each value is written in one way only.</summary>
    private bool TryReadNumber(string text, out T value)
    {
        value = default;
        if (!BigInteger.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out BigInteger number))
            return false;
        if (number < long.MinValue || number > ulong.MaxValue)
            return false;
        T read = number < 0 ? (T)Enum.ToObject(typeof(T), (long)number) : (T)Enum.ToObject(typeof(T), (ulong)number);
        if (!string.Equals(NumberOf(read), text, StringComparison.Ordinal) || NameOf(read) is not null)
            return false;
        value = read;
        return true;
    }

    private static string RawText(ref Utf8JsonReader reader) =>
        Encoding.ASCII.GetString(reader.HasValueSequence ? reader.ValueSequence.ToArray() : reader.ValueSpan);

    private static string NumberOf(T value) => value.ToString("D");

    /// <summary>Returns the name that reads back as the value, or null.</summary>
    private string? NameOf(T value)
    {
        if (_kept.TryGetValue(value, out string? kept))
            return kept;
        string? name = FindName(value);
        if (_kept.Count < MaxKept)
            _kept.TryAdd(value, name);
        return name;
    }

    private string? FindName(T value)
    {
        try
        {
            JsonElement written = JsonSerializer.SerializeToElement(value, NamesOnly);
            return written.ValueKind == JsonValueKind.String && EqualityComparer<T>.Default.Equals(written.Deserialize<T>(NamesOnly), value)
                ? written.GetString()
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private JsonSerializerOptions NamesOnly => field ??= new JsonSerializerOptions { Converters = { names } };
}
