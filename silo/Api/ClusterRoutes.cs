using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using OrleansWork.Http;
using OrleansWork.Silo.Security;
using OrleansWork.Silo.Watching;

namespace OrleansWork.Silo.Api;

/// <summary>Silos, kinds, and who asks.</summary>
internal static class ClusterRoutes
{
    private const int MostSiloEvents = 1_000;

    /// <summary>Maps them.</summary>
    public static void MapCluster(this RouteGroupBuilder api)
    {
        api.MapGet("/cluster", ClusterAsync)
            .RequireRole(AccessRole.Viewer)
            .WithTags("Cluster")
            .WithName("getCluster")
            .WithSummary("Shows the cluster at a glance, with the last five minutes.")
            .Produces<ClusterStatus>()
            .Refuses(503);
        api.MapGet("/events", Events)
            .RequireRole(AccessRole.Viewer)
            .WithTags("Cluster")
            .WithName("watchCluster")
            .WithSummary(
                "Follows the cluster: events cluster, silo and status, of what changes; alive when nothing has changed for a while."
            )
            .WithDescription(
                "An event cluster is as /api/cluster without history, silo as in /api/silos, status as in /api/jobs, of the newest 50 jobs."
            )
            .Produces(StatusCodes.Status200OK, contentType: EventStream.MediaType)
            .Refuses(503);
        api.MapGet("/silos", SilosAsync)
            .RequireRole(AccessRole.Viewer)
            .WithTags("Cluster")
            .WithName("listSilos")
            .WithSummary("Lists the silos with their load.")
            .Produces<Page<SiloStatus>>()
            .Refuses(503);
        api.MapGet("/silos/events", SiloEventsAsync)
            .RequireRole(AccessRole.Viewer)
            .WithTags("Cluster")
            .WithName("listSiloEvents")
            .WithSummary("Lists what happened to silos in the last 24 hours, at most 1,000 events, newest first.")
            .WithDescription("As the silo that answers has seen it since it started; total is how many it keeps.")
            .Produces<Page<SiloEvent>>()
            .Refuses(400, 503);
        api.MapPost("/silos/{silo}/drain", DrainAsync)
            .RequireRole(AccessRole.Operator)
            .WithTags("Cluster")
            .WithName("drainSilo")
            .WithSummary("Makes a silo take no new leases; the units that run there finish.")
            .Produces<SiloStatus>()
            .Refuses(404, 409, 503);
        api.MapPost("/silos/{silo}/undrain", UndrainAsync)
            .RequireRole(AccessRole.Operator)
            .WithTags("Cluster")
            .WithName("undrainSilo")
            .WithSummary("Makes a silo that drains take leases again.")
            .Produces<SiloStatus>()
            .Refuses(404, 409, 503);
        api.MapPost("/silos/{silo}/probe", ProbeAsync)
            .RequireRole(AccessRole.Operator)
            .WithTags("Cluster")
            .WithName("probeSilo")
            .WithSummary("Gives a quarantined silo a lease now of each job that quarantined it, instead of when its time is up.")
            .WithDescription("It stays quarantined until such a lease has succeeded; one that fails keeps it out for longer.")
            .Produces<SiloStatus>()
            .Refuses(404, 409, 503);
        api.MapGet("/kinds", KindsAsync)
            .RequireRole(AccessRole.Viewer)
            .WithTags("Kinds")
            .WithName("listKinds")
            .WithSummary("Lists the job kinds that the cluster can run.")
            .Produces<Page<KindStatus>>()
            .Refuses(503);
        api.MapGet("/kinds/{kind}", KindAsync)
            .RequireRole(AccessRole.Viewer)
            .WithTags("Kinds")
            .WithName("getKind")
            .WithSummary("Shows a job kind with the JSON schema of its input.")
            .Produces<KindStatus>()
            .Refuses(404, 503);
        api.MapGet("/me", Me)
            .RequireRole(AccessRole.Viewer)
            .WithTags("Cluster")
            .WithName("getMe")
            .WithSummary("Says whose key the request has, and its role.")
            .Produces<KeyHolder>()
            .Refuses();
    }

    private static async Task<JsonHttpResult<ClusterStatus>> ClusterAsync(
        ClusterWatch watch,
        LoadSamples samples,
        CancellationToken cancellationToken
    ) => ApiResults.Document(await watch.LookAsync(cancellationToken) with { History = samples.Read() });

    private static ServerSentEventsResult<string> Events(
        ClusterWatch watch,
        EventStream stream,
        [FromHeader(Name = HttpApi.LastEventId)] string? lastEventId
    ) => stream.Of(ended => ClusterEvents.OfAsync(watch, lastEventId, ended));

    private static async Task<JsonHttpResult<Page<SiloStatus>>> SilosAsync(ComputeClient client, CancellationToken cancellationToken) =>
        ApiResults.List(await client.ListSilosAsync(cancellationToken));

    private static async Task<JsonHttpResult<Page<SiloEvent>>> SiloEventsAsync(
        ComputeClient client,
        string? limit,
        CancellationToken cancellationToken
    )
    {
        int most = (int)(QueryValues.Whole("limit", limit, 1, MostSiloEvents) ?? MostSiloEvents);
        IReadOnlyList<SiloEvent> events = await client.ListSiloEventsAsync(cancellationToken);
        return ApiResults.Document(new Page<SiloEvent>([.. events.Take(most)], NextCursor: null) { Total = events.Count });
    }

    private static async Task<JsonHttpResult<SiloStatus>> DrainAsync(
        ComputeClient client,
        string silo,
        CancellationToken cancellationToken
    ) => ApiResults.Document(await client.DrainSiloAsync(silo, cancellationToken));

    private static async Task<JsonHttpResult<SiloStatus>> UndrainAsync(
        ComputeClient client,
        string silo,
        CancellationToken cancellationToken
    ) => ApiResults.Document(await client.UndrainSiloAsync(silo, cancellationToken));

    private static async Task<JsonHttpResult<SiloStatus>> ProbeAsync(
        ComputeClient client,
        string silo,
        CancellationToken cancellationToken
    ) => ApiResults.Document(await client.ProbeSiloAsync(silo, cancellationToken));

    private static async Task<JsonHttpResult<Page<KindStatus>>> KindsAsync(ComputeClient client, CancellationToken cancellationToken) =>
        ApiResults.List(await client.ListKindsAsync(cancellationToken));

    private static async Task<JsonHttpResult<KindStatus>> KindAsync(ComputeClient client, string kind, CancellationToken cancellationToken)
    {
        IReadOnlyList<KindStatus> kinds = await client.ListKindsAsync(cancellationToken);
        if (kinds.FirstOrDefault(known => string.Equals(known.Kind, kind, StringComparison.Ordinal)) is { } found)
            return ApiResults.Document(found);
        string shown = BoundedText.Cut(kind, 64);
        string[] names = [.. kinds.Select(known => known.Kind)];
        throw new RequestRefusedException(
            ErrorReason.NotFound,
            Suggestions.Nearest(shown, names) is { } nearest
                ? $"There is no job kind {shown}. Did you mean '{nearest}'?"
                : $"There is no job kind {shown}. The cluster has {string.Join(", ", names)}."
        );
    }

    private static JsonHttpResult<KeyHolder> Me(ClaimsPrincipal user) =>
        ApiResults.Document(new KeyHolder(user.FindFirstValue(ClaimTypes.Name) ?? "", user.RoleOf()));
}

/// <summary>Whose key a request has.</summary>
/// <param name="Name">The key's name.</param>
/// <param name="Role">viewer, submitter, author or operator.</param>
internal sealed record KeyHolder(string Name, string Role);
