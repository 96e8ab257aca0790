using System.Text.Json;

namespace OrleansWork.Silo.Api;

/// <summary>What routes say of themselves in the OpenAPI document.</summary>
internal static class RouteDescriptions
{
    /// <summary>The code under which a second document of 200 is described first: the generator takes one of each code.</summary>
    public const int OtherAnswer = StatusCodes.Status203NonAuthoritative;

    /// <summary>Says with which status codes a route refuses; 401 and 403 hold for all.</summary>
    public static RouteHandlerBuilder Refuses(this RouteHandlerBuilder route, params ReadOnlySpan<int> statuses)
    {
        foreach (int status in (ReadOnlySpan<int>)[StatusCodes.Status401Unauthorized, StatusCodes.Status403Forbidden, .. statuses])
            route.ProducesProblem(status);
        return route;
    }

    /// <summary>Says that a route answers 200 also with a document of another type, which its query asks for.</summary>
    public static RouteHandlerBuilder AlsoAnswers<T>(this RouteHandlerBuilder route) => route.Produces<T>(OtherAnswer);
}

/// <summary>The body of a submission, for the OpenAPI document.</summary>
/// <param name="Kind">The kind's name; /api/kinds lists them.</param>
/// <param name="Input">The kind's input; fields left out get their defaults.</param>
/// <param name="Id">An id of the caller's, 1 to 64 letters, digits, dots, underscores and hyphens; null for a new one.</param>
/// <param name="Options">How to run it; null for the defaults.</param>
internal sealed record SubmitDocument(string Kind, JsonElement? Input = null, string? Id = null, JobOptions? Options = null);

/// <summary>The body of a change of options, for the OpenAPI document: what is left out stays as it is, null is the default.</summary>
/// <param name="Placement">The placement policy.</param>
/// <param name="Execution">How leases reach silos.</param>
/// <param name="ChunkTime">How long a lease should last at most, 1ms to 1m.</param>
/// <param name="ChunkUnits">The fixed number of units per lease; null to let the engine find it.</param>
/// <param name="MaxParallel">How many leases may be in flight at once; null for no limit.</param>
/// <param name="Priority">The job's weight against others, less one: 0 to 9.</param>
/// <param name="Speculation">Whether a unit that runs far too long may be run a second time elsewhere.</param>
internal sealed record OptionsDocument(
    PlacementPolicy? Placement = null,
    ExecutionMode? Execution = null,
    string? ChunkTime = null,
    long? ChunkUnits = null,
    int? MaxParallel = null,
    int? Priority = null,
    bool? Speculation = null
);

/// <summary>The body of a cancellation, for the OpenAPI document.</summary>
/// <param name="Reason">Why, for those who look at the job later.</param>
internal sealed record CancelDocument(string? Reason = null);
