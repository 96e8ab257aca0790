using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OrleansWork.Values;

/// <summary>Compares a value with what it was read back as, field by field: what was never written is in no bytes.</summary>
/// <remarks>
/// Collections are compared by their comparers and their entries in order. What is no part of the value is left out (see
/// <see cref="StateMembers"/>), and so are the bits of NaN and the sign of a decimal zero, which JSON does not have. Looks at a bounded part of large
/// values, members before what they hold.
/// </remarks>
internal sealed class ValueDifference
{
    private const int MaxPlaces = 8192;
    private const int MaxEntries = 512;

    private readonly Counts _counts;
    private readonly Queue<(object? Was, object? Now, Type Declared, Place Place)> _rest = new();
    private readonly Dictionary<object, (object Now, Place Place)> _met = new(ReferenceEqualityComparer.Instance);

    private ValueDifference(Counts counts) => _counts = counts;

    /// <summary>Compares two values.</summary>
    /// <param name="was">The value in memory.</param>
    /// <param name="now">What was read back.</param>
    /// <param name="counts">What counts beside fields and entries.</param>
    /// <returns><c>MEMBER is X, and Y</c>, or null when there is no difference.</returns>
    public static string? Find<T>(T was, T now, Counts counts) => new ValueDifference(counts).Find(was, now, typeof(T));

    /// <summary>Returns whether two objects of one class have the same state, to the last field.</summary>
    public static bool HaveSameState(object left, object right) =>
        new ValueDifference(Counts.AllState).Find(left, right, left.GetType()) is null;

    private string? Find(object? was, object? now, Type declared)
    {
        Add(was, now, declared, Place.Root);
        for (int places = 0; places < MaxPlaces && _rest.TryDequeue(out var next); places++)
        {
            if (Compare(next.Was, next.Now, next.Declared, next.Place) is { } difference)
                return difference;
        }

        return null;
    }

    private void Add(object? was, object? now, Type declared, Place place) => _rest.Enqueue((was, now, declared, place));

    private string? Compare(object? was, object? now, Type declared, Place place)
    {
        if (was is null || now is null)
            return was is null == now is null ? null : place.Is(Show(was), Show(now));
        if (ReferenceEquals(was, now))
            return null;
        Type type = was.GetType();
        ValueShape shape = ValueShape.Of(type);
        if (type != now.GetType() && !MayBecome(shape, type, now, declared))
            return $"{place} is a {TypeNames.Of(type)}, and a {TypeNames.Of(now.GetType())}";
        if (shape.IsMutable && place.IsOfMembers && _counts.HasFlag(Counts.Sharing) && was is not Array { Length: 0 })
        {
            if (_met.TryGetValue(was, out (object Now, Place Place) before))
                return ReferenceEquals(before.Now, now) ? null : $"{before.Place} and {place} are one {TypeNames.Of(type)}, and two";
            _met.Add(was, (now, place));
        }

        switch (shape.Kind)
        {
            case ShapeKind.Leaf:
                return IsSame(was, now) ? null : place.Is(Show(was), Show(now));
            case ShapeKind.Node:
                return CompareNodes((JsonNode)was, (JsonNode)now, place);
            case ShapeKind.Method:
                return CompareMethods((Delegate)was, (Delegate)now, place);
            case ShapeKind.Entries:
                return CompareEntries(was, now, place);
            case ShapeKind.Unknown when !_counts.HasFlag(Counts.AllState):
                return null;
        }

        if (shape.IsEquatable && was.Equals(now))
            return null;
        foreach (FieldInfo field in _counts.HasFlag(Counts.AllState) ? shape.AllFields : shape.Fields)
            Add(field.GetValue(was), field.GetValue(now), field.FieldType, new Place(place, field));
        return shape.HasEntries ? CompareEntries(was, now, place) : null;
    }

    /// <summary>A collection behind an interface, and what the framework itself derives, comes back as another class.</summary>
    private static bool MayBecome(ValueShape shape, Type type, object now, Type declared)
    {
        ValueShape other = ValueShape.Of(now.GetType());
        bool isOfNet = Frameworks.Owns(type);
        if (shape.IsCollection && other.IsCollection)
            return isOfNet || (declared.IsInterface && Frameworks.Owns(declared));
        return isOfNet && declared != typeof(object) && Frameworks.Owns(now.GetType());
    }

    private string? CompareEntries(object was, object now, Place place)
    {
        if (_counts.HasFlag(Counts.Comparers) && CompareComparers(was, now, place) is { } difference)
            return difference;
        if (!ValueShape.Of(was.GetType()).CanEnumerate || !ValueShape.Of(now.GetType()).CanEnumerate)
            return null;
        List<object?>? before = Entries(was);
        List<object?>? after = Entries(now);
        if (before is null || after is null)
            return before is null == after is null
                ? null
                : place.Is(before is null ? "unset" : "a list", after is null ? "unset" : "a list");
        if (before.Count != after.Count)
            return $"{place} has {before.Count} entries, and {after.Count}";
        if (ValueShape.Of(was.GetType()).IsHashed || ValueShape.Of(now.GetType()).IsHashed)
        {
            if (before.Count > MaxEntries)
                return null;
            before = Sorted(before);
            after = Sorted(after);
        }

        Type declared = ValueShape.Of(was.GetType()).EntryType;
        for (int i = 0; i < Math.Min(before.Count, MaxEntries); i++)
            Add(before[i], after[i], declared, new Place(place, i));
        return null;
    }

    private static string? CompareComparers(object was, object now, Place place)
    {
        object? before = Comparers.Of(was);
        object? after = Comparers.Of(now);
        return
            Comparers.AreSame(before, after)
            // Text that a sorted collection compares by its characters is compared so by default in one that is not sorted.
            || (was.GetType() != now.GetType() && after is null && ReferenceEquals(before, StringComparer.Ordinal))
            ? null
            : $"the comparer of {place} is {Name(before)}, and {Name(after)}";

        static string Name(object? comparer) => comparer is null ? "the default" : ComparerNames.Shown(comparer);
    }

    // One more than is compared says that there are more.
    private static List<object?>? Entries(object collection)
    {
        try
        {
            return [.. ValueShape.Enumerate(collection).Cast<object?>().Take(MaxEntries + 1)];
        }
        catch (Exception exception) when (exception is InvalidOperationException or NullReferenceException)
        {
            // A segment or an immutable array around nothing.
            return null;
        }
    }

    private static List<object?> Sorted(List<object?> entries) =>
        [.. entries.OrderBy(entry => JsonSerializer.Serialize(KeyOf(entry), OrleansWorkJson.Payloads), StringComparer.Ordinal)];

    private static object? KeyOf(object? entry) =>
        entry?.GetType() is { IsGenericType: true } type && type.GetGenericTypeDefinition() == typeof(KeyValuePair<,>)
            ? type.GetProperty("Key")!.GetValue(entry)
            : entry;

    private string? CompareNodes(JsonNode was, JsonNode now, Place place)
    {
        if (!_counts.HasFlag(Counts.Comparers))
            return null;
        if (was is JsonObject before && now is JsonObject after)
        {
            bool ignores = JsonNodes.IgnoresCase(before);
            if (ignores != JsonNodes.IgnoresCase(after))
                return ignores ? $"{place} ignores case, and minds it" : $"{place} minds case, and ignores it";
            foreach ((string name, JsonNode? node) in before.Take(MaxEntries))
            {
                if (after.TryGetPropertyValue(name, out JsonNode? other))
                    Add(node, other, typeof(JsonNode), new Place(place, name));
            }
        }
        else if (was is JsonArray list && now is JsonArray read)
        {
            for (int i = 0; i < Math.Min(Math.Min(list.Count, read.Count), MaxEntries); i++)
                Add(list[i], read[i], typeof(JsonNode), new Place(place, i));
        }

        return null;
    }

    private string? CompareMethods(Delegate was, Delegate now, Place place)
    {
        if (was.Method != now.Method)
            return $"{place} calls {was.Method.Name}, and {now.Method.Name}";
        Add(was.Target, now.Target, typeof(object), new Place(place, "Target"));
        return null;
    }

    private static bool IsSame(object was, object now) =>
        (was, now) switch
        {
            (double a, double b) => BitConverter.DoubleToInt64Bits(a) == BitConverter.DoubleToInt64Bits(b)
                || (double.IsNaN(a) && double.IsNaN(b)),
            (float a, float b) => BitConverter.SingleToInt32Bits(a) == BitConverter.SingleToInt32Bits(b)
                || (float.IsNaN(a) && float.IsNaN(b)),
            (Half a, Half b) => BitConverter.HalfToInt16Bits(a) == BitConverter.HalfToInt16Bits(b) || (Half.IsNaN(a) && Half.IsNaN(b)),
            (decimal a, decimal b) => a == b && a.Scale == b.Scale,
            (DateTime a, DateTime b) => a == b && a.Kind == b.Kind,
            (DateTimeOffset a, DateTimeOffset b) => a.EqualsExact(b),
            (StringBuilder a, StringBuilder b) => a.MaxCapacity == b.MaxCapacity && a.Equals(b.ToString()),
            (Uri a, Uri b) => string.Equals(a.OriginalString, b.OriginalString, StringComparison.Ordinal)
                && a.IsAbsoluteUri == b.IsAbsoluteUri
                && (!a.IsAbsoluteUri || string.Equals(a.AbsoluteUri, b.AbsoluteUri, StringComparison.Ordinal)),
            _ => was.Equals(now),
        };

    private static string Show(object? value) =>
        value switch
        {
            null => "null",
            string or char => Checks.Text.Of($"\"{value}\""),
            Uri { IsAbsoluteUri: true } uri => uri.AbsoluteUri,
            IFormattable or bool or StringBuilder or Uri or Version => Checks.Text.Of(
                string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{value}")
            ),
            _ => $"a {TypeNames.Of(value.GetType())}",
        };

    /// <summary>Where a value is: what holds it, and the field or the number of the entry in it.</summary>
    private sealed class Place(Place? owner, object? step)
    {
        public static readonly Place Root = new(null, null);

        private readonly Place? _owner = owner;

        /// <summary>Gets whether no entry of a collection is on the way there.</summary>
        public bool IsOfMembers { get; } = step is not int && owner is null or { IsOfMembers: true };

        public string Is(string was, string now) => $"{this} is {was}, and {now}";

        public override string ToString()
        {
            if (_owner is null)
                return "it";
            string path = _owner._owner is null ? "" : _owner.ToString();
            string name = step is FieldInfo field ? StateMembers.NameOf(field) : $"{step}";
            return step is int ? $"{(path.Length == 0 ? "it" : path)}[{name}]"
                : path.Length == 0 ? name
                : $"{path}.{name}";
        }
    }
}
