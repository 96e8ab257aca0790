using System.Net;
using System.Net.Sockets;

namespace OrleansWork.Engine.Cluster;

/// <summary>What an attempt to connect says about the process that should listen there.</summary>
internal enum PortAnswer
{
    /// <summary>Somebody listens. A frozen process does too: its system accepts for it.</summary>
    Accepted,

    /// <summary>The host answered that nobody listens.</summary>
    Refused,

    /// <summary>No answer in time, or no way there: the network may be at fault.</summary>
    Unknown,
}

/// <summary>Asks whether somebody listens at an address.</summary>
internal interface IPortProbe
{
    /// <summary>Connects, and closes the connection at once.</summary>
    Task<PortAnswer> AskAsync(IPEndPoint endPoint, CancellationToken cancellationToken);
}

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
