using System.Net;
using System.Net.Sockets;

namespace OrleansWork.Console.Connection;

/// <summary>Watches a cluster by the ports of its silos: it is stopped when the connection to it is lost and nothing listens at any of them any more.</summary>
/// <param name="ports">The ports, as host:port.</param>
/// <param name="time">The time.</param>
internal class PortWatch(IReadOnlyList<string> ports, TimeProvider time) : ClusterWatch
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan ConnectBound = TimeSpan.FromSeconds(1);

    // Longer than a supervisor takes to start a silo again that has died.
    private static readonly TimeSpan Refused = TimeSpan.FromSeconds(15);

    private readonly CancellationTokenSource _disposed = new();
    private int _isLooking;
    private volatile bool _isLost;

    /// <summary>Hears whether the cluster is connected, or answers: looks at its ports while it is not.</summary>
    public void Heard(bool isThere)
    {
        _isLost = !isThere;
        if (_isLost && !_disposed.IsCancellationRequested && Interlocked.Exchange(ref _isLooking, 1) == 0)
            _ = LookAsync(_disposed.Token);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _disposed.Cancel();
            _disposed.Dispose();
        }

        base.Dispose(disposing);
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        try
        {
            for (long refused = time.GetTimestamp(); _isLost; )
            {
                if (!await AllRefuseAsync(cancellationToken))
                    refused = time.GetTimestamp();
                if (time.GetElapsedTime(refused) >= Refused)
                {
                    End($"The cluster at {string.Join(',', ports)} was stopped: nothing listens there any more.");
                    return;
                }

                await Task.Delay(Period, time, cancellationToken);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException)
        {
            // Nobody waits any more.
        }
        finally
        {
            Volatile.Write(ref _isLooking, 0);
        }
    }

    private async Task<bool> AllRefuseAsync(CancellationToken cancellationToken)
    {
        try
        {
            foreach (string port in ports)
            {
                foreach (IPEndPoint endpoint in await GatewayName.ResolveAsync(port, cancellationToken))
                {
                    if (!await RefusesAsync(endpoint, cancellationToken))
                        return false;
                }
            }

            return true;
        }
        catch (RequestException)
        {
            // A name that is not known at the moment is no refusal either.
            return false;
        }
    }

    private static async Task<bool> RefusesAsync(IPEndPoint endpoint, CancellationToken cancellationToken)
    {
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(ConnectBound);
        using Socket socket = new(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(endpoint, patience.Token);
            return false;
        }
        catch (SocketException exception)
        {
            return exception.SocketErrorCode == SocketError.ConnectionRefused;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // No answer is no refusal: a host that is cut off may come back.
            return false;
        }
    }
}
