using System.Globalization;

namespace OrleansWork.Values;

/// <summary>Names comparers: those of text that every process has, and those of an author by their type.</summary>
internal static class ComparerNames
{
    private const string Ordinal = "ordinal";
    private const string OrdinalIgnoreCase = "ordinal-ignore-case";
    private const string Culture = "culture:";
    private const string Own = "own:";

    /// <summary>Returns the name of a comparer.</summary>
    public static string Of(object comparer)
    {
        if (comparer is IEqualityComparer<string?> text)
        {
            if (StringComparer.IsWellKnownOrdinalComparer(text, out bool ignoresCase))
                return ignoresCase ? OrdinalIgnoreCase : Ordinal;
            if (StringComparer.IsWellKnownCultureAwareComparer(text, out CompareInfo? culture, out CompareOptions options))
                return string.Create(CultureInfo.InvariantCulture, $"{Culture}{(int)options}:{culture.Name}");
        }

        return Own + comparer.GetType();
    }

    /// <summary>Returns the name of a comparer for people.</summary>
    public static string Shown(object comparer) => Of(comparer) is var name && IsOwn(name) ? TypeNames.Of(comparer.GetType()) : name;

    /// <summary>Returns whether a name is that of a comparer of an author's.</summary>
    public static bool IsOwn(string name) => name.StartsWith(Own, StringComparison.Ordinal);

    /// <summary>Returns the comparer of a name that is not an author's.</summary>
    /// <exception cref="FormatException">There is none.</exception>
    public static StringComparer Find(string name)
    {
        switch (name)
        {
            case Ordinal:
                return StringComparer.Ordinal;
            case OrdinalIgnoreCase:
                return StringComparer.OrdinalIgnoreCase;
        }

        string[] parts = name.Split(':', 3);
        if (
            name.StartsWith(Culture, StringComparison.Ordinal)
            && parts.Length == 3
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int options)
        )
            return CultureInfo.GetCultureInfo(parts[2]).CompareInfo.GetStringComparer((CompareOptions)options);
        throw new FormatException($"There is no comparer '{name}'.");
    }

    /// <summary>Makes the exception for a collection whose comparer is hidden behind what is declared.</summary>
    public static NotSupportedException Hidden(Type declared, Type collection, object comparer) =>
        new(
            $"A {TypeNames.Of(collection)} with the comparer {Shown(comparer)} is where a {TypeNames.Of(declared)} is declared, behind which the comparer would be lost on the way to another silo. "
                + "Declare the collection itself: a Dictionary, HashSet, SortedDictionary or SortedSet is carried with its comparer, and so is one behind an IReadOnlyDictionary or IReadOnlySet."
        );

    /// <summary>Makes the exception for a collection whose comparer cannot cross.</summary>
    public static NotSupportedException Lost(Type collection, string name) =>
        new(
            $"A {TypeNames.Of(collection)} has the comparer {(IsOwn(name) ? name[Own.Length..] : name)}, which would be lost on the way to another silo. "
                + "Let the class that holds the collection make it with the same comparer in its own constructor or initializer, or derive a class of the collection whose constructor does."
        );
}
