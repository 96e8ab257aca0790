using System.Text.Json;

namespace OrleansWork.Console.Input;

/// <summary>Finds a kind by the name that was typed.</summary>
internal static class KindLookup
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Returns the kind.</summary>
    /// <exception cref="UsageException">There is none; the message names the nearest, or all.</exception>
    public static KindStatus Find(IReadOnlyList<KindStatus> kinds, string name)
    {
        foreach (KindStatus kind in kinds)
        {
            if (string.Equals(kind.Kind, name, StringComparison.Ordinal))
                return kind;
        }

        string? near = Suggestions.Nearest(name, kinds.Select(kind => kind.Kind));
        throw new UsageException(
            near is not null
                ? $"Unknown kind '{name}'. Did you mean '{near}'?"
                : $"Unknown kind '{name}'. The cluster has {string.Join(", ", kinds.Select(kind => kind.Kind))}."
        );
    }

    public static string IndentedSchema(KindStatus kind) => JsonSerializer.Serialize(kind.InputSchema, Indented);
}
