using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansWork;

/// <summary>Writes and reads durations as <see cref="Duration"/> does, such as <c>"50ms"</c>, whatever the options of the serializer are.</summary>
public sealed class DurationConverter : JsonConverter<TimeSpan>
{
    private readonly bool _ofValues;

    /// <summary>Makes one for what people give as options.</summary>
    public DurationConverter() { }

    /// <summary>Makes one.</summary>
    /// <param name="ofValues">Whether any <see cref="TimeSpan"/> is read, as values of job kinds have them; otherwise those that people give as options.</param>
    internal DurationConverter(bool ofValues) => _ofValues = ofValues;

    /// <inheritdoc/>
    public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && TryParse(reader.GetString(), out TimeSpan value)
            ? value
            : throw new JsonException("A duration is a string such as \"50ms\", \"30s\" or \"2h\".");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) =>
        writer.WriteStringValue(Duration.Format(value));

    /// <inheritdoc/>
    public override TimeSpan ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        TryParse(reader.GetString(), out TimeSpan value) ? value : throw new JsonException();

    /// <inheritdoc/>
    public override void WriteAsPropertyName(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) =>
        writer.WritePropertyName(Duration.Format(value));

    private bool TryParse(string? text, out TimeSpan value) =>
        _ofValues ? Duration.TryParseAny(text, out value) : Duration.TryParse(text, out value);
}
