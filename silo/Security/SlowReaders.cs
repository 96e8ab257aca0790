using Microsoft.AspNetCore.Http.Features;
using OrleansWork.Engine.Security;

namespace OrleansWork.Silo.Security;

/// <summary>Breaks an answer off whose reader takes nothing of it for <see cref="Patience"/>: it holds a connection, and what it does not take.</summary>
/// <remarks>Kestrel's own least rate does not do that: whatever was written earlier, and fast, counts as time that the reader may take later, an
/// hour for each megabyte. Who comes back goes on where it was, by <c>Range</c>, cursor or <c>Last-Event-ID</c>.</remarks>
internal sealed partial class SlowReaders(TimeProvider time, ILogger<SlowReaders> logger)
{
    /// <summary>How long a reader may take nothing.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly LogLimit _limit = new(time);

    /// <summary>Watches the answer to a request.</summary>
    public void Watch(HttpContext context)
    {
        IHttpResponseBodyFeature body = context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
        context.Features.Set<IHttpResponseBodyFeature>(
            new StreamResponseBodyFeature(new WatchedStream(body.Stream, time, Patience, () => Drop(context)), body)
        );
    }

    private void Drop(HttpContext context)
    {
        if (_limit.TryTake(out int suppressed))
        {
            LogDropped(
                context.GetEndpoint()?.DisplayName ?? "no route",
                context.Connection.RemoteIpAddress?.ToString() ?? "unknown",
                Patience.TotalSeconds,
                suppressed
            );
        }

        context.Abort();
    }

    [LoggerMessage(
        LogLevel.Information,
        "An answer of {Route} to {RemoteAddress} was broken off: its reader took nothing of it for {PatienceSeconds} s. {SuppressedCount} more like it since the last such line"
    )]
    private partial void LogDropped(string route, string remoteAddress, double patienceSeconds, int suppressedCount);
}
