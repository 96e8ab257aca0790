using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace OrleansWork.SystemTests.Faults.Driver;

/// <summary>A relay in front of a port that resets each connection after some bytes of answers, at random.</summary>
internal sealed class CuttingLink : IAsyncDisposable
{
    private readonly int _target;
    private readonly Random _random;
    private readonly int _most;
    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _ended = new();
    private readonly Task _accepting;
    private int _cuts;

    /// <summary>Opens it.</summary>
    /// <param name="target">The port behind it.</param>
    /// <param name="seed">Of the chances.</param>
    /// <param name="most">After how many bytes a connection is reset at the latest.</param>
    public CuttingLink(int target, int seed, int most)
    {
        (_target, _random, _most) = (target, new Random(seed), most);
        int port = LoopbackPorts.Take();
        Url = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"));
        _listener = new TcpListener(IPAddress.Loopback, port);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Gets where it is.</summary>
    public Uri Url { get; }

    /// <summary>Gets how many connections it has reset.</summary>
    public int Cuts => Volatile.Read(ref _cuts);

    /// <summary>Gets or sets whether connections are left alone from now on.</summary>
    public bool IsWhole { get; set; }

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
            {
                TcpClient client = await _listener.AcceptTcpClientAsync(_ended.Token);
                _ = RelayAsync(client, _random.Next(1, _most));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException)
        {
            // The row is over.
        }
    }

    private async Task RelayAsync(TcpClient client, int bytes)
    {
        using TcpClient near = client;
        using TcpClient far = new();
        try
        {
            await far.ConnectAsync(IPAddress.Loopback, _target, _ended.Token);
            (near.NoDelay, far.NoDelay) = (true, true);
            using CancellationTokenSource cut = CancellationTokenSource.CreateLinkedTokenSource(_ended.Token);
            Task questions = near.GetStream().CopyToAsync(far.GetStream(), cut.Token);
            await AnswersAsync(far.GetStream(), near.GetStream(), bytes);
            await cut.CancelAsync();
            (near.LingerState, far.LingerState) = (new LingerOption(enable: true, 0), new LingerOption(enable: true, 0));
            await questions.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or IOException)
        {
            // One side is gone: closing both tells the other.
        }
    }

    private async Task AnswersAsync(NetworkStream from, NetworkStream to, int bytes)
    {
        byte[] buffer = new byte[4096];
        while (bytes > 0)
        {
            int count = await from.ReadAsync(buffer.AsMemory(0, IsWhole ? buffer.Length : Math.Min(buffer.Length, bytes)), _ended.Token);
            if (count == 0)
                return;
            await to.WriteAsync(buffer.AsMemory(0, count), _ended.Token);
            bytes -= IsWhole ? 0 : count;
        }

        Interlocked.Increment(ref _cuts);
    }
}
