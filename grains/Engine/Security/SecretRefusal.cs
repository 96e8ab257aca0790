using System.Net;
using Microsoft.Extensions.Logging;
using OrleansWork.Protocol.Security;

namespace OrleansWork.Engine.Security;

/// <summary>Says when the other silos do not take this silo's secret for theirs.</summary>
/// <remarks>Not by one alone: whoever listens where a silo was can say so too.</remarks>
internal sealed partial class SecretRefusal(TimeProvider time, ILogger<SecretRefusal> logger)
{
    private const int Enough = 3;
    private readonly TaskCompletionSource<EndPoint?> _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly LogLimit _limit = new(time);
    private int _refusals;
    private volatile bool _wasTaken;

    /// <summary>Gets a task that completes, with the address of one that refused, when several attempts were refused and none was taken.</summary>
    public Task<EndPoint?> Reached => _reached.Task;

    /// <summary>Takes what became of a connection to another silo.</summary>
    /// <param name="endPoint">The other silo's address.</param>
    /// <param name="failure">Why it did not come about; null when it did.</param>
    public void Take(EndPoint? endPoint, HandshakeException? failure)
    {
        _wasTaken |= failure is null;
        if (failure is null or { Failure: HandshakeFailure.HungUp or HandshakeFailure.TooSlow })
            return;
        if (_limit.TryTake(out _))
            LogRefused(endPoint?.ToString() ?? "unknown", failure.Message);
        if (failure.Failure == HandshakeFailure.Refused && Interlocked.Increment(ref _refusals) >= Enough && !_wasTaken)
            _reached.TrySetResult(endPoint);
    }

    [LoggerMessage(
        LogLevel.Warning,
        "The connection to the silo at {RemoteAddress} did not come about: {Reason}. All silos of a cluster need the same secret"
    )]
    private partial void LogRefused(string remoteAddress, string reason);
}
