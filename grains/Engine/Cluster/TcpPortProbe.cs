using System.Net;
using System.Net.Sockets;

namespace OrleansWork.Engine.Cluster;

/// <summary>Asks with a bare TCP connection.</summary>
internal sealed class TcpPortProbe : IPortProbe
{
    /// <summary>A host that is there answers within a round trip.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    public async Task<PortAnswer> AskAsync(IPEndPoint endPoint, CancellationToken cancellationToken)
    {
        using CancellationTokenSource timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(Timeout);
        using Socket socket = new(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(endPoint, timeout.Token);
            return PortAnswer.Accepted;
        }
        catch (SocketException exception)
        {
            return exception.SocketErrorCode == SocketError.ConnectionRefused ? PortAnswer.Refused : PortAnswer.Unknown;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return PortAnswer.Unknown;
        }
    }
}
