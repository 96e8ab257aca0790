using System.Net.Sockets;
using Orleans.Networking.Shared;
using Orleans.Runtime;
using OrleansWork.Protocol.Security;

namespace OrleansWork;

/// <summary>Bounds the attempts to reach a cluster for the first time; Orleans' own rule goes on for minutes.</summary>
internal sealed class ConnectAttempts(ClusterAddress address, TimeProvider time) : IClientConnectionRetryFilter
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private readonly long _started = time.GetTimestamp();

    /// <summary>Gets why the last attempt that tried a socket failed, or else the first, or null before the first has.</summary>
    public Exception? LastFailure { get; private set; }

    /// <summary>Gets whether no further attempt was made because the time for them was over.</summary>
    public bool RanOut { get; private set; }

    /// <summary>Says whether nothing listens where the attempt went.</summary>
    public static bool IsRefused(Exception? exception) =>
        Find<SocketException>(exception) is { SocketErrorCode: SocketError.ConnectionRefused }
        // Orleans says the socket's error in words only.
        || Find<SocketConnectionException>(exception)?.Message.Contains(nameof(SocketError.ConnectionRefused), StringComparison.Ordinal)
            == true;

    /// <summary>Says whether an attempt was ended, as at its time limit, and did not fail by itself.</summary>
    public static bool IsCanceled(Exception? exception) =>
        exception is OperationCanceledException or TimeoutException
        // Orleans says of a start that was ended at which of its stages, which is of no use to a user.
        || Find<OrleansLifecycleCanceledException>(exception) is not null;

    /// <summary>Says whether time ran out: whoever listens there may have answered later.</summary>
    public static bool IsLate(Exception? exception) => IsCanceled(exception) || FailureOf(exception) == HandshakeFailure.TooSlow;

    /// <summary>Returns why the sides did not come to trust each other, or null when that was not the matter.</summary>
    public static HandshakeFailure? FailureOf(Exception? exception) => Find<HandshakeException>(exception)?.Failure;

    public async Task<bool> ShouldRetryConnectionAttempt(Exception exception, CancellationToken cancellationToken)
    {
        // Between two tries of one gateway Orleans fails at once with "will retry after …", which says nothing of the cause.
        if (
            LastFailure is null
            || IsCanceled(LastFailure)
            || Find<SocketConnectionException>(exception) is not null
            || FailureOf(exception) is not null
        )
            LastFailure = exception;

        // A secret that is wrong does not get right by trying again.
        if (FailureOf(LastFailure) is HandshakeFailure.Refused or HandshakeFailure.WrongSecret)
            return false;
        bool isRefused = IsRefused(LastFailure);
        if (time.GetElapsedTime(_started) > (isRefused ? address.RefusedTimeout : address.ConnectTimeout))
        {
            RanOut = !isRefused;
            return false;
        }

        await Task.Delay(Pause, time, cancellationToken);
        return true;
    }

    private static TException? Find<TException>(Exception? exception)
        where TException : Exception
    {
        for (Exception? current = exception; current is not null; current = current.InnerException)
        {
            if (current is TException found)
                return found;
        }

        return null;
    }
}
