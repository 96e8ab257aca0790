using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OrleansWork.Console.Input;

/// <summary>Makes a job's input of what was typed: a document, single fields over it, and <c>--set</c> over both.</summary>
/// <param name="Document">The document given by <c>--input</c>, or null.</param>
/// <param name="Fields">The words of the command line that are no option of the console, in order.</param>
/// <param name="Sets">The values of <c>--set</c>, as <c>name=value</c>.</param>
internal sealed record InputArguments(JsonNode? Document, IReadOnlyList<string> Fields, IReadOnlyList<string> Sets)
{
    /// <summary>Reads the value of <c>--input</c>.</summary>
    /// <param name="value">JSON, <c>@file</c>, or <c>-</c> for the standard input.</param>
    /// <param name="standardInput">Opens the standard input.</param>
    /// <exception cref="UsageException">There is no such file, or the text is not JSON.</exception>
    public static JsonNode? ReadDocument(string? value, Func<Stream> standardInput)
    {
        if (value is null)
            return null;
        string source = "--input";
        try
        {
            ReadOnlyMemory<byte> json;
            if (value == "-")
            {
                source = "--input: the standard input";
                json = InputText.Read(source, standardInput());
            }
            else if (value.StartsWith('@'))
            {
                source = $"--input: {value[1..]}";
                json = InputText.Read(source, File.OpenRead(value[1..]));
            }
            else
            {
                json = Encoding.UTF8.GetBytes(value);
            }

            return InputText.Json(source, json) ?? throw new UsageException($"{source} is null; it must be the input of the job.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new UsageException($"{source} cannot be read: {exception.Message}");
        }
    }

    /// <summary>Adds the lines of <c>--items-from</c> to a document as its field <c>items</c>.</summary>
    /// <param name="document">The document given by <c>--input</c>, or null.</param>
    /// <param name="file">A file, <c>-</c> for the standard input, or null for none.</param>
    /// <param name="standardInput">Opens the standard input.</param>
    /// <exception cref="UsageException">There is no such file, or the document has no place for items.</exception>
    public static JsonNode? WithItems(JsonNode? document, string? file, Func<Stream> standardInput)
    {
        if (file is null)
            return document;
        if (document is not (null or JsonObject))
            throw new UsageException("--items-from goes with an --input that is a JSON object, or none.");
        try
        {
            JsonArray items = [];
            string source = $"--items-from: {(file == "-" ? "the standard input" : file)}";
            foreach (string line in InputText.Lines(InputText.Read(source, file == "-" ? standardInput() : File.OpenRead(file))))
                items.Add(JsonValue.Create(line));
            JsonObject input = (JsonObject?)document?.DeepClone() ?? [];
            input["items"] = items;
            return input;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new UsageException($"--items-from {file} cannot be read: {exception.Message}");
        }
    }

    /// <summary>Makes the input as UTF-8 JSON.</summary>
    /// <param name="schema">The fields of the kind.</param>
    /// <param name="kind">The kind's name, for messages.</param>
    /// <param name="consoleOptions">The options that the command has itself, for suggestions.</param>
    /// <exception cref="UsageException">A field is unknown, has no value, or a wrong one.</exception>
    public byte[] Build(InputSchema schema, string kind, IEnumerable<string> consoleOptions)
    {
        if (Document is not null and not JsonObject)
        {
            // A kind may take a bare number or a list, which has no fields to set.
            if (schema.Fields.Count > 0 || Fields.Count > 0 || Sets.Count > 0)
                throw new UsageException($"--input is not a JSON object; the fields of {kind} are {Names(schema)}.");
            return Encoding.UTF8.GetBytes(Document.ToJsonString(OrleansWorkJson.Payloads));
        }

        JsonObject input = Document is null ? [] : (JsonObject)Document.DeepClone();
        List<string> problems = [];
        foreach (KeyValuePair<string, JsonNode?> member in input)
        {
            if (schema.Find(member.Key) is not { } known || !string.Equals(known.Property, member.Key, StringComparison.Ordinal))
            {
                string[] names = [.. schema.Fields.Select(field => field.Property)];
                problems.Add(Unknown($"field '{member.Key}'", member.Key, names, kind, schema).Message);
            }
        }

        Collect(problems, () => Apply(input, ReadFields(schema, kind, consoleOptions), problems));
        Collect(problems, () => Apply(input, ReadSets(schema, kind), problems));
        return problems.Count == 0
            ? Encoding.UTF8.GetBytes(input.ToJsonString(OrleansWorkJson.Payloads))
            : throw new UsageException(problems);
    }

    private static void Apply(JsonObject input, Dictionary<FieldSchema, (string Option, List<string> Texts)> values, List<string> problems)
    {
        foreach ((FieldSchema field, (string option, List<string> texts)) in values)
            Collect(problems, () => input[field.Property] = field.Convert(option, texts));
    }

    /// <summary>Goes on after what is wrong, so that all of it is told at once.</summary>
    private static void Collect(List<string> problems, Action act)
    {
        try
        {
            act();
        }
        catch (UsageException exception)
        {
            problems.Add(exception.Message);
        }
    }

    private Dictionary<FieldSchema, (string Option, List<string> Texts)> ReadFields(
        InputSchema schema,
        string kind,
        IEnumerable<string> consoleOptions
    )
    {
        Dictionary<FieldSchema, (string Option, List<string> Texts)> values = [];
        for (int i = 0; i < Fields.Count; i++)
        {
            string word = Fields[i];
            if (!word.StartsWith("--", StringComparison.Ordinal) || word.Length == 2)
            {
                throw new UsageException(
                    word.StartsWith('-') && word.Length > 1
                        ? $"Unknown option '{word}'. The fields of {kind} are {Names(schema)}."
                        : $"'{word}' belongs to no field; give fields by name, such as --{(schema.Fields is [var first, ..] ? first.Name : "field")} {word}."
                );
            }

            int equals = word.IndexOf('=', StringComparison.Ordinal);
            string name = equals < 0 ? word[2..] : word[2..equals];
            FieldSchema? field = schema.Find(name);
            if (
                field is null
                && name.StartsWith("no-", StringComparison.Ordinal)
                && schema.Find(name[3..]) is { IsFlag: true } negated
                && equals < 0
            )
            {
                Add(values, negated, $"--{negated.Name}", "false");
                continue;
            }

            if (field is null)
            {
                throw Unknown(
                    $"option '--{name}'",
                    $"--{name}",
                    schema.Fields.Select(known => $"--{known.Name}").Concat(consoleOptions),
                    kind,
                    schema
                );
            }

            string option = $"--{field.Name}";
            string? next = i + 1 < Fields.Count ? Fields[i + 1] : null;
            if (equals >= 0)
                Add(values, field, option, word[(equals + 1)..]);
            else if (field.IsFlag && next is not ("true" or "false"))
                Add(values, field, option, "true");
            else if (next is null || next.StartsWith("--", StringComparison.Ordinal))
                throw new UsageException($"{option} needs a value: {option} {field.TypeName}.");
            else
            {
                Add(values, field, option, next);
                i++;
            }
        }

        return values;
    }

    private Dictionary<FieldSchema, (string Option, List<string> Texts)> ReadSets(InputSchema schema, string kind)
    {
        Dictionary<FieldSchema, (string Option, List<string> Texts)> values = [];
        foreach (string set in Sets)
        {
            int equals = set.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
                throw new UsageException($"--set is '{set}'; write --set name=value.");
            string name = set[..equals];
            FieldSchema field =
                schema.Find(name) ?? throw Unknown($"field '{name}'", name, schema.Fields.Select(known => known.Name), kind, schema);
            Add(values, field, $"--set {field.Name}", set[(equals + 1)..]);
        }

        return values;
    }

    private static void Add(
        Dictionary<FieldSchema, (string Option, List<string> Texts)> values,
        FieldSchema field,
        string option,
        string text
    )
    {
        if (!values.TryGetValue(field, out (string Option, List<string> Texts) entry))
            values[field] = entry = (option, []);
        entry.Texts.Add(text);
    }

    private static UsageException Unknown(string what, string word, IEnumerable<string> candidates, string kind, InputSchema schema)
    {
        string? near = Suggestions.Nearest(word, candidates);
        return new UsageException(
            $"Unknown {what} for {kind}. {(near is null ? $"Its fields are {Names(schema)}." : $"Did you mean '{near}'?")}"
        );
    }

    private static string Names(InputSchema schema) =>
        schema.Fields.Count == 0 ? "none" : string.Join(", ", schema.Fields.Select(field => $"--{field.Name}"));
}
