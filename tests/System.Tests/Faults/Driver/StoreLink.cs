using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace OrleansWork.SystemTests.Faults.Driver;

/// <summary>One silo's way to the store: a relay whose lines can be cut as a cable is, so that nothing gets through and nothing is closed.</summary>
internal sealed class StoreLink : IAsyncDisposable
{
    private static readonly TimeSpan CutPeriod = TimeSpan.FromMilliseconds(20);
    private readonly int _store;
    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _ended = new();
    private readonly Task _accepting;
    private volatile StoreCut _cut;

    /// <summary>Opens the relay to a store on a loopback port.</summary>
    public StoreLink(int storePort)
    {
        _store = storePort;
        int port = LoopbackPorts.Take();
        Address = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}");
        _listener = new TcpListener(IPAddress.Loopback, port);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Gets where the relay is, as host:port.</summary>
    public string Address { get; }

    /// <summary>Gets or sets what does not get through; what it holds back follows when the line is whole again.</summary>
    public StoreCut Cut
    {
        get => _cut;
        set => _cut = value;
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        _listener.Stop();
        await _accepting;
        _ended.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = RelayAsync(await _listener.AcceptTcpClientAsync(_ended.Token));
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException)
        {
            // The row is over.
        }
    }

    private async Task RelayAsync(TcpClient silo)
    {
        using TcpClient fromSilo = silo;
        using TcpClient toStore = new();
        try
        {
            await toStore.ConnectAsync(IPAddress.Loopback, _store, _ended.Token);
            (fromSilo.NoDelay, toStore.NoDelay) = (true, true);
            Line line = new();
            await Task.WhenAll(
                PumpAsync(fromSilo, toStore, line, StoreCut.ToStore),
                PumpAsync(toStore, fromSilo, line, StoreCut.FromStore)
            );
        }
        catch (Exception exception)
            when (exception is OperationCanceledException or SocketException or IOException or ObjectDisposedException)
        {
            // One side is gone: closing both tells the other.
        }
    }

    private async Task PumpAsync(TcpClient from, TcpClient to, Line line, StoreCut way)
    {
        byte[] buffer = new byte[64 << 10];
        NetworkStream source = from.GetStream();
        NetworkStream target = to.GetStream();
        while (await source.ReadAsync(buffer, _ended.Token) is > 0 and int count)
        {
            // Each of a silo's Redis clients has connections of its own; this one's first question about members tells whose it is.
            line.IsMembership |= way == StoreCut.ToStore && buffer.AsSpan(0, count).IndexOf("/members/"u8) >= 0;
            while (_cut.HasFlag(way) || (line.IsMembership && _cut.HasFlag(StoreCut.Membership)))
                await Task.Delay(CutPeriod, _ended.Token);
            await target.WriteAsync(buffer.AsMemory(0, count), _ended.Token);
        }

        to.Close();
    }

    private sealed class Line
    {
        public volatile bool IsMembership;
    }
}

/// <summary>What of a silo's way to the store is cut.</summary>
[Flags]
internal enum StoreCut
{
    None = 0,

    /// <summary>What the silo sends.</summary>
    ToStore = 1,

    /// <summary>What the store answers.</summary>
    FromStore = 2,

    /// <summary>Everything.</summary>
    All = ToStore | FromStore,

    /// <summary>Questions about membership and their answers, but nothing else.</summary>
    Membership = 4,
}
