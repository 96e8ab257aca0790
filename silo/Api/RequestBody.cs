using System.Text.Json;
using System.Text.Unicode;

namespace OrleansWork.Silo.Api;

/// <summary>Reads the JSON objects that requests bring.</summary>
internal static class RequestBody
{
    // An object around an input of the deepest nesting.
    private static readonly JsonDocumentOptions s_strict = new()
    {
        MaxDepth = OrleansWorkJson.MaxDepth + 2,
        AllowDuplicateProperties = false,
    };

    /// <summary>Reads the body as an object.</summary>
    /// <param name="request">The request.</param>
    /// <param name="known">The members that it may have.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="RequestRefusedException">It is not UTF-8, not JSON, no object, or has other members.</exception>
    /// <exception cref="BadHttpRequestException">It is larger than a request may be.</exception>
    public static async Task<JsonElement> ReadAsync(HttpRequest request, IReadOnlyList<string> known, CancellationToken cancellationToken)
    {
        JsonElement root = await ReadAsync(request, cancellationToken);
        foreach (JsonProperty member in root.EnumerateObject())
        {
            string name = NameOf(member);
            if (!known.Contains(name, StringComparer.Ordinal))
            {
                string shown = BoundedText.Cut(name, 64);
                string near = Suggestions.Nearest(shown, known) is { } nearest ? $" Did you mean '{nearest}'?" : "";
                throw Problems.Wrong(shown, $"'{shown}' is not known here.{near} The body may have {string.Join(", ", known)}.");
            }
        }

        return root;
    }

    /// <summary>Reads the body as an object, whatever its members are.</summary>
    /// <exception cref="RequestRefusedException">It is not UTF-8, not JSON, or no object.</exception>
    /// <exception cref="BadHttpRequestException">It is larger than a request may be.</exception>
    public static async Task<JsonElement> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        using MemoryStream body = new();
        await request.Body.CopyToAsync(body, cancellationToken);
        ReadOnlyMemory<byte> json = body.ToArray();
        if (json.Span.StartsWith("\uFEFF"u8))
            json = json[3..];
        if (!Utf8.IsValid(json.Span))
            throw Problems.Wrong("", "The body is not UTF-8 text.");
        JsonElement root = Parse(json);
        return root.ValueKind == JsonValueKind.Object ? root : throw Problems.Wrong("", "The body must be a JSON object.");
    }

    /// <summary>Returns a member that is text; null where it is missing or null.</summary>
    /// <exception cref="RequestRefusedException">It is something else.</exception>
    public static string? Text(JsonElement body, string name) =>
        !body.TryGetProperty(name, out JsonElement member) || member.ValueKind == JsonValueKind.Null ? null
        : member.ValueKind == JsonValueKind.String ? TextOf(name, member)
        : throw Problems.Wrong(name, $"'{name}' must be a string.");

    private static string TextOf(string name, JsonElement member)
    {
        try
        {
            return member.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw Problems.Wrong(name, $"'{name}' has half of a surrogate pair, which is no text.");
        }
    }

    private static string NameOf(JsonProperty member)
    {
        try
        {
            return member.Name;
        }
        catch (InvalidOperationException)
        {
            throw Problems.Wrong("", "A name in the body has half of a surrogate pair, which is no text.");
        }
    }

    private static JsonElement Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, s_strict);
            return document.RootElement.Clone();
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw Problems.Wrong("", $"The body is not JSON: {exception.Message}");
        }
    }
}
