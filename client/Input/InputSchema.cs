using System.Text.Json;

namespace OrleansWork.Console.Input;

/// <summary>The fields of a kind's input.</summary>
internal sealed class InputSchema
{
    private readonly Dictionary<string, FieldSchema> _byName = new(StringComparer.Ordinal);

    public InputSchema(JsonElement schema)
    {
        HashSet<string> required = new(StringComparer.Ordinal);
        if (schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty("required", out JsonElement names))
            required.UnionWith(names.EnumerateArray().Select(name => name.GetString()!));

        List<FieldSchema> fields = [];
        if (schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty("properties", out JsonElement properties))
        {
            foreach (JsonProperty property in properties.EnumerateObject())
            {
                FieldSchema field = new(property.Name, property.Value, schema, required.Contains(property.Name));
                fields.Add(field);
                _byName[field.Property] = field;
            }

            foreach (FieldSchema field in fields)
                _byName[field.Name] = field;
        }

        Fields = fields;
    }

    /// <summary>Gets the fields in the order of the input type.</summary>
    public IReadOnlyList<FieldSchema> Fields { get; }

    /// <summary>Finds a field by its kebab-case or its JSON name.</summary>
    public FieldSchema? Find(string name) => _byName.GetValueOrDefault(name);
}
