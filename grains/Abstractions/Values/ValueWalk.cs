using System.Collections;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace OrleansWork.Values;

/// <summary>Walks over the types of a kind's values and finds what would not come back as it was, before any job meets it.</summary>
internal sealed class ValueWalk
{
    private const int MaxProblems = 8;
    private const string Root = "its ";

    private static readonly HashSet<Type> Leaves =
    [
        .. ScalarTypes.All,
        typeof(byte[]),
        typeof(Memory<byte>),
        typeof(ReadOnlyMemory<byte>),
        typeof(JsonElement),
        typeof(JsonDocument),
    ];

    private readonly List<string> _problems = [];
    private readonly HashSet<(Type Type, bool Restored)> _seen = [];

    private ValueWalk() { }

    /// <summary>Returns what of a type would not survive JSON; empty when everything does.</summary>
    /// <param name="type">The type of a kind's input, item, partial or result.</param>
    /// <param name="what">What it is, for the sentences: "partial".</param>
    /// <returns>A sentence for each problem, with the member and what to do.</returns>
    public static IReadOnlyList<string> Problems(Type type, string what)
    {
        ValueWalk walk = new();
        walk.Visit(type, $"{Root}{what} {TypeNames.Of(type)}", isRestored: true);
        return walk._problems;
    }

    /// <summary>Looks at a type, once for each way in which it is met.</summary>
    /// <param name="type">What is written.</param>
    /// <param name="place">Where: "its partial Stats", "Stats.Sum".</param>
    /// <param name="isRestored">Whether it is read back, or only written.</param>
    private void Visit(Type type, string place, bool isRestored)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (_problems.Count >= MaxProblems || !_seen.Add((type, isRestored)) || Leaves.Contains(type) || type.IsEnum)
            return;
        if (typeof(JsonNode).IsAssignableFrom(type))
            return;
        if (type == typeof(object))
        {
            Add(place, "is an object, of which only the JSON comes back, not the type; declare the type that is meant", isRestored);
            return;
        }

        JsonTypeInfo info;
        try
        {
            info = OrleansWorkJson.Payloads.GetTypeInfo(type);
        }
        catch (Exception exception) when (exception is NotSupportedException or InvalidOperationException or ArgumentException)
        {
            _problems.Add($"{place} cannot be written as JSON: {Causes.Message(exception)}");
            return;
        }

        switch (info.Kind)
        {
            case JsonTypeInfoKind.None:
                VisitConverted(info, place);
                break;
            case JsonTypeInfoKind.Object:
                VisitObject(info, place, isRestored);
                break;
            default:
                VisitCollection(info, place, isRestored);
                break;
        }
    }

    private void VisitConverted(JsonTypeInfo info, string place)
    {
        if (info.Converter is IConverterAs converter)
            Visit(converter.As, place, isRestored: true);
        else if (info.Converter.GetType().Assembly == typeof(JsonSerializer).Assembly)
            Add(place, $"is a {TypeNames.Of(info.Type)}, which JSON does not carry", isRestored: true);
    }

    private void VisitCollection(JsonTypeInfo info, string place, bool isRestored)
    {
        if (isRestored)
            CheckCollection(info, place);
        if (info.KeyType is { } key)
            Visit(key, $"the key of {place}", isRestored);
        if (info.ElementType is { } element)
            Visit(element, $"an entry of {place}", isRestored);
        else
            Add(place, "has entries of any type, of which only the JSON comes back; use a generic collection", isRestored);
    }

    private void CheckCollection(JsonTypeInfo info, string place)
    {
        Type type = info.Type;
        try
        {
            JsonSerializer.Deserialize(info.Kind == JsonTypeInfoKind.Dictionary ? "{}" : "[]", info);
        }
        catch (Exception exception) when (exception is NotSupportedException or InvalidOperationException or JsonException)
        {
            Add(
                place,
                Frameworks.Owns(type)
                    ? $"is a {TypeNames.Of(type)}, which JSON writes and does not read back"
                    : $"is a {TypeNames.Of(type)}, which is written as its entries and not read back; let it be a class that holds a collection",
                isRestored: true
            );
            return;
        }
        catch (Exception exception)
        {
            _problems.Add($"{place}: making an empty {TypeNames.Of(type)} failed: {Causes.Describe(exception)}");
            return;
        }

        foreach (FieldInfo field in StateMembers.FieldsOf(type).Where(StateMembers.IsState))
        {
            _problems.Add(
                $"{place} is a {TypeNames.Of(type)}, of which JSON carries the entries alone and not {StateMembers.NameOf(field)}; let a class hold the collection beside it, mark it [JsonIgnore], or give the class a [JsonConverter]."
            );
        }
    }

    private void VisitObject(JsonTypeInfo info, string place, bool isRestored)
    {
        Type type = info.Type;
        if (info.PolymorphismOptions is { } shapes)
        {
            if (isRestored)
                CheckShapes(shapes, type, place);
            foreach (Type derived in shapes.DerivedTypes.Select(shape => shape.DerivedType))
                Visit(derived, $"{TypeNames.Of(derived)}, for {place}", isRestored);
        }
        else if (isRestored && (type.IsInterface || type.IsAbstract))
        {
            Add(
                place,
                $"is {(type.IsInterface ? "the interface" : "the abstract class")} {TypeNames.Of(type)}, and no class of it is known here",
                isRestored
            );
            return;
        }

        if (isRestored && type is { IsInterface: false, IsAbstract: false })
        {
            if (info is { CreateObject: null, ConstructorAttributeProvider: null } && !IsEntry(type))
            {
                Add(place, $"is a {TypeNames.Of(type)}, which JSON cannot make again", isRestored);
                return;
            }

            CheckState(info);
        }

        foreach (JsonPropertyInfo property in info.Properties)
        {
            if (
                property.IsExtensionData
                && Array.Exists(property.PropertyType.GetGenericArguments(), argument => argument == typeof(object))
            )
                Add(
                    $"{TypeNames.Of(type)}.{NameOf(property)}",
                    "takes unknown fields as object, of which only the JSON comes back; declare a Dictionary<string, JsonElement>",
                    isRestored
                );
            if (property.IsExtensionData || property.CustomConverter is not null || property.Get is null)
                continue;
            Visit(property.PropertyType, $"{TypeNames.Of(type)}.{NameOf(property)}", isRestored && StateMembers.IsRestored(property));
        }
    }

    private void CheckShapes(JsonPolymorphismOptions shapes, Type type, string place)
    {
        string name = TypeNames.Of(type);
        foreach (JsonDerivedType shape in shapes.DerivedTypes)
        {
            if (shape.TypeDiscriminator is null && shape.DerivedType != type)
                _problems.Add(
                    $"{place} may be a {TypeNames.Of(shape.DerivedType)}, which {name} declares without a discriminator, so that a {name} would come back; write [JsonDerivedType(typeof({TypeNames.Of(shape.DerivedType)}), \"…\")]."
                );
        }

        if (shapes.UnknownDerivedTypeHandling != JsonUnknownDerivedTypeHandling.FailSerialization)
            _problems.Add(
                $"{place}: {name} has [JsonPolymorphic(UnknownDerivedTypeHandling = {shapes.UnknownDerivedTypeHandling})], by which classes that it does not declare come back as others; leave that out."
            );
    }

    // Made by the serializer in a way of its own.
    private static bool IsEntry(Type type) => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(KeyValuePair<,>);

    private void CheckState(JsonTypeInfo info)
    {
        IEnumerable<FieldInfo> lost = StateMembers
            .FieldsOf(info.Type)
            .Where(field => StateMembers.IsState(field) && !StateMembers.IsCarriable(field));
        Type? framework = info.Type;
        while (framework is not null && !Frameworks.Owns(framework))
            framework = framework.BaseType;
        foreach (FieldInfo field in lost.Concat(StateMembers.Uncarried(info, framework ?? typeof(object))))
        {
            string owner = TypeNames.Of(field.DeclaringType!);
            _problems.Add(
                field.DeclaringType == info.Type || !Frameworks.Owns(field.DeclaringType!)
                    ? $"{owner}.{StateMembers.NameOf(field)} is a {TypeNames.Of(field.FieldType)}, which JSON does not carry; mark it [JsonIgnore] if it is no part of the value, or give {owner} a [JsonConverter]."
                    : $"{TypeNames.Of(info.Type)} is a {owner}, whose state JSON does not carry; keep what you need of it in members of your own, or give the class a [JsonConverter]."
            );
            if (Frameworks.Owns(field.DeclaringType!))
                return;
        }
    }

    private void Add(string place, string what, bool isRestored)
    {
        if (!isRestored || _problems.Count >= MaxProblems)
            return;
        string remedy = place.StartsWith(Root, StringComparison.Ordinal)
            ? "use a class or record of your own, or give the type a [JsonConverter]"
            : "mark it [JsonIgnore] if it is no part of the value, or give it a [JsonConverter]";
        _problems.Add($"{place} {what}; {remedy}.");
    }

    private static string NameOf(JsonPropertyInfo property) =>
        property.AttributeProvider switch
        {
            FieldInfo field => StateMembers.NameOf(field),
            MemberInfo member => member.Name,
            _ => property.Name,
        };
}
