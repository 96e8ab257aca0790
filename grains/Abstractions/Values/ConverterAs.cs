using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansWork.Values;

/// <summary>A converter that writes values as the JSON of another type.</summary>
internal interface IConverterAs
{
    /// <summary>Gets the type whose JSON it is.</summary>
    Type As { get; }

    /// <summary>Gets whether it is that JSON to the letter; otherwise it has the same values inside.</summary>
    bool IsExact => true;
}

/// <summary>Writes values as those of another type, which say all that there is to them.</summary>
internal abstract class ConverterAs<T, TAs> : JsonConverter<T>, IConverterAs
{
    public Type As => typeof(TAs);

    public sealed override T? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        From(JsonSerializer.Deserialize<TAs>(ref reader, options)!);

    public sealed override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
        JsonSerializer.Serialize(writer, To(value), options);

    /// <summary>Returns what stands for a value.</summary>
    protected abstract TAs To(T value);

    /// <summary>Returns the value that something stands for.</summary>
    /// <exception cref="JsonException">It stands for none.</exception>
    protected abstract T From(TAs written);
}
