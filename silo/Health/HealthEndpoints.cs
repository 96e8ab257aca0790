using Microsoft.AspNetCore.Mvc;
using Orleans.Runtime;
using OrleansWork.Silo.Clustering;
using OrleansWork.Silo.Security;
using MemberStatus = Orleans.Runtime.SiloStatus;

namespace OrleansWork.Silo.Health;

/// <summary><c>/healthz</c> says that the process lives; <c>/readyz</c> that the silo can do work. Strangers get the word, holders of a key the details.</summary>
internal static class HealthEndpoints
{
    private static readonly string[] s_methods = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>Maps both.</summary>
    public static void MapHealth(this WebApplication app)
    {
        app.MapMethods("/healthz", s_methods, () => TypedResults.Json(new { status = "healthy" }))
            .AllowAnonymous()
            .WithTags("Health")
            .WithSummary("Says that the process lives; asks for no key.");
        app.MapMethods("/readyz", s_methods, ReadyAsync)
            .AllowAnonymous()
            .WithTags("Health")
            .WithSummary("Says whether the silo can do work; the reasons only to who has a key.");
    }

    private static async Task<IResult> ReadyAsync(
        IClusterMembershipService membership,
        ILocalSiloDetails local,
        IHostApplicationLifetime lifetime,
        SiloHealth health,
        HttpContext context,
        [FromServices] RedisConnection? redis
    )
    {
        context.Response.Headers.CacheControl = "no-store";
        ClusterMembershipSnapshot snapshot = membership.CurrentSnapshot;
        MemberStatus status = snapshot.GetSiloStatus(local.SiloAddress);
        List<string> reasons = [];
        if (lifetime.ApplicationStopping.IsCancellationRequested)
            reasons.Add("the silo is stopping");
        else if (status != MemberStatus.Active)
            reasons.Add($"the silo is not active in its cluster ({status})");
        if (health.IsStarved)
            reasons.Add("its turns wait: code in the process blocks the threads of its pool, so it takes no leases");
        if (redis is not null && await redis.PingAsync() is { } unreachable)
            reasons.Add($"storage: {unreachable}");
        bool knows = context.User.Has(AccessRole.Viewer);
        if (reasons.Count > 0)
        {
            context.Response.Headers.RetryAfter = "1";
            return TypedResults.Problem(
                new ProblemDetails
                {
                    Type = ProblemTypes.Prefix + "not-ready",
                    Title = "The silo is not ready.",
                    Status = StatusCodes.Status503ServiceUnavailable,
                    Detail = knows ? string.Join("; ", reasons) : null,
                }
            );
        }

        if (!knows)
            return TypedResults.Json(new { status = "ready" });
        int active = snapshot.Members.Values.Count(m => m.Status == MemberStatus.Active);
        return TypedResults.Json(
            new
            {
                status = "ready",
                silo = local.SiloAddress.ToParsableString(),
                activeSilos = active,
                storage = redis is null ? "memory" : "redis",
            }
        );
    }
}
