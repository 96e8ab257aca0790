using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace OrleansWork.Console.LocalCluster;

/// <summary>Chooses free loopback ports, each once, also among consoles of one user that start clusters at the same time.</summary>
/// <remarks>
/// A server takes seconds until it listens. Until then, and for as long as this lives, a lock on a file of the port's name keeps other consoles
/// off it; the system frees it when its owner dies.
/// </remarks>
internal sealed class FreePorts : IDisposable
{
    // Below the range from which systems take the ports of outgoing connections, which could take one before its server does.
    private const int FirstArbitrary = 15_000;
    private const int LastArbitrary = 29_000;
    private readonly Lock _gate = new();
    private readonly Dictionary<int, Stream> _taken = [];

    // Null: no locks.
    private readonly string? _folder;

    /// <summary>Makes a chooser.</summary>
    /// <param name="folder">Where the locks are; the user's own place among temporary files when it is null. Where it cannot be made there are
    /// none: two clusters that start at once may then choose the same port, and one of them chooses again.</param>
    public FreePorts(string? folder = null)
    {
        folder ??= Path.Combine(Path.GetTempPath(), $"orleanswork-{Environment.UserName}", "ports");
        try
        {
            _folder = Directory.CreateDirectory(folder).FullName;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            _folder = null;
        }
    }

    /// <summary>Takes the first free port from <paramref name="from"/> up; from an arbitrary one when it is null.</summary>
    /// <exception cref="LocalClusterException">None is free.</exception>
    public int Take(int? from)
    {
        int start = from ?? Random.Shared.Next(FirstArbitrary, LastArbitrary);
        lock (_gate)
        {
            for (int port = start; port <= Math.Min(start + 2_000, IPEndPoint.MaxPort); port++)
            {
                if (_taken.ContainsKey(port) || !IsFree(port) || Lock(port) is not { } taken)
                    continue;
                _taken.Add(port, taken);
                return port;
            }
        }

        throw new LocalClusterException(3, $"No port from {start} to {Math.Min(start + 2_000, IPEndPoint.MaxPort)} is free on 127.0.0.1.");
    }

    /// <summary>Gives ports back that nobody listens on any more.</summary>
    public void Release(params ReadOnlySpan<int> ports)
    {
        lock (_gate)
        {
            foreach (int port in ports)
            {
                if (_taken.Remove(port, out Stream? taken))
                    taken.Dispose();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Release([.. _taken.Keys]);

    private Stream? Lock(int port)
    {
        if (_folder is null)
            return Stream.Null;
        try
        {
            return new FileStream(
                Path.Combine(_folder, port.ToString(CultureInfo.InvariantCulture)),
                FileMode.OpenOrCreate,
                FileAccess.ReadWrite,
                FileShare.None,
                bufferSize: 1,
                FileOptions.DeleteOnClose
            );
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
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
