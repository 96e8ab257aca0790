using System.Text.Json;
using System.Text.Json.Nodes;
using Json.Schema;

namespace OrleansWork.SystemTests.Documents;

/// <summary>The schemas of a silo's OpenAPI document, made strict: a member that a schema does not know breaks it, and so does one that is left out
/// instead of null.</summary>
internal sealed class OpenApiSchemas
{
    private const string Components = "#/components/schemas/";
    private const string Definitions = "#/$defs/";

    private const int MostBreaches = 5;

    private readonly JsonObject _paths;
    private readonly JsonObject _definitions;

    /// <param name="document">What <c>/openapi/v1.json</c> answers.</param>
    public OpenApiSchemas(string document)
    {
        JsonNode all = JsonNode.Parse(document.Replace(Components, Definitions, StringComparison.Ordinal))!;
        _paths = all["paths"]!.AsObject();
        _definitions = all["components"]!["schemas"]!.AsObject();
        foreach ((_, JsonNode? schema) in _definitions)
            Close(schema);
    }

    /// <summary>Returns the schema of what an operation answers when it succeeds.</summary>
    /// <param name="operation">Its name, such as <c>listJobs</c>.</param>
    public JsonNode OfAnswer(string operation)
    {
        JsonNode found = _paths
            .SelectMany(path => path.Value!.AsObject())
            .Select(method => method.Value!)
            .Single(described => (string?)described["operationId"] == operation);
        return found["responses"]!.AsObject().First(answer => answer.Key.StartsWith('2')).Value!["content"]!["application/json"]![
            "schema"
        ]!.DeepClone();
    }

    /// <summary>Returns the schema of a document that another one holds.</summary>
    /// <param name="name">The name of its type.</param>
    public JsonNode OfType(string name) =>
        _definitions.ContainsKey(name)
            ? new JsonObject { ["$ref"] = $"{Definitions}{name}" }
            : throw new ArgumentException(
                $"There is no schema {name}; there are {string.Join(", ", _definitions.Select(pair => pair.Key))}"
            );

    /// <summary>Returns the members of a type, for a schema that adds to them.</summary>
    public JsonObject MembersOf(string name) => _definitions[name]!["properties"]!.DeepClone().AsObject();

    /// <summary>Checks a document.</summary>
    /// <returns>What breaks the schema, and where.</returns>
    public IReadOnlyList<string> Breaches(string document, JsonNode schema)
    {
        JsonObject whole = schema.DeepClone().AsObject();
        whole["$schema"] = "https://json-schema.org/draft/2020-12/schema";
        whole["$defs"] = _definitions.DeepClone();
        JsonNode? instance;
        try
        {
            instance = JsonNode.Parse(document);
        }
        catch (JsonException exception)
        {
            return [$"no JSON: {exception.Message}"];
        }

        EvaluationResults found = JsonSchema
            .FromText(whole.ToJsonString())
            .Evaluate(instance, new EvaluationOptions { OutputFormat = OutputFormat.List });
        return found.IsValid
            ? []
            :
            [
                .. found
                    .Details.Where(detail => detail.HasErrors)
                    .SelectMany(detail =>
                        detail.Errors!.Select(error => $"at {detail.InstanceLocation} by {detail.EvaluationPath}: {error.Value}")
                    )
                    .Take(MostBreaches),
            ];
    }

    private static void Close(JsonNode? schema)
    {
        switch (schema)
        {
            case JsonObject described:
                if (described["properties"] is JsonObject members && described["additionalProperties"] is null)
                {
                    described["additionalProperties"] = false;
                    described["required"] = new JsonArray([
                        .. members.Select(member => member.Key).Where(name => !IsLeftOut(name, members)).Select(name => (JsonNode)name),
                    ]);
                }

                foreach ((_, JsonNode? part) in described.ToArray())
                    Close(part);
                break;
            case JsonArray parts:
                foreach (JsonNode? part in parts)
                    Close(part);
                break;
            default:
                break;
        }
    }

    // Lists have warnings only where something of them could not be read.
    private static bool IsLeftOut(string name, JsonObject members) => name == "warnings" && members.ContainsKey("nextCursor");
}
