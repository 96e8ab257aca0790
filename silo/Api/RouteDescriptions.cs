using System.Text.Json;

namespace OrleansWork.Silo.Api;

/// <summary>What routes say of themselves in the OpenAPI document.</summary>
internal static class RouteDescriptions
{
    /// <summary>Says with which status codes a route refuses; 401 and 403 hold for all.</summary>
    public static RouteHandlerBuilder Refuses(this RouteHandlerBuilder route, params ReadOnlySpan<int> statuses)
    {
        foreach (int status in (ReadOnlySpan<int>)[StatusCodes.Status401Unauthorized, StatusCodes.Status403Forbidden, .. statuses])
            route.ProducesProblem(status);
        return route;
    }
}

/// <summary>The body of a submission, for the OpenAPI document.</summary>
/// <param name="Kind">The kind's name; /api/kinds lists them.</param>
/// <param name="Input">The kind's input; fields left out get their defaults.</param>
/// <param name="Id">An id of the caller's, 1 to 64 letters, digits, dots, underscores and hyphens; null for a new one.</param>
/// <param name="Options">How to run it; null for the defaults.</param>
internal sealed record SubmitDocument(string Kind, JsonElement? Input = null, string? Id = null, JobOptions? Options = null);

/// <summary>The body of a cancellation, for the OpenAPI document.</summary>
/// <param name="Reason">Why, for those who look at the job later.</param>
internal sealed record CancelDocument(string? Reason = null);
