using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using OrleansWork.Values;

namespace OrleansWork;

/// <summary>Compares JSON with a type field by field, so that problems name fields and not .NET types.</summary>
internal sealed class JsonShape(List<InputProblem> problems)
{
    public void Check(JsonElement element, JsonTypeInfo type, string path)
    {
        if (problems.Count >= KindInput.MaxProblems)
            return;

        if (type.Converter is IConverterAs { IsExact: true } converter)
        {
            int before = problems.Count;
            Check(element, type.Options.GetTypeInfo(converter.As), path);
            if (problems.Count == before)
                CheckValue(element, type, path);
            return;
        }

        // A discriminator chooses the type: only the serializer knows which fields there are.
        if (type.PolymorphismOptions is not null)
        {
            CheckValue(element, type, path);
            return;
        }

        switch (type.Kind)
        {
            case JsonTypeInfoKind.Object when element.ValueKind == JsonValueKind.Object:
                CheckFields(element, type, path);
                break;
            case JsonTypeInfoKind.Dictionary when element.ValueKind == JsonValueKind.Object:
                CheckEntries(element, type, path);
                break;
            case JsonTypeInfoKind.Enumerable when element.ValueKind == JsonValueKind.Array:
                CheckItems(element, type, path);
                break;
            case JsonTypeInfoKind.None:
                CheckValue(element, type, path);
                break;
            default:
                AddWrongValue(element, type, path);
                break;
        }
    }

    /// <summary>Says what a serializer's error means to someone who has never heard of the types behind it.</summary>
    public static InputProblem Explain(JsonException exception)
    {
        string field = exception.Path is { Length: > 2 } path && path.StartsWith("$.", StringComparison.Ordinal) ? path[2..] : "";
        if (OwnMessage(exception) is not { } message)
            return new(field, field.Length == 0 ? "The input is not what this kind takes." : $"{field} is not what this field takes.");
        return exception is { Path: null, LineNumber: { } line, BytePositionInLine: { } position }
            ? new(field, $"The input is not JSON: line {line + 1}, position {position + 1}: {message}")
            : new(field, message);
    }

    private void CheckFields(JsonElement element, JsonTypeInfo type, string path)
    {
        Dictionary<string, JsonPropertyInfo> known = type
            .Properties.Where(property => property.Set is not null || property.AssociatedParameter is not null)
            .ToDictionary(property => property.Name, StringComparer.Ordinal);
        bool open =
            type.Properties.Any(property => property.IsExtensionData)
            || (type.UnmappedMemberHandling ?? type.Options.UnmappedMemberHandling) == JsonUnmappedMemberHandling.Skip;
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (JsonProperty field in element.EnumerateObject())
        {
            if (NameOf(field, path) is not { } name)
                return;
            string fieldPath = Join(path, name);
            if (!seen.Add(name))
                Add(fieldPath, $"{fieldPath} is given twice.");
            else if (known.TryGetValue(name, out JsonPropertyInfo? property))
                CheckField(field.Value, property, type.Options, fieldPath);
            else if (!open)
                Add(
                    fieldPath,
                    Unknown(name, path, [.. known.Values.Where(shown => !StateMembers.IsHidden(shown)).Select(shown => shown.Name)])
                );
            if (problems.Count >= KindInput.MaxProblems)
                return;
        }

        foreach (JsonPropertyInfo property in known.Values)
        {
            if (IsRequired(property) && !seen.Contains(property.Name))
            {
                string fieldPath = Join(path, property.Name);
                Add(
                    fieldPath,
                    $"{fieldPath} is missing; it must be {JsonExpectation.Of(type.Options.GetTypeInfo(property.PropertyType))}."
                );
            }
        }
    }

    private void CheckField(JsonElement value, JsonPropertyInfo property, JsonSerializerOptions options, string path)
    {
        JsonTypeInfo type = options.GetTypeInfo(property.PropertyType);
        bool nullable = property.AssociatedParameter?.IsNullable ?? property.IsSetNullable;
        if (value.ValueKind == JsonValueKind.Null && nullable && (type.Kind != JsonTypeInfoKind.None || type.Converter is IConverterAs))
            return;
        if (value.ValueKind == JsonValueKind.Null && !nullable)
            AddWrongValue(value, type, path);
        else if (property.CustomConverter is not null)
            return;
        else
            Check(value, type, path);
    }

    private void CheckEntries(JsonElement element, JsonTypeInfo type, string path)
    {
        JsonTypeInfo? valueType = type.ElementType is { } value ? type.Options.GetTypeInfo(value) : null;
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (JsonProperty entry in element.EnumerateObject())
        {
            if (NameOf(entry, path) is not { } name)
                return;
            string entryPath = Join(path, name);
            if (!seen.Add(name))
                Add(entryPath, $"{entryPath} is given twice.");
            else if (valueType is not null && !IsAllowedNull(entry.Value, valueType))
                Check(entry.Value, valueType, entryPath);
            if (problems.Count >= KindInput.MaxProblems)
                return;
        }
    }

    private void CheckItems(JsonElement element, JsonTypeInfo type, string path)
    {
        if (type.ElementType is not { } item)
            return;
        JsonTypeInfo itemType = type.Options.GetTypeInfo(item);
        int index = 0;
        foreach (JsonElement value in element.EnumerateArray())
        {
            if (!IsAllowedNull(value, itemType))
                Check(value, itemType, $"{path}[{index}]");
            if (problems.Count >= KindInput.MaxProblems)
                return;
            index++;
        }
    }

    /// <summary>Returns the name of a field; null, with a problem, when it is no text.</summary>
    private string? NameOf(JsonProperty field, string path)
    {
        try
        {
            return field.Name;
        }
        catch (InvalidOperationException)
        {
            Add(path, $"A field{(path.Length == 0 ? "" : $" in {path}")} has a name with half of a surrogate pair, which is no text.");
            return null;
        }
    }

    private static bool IsText(JsonElement element)
    {
        try
        {
            return element.GetString() is not null;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private void CheckValue(JsonElement element, JsonTypeInfo type, string path)
    {
        // A number stands for a value without a name, which people do not mean.
        if (element.ValueKind == JsonValueKind.Number && (Nullable.GetUnderlyingType(type.Type) ?? type.Type).IsEnum)
        {
            AddWrongValue(element, type, path);
            return;
        }

        try
        {
            // The reader takes 1e999 for infinity; who means that writes "Infinity".
            if (
                element.Deserialize(type)
                    is double.PositiveInfinity
                        or double.NegativeInfinity
                        or float.PositiveInfinity
                        or float.NegativeInfinity
                && element.ValueKind == JsonValueKind.Number
            )
                Add(
                    path,
                    $"{(path.Length == 0 ? "The input" : path)} is {Show(element)}, which is too large; it must be {JsonExpectation.Of(type)}."
                );
        }
        catch (JsonException exception)
        {
            if (JsonExpectation.IsKnown(type) || OwnMessage(exception) is not { } message)
                AddWrongValue(element, type, path);
            else
                Add(path, message);
        }
        catch (Exception exception)
            when (exception is FormatException or ArgumentException or OverflowException or InvalidOperationException)
        {
            AddWrongValue(element, type, path);
        }
    }

    private void AddWrongValue(JsonElement element, JsonTypeInfo type, string path)
    {
        string subject = path.Length == 0 ? "The input" : path;
        if (element.ValueKind == JsonValueKind.String && !IsText(element))
        {
            Add(path, $"{subject} is {Show(element)}; it has half of a surrogate pair, which is no text.");
            return;
        }

        string suggestion =
            element.ValueKind == JsonValueKind.String && JsonExpectation.NamesOf(type) is { Count: > 0 } names
                ? Suggestions.Phrase(element.GetString()!, names)
                : ".";
        Add(
            path,
            $"{subject} is {Show(element)}; it must be {JsonExpectation.Of(type, element)}{(suggestion.Length == 0 ? "." : suggestion)}"
        );
    }

    private void Add(string path, string message)
    {
        if (problems.Count < KindInput.MaxProblems)
            problems.Add(new(path, message));
    }

    private static string Unknown(string name, string path, string[] known)
    {
        string where = path.Length == 0 ? "" : $" in {path}";
        string fields = known.Length == 0 ? "There are no fields." : $"The fields are {string.Join(", ", known)}.";
        string suggestion = Suggestions.Phrase(name, known);
        return $"There is no field {Shorten(name)}{where}{(suggestion.Length == 0 ? "." : suggestion)} {fields}";
    }

    /// <summary>Returns an error's message without the serializer's own coordinates, or null when it speaks of .NET types.</summary>
    private static string? OwnMessage(JsonException exception)
    {
        string message = exception.Message;
        foreach (string tail in (ReadOnlySpan<string>)[" Path: ", " LineNumber: "])
        {
            int start = message.IndexOf(tail, StringComparison.Ordinal);
            if (start >= 0)
                message = message[..start];
        }

        bool foreign =
            message.Contains("System.", StringComparison.Ordinal)
            || message.StartsWith("The JSON value could not be converted", StringComparison.Ordinal)
            || message.StartsWith("Exception of type", StringComparison.Ordinal);
        return foreign ? null : message;
    }

    private static bool IsAllowedNull(JsonElement value, JsonTypeInfo type) =>
        value.ValueKind == JsonValueKind.Null && (!type.Type.IsValueType || Nullable.GetUnderlyingType(type.Type) is not null);

    private static bool IsRequired(JsonPropertyInfo property) =>
        property.IsRequired || property.AssociatedParameter is { HasDefaultValue: false, IsMemberInitializer: false };

    private static string Join(string path, string name) => path.Length == 0 ? Shorten(name) : $"{path}.{Shorten(name)}";

    private static string Show(JsonElement element) =>
        element.ValueKind switch
        {
            JsonValueKind.Object => "an object",
            JsonValueKind.Array => "a list",
            _ => Shorten(element.GetRawText()),
        };

    private static string Shorten(string text) => text.Length <= 40 ? text : $"{text.AsSpan(0, 37)}…";
}
