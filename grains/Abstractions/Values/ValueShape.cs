using System.Collections;
using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Net;
using System.Numerics;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace OrleansWork.Values;

/// <summary>What there is to compare of a type's values.</summary>
internal sealed class ValueShape
{
    private const BindingFlags Declared = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
    private const string Collections = "System.Collections";

    private static readonly ConditionalWeakTable<Type, ValueShape> Known = [];

    private static readonly HashSet<Type> Hashed =
    [
        typeof(ConcurrentDictionary<,>),
        typeof(ImmutableDictionary<,>),
        typeof(ImmutableHashSet<>),
        typeof(FrozenDictionary<,>),
        typeof(FrozenSet<>),
    ];

    private static readonly HashSet<Type> Leaves =
    [
        .. ScalarTypes.All,
        typeof(Complex),
        typeof(Rune),
        typeof(Index),
        typeof(Range),
        typeof(StringBuilder),
        typeof(IPAddress),
        typeof(IPNetwork),
    ];

    private ValueShape(Type type)
    {
        IsCollection = typeof(IEnumerable).IsAssignableFrom(type) && type != typeof(string) && !typeof(JsonNode).IsAssignableFrom(type);
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(PriorityQueue<,>))
            IsCollection = true;
        Kind = KindOf(type);
        HasEntries = IsCollection && Kind != ShapeKind.Unknown;
        CanEnumerate = HasEntries && IsCounted(type);
        IsHashed = Levels(type).Any(level => level.IsGenericType && Hashed.Contains(level.GetGenericTypeDefinition()));
        AllFields = [.. Levels(type).SelectMany(level => level.GetFields(Declared)).Where(StateMembers.IsCarriable)];
        Fields = Frameworks.Owns(type) ? AllFields : [.. StateMembers.FieldsOf(type).Where(StateMembers.IsCompared)];
        EntryType =
            type.GetInterfaces()
                .FirstOrDefault(face => face.IsGenericType && face.GetGenericTypeDefinition() == typeof(IEnumerable<>))
                ?.GetGenericArguments()[0]
            ?? typeof(object);
        IsMutable = CanChange(type);
        IsEquatable = Kind == ShapeKind.Fields && !Frameworks.Owns(type) && HasOwnEquals(type) && IsConverted(type);
    }

    public ShapeKind Kind { get; }

    public bool IsCollection { get; }

    /// <summary>Gets whether values have entries, alone or beside their fields.</summary>
    public bool HasEntries { get; }

    /// <summary>Gets whether entries can be looked at again without running anybody's code: they are kept, not computed.</summary>
    public bool CanEnumerate { get; }

    /// <summary>Gets whether the order of entries says nothing.</summary>
    public bool IsHashed { get; }

    /// <summary>Gets what the entries are declared as.</summary>
    public Type EntryType { get; }

    /// <summary>Gets whether one who holds a value sees what another does to it.</summary>
    public bool IsMutable { get; }

    /// <summary>Gets whether the type's own converter says what crosses, and its own Equals what counts.</summary>
    public bool IsEquatable { get; }

    /// <summary>Gets the fields that are part of the value.</summary>
    public FieldInfo[] Fields { get; }

    public FieldInfo[] AllFields { get; }

    public static ValueShape Of(Type type) => Known.GetValue(type, static key => new ValueShape(key));

    /// <summary>Lists the entries of a collection.</summary>
    public static IEnumerable Enumerate(object collection) =>
        collection as IEnumerable ?? (IEnumerable)collection.GetType().GetProperty("UnorderedItems")!.GetValue(collection)!;

    private ShapeKind KindOf(Type type)
    {
        if (type.IsPrimitive || type.IsEnum || Leaves.Contains(type) || typeof(IPAddress).IsAssignableFrom(type))
            return ShapeKind.Leaf;
        if (typeof(JsonNode).IsAssignableFrom(type))
            return ShapeKind.Node;
        if (typeof(Delegate).IsAssignableFrom(type))
            return ShapeKind.Method;
        if (!Frameworks.Owns(type))
            return IsCollection && !IsConverted(type) ? ShapeKind.Entries : ShapeKind.Fields;
        if (IsCollection)
            return type.IsArray || type.Namespace?.StartsWith(Collections, StringComparison.Ordinal) == true || IsSegment(type)
                ? ShapeKind.Entries
                : ShapeKind.Unknown;
        bool isPart =
            type.IsAssignableTo(typeof(ITuple)) || (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(KeyValuePair<,>));
        return isPart ? ShapeKind.Fields : ShapeKind.Unknown;
    }

    private static bool IsSegment(Type type) => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ArraySegment<>);

    private static bool IsCounted(Type type) =>
        Frameworks.Owns(type)
        || typeof(ICollection).IsAssignableFrom(type)
        || type.GetInterfaces()
            .Any(face =>
                face.IsGenericType
                && face.GetGenericTypeDefinition() is var shape
                && (shape == typeof(IReadOnlyCollection<>) || shape == typeof(ICollection<>))
            );

    private static bool CanChange(Type type)
    {
        if (type.IsValueType || type == typeof(string))
            return false;
        if (type.IsArray || type == typeof(StringBuilder))
            return true;
        return Levels(type)
            .Any(level =>
                Frameworks.Owns(level)
                    ? level.Namespace?.StartsWith(Collections, StringComparison.Ordinal) == true
                        && level.Namespace is not ("System.Collections.Immutable" or "System.Collections.Frozen")
                        && !level.Name.StartsWith("ReadOnly", StringComparison.Ordinal)
                    : level.GetFields(Declared).Any(field => !field.IsInitOnly && StateMembers.IsCompared(field))
            );
    }

    // A record's Equals compares what it holds by reference, and says no where that is a collection: then its fields say more.
    private static bool HasOwnEquals(Type type) =>
        type.GetMethod(nameof(Equals), [typeof(object)])!.DeclaringType is { } level && !Frameworks.Owns(level);

    private static bool IsConverted(Type type)
    {
        try
        {
            return OrleansWorkJson.Payloads.GetTypeInfo(type).Kind == JsonTypeInfoKind.None;
        }
        catch (Exception exception) when (exception is NotSupportedException or InvalidOperationException or ArgumentException)
        {
            // It is never JSON: Orleans carries it.
            return false;
        }
    }

    private static IEnumerable<Type> Levels(Type type)
    {
        for (Type? level = type; level is not null && level != typeof(object) && level != typeof(ValueType); level = level.BaseType)
            yield return level;
    }
}
