using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Garnet.server;
using Microsoft.Extensions.Logging;

namespace OrleansWork.Store.Gate;

/// <summary>Garnet's server of a port, behind a gate: a connection that has not said the password within <see cref="Patience"/> is closed, and
/// Garnet hears of it only when it has.</summary>
/// <remarks>The first bytes are looked at and left where they are, so that Garnet reads them itself and what follows costs nothing more.</remarks>
internal sealed class GatedServer : GarnetServerTcp
{
    /// <summary>How long a connection may take to say the password.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    // How long until the rest of words that came in pieces is looked for.
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(50);
    private static readonly byte[] s_refusal = "-NOAUTH Authentication required.\r\n"u8.ToArray();
    private readonly Socket _listener;
    private readonly Strangers _strangers = new();
    private readonly byte[] _password;
    private readonly TimeProvider _time;
    private volatile bool _isClosed;

    /// <summary>Prepares to listen.</summary>
    /// <param name="endPoint">Where.</param>
    /// <param name="password">What a connection is to say first.</param>
    /// <param name="options">How Garnet sends.</param>
    /// <param name="logger">Takes what Garnet says.</param>
    /// <param name="time">Measures the patience.</param>
    public GatedServer(IPEndPoint endPoint, byte[] password, GarnetServerOptions options, ILogger logger, TimeProvider time)
        : base(
            endPoint,
            networkSendThrottleMax: options.NetworkSendThrottleMax,
            connectionLimit: new ConnectionLimit(ConnectionLimit.Unlimited),
            logger: logger,
            networkSendTimeout: options.NetworkSendTimeout
        )
    {
        (_password, _time) = (password, time);
        _listener = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);

        // Elsewhere it would let others share the port.
        if (!OperatingSystem.IsWindows())
            _listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
    }

    /// <inheritdoc/>
    public override void Start()
    {
        const int Backlog = 512;
        _listener.Bind(EndPoint);
        _listener.Listen(Backlog);
        _ = AcceptAsync();
    }

    /// <inheritdoc/>
    public override void Close()
    {
        _isClosed = true;
        _listener.Dispose();
        _strangers.Close();
        base.Close();
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        Close();
        base.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_isClosed)
        {
            try
            {
                _ = AdmitAsync(await _listener.AcceptAsync());
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                // Closed; or the connection was gone, or the system has no room for it now.
                if (!_isClosed)
                    await Task.Delay(s_pause, _time);
            }
        }
    }

    private async Task AdmitAsync(Socket socket)
    {
        LinkedListNode<Socket> node = _strangers.Enter(socket);
        bool proved = false;
        try
        {
            using CancellationTokenSource patience = new(Patience, _time);
            proved = await ProvesAsync(socket, patience.Token);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // Gone, crowded out, or out of time.
        }

        bool isOpen = _strangers.Leave(node);
        if (!proved || !isOpen)
        {
            socket.Dispose();
            return;
        }

        try
        {
            using SocketAsyncEventArgs accepted = new();
            accepted.AcceptSocket = socket;
            _ = HandleNewConnection(this, accepted);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task<bool> ProvesAsync(Socket socket, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[Greetings.MostBytes + _password.Length];
        while (true)
        {
            int count = await socket.ReceiveAsync(buffer, SocketFlags.Peek, cancellationToken);
            if (count == 0)
                return false;
            switch (Greetings.Read(buffer.AsSpan(0, count), _password))
            {
                case Greeting.Proved:
                    return true;
                case Greeting.Unfinished when count < buffer.Length:
                    await Task.Delay(s_pause, _time, cancellationToken);
                    break;
                default:
                    // What is not read would have the system take the answer back.
                    _ = await socket.ReceiveAsync(buffer, cancellationToken);
                    _ = await socket.SendAsync(s_refusal, cancellationToken);
                    return false;
            }
        }
    }

    /// <summary>What Garnet 2.2 does with a connection that it has accepted itself.</summary>
    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "HandleNewConnection")]
    private static extern bool HandleNewConnection(GarnetServerTcp server, SocketAsyncEventArgs accepted);
}
