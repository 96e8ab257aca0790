using System.Collections.Concurrent;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using OrleansWork.Protocol.Security;

namespace OrleansWork.Engine.Security;

/// <summary>Says in the log who was refused a connection, and does not let them fill it.</summary>
internal sealed partial class RefusedConnections(TimeProvider time, ILogger<RefusedConnections> logger)
{
    private readonly ConcurrentDictionary<(ConnectionRole, HandshakeFailure), LogLimit> _limits = new();

    /// <summary>Reports one, unless one like it was reported just now; then it is counted for the next line.</summary>
    public void Report(ConnectionContext context, ConnectionRole role, HandshakeFailure failure, string why)
    {
        // Whoever only looks whether somebody listens, as other silos and health checks do, is refused nothing.
        if (failure == HandshakeFailure.HungUp)
        {
            LogHungUp(context.RemoteEndPoint?.ToString() ?? "unknown", context.LocalEndPoint?.ToString() ?? "unknown");
            return;
        }

        LogLimit limit = _limits.GetOrAdd((role, failure), static (_, clock) => new LogLimit(clock), time);
        if (!limit.TryTake(out int suppressed))
            return;
        string port = role == ConnectionRole.Client ? "gateway" : "silo";
        if (failure == HandshakeFailure.TooMany)
            why = "it was the oldest of too many that proved nothing";
        LogRefused(context.RemoteEndPoint?.ToString() ?? "unknown", port, context.LocalEndPoint?.ToString() ?? "unknown", why, suppressed);
    }

    [LoggerMessage(LogLevel.Debug, "A connection from {RemoteAddress} to {LocalAddress} ended before it had proved anything")]
    private partial void LogHungUp(string remoteAddress, string localAddress);

    [LoggerMessage(
        LogLevel.Warning,
        "A connection from {RemoteAddress} to the {PortKind} port {LocalAddress} was closed: {Reason}. {SuppressedCount} more like it since the last such line"
    )]
    private partial void LogRefused(string remoteAddress, string portKind, string localAddress, string reason, int suppressedCount);
}
