using Microsoft.Extensions.Logging;
using OrleansWork.Protocol.Security;

namespace OrleansWork.Engine.Security;

/// <summary>Says in the log what clients were refused, and does not let them fill it.</summary>
internal sealed partial class RefusedCalls(TimeProvider time, ILogger<RefusedCalls> logger)
{
    private readonly LogLimit _limit = new(time);

    /// <summary>Makes the answer to a refused call.</summary>
    public CallRefusedException Refuse(IIncomingGrainCallContext context)
    {
        string method = $"{context.InterfaceName}.{context.MethodName}";
        if (_limit.TryTake(out int suppressed))
            LogRefused(context.SourceId?.ToString() ?? "unknown", method, context.TargetId, suppressed);
        return new CallRefusedException(
            $"{method} was refused: it is for the silos of the cluster, not for clients. Clients use IComputeClient, or the console."
        );
    }

    [LoggerMessage(
        LogLevel.Warning,
        "Client {ClientId} called {Method} of {GrainId}, which is for silos only, and was refused. {SuppressedCount} more such calls since the last such line"
    )]
    private partial void LogRefused(string clientId, string method, GrainId grainId, int suppressedCount);
}
