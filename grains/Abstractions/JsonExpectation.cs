using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace OrleansWork;

/// <summary>Says in words what JSON a type takes.</summary>
internal static class JsonExpectation
{
    private static readonly Dictionary<Type, string> Words = new()
    {
        [typeof(bool)] = "true or false",
        [typeof(string)] = "a string",
        [typeof(char)] = "a string of one character",
        [typeof(float)] = "a number",
        [typeof(double)] = "a number",
        [typeof(Half)] = "a number",
        [typeof(decimal)] = "a number",
        [typeof(TimeSpan)] = "a duration such as \"50ms\", \"30s\" or \"2h\"",
        [typeof(DateTime)] = "a time such as \"2026-01-31T12:00:00Z\"",
        [typeof(DateTimeOffset)] = "a time such as \"2026-01-31T12:00:00Z\"",
        [typeof(DateOnly)] = "a date such as \"2026-01-31\"",
        [typeof(TimeOnly)] = "a time of day such as \"12:00:00\"",
        [typeof(Guid)] = "a UUID in a string",
        [typeof(Uri)] = "a URI in a string",
        [typeof(Version)] = "a version in a string",
        [typeof(byte[])] = "bytes as a Base64 string",
    };

    private static readonly Dictionary<Type, string> Integers = new()
    {
        [typeof(byte)] = Range<byte>(),
        [typeof(sbyte)] = Range<sbyte>(),
        [typeof(short)] = Range<short>(),
        [typeof(ushort)] = Range<ushort>(),
        [typeof(int)] = Range<int>(),
        [typeof(uint)] = Range<uint>(),
        [typeof(long)] = Range<long>(),
        [typeof(ulong)] = Range<ulong>(),
        [typeof(Int128)] = Range<Int128>(),
        [typeof(UInt128)] = Range<UInt128>(),
        [typeof(BigInteger)] = $" of at most {BigIntegerConverter.MaxDigits.ToString("N0", CultureInfo.InvariantCulture)} digits",
    };

    /// <summary>Returns a phrase that follows "it must be".</summary>
    /// <param name="type">What is expected.</param>
    /// <param name="given">What is there instead, or null when nothing is: the phrase says what of it is wrong.</param>
    public static string Of(JsonTypeInfo type, JsonElement? given = null)
    {
        Type plain = Nullable.GetUnderlyingType(type.Type) ?? type.Type;
        if (Integers.TryGetValue(plain, out string? range))
        {
            bool number = given is { ValueKind: JsonValueKind.Number };
            bool whole = number && given!.Value.GetRawText().AsSpan().IndexOfAny(".eE") < 0;
            return "an integer"
                + (
                    whole ? range
                    : number ? ", written without fraction or exponent"
                    : ""
                );
        }

        if (Words.TryGetValue(plain, out string? words))
            return words;
        if (NamesOf(type) is { Count: > 0 } names)
            return $"one of {string.Join(", ", names)}";
        return type.Kind switch
        {
            JsonTypeInfoKind.Enumerable => "a list",
            JsonTypeInfoKind.Object or JsonTypeInfoKind.Dictionary => "an object",
            _ => "another value",
        };
    }

    /// <summary>Returns whether <see cref="Of"/> says something definite.</summary>
    public static bool IsKnown(JsonTypeInfo type)
    {
        Type plain = Nullable.GetUnderlyingType(type.Type) ?? type.Type;
        return Words.ContainsKey(plain) || Integers.ContainsKey(plain) || plain.IsEnum;
    }

    /// <summary>Returns the names of an enumeration as JSON has them; empty for other types.</summary>
    public static IReadOnlyList<string> NamesOf(JsonTypeInfo type)
    {
        Type plain = Nullable.GetUnderlyingType(type.Type) ?? type.Type;
        return plain.IsEnum
            ? [.. Enum.GetValuesAsUnderlyingType(plain).Cast<object>().Select(value => Name(Enum.ToObject(plain, value), type.Options))]
            : [];
    }

    private static string Name(object value, JsonSerializerOptions options)
    {
        JsonElement name = JsonSerializer.SerializeToElement(value, options);
        return name.ValueKind == JsonValueKind.String ? name.GetString()! : name.GetRawText();
    }

    private static string Range<T>()
        where T : IMinMaxValue<T>, IFormattable =>
        $" from {T.MinValue.ToString(null, CultureInfo.InvariantCulture)} to {T.MaxValue.ToString(null, CultureInfo.InvariantCulture)}";
}
