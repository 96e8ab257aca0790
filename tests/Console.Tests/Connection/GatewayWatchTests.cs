using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using OrleansWork.Console.Connection;
using Xunit;

namespace OrleansWork.Console.Tests.Connection;

public sealed class GatewayWatchTests : IDisposable
{
    private static readonly TimeSpan Ceiling = TimeSpan.FromSeconds(30);
    private readonly FakeTimeProvider _time = new();
    private readonly TcpListener _silo = new(IPAddress.Loopback, 0);
    private readonly string _gateway;

    public GatewayWatchTests()
    {
        _silo.Start();
        _gateway = $"127.0.0.1:{((IPEndPoint)_silo.LocalEndpoint).Port}";
    }

    public void Dispose() => _silo.Dispose();

    [Fact]
    public async Task ConnectionLost_NothingListensAnyMore_SaysThatTheClusterWasStopped()
    {
        using GatewayWatch watch = new([_gateway], _time);
        _silo.Stop();
        watch.NotifyClusterConnectionLost();
        await StoppedAsync(watch);
        Assert.Equal($"The cluster at {_gateway} was stopped: nothing listens there any more.", watch.Why);
    }

    [Fact]
    public async Task ConnectionLost_AGatewayStillListens_IsNoEnd_UntilThatIsGoneToo()
    {
        using GatewayWatch watch = new(["127.0.0.1:1", _gateway], _time);
        watch.NotifyClusterConnectionLost();
        using (await _silo.AcceptSocketAsync(TestContext.Current.CancellationToken))
            _time.Advance(TimeSpan.FromMinutes(1));
        Assert.False(watch.Stopped.IsCancellationRequested);
        _silo.Stop();
        await StoppedAsync(watch);
    }

    [Fact]
    public void GatewaysComeAndGo_SomeLeft_IsNotLookedAfter()
    {
        using GatewayWatch watch = new([_gateway], _time);
        watch.NotifyGatewayCountChanged(1, 2, connectionRecovered: false);
        Assert.False(_silo.Pending());
    }

    private async Task StoppedAsync(GatewayWatch watch)
    {
        using CancellationTokenSource ceiling = new(Ceiling);
        while (!watch.Stopped.IsCancellationRequested)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(5, ceiling.Token);
        }
    }
}
