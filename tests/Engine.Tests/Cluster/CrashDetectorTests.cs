using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using OrleansWork.Engine.Cluster;
using OrleansWork.Engine.Tests.Execution;
using OrleansWork.Protocol;
using Xunit;

namespace OrleansWork.Engine.Tests.Cluster;

public sealed class CrashDetectorTests
{
    private static readonly SiloAddress Suspect = LoadTableTests.Silo(100);
    private static readonly SiloAddress Witness = LoadTableTests.Silo(101);
    private readonly FakePorts _ports = new();
    private readonly Witnesses _link = new();

    [Theory]
    [InlineData(PortAnswer.Refused, true, true)]
    [InlineData(PortAnswer.Refused, false, false)]
    [InlineData(PortAnswer.Accepted, true, false)]
    [InlineData(PortAnswer.Unknown, true, false)]
    internal async Task Suspect_OfThree_IsDeclaredDeadOnlyWhenRefusedAndConfirmed(PortAnswer port, bool confirmed, bool dead)
    {
        CrashWatch watch = Make(Suspect, Witness);
        _ports.Answers[Suspect.Endpoint] = port;
        _link.Confirm[Witness] = confirmed;
        Assert.Equal(dead, await watch.Detector.SuspectAsync(Suspect, TestContext.Current.CancellationToken));
        Assert.Equal(dead ? [Suspect] : [], watch.Killed);
    }

    [Fact]
    public async Task Suspect_OfTwo_NeedsNoWitness()
    {
        CrashWatch watch = Make(Suspect);
        _ports.Answers[Suspect.Endpoint] = PortAnswer.Refused;
        Assert.True(await watch.Detector.SuspectAsync(Suspect, TestContext.Current.CancellationToken));
        Assert.Empty(_link.Asked);
    }

    [Fact]
    public async Task Suspect_WitnessesThatDoNotAnswer_DoNotKeepOneThatDoes()
    {
        SiloAddress gone = LoadTableTests.Silo(102);
        CrashWatch watch = Make(Suspect, Witness, gone);
        _ports.Answers[Suspect.Endpoint] = PortAnswer.Refused;
        _link.Confirm[Witness] = true;
        _link.Silent.Add(gone);
        Assert.True(await watch.Detector.SuspectAsync(Suspect, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(Orleans.Runtime.SiloStatus.Joining)]
    [InlineData(Orleans.Runtime.SiloStatus.ShuttingDown)]
    [InlineData(Orleans.Runtime.SiloStatus.Stopping)]
    [InlineData(Orleans.Runtime.SiloStatus.Dead)]
    public async Task Suspect_NotActive_IsLeftAlone(Orleans.Runtime.SiloStatus status)
    {
        CrashWatch watch = Make(Suspect);
        watch.Set(Suspect, status);
        _ports.Answers[Suspect.Endpoint] = PortAnswer.Refused;
        Assert.False(await watch.Detector.SuspectAsync(Suspect, TestContext.Current.CancellationToken));
        Assert.Empty(_ports.Asked);
    }

    [Fact]
    public async Task Suspect_SaysGoodbyeWhileItIsAsked_IsLeftAlone()
    {
        CrashWatch watch = Make(Suspect);
        _ports.Answers[Suspect.Endpoint] = PortAnswer.Refused;
        _ports.Before = _ =>
        {
            watch.Set(Suspect, Orleans.Runtime.SiloStatus.ShuttingDown);
            return Task.CompletedTask;
        };
        Assert.False(await watch.Detector.SuspectAsync(Suspect, TestContext.Current.CancellationToken));
        Assert.Empty(watch.Killed);
    }

    [Fact]
    public async Task Suspect_SilosTalkByOtherMeansThanTcp_NothingIsConcluded()
    {
        CrashWatch watch = Make(Suspect);
        _ports.Answers[PoolHarness.Self.Endpoint] = PortAnswer.Refused;
        _ports.Answers[Suspect.Endpoint] = PortAnswer.Refused;
        Assert.False(await watch.Detector.SuspectAsync(Suspect, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Suspect_Again_IsAskedOnceASecond()
    {
        FakeTimeProvider time = new();
        CrashWatch watch = new(_ports, _link, time);
        watch.Set(Suspect, Orleans.Runtime.SiloStatus.Active);
        for (int i = 0; i < 10; i++)
            Assert.False(await watch.Detector.SuspectAsync(Suspect, TestContext.Current.CancellationToken));
        Assert.Single(_ports.Asked, Suspect.Endpoint);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(await watch.Detector.SuspectAsync(Suspect, TestContext.Current.CancellationToken));
        Assert.Equal(2, _ports.Asked.Count(asked => asked.Equals(Suspect.Endpoint)));
    }

    [Fact]
    public async Task TcpPortProbe_TellsAListenerFromAPortWithoutOne()
    {
        TcpPortProbe probe = new();
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        IPEndPoint port = (IPEndPoint)listener.LocalEndpoint;
        Assert.Equal(PortAnswer.Accepted, await probe.AskAsync(port, TestContext.Current.CancellationToken));
        listener.Stop();
        Assert.Equal(PortAnswer.Refused, await probe.AskAsync(port, TestContext.Current.CancellationToken));
    }

    private CrashWatch Make(params ReadOnlySpan<SiloAddress> others)
    {
        CrashWatch watch = new(_ports, _link);
        foreach (SiloAddress silo in others)
            watch.Set(silo, Orleans.Runtime.SiloStatus.Active);
        return watch;
    }

    private sealed class Witnesses : IHeartbeatLink
    {
        public ConcurrentDictionary<SiloAddress, bool> Confirm { get; } = new();

        public HashSet<SiloAddress> Silent { get; } = [];

        public ConcurrentQueue<SiloAddress> Asked { get; } = new();

        public Task<HeartbeatReply> BeatAsync(SiloAddress silo, Heartbeat heartbeat) => throw new NotSupportedException();

        public Task<int> ProbeAsync(SiloAddress silo, SiloAddress quarantined) => throw new NotSupportedException();

        public Task<bool> RefusesAsync(SiloAddress silo, SiloAddress suspect)
        {
            Asked.Enqueue(silo);
            return Silent.Contains(silo) ? new TaskCompletionSource<bool>().Task : Task.FromResult(Confirm.GetValueOrDefault(silo));
        }
    }
}
