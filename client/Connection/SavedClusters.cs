using System.Text.Json.Serialization;

namespace OrleansWork.Console.Connection;

/// <summary>The clusters that a user has logged in to.</summary>
/// <param name="Current">The one that commands go to that name none, or null.</param>
/// <param name="Contexts">All, by name.</param>
internal sealed record SavedClusters(string? Current, IReadOnlyList<SavedCluster> Contexts)
{
    /// <summary>None.</summary>
    public static readonly SavedClusters None = new(null, []);

    /// <summary>Finds one by its name.</summary>
    public SavedCluster? Find(string name) => Contexts.FirstOrDefault(known => string.Equals(known.Name, name, StringComparison.Ordinal));

    /// <summary>Says that there is none of a name.</summary>
    public string Unknown(string name) =>
        Contexts.Count == 0 ? $"There is no context {name}; `orleanswork login URL` makes one."
        : Suggestions.Nearest(name, Contexts.Select(known => known.Name)) is { } near
            ? $"There is no context {name}. Did you mean '{near}'?"
        : $"There is no context {name}. There are {string.Join(", ", Contexts.Select(known => known.Name))}.";

    /// <summary>Adds one, in the place of one of the same name, and makes it the current one.</summary>
    public SavedClusters With(SavedCluster cluster) =>
        new(cluster.Name, [.. Without(cluster.Name).Contexts.Append(cluster).OrderBy(known => known.Name, StringComparer.Ordinal)]);

    /// <summary>Removes one.</summary>
    public SavedClusters Without(string name) =>
        new(
            string.Equals(Current, name, StringComparison.Ordinal) ? null : Current,
            [.. Contexts.Where(known => !string.Equals(known.Name, name, StringComparison.Ordinal))]
        );
}

/// <summary>A cluster elsewhere, and as whom to ask there.</summary>
/// <param name="Name">What the user calls it.</param>
/// <param name="Urls">Where it answers by HTTP.</param>
/// <param name="Key">The key to ask with, or null.</param>
internal sealed record SavedCluster(string Name, IReadOnlyList<string> Urls, string? Key);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(SavedClusters))]
internal sealed partial class SavedClustersJson : JsonSerializerContext;
