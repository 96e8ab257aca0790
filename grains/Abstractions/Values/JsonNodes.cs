using System.Collections;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace OrleansWork.Values;

/// <summary>Refuses JSON objects that find their fields in any case: those that are read back do not.</summary>
internal static class JsonNodes
{
    /// <summary>Has a type look at the JSON that its values hold before they are written.</summary>
    public static void Watch(JsonTypeInfo type)
    {
        Action<object>? look = null;
        JsonPropertyInfo[] holders = [.. type.Properties.Where(property => property.Get is not null && IsNode(property.PropertyType))];
        if (holders.Length > 0)
            look = owner =>
            {
                foreach (JsonPropertyInfo holder in holders)
                    Check(holder.Get!(owner) as JsonNode);
            };
        else if (type.ElementType is { } entry && IsNode(entry) && !IsNode(type.Type))
            look = collection =>
            {
                IEnumerable entries = collection is IDictionary dictionary ? dictionary.Values : (IEnumerable)collection;
                foreach (JsonNode node in entries.OfType<JsonNode>())
                    Check(node);
            };
        if (look is null)
            return;
        Action<object>? before = type.OnSerializing;
        type.OnSerializing = value =>
        {
            if (CrossingScope.Current is not null)
                look(value);
            before?.Invoke(value);
        };
    }

    /// <summary>Looks at JSON and all that it holds.</summary>
    /// <exception cref="NotSupportedException">It would find other fields when it is read back.</exception>
    public static void Check(JsonNode? json)
    {
        switch (json)
        {
            case JsonObject node when IgnoresCase(node):
                throw new NotSupportedException(
                    "A JsonObject has the option PropertyNameCaseInsensitive, which would be lost on the way to another silo. "
                        + "Make it without, or declare a Dictionary<string, JsonElement> or a class of your own."
                );
            case JsonObject fields:
                foreach ((_, JsonNode? field) in fields)
                    Check(field);
                break;
            case JsonArray entries:
                foreach (JsonNode? entry in entries)
                    Check(entry);
                break;
        }
    }

    /// <summary>Returns whether an object finds its fields in any case.</summary>
    public static bool IgnoresCase(JsonObject node) => node.Options is { PropertyNameCaseInsensitive: true };

    private static bool IsNode(Type type) => typeof(JsonNode).IsAssignableFrom(type);
}
