using System.Net.Mime;
using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using OrleansWork.Http;

namespace OrleansWork.Silo.Api;

/// <summary>Bodies that work as they are, for the operations that take one, and what a refusal looks like.</summary>
internal static class OpenApiExamples
{
    private static readonly Dictionary<string, (string MediaType, string Json)> s_bodies = new(StringComparer.Ordinal)
    {
        ["submitJob"] = (
            MediaTypeNames.Application.Json,
            """{"kind":"primes","input":{"to":20000000},"options":{"placement":"adaptive","priority":5}}"""
        ),
        ["cancelJob"] = (MediaTypeNames.Application.Json, """{"reason":"the input was last year's"}"""),
        ["changeJobOptions"] = (HttpApi.MergePatch, """{"placement":"least-loaded","chunkTime":"100ms","maxParallel":null}"""),
    };

    private const string Refusal = """
        {
          "type": "/problems/wrong-input",
          "title": "The request is wrong.",
          "status": 400,
          "detail": "input.to is 'many'; it is a whole number.",
          "errors": { "input.to": ["'many' is no whole number."] }
        }
        """;

    /// <summary>Adds them to an operation.</summary>
    public static void AddTo(OpenApiOperation operation)
    {
        if (
            operation.OperationId is { } id
            && s_bodies.TryGetValue(id, out (string MediaType, string Json) body)
            && operation.RequestBody?.Content?.TryGetValue(body.MediaType, out OpenApiMediaType? media) == true
        )
            media.Example = JsonNode.Parse(body.Json);
        if (operation.Responses?.TryGetValue("400", out IOpenApiResponse? refused) != true)
            return;
        foreach (OpenApiMediaType problem in refused!.Content?.Values ?? [])
            problem.Example = JsonNode.Parse(Refusal);
    }
}
