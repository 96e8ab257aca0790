using System.Text.Json;

namespace OrleansWork;

/// <summary>Reads the documents that silos answer with.</summary>
internal static class Documents
{
    public static T Read<T>(ReadOnlySpan<byte> utf8Json) => Required(JsonSerializer.Deserialize<T>(utf8Json, OrleansWorkJson.Documents));

    public static T Read<T>(Stream utf8Json) => Required(JsonSerializer.Deserialize<T>(utf8Json, OrleansWorkJson.Documents));

    public static T Read<T>(string json) => Required(JsonSerializer.Deserialize<T>(json, OrleansWorkJson.Documents));

    public static async Task<T> ReadAsync<T>(Stream utf8Json, CancellationToken cancellationToken) =>
        Required(await JsonSerializer.DeserializeAsync<T>(utf8Json, OrleansWorkJson.Documents, cancellationToken));

    private static T Required<T>(T? document) =>
        document ?? throw new JsonException($"The cluster answered null where a {typeof(T).Name} was expected.");
}
