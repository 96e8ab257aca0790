using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Collections.ObjectModel;
using System.Text.Json;

namespace OrleansWork.Values;

/// <summary>Brings entries that a collection keeps by their hash codes into an order that every process has.</summary>
internal static class HashOrder
{
    /// <summary>Returns the entries of a set in the order of their JSON.</summary>
    public static HashSet<T> Sorted<T>(IEnumerable<T> entries, IEqualityComparer<T> comparer) =>
        new(entries.OrderBy(JsonOf, StringComparer.Ordinal), comparer);

    /// <summary>Returns the entries of a dictionary in the order of their keys' JSON.</summary>
    public static Dictionary<TKey, TValue> Sorted<TKey, TValue>(
        IEnumerable<KeyValuePair<TKey, TValue>> entries,
        IEqualityComparer<TKey> comparer
    )
        where TKey : notnull => new(entries.OrderBy(entry => JsonOf(entry.Key), StringComparer.Ordinal), comparer);

    /// <summary>Returns a set of any class as the one that it is read back as.</summary>
    public static HashSet<T> AsSet<T>(IReadOnlySet<T> set) =>
        set switch
        {
            HashSet<T> same => same,
            ImmutableHashSet<T> all => Sorted(all, all.KeyComparer),
            FrozenSet<T> all => Sorted(all, all.Comparer),
            SortedSet<T> all => new(all, EqualityOf<T>(all.Comparer, set)),
            ImmutableSortedSet<T> all => new(all, EqualityOf<T>(all.KeyComparer, set)),
            ReadOnlySet<T> when Comparers.Unwrap(set) is IReadOnlySet<T> inner and not ReadOnlySet<T> => AsSet(inner),
            _ => [.. set],
        };

    /// <summary>Returns a dictionary of any class as the one that it is read back as.</summary>
    public static Dictionary<TKey, TValue> AsDictionary<TKey, TValue>(IReadOnlyDictionary<TKey, TValue> dictionary)
        where TKey : notnull =>
        dictionary switch
        {
            Dictionary<TKey, TValue> same => same,
            ConcurrentDictionary<TKey, TValue> all => Sorted(all, all.Comparer),
            ImmutableDictionary<TKey, TValue> all => Sorted(all, all.KeyComparer),
            FrozenDictionary<TKey, TValue> all => Sorted(all, all.Comparer),
            OrderedDictionary<TKey, TValue> all => new(all, all.Comparer),
            SortedDictionary<TKey, TValue> all => new(all, EqualityOf<TKey>(all.Comparer, dictionary)),
            SortedList<TKey, TValue> all => new(all, EqualityOf<TKey>(all.Comparer, dictionary)),
            ImmutableSortedDictionary<TKey, TValue> all => new(all, EqualityOf<TKey>(all.KeyComparer, dictionary)),
            ReadOnlyDictionary<TKey, TValue>
                when Comparers.Unwrap(dictionary) is IReadOnlyDictionary<TKey, TValue> inner and not ReadOnlyDictionary<TKey, TValue> =>
                AsDictionary(inner),
            _ => new(dictionary),
        };

    private static IEqualityComparer<T>? EqualityOf<T>(IComparer<T> comparer, object collection) =>
        comparer.Equals(Comparer<T>.Default)
            ? null
            : comparer as IEqualityComparer<T> ?? throw ComparerNames.Lost(collection.GetType(), ComparerNames.Of(comparer));

    private static string JsonOf<T>(T value) => JsonSerializer.Serialize(value, OrleansWorkJson.Payloads);
}
