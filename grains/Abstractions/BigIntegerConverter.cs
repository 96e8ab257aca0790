using System.Buffers;
using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansWork;

/// <summary>An integer of any size is a JSON number with all its digits; one that is read has at most <see cref="MaxDigits"/>.</summary>
internal sealed class BigIntegerConverter : JsonConverter<BigInteger>
{
    /// <summary>Reading takes more than linear time, so that a number of megabytes would hold a thread for minutes.</summary>
    public const int MaxDigits = 100_000;

    public override BigInteger Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.Number)
        {
            ReadOnlySpan<byte> digits = reader.HasValueSequence ? reader.ValueSequence.ToArray() : reader.ValueSpan;
            if (
                digits.Length <= MaxDigits + 1
                && BigInteger.TryParse(
                    Encoding.ASCII.GetString(digits),
                    NumberStyles.AllowLeadingSign,
                    CultureInfo.InvariantCulture,
                    out BigInteger value
                )
            )
                return value;
        }

        throw new JsonException();
    }

    public override void Write(Utf8JsonWriter writer, BigInteger value, JsonSerializerOptions options) =>
        writer.WriteRawValue(value.ToString(CultureInfo.InvariantCulture), skipInputValidation: true);

    public override BigInteger ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetString() is { Length: <= MaxDigits + 1 } digits
        && BigInteger.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out BigInteger value)
            ? value
            : throw new JsonException();

    public override void WriteAsPropertyName(Utf8JsonWriter writer, BigInteger value, JsonSerializerOptions options) =>
        writer.WritePropertyName(value.ToString(CultureInfo.InvariantCulture));
}
