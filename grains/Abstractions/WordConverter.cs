using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansWork;

/// <summary>Writes the values of an enumeration of public documents as words in kebab case (<c>running</c>, <c>round-robin</c>), whatever the options of the serializer are, and reads nothing else.</summary>
/// <typeparam name="TEnum">The enumeration.</typeparam>
public sealed class WordConverter<TEnum>() : JsonStringEnumConverter<TEnum>(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false)
    where TEnum : struct, Enum;
