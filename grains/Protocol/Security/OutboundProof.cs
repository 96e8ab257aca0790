using System.Net;
using Microsoft.AspNetCore.Connections;

namespace OrleansWork.Protocol.Security;

/// <summary>Proves the cluster's secret on connections that this process opens, before Orleans uses them.</summary>
internal static class OutboundProof
{
    /// <summary>Adds it to a connection; what is added before it (TLS) runs around it.</summary>
    public static IConnectionBuilder UseOutboundProof(this IConnectionBuilder builder, ClusterSecret secret, ConnectionRole role) =>
        builder.Use(next => context => RunAsync(context, secret, role, next));

    private static async Task RunAsync(ConnectionContext context, ClusterSecret secret, ConnectionRole role, ConnectionDelegate next)
    {
        using (CancellationTokenSource limit = new(ConnectionHandshake.Timeout))
        {
            await ConnectionHandshake
                .DialAsync(context.Transport, secret, role, LoopbackPort.Of(context.RemoteEndPoint), limit.Token)
                .ConfigureAwait(false);
        }

        await next(context).ConfigureAwait(false);
    }
}

/// <summary>The port of an end of a connection.</summary>
internal static class LoopbackPort
{
    /// <summary>Returns the port of an address on loopback; 0 of any other.</summary>
    public static int Of(EndPoint? endPoint) => endPoint is IPEndPoint ip && IPAddress.IsLoopback(ip.Address) ? ip.Port : 0;
}
