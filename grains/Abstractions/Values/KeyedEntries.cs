using System.Collections.Immutable;

namespace OrleansWork.Values;

/// <summary>Which dictionaries are objects in JSON, and which are lists of <c>[key, value]</c> because their keys are no names.</summary>
internal static class KeyedEntries
{
    private static readonly HashSet<Type> Dictionaries =
    [
        typeof(Dictionary<,>),
        typeof(SortedDictionary<,>),
        typeof(SortedList<,>),
        typeof(OrderedDictionary<,>),
        typeof(ImmutableSortedDictionary<,>),
        typeof(IDictionary<,>),
    ];

    private static readonly HashSet<Type> Names = [.. ScalarTypes.Names];

    /// <summary>Returns whether a type is a dictionary whose keys cannot be names of fields: tuples, records, floating-point numbers with NaN.</summary>
    public static bool NeedPairs(Type type) =>
        type.IsGenericType && Dictionaries.Contains(type.GetGenericTypeDefinition()) && !IsName(type.GetGenericArguments()[0]);

    private static bool IsName(Type key) => key.IsEnum || Names.Contains(key);
}
