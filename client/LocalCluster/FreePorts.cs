using System.Net;
using System.Net.Sockets;

namespace OrleansWork.Console.LocalCluster;

/// <summary>Chooses free loopback ports, each once.</summary>
internal sealed class FreePorts
{
    // Below the range from which systems take the ports of outgoing connections, which could take one before its server does.
    private const int FirstArbitrary = 15_000;
    private const int LastArbitrary = 29_000;
    private readonly Lock _lock = new();
    private readonly HashSet<int> _taken = [];

    /// <summary>Takes the first free port from <paramref name="from"/> up; from an arbitrary one when it is null.</summary>
    /// <exception cref="LocalClusterException">None is free.</exception>
    public int Take(int? from)
    {
        int start = from ?? Random.Shared.Next(FirstArbitrary, LastArbitrary);
        lock (_lock)
        {
            for (int port = start; port <= Math.Min(start + 2_000, IPEndPoint.MaxPort); port++)
            {
                if (_taken.Contains(port) || !IsFree(port))
                    continue;
                _taken.Add(port);
                return port;
            }
        }

        throw new LocalClusterException(3, $"No port from {start} to {Math.Min(start + 2_000, IPEndPoint.MaxPort)} is free on 127.0.0.1.");
    }

    /// <summary>Gives ports back that nobody listens on any more.</summary>
    public void Release(params ReadOnlySpan<int> ports)
    {
        lock (_lock)
        {
            foreach (int port in ports)
                _taken.Remove(port);
        }
    }

    private static bool IsFree(int port)
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            socket.Listen();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
