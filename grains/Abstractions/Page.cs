using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansWork;

/// <summary>A page of a list.</summary>
/// <param name="Items">The entries, newest first.</param>
/// <param name="NextCursor">What to ask for the next page, or null on the last.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, string? NextCursor)
{
    /// <summary>Gets how many entries there are on all pages together.</summary>
    /// <value>Null where only going through them all would tell.</value>
    public long? Total { get; init; }

    /// <summary>Gets what of the list could not be read, a sentence each; null when nothing is missing, and left out of JSON then.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Warnings { get; init; }
}
