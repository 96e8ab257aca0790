using System.Net;
using Microsoft.AspNetCore.Connections;

namespace OrleansWork.Protocol.Security;

/// <summary>Proves the cluster's secret on connections that this process opens, before Orleans uses them.</summary>
internal static class OutboundProof
{
    /// <summary>Adds it to a connection; what is added before it (TLS) runs around it.</summary>
    /// <param name="builder">The connection.</param>
    /// <param name="secret">The secret.</param>
    /// <param name="role">As what this process comes.</param>
    /// <param name="outcome">Is told what became of each attempt: the address, and why it failed or null.</param>
    public static IConnectionBuilder UseOutboundProof(
        this IConnectionBuilder builder,
        ClusterSecret secret,
        ConnectionRole role,
        Action<EndPoint?, HandshakeException?>? outcome = null
    ) => builder.Use(next => context => RunAsync(context, secret, role, outcome, next));

    private static async Task RunAsync(
        ConnectionContext context,
        ClusterSecret secret,
        ConnectionRole role,
        Action<EndPoint?, HandshakeException?>? outcome,
        ConnectionDelegate next
    )
    {
        try
        {
            await ProveAsync(context, secret, role);
            outcome?.Invoke(context.RemoteEndPoint, null);
        }
        catch (HandshakeException exception)
        {
            outcome?.Invoke(context.RemoteEndPoint, exception);
            throw;
        }

        await next(context);
    }

    private static async Task ProveAsync(ConnectionContext context, ClusterSecret secret, ConnectionRole role)
    {
        using CancellationTokenSource limit = new(ConnectionHandshake.Timeout);
        await ConnectionHandshake.DialAsync(context.Transport, secret, role, LoopbackPort.Of(context.RemoteEndPoint), limit.Token);
    }
}

/// <summary>The port of an end of a connection.</summary>
internal static class LoopbackPort
{
    /// <summary>Returns the port of an address on loopback; 0 of any other.</summary>
    public static int Of(EndPoint? endPoint) => endPoint is IPEndPoint ip && IPAddress.IsLoopback(ip.Address) ? ip.Port : 0;
}
