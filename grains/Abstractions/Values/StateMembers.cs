using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace OrleansWork.Values;

/// <summary>Sees to it that all state of an object crosses: a value is its instance fields, and each of them has to come back.</summary>
/// <remarks>
/// A field is carried by the public property that returns it as it is, restored by setter, constructor or the field itself; what no such
/// property returns gets a member of its own, named after the field, with an underscore first. Left out is what its author marks with
/// <c>[JsonIgnore]</c> or <c>[NonSerialized]</c>, and what only locks.
/// </remarks>
internal static class StateMembers
{
    private const BindingFlags Declared = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    /// <summary>Completes the contract of a class or struct of an author's.</summary>
    public static void Complete(JsonTypeInfo type)
    {
        List<FieldInfo> locks = [];
        foreach (FieldInfo field in FieldsOf(type.Type))
        {
            if (IsLock(field))
                locks.Add(field);
            else if (IsState(field) && IsCarriable(field))
                Carry(type, field);
        }

        MakeWithoutConstructor(type, locks);
        CheckLocks(type, locks);
        bool isWhole = IsWhole(type.Type);
        foreach (JsonPropertyInfo property in type.Properties)
        {
            WriteDefaults(type, property);
            if (!IsRestored(property) || (isWhole && IsView(type, property)))
                LeaveOutWhatIsComputed(property);
            KeepComparers(property);
        }

        OwnerComparers.Watch(type);
    }

    /// <summary>Lists the fields of a type and of what it derives from, up to the framework.</summary>
    public static IEnumerable<FieldInfo> FieldsOf(Type type)
    {
        for (Type? level = type; level is not null && !Frameworks.Owns(level); level = level.BaseType)
        {
            foreach (FieldInfo field in level.GetFields(Declared))
                yield return field;
        }
    }

    /// <summary>Lists the fields of a framework's type, none of which may be added to its contract, that no member carries.</summary>
    public static IEnumerable<FieldInfo> Uncarried(JsonTypeInfo type, Type level)
    {
        for (Type? at = level; at is not null && at != typeof(object) && at != typeof(ValueType); at = at.BaseType)
        {
            foreach (FieldInfo field in at.GetFields(Declared))
            {
                if (
                    IsState(field)
                    && !IsLock(field)
                    && !type.Properties.Any(property => IsRestored(property) && (IsOf(property, field) || Returns(property, field)))
                )
                    yield return field;
            }
        }
    }

    /// <summary>Returns whether a member is read back.</summary>
    public static bool IsRestored(JsonPropertyInfo property) => property.Set is not null || property.AssociatedParameter is not null;

    /// <summary>Returns whether a member stands for a field that people do not see: it is no field of an input's form.</summary>
    public static bool IsHidden(JsonPropertyInfo property) => property.AttributeProvider is FieldInfo { IsPublic: false };

    /// <summary>Returns whether the author counts a field as part of the value.</summary>
    public static bool IsState(FieldInfo field) =>
        !field.IsDefined(typeof(NonSerializedAttribute), inherit: false)
        && !IsIgnored(field)
        && !(PropertyOf(field) is { } property && IsIgnored(property));

    /// <summary>Returns whether a field has a type whose values a serializer can hold at all.</summary>
    public static bool IsCarriable(FieldInfo field)
    {
        Type type = field.FieldType;
        return !type.IsPointer
            && !type.IsFunctionPointer
            && !type.IsByRefLike
            && !type.IsByRef
            && !field.IsDefined(typeof(FixedBufferAttribute), inherit: false)
            && !type.IsDefined(typeof(InlineArrayAttribute), inherit: false);
    }

    /// <summary>Returns whether a field has to be the same when it was read back: nobody says that it is no part of the value.</summary>
    public static bool IsCompared(FieldInfo field) =>
        IsState(field)
        && IsCarriable(field)
        && !IsLock(field)
        && !IgnoredProperties(field.DeclaringType!).Any(property => property == field);

    /// <summary>Names a field as its author knows it.</summary>
    public static string NameOf(FieldInfo field) => PropertyOf(field)?.Name ?? CapturedParameter(field) ?? field.Name;

    private static void CheckLocks(JsonTypeInfo type, List<FieldInfo> locks)
    {
        locks.RemoveAll(field => field.FieldType != typeof(object));
        if (locks.Count == 0)
            return;
        Action<object>? before = type.OnSerializing;
        type.OnSerializing = owner =>
        {
            foreach (FieldInfo field in locks)
            {
                if (field.GetValue(owner) is { } value && value.GetType() != typeof(object))
                    throw new NotSupportedException(
                        $"{TypeNames.Of(field.DeclaringType!)}.{NameOf(field)} is declared as object and holds a {TypeNames.Of(value.GetType())}, which would be lost. Declare the type that is meant."
                    );
            }

            before?.Invoke(owner);
        };
    }

    // A field that nobody else sees or assigns to, of a type without state.
    private static bool IsLock(FieldInfo field) =>
        field.FieldType == typeof(Lock) || (field.FieldType == typeof(object) && field is { IsPrivate: true, IsInitOnly: true });

    private static void Carry(JsonTypeInfo type, FieldInfo field)
    {
        JsonPropertyInfo? carrier = type.Properties.FirstOrDefault(property => IsOf(property, field) || Returns(property, field));
        if (carrier is null)
        {
            JsonPropertyInfo added = type.CreateJsonPropertyInfo(field.FieldType, FreeName(type, field));
            added.AttributeProvider = field;
            added.Get = field.GetValue;
            added.Set = field.SetValue;
            type.Properties.Add(added);
        }
        else if (!IsRestored(carrier))
        {
            carrier.Set = field.SetValue;
        }
        else if (
            carrier is { AttributeProvider: PropertyInfo source, Set: { } set }
            && (!field.IsInitOnly || field.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false))
            && !SimpleSetter.Assigns(source, field)
        )
        {
            // What the setter makes of a value it has made of it before.
            carrier.Set = (owner, value) =>
            {
                if (CrossingScope.Current is null)
                    set(owner, value);
                else
                    field.SetValue(owner, value);
            };
        }

        if (
            carrier is not null
            && ParameterOf(type, carrier) is { } parameter
            && !SimpleSetter.Assigns(parameter.Constructor, parameter.Parameter, field)
        )
            CarryBeside(type, field);
    }

    /// <summary>Sets a field once more after a constructor that changes what it is given.</summary>
    private static void CarryBeside(JsonTypeInfo type, FieldInfo field)
    {
        JsonPropertyInfo added = type.CreateJsonPropertyInfo(field.FieldType, FreeName(type, field));
        added.AttributeProvider = field;
        added.Get = field.GetValue;
        added.Set = field.SetValue;
        added.ShouldSerialize = static (_, _) => CrossingScope.Current is not null;
        type.Properties.Add(added);
    }

    private static (ConstructorInfo Constructor, ParameterInfo Parameter)? ParameterOf(JsonTypeInfo type, JsonPropertyInfo property) =>
        type is { CreateObject: null, ConstructorAttributeProvider: ConstructorInfo constructor }
        && property.AttributeProvider is MemberInfo member
        && Array.Find(constructor.GetParameters(), given => Takes(given, property, member)) is { } parameter
            ? (constructor, parameter)
            : null;

    private static bool Takes(ParameterInfo parameter, JsonPropertyInfo property, MemberInfo member) =>
        !IsHidden(property)
        && property.PropertyType == parameter.ParameterType
        && string.Equals(member.Name, parameter.Name, StringComparison.OrdinalIgnoreCase);

    private static IEnumerable<FieldInfo> IgnoredProperties(Type type) =>
        type.GetProperties(Declared).Where(IsIgnored).Select(SimpleGetter.FieldOf).OfType<FieldInfo>();

    private static bool IsOf(JsonPropertyInfo property, FieldInfo field) =>
        property.AttributeProvider is FieldInfo own && own.HasSameMetadataDefinitionAs(field) && own.DeclaringType == field.DeclaringType;

    private static bool Returns(JsonPropertyInfo property, FieldInfo field) =>
        property.AttributeProvider is PropertyInfo source
        && SimpleGetter.FieldOf(source) is { } returned
        && returned.HasSameMetadataDefinitionAs(field)
        && returned.DeclaringType == field.DeclaringType;

    private static string FreeName(JsonTypeInfo type, FieldInfo field)
    {
        string plain = JsonNamingPolicy.CamelCase.ConvertName(NameOf(field).TrimStart('_'));
        string name = $"_{plain}";
        return type.Properties.Any(property => string.Equals(property.Name, name, StringComparison.Ordinal))
            ? $"_{TypeNames.Of(field.DeclaringType!)}.{plain}"
            : name;
    }

    /// <summary>Makes objects as they are where no constructor can be called with what crossed: every field is set afterwards.</summary>
    private static void MakeWithoutConstructor(JsonTypeInfo info, IReadOnlyList<FieldInfo> locks)
    {
        Type type = info.Type;
        if (type.IsValueType || type.IsAbstract || info.CreateObject is not null)
            return;
        if (info.ConstructorAttributeProvider is ConstructorInfo constructor)
        {
            if (constructor.GetParameters().All(parameter => IsBound(info, parameter)))
                return;
        }
        else if (type.GetConstructor(Declared, Type.EmptyTypes) is { } own)
        {
            info.CreateObject = () => own.Invoke(null);
            return;
        }

        FieldInfo[] remade = [.. locks];
        info.CreateObject = () =>
        {
            object made = RuntimeHelpers.GetUninitializedObject(type);
            foreach (FieldInfo field in remade)
                field.SetValue(made, Activator.CreateInstance(field.FieldType));
            return made;
        };
    }

    private static bool IsBound(JsonTypeInfo info, ParameterInfo parameter) =>
        info.Properties.Any(property => property.AttributeProvider is MemberInfo member && Takes(parameter, property, member));

    /// <summary>What is computed from the state, and not read back, is for people who read results: it does not cross.</summary>
    private static void LeaveOutWhatIsComputed(JsonPropertyInfo property)
    {
        if (property.IsExtensionData)
            return;
        Func<object, object?, bool>? shown = property.ShouldSerialize;
        property.ShouldSerialize = (owner, value) => CrossingScope.Current is null && (shown is null || shown(owner, value));
    }

    // Every field crosses, so that what properties make of them need not.
    private static bool IsWhole(Type type)
    {
        Type level = type;
        while (!Frameworks.Owns(level))
            level = level.BaseType!;
        return (level == typeof(object) || level == typeof(ValueType)) && FieldsOf(type).All(field => IsLock(field) || IsCompared(field));
    }

    /// <summary>Returns whether a member that is written and read is another way to say what fields say: its setter would set them twice.</summary>
    private static bool IsView(JsonTypeInfo type, JsonPropertyInfo property) =>
        property is { AttributeProvider: PropertyInfo source, IsRequired: false, CustomConverter: null }
        && ParameterOf(type, property) is null
        && SimpleGetter.FieldOf(source) is null;

    /// <summary>Writes a member that is left out where it has its type's default, when an object that is made anew has another value there.</summary>
    private static void WriteDefaults(JsonTypeInfo type, JsonPropertyInfo property)
    {
        if (
            property.ShouldSerialize is not { } shown
            || property.AttributeProvider is not MemberInfo member
            || member.GetCustomAttribute<JsonIgnoreAttribute>()
                is not { Condition: JsonIgnoreCondition.WhenWritingDefault or JsonIgnoreCondition.WhenWritingNull }
        )
            return;
        Lazy<bool> startsElsewhere = new(() => StartsElsewhere(type, property));
        property.ShouldSerialize = (owner, value) => shown(owner, value) || CrossingScope.Current is not null || startsElsewhere.Value;
    }

    private static bool StartsElsewhere(JsonTypeInfo type, JsonPropertyInfo property)
    {
        object? start = property.AssociatedParameter is { } parameter
            ? parameter.HasDefaultValue
                ? parameter.DefaultValue
                : null
            : type.CreateObject?.Invoke() is { } made
                ? property.Get?.Invoke(made)
                : null;
        return start is not null
            && !(
                start.GetType() == property.PropertyType
                && start is ValueType
                && start.Equals(RuntimeHelpers.GetUninitializedObject(start.GetType()))
            );
    }

    private static void KeepComparers(JsonPropertyInfo property)
    {
        if (property is not { Set: { } set, Get: { } get } || CollectionContract.Of(property.PropertyType) is not { } contract)
            return;
        property.Set = (owner, value) =>
        {
            if (value is null || !contract.Keep(get(owner), value))
                set(owner, value);
        };
    }

    private static bool IsIgnored(MemberInfo member) =>
        member.GetCustomAttribute<JsonIgnoreAttribute>() is { Condition: JsonIgnoreCondition.Always };

    // The compiler's names: <Name>k__BackingField of a property, <name>P of a parameter that methods use.
    private static PropertyInfo? PropertyOf(FieldInfo field) =>
        field.Name.StartsWith('<') && field.Name.EndsWith(">k__BackingField", StringComparison.Ordinal)
            ? field.DeclaringType!.GetProperty(field.Name[1..field.Name.IndexOf('>', StringComparison.Ordinal)], Declared)
            : null;

    private static string? CapturedParameter(FieldInfo field) =>
        field.Name.StartsWith('<') && field.Name.EndsWith(">P", StringComparison.Ordinal) ? field.Name[1..^2] : null;
}
