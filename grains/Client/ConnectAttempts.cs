using System.Net.Sockets;

namespace OrleansWork;

/// <summary>Bounds the attempts to reach a cluster for the first time; Orleans' own rule goes on for minutes.</summary>
internal sealed class ConnectAttempts(ClusterAddress address, TimeProvider time) : IClientConnectionRetryFilter
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private readonly long _started = time.GetTimestamp();

    /// <summary>Gets why the last attempt failed, or null before the first has.</summary>
    public Exception? LastFailure { get; private set; }

    public async Task<bool> ShouldRetryConnectionAttempt(Exception exception, CancellationToken cancellationToken)
    {
        LastFailure = exception;
        bool refused = ClusterConnection.Find<SocketException>(exception) is { SocketErrorCode: SocketError.ConnectionRefused };
        if (time.GetElapsedTime(_started) > (refused ? address.RefusedTimeout : address.ConnectTimeout))
            return false;
        await Task.Delay(Pause, time, cancellationToken);
        return true;
    }
}
