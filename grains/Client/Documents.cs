using System.Text.Json;

namespace OrleansWork;

/// <summary>Reads the documents that silos answer with.</summary>
internal static class Documents
{
    public static T Read<T>(ReadOnlySpan<byte> utf8Json) =>
        JsonSerializer.Deserialize<T>(utf8Json, OrleansWorkJson.Documents)
        ?? throw new JsonException($"The cluster answered null where a {typeof(T).Name} was expected.");
}
