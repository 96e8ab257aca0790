using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization.Session;
using OrleansWork.Protocol.Security;

namespace OrleansWork.Engine.Security;

/// <summary>Lets nobody say a word to Orleans, on either port, who has not proved the cluster's secret.</summary>
/// <remarks>Costs a connection two round trips at its beginning, and messages between silos nothing; of what clients send the head is looked at, see
/// <see cref="ClientFrames"/>.</remarks>
internal sealed class InboundProof(
    ClusterSecret secret,
    UnprovedConnections unproved,
    RefusedConnections refused,
    SerializerSessionPool sessions,
    IServiceProvider services
)
{
    // Where all but this product's grains are refused to clients, no silo calls objects of theirs.
    private readonly bool _takesAnswers = services.GetService<ForeignCalls>() is null;

    /// <summary>Adds it to a connection; what is added before it (TLS) runs around it.</summary>
    public void AddTo(IConnectionBuilder builder, ConnectionRole role) => builder.Use(next => context => RunAsync(context, role, next));

    private sealed record Sides(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    private async Task RunAsync(ConnectionContext context, ConnectionRole role, ConnectionDelegate next)
    {
        using (UnprovedConnections.Entry entry = unproved.Enter(ConnectionHandshake.Timeout))
        {
            try
            {
                await ConnectionHandshake.AcceptAsync(context.Transport, secret, role, LoopbackPort.Of(context.LocalEndPoint), entry.Ended);
            }
            catch (HandshakeException exception)
            {
                refused.Report(context, role, entry.WasCrowdedOut ? HandshakeFailure.TooMany : exception.Failure, exception.Message);
                return;
            }
        }

        if (role == ConnectionRole.Client)
        {
            void Refused(string why) => refused.Report(context, role, HandshakeFailure.Forged, why);
            context.Transport = new Sides(
                new ClientFrames(context.Transport.Input, sessions, _takesAnswers, Refused),
                context.Transport.Output
            );
        }

        await next(context);
    }
}
