using System.Reflection;
using System.Text.Json.Serialization.Metadata;

namespace OrleansWork.Values;

/// <summary>Tells which collections of an object get their comparers back from the constructor that makes the object again.</summary>
internal sealed class OwnerComparers
{
    private readonly JsonTypeInfo _type;
    private readonly JsonPropertyInfo[] _holders;
    private object? _made;

    private OwnerComparers(JsonTypeInfo type, JsonPropertyInfo[] holders)
    {
        _type = type;
        _holders = holders;
    }

    /// <summary>Has a class or struct of an author's look at its collections before it is written.</summary>
    public static void Watch(JsonTypeInfo type)
    {
        JsonPropertyInfo[] holders =
        [
            .. type.Properties.Where(property =>
                property is { Set: not null, Get: not null }
                && Frameworks.Owns(property.PropertyType)
                && CollectionContract.Of(property.PropertyType) is not null
            ),
        ];
        if (holders.Length == 0)
            return;
        OwnerComparers owner = new(type, holders);
        Action<object>? before = type.OnSerializing;
        type.OnSerializing = value =>
        {
            owner.Look(value);
            before?.Invoke(value);
        };
    }

    private void Look(object value)
    {
        if (CrossingScope.Current is not { } scope)
            return;
        object? made = null;
        foreach (JsonPropertyInfo holder in _holders)
        {
            // What the constructor is given is not made by it.
            if (
                holder.AssociatedParameter is not null
                || holder.Get!(value) is not { } collection
                || Comparers.Of(collection) is not { } comparer
                || !ComparerNames.IsOwn(ComparerNames.Of(comparer))
            )
                continue;
            made ??= Make(value);
            if (
                made is not null
                && holder.Get(made) is { } other
                && other.GetType() == collection.GetType()
                && Comparers.AreSame(comparer, Comparers.Of(other))
            )
                scope.OwnerMakes(collection);
        }
    }

    /// <summary>Makes an object as reading will, or null.</summary>
    private object? Make(object value)
    {
        if (_type.CreateObject is { } make)
            return _made ??= make();
        if (_type.ConstructorAttributeProvider is not ConstructorInfo constructor)
            return null;
        ParameterInfo[] parameters = constructor.GetParameters();
        object?[] arguments = new object?[parameters.Length];
        for (int i = 0; i < parameters.Length; i++)
        {
            JsonPropertyInfo? given = _type.Properties.FirstOrDefault(property => property.AssociatedParameter?.Position == i);
            arguments[i] = given?.Get is { } get ? get(value) : null;
        }

        try
        {
            return constructor.Invoke(arguments);
        }
        catch (TargetInvocationException)
        {
            // It refuses what the object has come to; so it will when the object is read.
            return null;
        }
    }
}
