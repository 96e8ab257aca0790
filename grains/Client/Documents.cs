using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace OrleansWork;

/// <summary>Reads the documents that silos answer with.</summary>
internal static class Documents
{
    private static readonly JsonSerializerOptions s_options = new(OrleansWorkJson.Documents)
    {
        TypeInfoResolver = JsonTypeInfoResolver.Combine(DocumentContext.Default, OrleansWorkJson.Documents.TypeInfoResolver),
    };

    public static T Read<T>(ReadOnlySpan<byte> utf8Json) => Required(JsonSerializer.Deserialize<T>(utf8Json, s_options));

    public static T Read<T>(Stream utf8Json) => Required(JsonSerializer.Deserialize<T>(utf8Json, s_options));

    public static T Read<T>(string json) => Required(JsonSerializer.Deserialize<T>(json, s_options));

    public static async Task<T> ReadAsync<T>(Stream utf8Json, CancellationToken cancellationToken) =>
        Required(await JsonSerializer.DeserializeAsync<T>(utf8Json, s_options, cancellationToken));

    private static T Required<T>(T? document) =>
        document ?? throw new JsonException($"The cluster answered null where a {typeof(T).Name} was expected.");
}
