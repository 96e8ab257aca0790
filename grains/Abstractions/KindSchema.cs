using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Numerics;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;
using OrleansWork.Values;

namespace OrleansWork;

/// <summary>Makes the JSON schema of an input type, for help, forms and checks outside .NET.</summary>
/// <remarks>
/// Adds to what the framework exports: the types of integers of any size and of durations, descriptions and ranges from attributes. A
/// floating-point number is shown as a number alone; that its named literals (<c>"NaN"</c>) are read too is left out.
/// </remarks>
internal static class KindSchema
{
    private const int MaxDepth = 16;
    private const string DurationPattern = @"^-?\d*\.?\d+(us|ms|s|m|h|d)$";
    private static readonly JsonSchemaExporterOptions Options = new() { TreatNullObliviousAsNonNullable = true };

    private static readonly JsonSerializerOptions s_exported = WithoutDefaultsOfStructs();

    public static JsonObject Of(Type type) => Of(type, depth: 0);

    private static JsonObject Of(Type type, int depth) =>
        Complete(s_exported.GetJsonSchemaAsNode(type, Options), OrleansWorkJson.Payloads.GetTypeInfo(type), depth);

    private static JsonObject Complete(JsonNode? exported, JsonTypeInfo type, int depth)
    {
        JsonObject schema = exported as JsonObject ?? [];
        if (schema.ContainsKey("$ref") || depth > MaxDepth)
            return schema;
        Type plain = Nullable.GetUnderlyingType(type.Type) ?? type.Type;
        bool nullable = plain != type.Type;
        if (OrleansWorkJson.Payloads.GetTypeInfo(plain).Converter is IConverterAs { IsExact: true } converter)
        {
            foreach ((string name, JsonNode? node) in Of(converter.As, depth + 1))
                schema.TryAdd(name, node?.DeepClone());
        }
        else if (plain.IsEnum)
        {
            IEnumerable<JsonNode?> names = JsonExpectation.NamesOf(type).Select(name => (JsonNode?)name);
            schema.TryAdd("enum", new JsonArray([.. nullable ? names.Append(null) : names]));
        }
        else if (plain == typeof(BigInteger))
        {
            SetType(schema, "integer", nullable);
        }
        else if (plain == typeof(TimeSpan))
        {
            SetType(schema, "string", nullable);
            schema["pattern"] = DurationPattern;
        }
        else if (plain == typeof(double) || plain == typeof(float) || plain == typeof(Half))
        {
            schema.Remove("anyOf");
            SetType(schema, "number", nullable);
        }
        else if (type is { Kind: JsonTypeInfoKind.Enumerable, ElementType: { } item })
        {
            schema["items"] = Complete(schema["items"]?.DeepClone(), type.Options.GetTypeInfo(item), depth + 1);
        }
        else if (type is { Kind: JsonTypeInfoKind.Dictionary, ElementType: { } value } && schema.ContainsKey("additionalProperties"))
        {
            schema["additionalProperties"] = Complete(
                schema["additionalProperties"]?.DeepClone(),
                type.Options.GetTypeInfo(value),
                depth + 1
            );
        }
        else if (schema["properties"] is JsonObject properties)
        {
            foreach (JsonPropertyInfo hidden in type.Properties.Where(StateMembers.IsHidden))
                properties.Remove(hidden.Name);
            foreach (JsonPropertyInfo property in type.Properties.Where(property => properties.ContainsKey(property.Name)))
            {
                JsonObject completed = Complete(
                    properties[property.Name]?.DeepClone(),
                    property.Options.GetTypeInfo(property.PropertyType),
                    depth + 1
                );
                Describe(completed, property);
                properties[property.Name] = completed;
            }

            if (HasDefaultsOfStructs(type))
                AddParameters(schema, properties, type);
        }

        return schema;
    }

    /// <summary>The exporter throws at <c>TimeSpan Every = default</c>, whose default reflection gives as null: such constructors are kept from it, and
    /// what it says of others is added here.</summary>
    private static JsonSerializerOptions WithoutDefaultsOfStructs()
    {
        JsonSerializerOptions options = new(OrleansWorkJson.Payloads);
        options.TypeInfoResolver = options.TypeInfoResolver!.WithAddedModifier(static type =>
        {
            if (HasDefaultsOfStructs(type))
                type.CreateObject = static () => throw new NotSupportedException();
        });
        return options;
    }

    private static bool HasDefaultsOfStructs(JsonTypeInfo type) =>
        type is { Kind: JsonTypeInfoKind.Object, ConstructorAttributeProvider: ConstructorInfo constructor }
        && constructor
            .GetParameters()
            .Any(static parameter => parameter is { HasDefaultValue: true, DefaultValue: null } && IsStruct(parameter.ParameterType));

    private static bool IsStruct(Type type) => type.IsValueType && Nullable.GetUnderlyingType(type) is null;

    private static void AddParameters(JsonObject schema, JsonObject properties, JsonTypeInfo type)
    {
        JsonArray required = [];
        foreach (JsonPropertyInfo property in type.Properties.Where(property => properties.ContainsKey(property.Name)))
        {
            if (property.AssociatedParameter is { HasDefaultValue: true } parameter)
            {
                object? value =
                    parameter.DefaultValue
                    ?? (IsStruct(parameter.ParameterType) ? Activator.CreateInstance(parameter.ParameterType) : null);
                properties[property.Name]!["default"] ??= JsonSerializer.SerializeToNode(
                    value,
                    type.Options.GetTypeInfo(parameter.ParameterType)
                );
            }
            else if (property.IsRequired || property.AssociatedParameter is not null)
            {
                required.Add(property.Name);
            }
        }

        if (required.Count > 0)
            schema["required"] = required;
    }

    private static void Describe(JsonObject schema, JsonPropertyInfo property)
    {
        Attribute[] attributes =
        [
            .. Attributes(property.AttributeProvider),
            .. Attributes(property.AssociatedParameter?.AttributeProvider),
        ];
        if (attributes.OfType<DescriptionAttribute>().FirstOrDefault() is { } description)
            schema["description"] = description.Description;
        if (attributes.OfType<RangeAttribute>().FirstOrDefault() is { } range)
        {
            schema["minimum"] ??= Number(range.Minimum);
            schema["maximum"] ??= Number(range.Maximum);
        }
    }

    private static void SetType(JsonObject schema, string type, bool nullable)
    {
        schema.Remove("type");
        schema.Insert(0, "type", nullable ? new JsonArray(type, "null") : type);
    }

    private static IEnumerable<Attribute> Attributes(ICustomAttributeProvider? provider) =>
        provider?.GetCustomAttributes(inherit: true).OfType<Attribute>() ?? [];

    private static JsonNode? Number(object bound) =>
        bound switch
        {
            int number => number,
            double number => number,
            string text when decimal.TryParse(text, CultureInfo.InvariantCulture, out decimal number) => number,
            _ => null,
        };
}
