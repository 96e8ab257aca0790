using System.Net;
using System.Net.Sockets;

namespace OrleansWork.SystemTests.Faults.Driver;

/// <summary>Free loopback ports, each handed out once by this process.</summary>
internal static class LoopbackPorts
{
    // Below the range from which systems take the ports of outgoing connections.
    private const int First = 15_000;
    private const int Last = 29_000;
    private static readonly Lock s_lock = new();
    private static readonly HashSet<int> s_taken = [];

    public static int Take()
    {
        lock (s_lock)
        {
            while (true)
            {
                int port = Random.Shared.Next(First, Last);
                if (IsFree(port) && s_taken.Add(port))
                    return port;
            }
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
