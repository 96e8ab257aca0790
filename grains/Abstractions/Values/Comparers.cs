using System.Collections.ObjectModel;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace OrleansWork.Values;

/// <summary>Finds the comparers of collections, those behind read-only wrappers included.</summary>
internal static class Comparers
{
    private const BindingFlags Instance = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    // What a wrapper shows to classes that derive from it.
    private static readonly Dictionary<Type, string> Wrapped = new()
    {
        [typeof(ReadOnlyDictionary<,>)] = "Dictionary",
        [typeof(ReadOnlySet<>)] = "Set",
        [typeof(ReadOnlyCollection<>)] = "Items",
        [typeof(Collection<>)] = "Items",
    };

    private static readonly ConditionalWeakTable<Type, StrongBox<Func<object, object?>?>> Known = [];

    /// <summary>Returns the comparer of a collection; null for the default, and for collections without one.</summary>
    public static object? Of(object collection) =>
        Known.GetValue(collection.GetType(), static type => new(Find(type))).Value?.Invoke(collection);

    /// <summary>Returns what a read-only wrapper is around; any other collection as it is.</summary>
    public static object Unwrap(object collection)
    {
        while (WrappedProperty(collection.GetType())?.GetValue(collection) is { } inner)
            collection = inner;
        return collection;
    }

    /// <summary>Returns whether two comparers compare alike as far as anyone can know: equal, of the same name, or of the same class, method and state.</summary>
    public static bool AreSame(object? left, object? right)
    {
        if (left is null || right is null)
            return left is null && right is null;
        if (ReferenceEquals(left, right) || left.Equals(right))
            return true;
        string name = ComparerNames.Of(left);
        return string.Equals(name, ComparerNames.Of(right), StringComparison.Ordinal)
            && (!ComparerNames.IsOwn(name) || ValueDifference.HaveSameState(left, right));
    }

    private static Func<object, object?>? Find(Type type)
    {
        for (Type? level = type; level is not null && level != typeof(object); level = level.BaseType)
        {
            if (!Frameworks.Owns(level) || !level.IsGenericType)
                continue;
            if (WrappedProperty(level) is { } wrapped)
                return collection => wrapped.GetValue(collection) is { } inner ? Of(inner) : null;
            PropertyInfo? property = level.GetProperty("Comparer", Instance) ?? level.GetProperty("KeyComparer", Instance);
            if (property is not { PropertyType: { IsGenericType: true } shape })
                continue;
            bool orders = shape.GetGenericTypeDefinition() == typeof(IComparer<>);
            if (!orders && shape.GetGenericTypeDefinition() != typeof(IEqualityComparer<>))
                continue;
            object usual = (orders ? typeof(Comparer<>) : typeof(EqualityComparer<>))
                .MakeGenericType(shape.GetGenericArguments())
                .GetProperty(nameof(Comparer<>.Default))!
                .GetValue(null)!;
            return collection =>
                property.GetValue(collection) is { } comparer
                && !comparer.Equals(usual)
                && (orders || !comparer.Equals(StringComparer.Ordinal))
                    ? comparer
                    : null;
        }

        return null;
    }

    private static PropertyInfo? WrappedProperty(Type type)
    {
        for (Type? level = type; level is not null; level = level.BaseType)
        {
            if (level.IsGenericType && Wrapped.TryGetValue(level.GetGenericTypeDefinition(), out string? name))
                return level.GetProperty(name, Instance);
        }

        return null;
    }
}
