using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OrleansWork.Console.Input;

/// <summary>One property of a kind's input, read from the JSON schema: what it may hold and how text becomes it.</summary>
internal sealed class FieldSchema
{
    // Of TimeSpan, as the schemas of kinds have it.
    private const string DurationPattern = @"^-?\d*\.?\d+(us|ms|s|m|h|d)$";

    private readonly bool _isDuration;
    private readonly JsonElement _root;
    private readonly List<string> _choices = [];
    private JsonElement? _items;
    private Forms _forms;

    public FieldSchema(string property, JsonElement schema, JsonElement root, bool required)
    {
        Property = property;
        Name = JsonNamingPolicy.KebabCaseLower.ConvertName(property);
        Required = required;
        _root = root;
        Read(schema, depth: 0);
        if (schema.ValueKind == JsonValueKind.Object)
        {
            Default = schema.TryGetProperty("default", out JsonElement value) ? value : null;
            Description = schema.TryGetProperty("description", out JsonElement text) ? text.ToString() : RangeOf(schema);
            _isDuration = schema.TryGetProperty("pattern", out JsonElement pattern) && pattern.ValueEquals(DurationPattern);
        }
    }

    [Flags]
    private enum Forms
    {
        None = 0,
        Integer = 1,
        Number = 2,
        Boolean = 4,
        Text = 8,
        Null = 16,
        List = 32,
        Object = 64,
        Anything = 128,
    }

    /// <summary>Gets the property's name in the JSON.</summary>
    public string Property { get; }

    /// <summary>Gets its name on the command line, without the hyphens.</summary>
    public string Name { get; }

    /// <summary>Gets whether the input must have it.</summary>
    public bool Required { get; }

    /// <summary>Gets its default, or null when the schema names none.</summary>
    public JsonElement? Default { get; }

    /// <summary>Gets one sentence about it, or else its range; an empty string where there is neither.</summary>
    public string Description { get; } = "";

    /// <summary>Gets whether it may be given without a value.</summary>
    public bool IsFlag => (_forms & (Forms.Boolean | Forms.Anything)) == Forms.Boolean;

    /// <summary>Gets whether it may be given more than once.</summary>
    public bool IsList => _forms.HasFlag(Forms.List);

    /// <summary>Gets what it holds, in a word or two.</summary>
    public string TypeName
    {
        get
        {
            if (_choices.Count > 0 && (_forms & (Forms.Integer | Forms.Number)) == Forms.None)
                return string.Join('|', _choices);
            if (IsList)
                return Items is { } items ? $"{items.TypeName},…" : "list";
            return (_forms & ~Forms.Null) switch
            {
                var forms when forms.HasFlag(Forms.Integer) => "integer",
                var forms when forms.HasFlag(Forms.Number) => "number",
                Forms.Boolean => "flag",
                var forms when forms.HasFlag(Forms.Object) => "JSON",
                Forms.Text => _isDuration ? "duration" : "text",
                _ => "value",
            };
        }
    }

    private FieldSchema? Items => _items is { } items ? new FieldSchema(Property, items, _root, required: false) : null;

    /// <summary>Makes the JSON value of what was typed.</summary>
    /// <param name="option">How it was named on the command line, for messages.</param>
    /// <param name="texts">The values in order; more than one only for a list.</param>
    /// <exception cref="UsageException">The text is not such a value.</exception>
    public JsonNode? Convert(string option, IReadOnlyList<string> texts)
    {
        if (IsList)
            return ConvertList(option, texts);
        if (texts.Count > 1)
            throw new UsageException($"{option} is given {texts.Count} times; it takes one value.");
        return ConvertOne(option, texts[0]);
    }

    /// <summary>Makes a list: what reads as a JSON array of such values is one, and anything else has a value between its commas. Text is taken as
    /// it was typed, blanks and empty values too; around other values blanks mean nothing, and nothing is no value.</summary>
    private JsonArray ConvertList(string option, IReadOnlyList<string> texts)
    {
        JsonArray list = [];
        FieldSchema? items = Items;
        bool takesText = items is { TakesText: true };
        bool takesNull = items is not null && items._forms.HasFlag(Forms.Null);
        foreach (string text in texts)
        {
            if (text.StartsWith('[') && ReadArray(option, text, takesText, takesNull) is { } parsed)
            {
                foreach (JsonNode? item in parsed)
                    list.Add(item?.DeepClone());
                continue;
            }

            foreach (string part in text.Split(',', takesText ? StringSplitOptions.None : StringSplitOptions.TrimEntries))
            {
                if (takesText || part.Length > 0)
                    list.Add(items is null ? Guess(option, part) : items.ConvertOne(option, part));
            }
        }

        return list;
    }

    /// <summary>Reads a JSON array; brackets that are none may be part of a text.</summary>
    private static JsonArray? ReadArray(string option, string text, bool mayBeText, bool mayHaveNull)
    {
        if (!mayBeText)
            return Parse(option, text) as JsonArray ?? throw new UsageException($"{option} is not a JSON array.");
        try
        {
            if (JsonNode.Parse(text) is not JsonArray parsed)
                return null;
            return parsed.All(item => item is null ? mayHaveNull : item.GetValueKind() == JsonValueKind.String)
                ? (JsonArray?)InputText.Json(option, Encoding.UTF8.GetBytes(text))
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Gets whether any text at all is a value, and is meant as it stands.</summary>
    private bool TakesText => (_forms & ~Forms.Null) == Forms.Text && _choices.Count == 0;

    private JsonNode? ConvertOne(string option, string text)
    {
        if (TakesText)
            return JsonValue.Create(text);
        if (_choices.Contains(text, StringComparer.Ordinal))
            return JsonValue.Create(text);
        if (_forms.HasFlag(Forms.Anything))
            return Guess(option, text);
        if (_forms.HasFlag(Forms.Boolean) && text is "true" or "false")
            return JsonValue.Create(text is "true");
        if (
            (_forms & (Forms.Integer | Forms.Number)) != Forms.None
            && BigInteger.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out BigInteger whole)
        )
            return JsonNode.Parse(whole.ToString(CultureInfo.InvariantCulture));
        if (
            _forms.HasFlag(Forms.Number)
            && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
            && double.IsFinite(number)
        )
            return JsonValue.Create(number);
        if (_forms.HasFlag(Forms.Object) && text.StartsWith('{'))
            return Parse(option, text);
        if (_forms.HasFlag(Forms.Null) && text is "null")
            return null;
        if (_forms.HasFlag(Forms.Text) && _choices.Count == 0)
            return JsonValue.Create(text);

        string? near = _choices.Count > 0 ? Suggestions.Nearest(text, _choices) : null;
        throw new UsageException($"{option} is '{text}'; it must be {Expectation()}.{(near is null ? "" : $" Did you mean '{near}'?")}");
    }

    private static string RangeOf(JsonElement schema)
    {
        bool hasLeast = schema.TryGetProperty("minimum", out JsonElement least);
        bool hasMost = schema.TryGetProperty("maximum", out JsonElement most);
        return (hasLeast, hasMost) switch
        {
            (true, true) => $"{least} to {most}",
            (true, false) => $"{least} or more",
            (false, true) => $"at most {most}",
            _ => "",
        };
    }

    private string Expectation() =>
        _choices.Count > 0 && (_forms & (Forms.Integer | Forms.Number)) == Forms.None ? $"one of {string.Join(", ", _choices)}"
        : _forms.HasFlag(Forms.Number) ? "a number"
        : _forms.HasFlag(Forms.Integer) ? "a whole number"
        : _forms.HasFlag(Forms.Boolean) ? "true or false, or given without a value"
        : _forms.HasFlag(Forms.Object) ? "a JSON object; give it by --input"
        : "another kind of value; give it by --input";

    /// <summary>For a value of which the schema says nothing: JSON where it reads as such, otherwise text.</summary>
    private static JsonNode? Guess(string option, string text)
    {
        try
        {
            _ = JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return JsonValue.Create(text);
        }

        return Parse(option, text);
    }

    private static JsonNode? Parse(string option, string text) => InputText.Json(option, Encoding.UTF8.GetBytes(text));

    private void Read(JsonElement schema, int depth)
    {
        // A schema may refer to itself; values nested that deep come by --input.
        if (schema.ValueKind != JsonValueKind.Object || depth > 8)
        {
            _forms |= Forms.Anything;
            return;
        }

        bool said = false;
        if (schema.TryGetProperty("$ref", out JsonElement reference))
        {
            said = true;
            Read(Resolve(reference.GetString() ?? ""), depth + 1);
        }

        if (schema.TryGetProperty("enum", out JsonElement choices))
        {
            said = true;
            foreach (JsonElement choice in choices.EnumerateArray())
            {
                if (choice.ValueKind == JsonValueKind.String)
                    _choices.Add(choice.GetString()!);
                else if (choice.ValueKind == JsonValueKind.Null)
                    _forms |= Forms.Null;
            }
        }

        if (schema.TryGetProperty("type", out JsonElement type))
        {
            said = true;
            foreach (JsonElement one in type.ValueKind == JsonValueKind.Array ? [.. type.EnumerateArray()] : new[] { type })
                _forms |= FormOf(one.GetString());
        }

        foreach (string union in (ReadOnlySpan<string>)["anyOf", "oneOf"])
        {
            if (!schema.TryGetProperty(union, out JsonElement branches))
                continue;
            said = true;
            foreach (JsonElement branch in branches.EnumerateArray())
                Read(branch, depth + 1);
        }

        if (schema.TryGetProperty("items", out JsonElement items))
            _items = items;
        if (!said)
            _forms |= Forms.Anything;
    }

    private static Forms FormOf(string? type) =>
        type switch
        {
            "integer" => Forms.Integer,
            "number" => Forms.Number,
            "boolean" => Forms.Boolean,
            "string" => Forms.Text,
            "null" => Forms.Null,
            "array" => Forms.List,
            "object" => Forms.Object,
            _ => Forms.Anything,
        };

    private JsonElement Resolve(string pointer)
    {
        JsonElement current = _root;
        foreach (string part in pointer.TrimStart('#').Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            string name = Uri.UnescapeDataString(part)
                .Replace("~1", "/", StringComparison.Ordinal)
                .Replace("~0", "~", StringComparison.Ordinal);
            if (current.ValueKind == JsonValueKind.Object && current.TryGetProperty(name, out JsonElement next))
                current = next;
            else
                return default;
        }

        return current;
    }
}
