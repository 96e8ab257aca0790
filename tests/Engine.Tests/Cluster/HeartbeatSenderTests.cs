using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using OrleansWork.Engine.Cluster;
using OrleansWork.Engine.Execution;
using OrleansWork.Engine.Tests.Execution;
using OrleansWork.Protocol;
using Xunit;

namespace OrleansWork.Engine.Tests.Cluster;

public sealed class HeartbeatSenderTests
{
    [Fact]
    public async Task Beat_SmallCluster_TellsEveryoneElseAndTheOwnTable()
    {
        await using PoolHarness pool = new();
        (Link link, LoadTable table, HeartbeatSender sender) = Make(pool, silos: 4);
        await sender.BeatAsync();
        Assert.Equal(4, link.Sent.Count);
        Assert.DoesNotContain(PoolHarness.Self, link.Sent.Select(sent => sent.Silo));
        Assert.NotNull(table.Find(PoolHarness.Self)!.Profile);
        Assert.Equal(2, table.Find(PoolHarness.Self)!.Load!.Compute.Slots);
    }

    [Fact]
    public async Task Beat_LargeCluster_TellsEightAndThoseWithAReason()
    {
        await using PoolHarness pool = new();
        (Link link, LoadTable table, HeartbeatSender sender) = Make(pool, silos: 40);
        table.SetMembership(PoolHarness.Coordinator, SiloViewState.Active);
        pool.AddJob("a", "gated", new GatedKind.Input(4), 4);
        Task<ReportBatch> run = pool.Run("a", 0, 1, number: 7);
        await pool.Probe.WhenReached(0);
        for (int beat = 1; beat <= 20; beat++)
        {
            link.Sent.Clear();
            await sender.BeatAsync();
            Assert.InRange(link.Sent.Count, 8, 9);
            HeldLease held = Assert.Single(link.Sent.Single(sent => sent.Silo.Equals(PoolHarness.Coordinator)).Heartbeat.Held);
            Assert.Equal(("a", 7L, true), (held.JobId, held.Number, held.Started));
            Assert.All(link.Sent.Where(sent => !sent.Silo.Equals(PoolHarness.Coordinator)), sent => Assert.Empty(sent.Heartbeat.Held));
        }

        pool.Probe.Gate(0).SetResult();
        await run;
    }

    [Fact]
    public async Task Beat_ReceiverAsks_HearsEveryBeat()
    {
        await using PoolHarness pool = new();
        (Link link, LoadTable table, HeartbeatSender sender) = Make(pool, silos: 40);
        SiloAddress asking = LoadTableTests.Silo(101);
        link.Answer = silo => new HeartbeatReply(true, WantsHeartbeats: silo.Equals(asking));
        while (!link.Ever.ContainsKey(asking))
            await sender.BeatAsync();

        for (int beat = 0; beat < 10; beat++)
        {
            link.Sent.Clear();
            await sender.BeatAsync();
            Assert.Contains(asking, link.Sent.Select(sent => sent.Silo));
        }

        Assert.NotNull(table.Find(asking));
    }

    [Fact]
    public async Task Beat_ProfileKnown_IsNotSentAgainUntilTheReceiverForgets()
    {
        await using PoolHarness pool = new();
        (Link link, _, HeartbeatSender sender) = Make(pool, silos: 1);
        foreach ((bool knows, bool sends) in new[] { (true, true), (true, false), (false, false), (true, true) })
        {
            link.Sent.Clear();
            link.Answer = _ => new HeartbeatReply(knows, false);
            await sender.BeatAsync();
            Assert.Equal(sends, link.Sent.Single().Heartbeat.Profile is not null);
        }
    }

    [Fact]
    public async Task Beat_SilentReceiver_IsNotWaitedForAndNotPiledUpOn()
    {
        await using PoolHarness pool = new();
        (Link link, _, HeartbeatSender sender) = Make(pool, silos: 2);
        SiloAddress silent = LoadTableTests.Silo(100);
        TaskCompletionSource never = new();
        link.Delay = silo => silo.Equals(silent) ? never.Task : Task.CompletedTask;
        for (int beat = 1; beat <= 20; beat++)
        {
            _ = sender.BeatAsync();
            await PoolHarness.Until(() => link.Sent.Count(sent => !sent.Silo.Equals(silent)) == beat, "the other silo's heartbeat");
        }

        Assert.InRange(link.Sent.Count(sent => sent.Silo.Equals(silent)), 1, 4);
        never.SetResult();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Beat_FailsOrStaysUnanswered_SiloWithoutAListenerIsDeclaredDead(bool fails)
    {
        await using PoolHarness pool = new();
        (Link link, _, HeartbeatSender sender) = Make(pool, silos: 3);
        SiloAddress gone = LoadTableTests.Silo(100);
        TaskCompletionSource never = new();
        link.Ports.Answers[gone.Endpoint] = PortAnswer.Refused;
        link.Delay = silo =>
            !silo.Equals(gone) ? Task.CompletedTask
            : fails ? Task.FromException(new InvalidOperationException("no way"))
            : never.Task;
        _ = sender.BeatAsync();
        await PoolHarness.Until(() => !link.Watch!.Killed.IsEmpty, "the silo to be declared dead");
        Assert.Equal([gone], link.Watch!.Killed);
        never.SetResult();
    }

    private static (Link, LoadTable, HeartbeatSender) Make(PoolHarness pool, int silos)
    {
        Link link = new();
        LoadTable table = new(TimeProvider.System);
        table.SetMembership(PoolHarness.Self, SiloViewState.Active);
        for (int i = 0; i < silos; i++)
            table.SetMembership(LoadTableTests.Silo(100 + i), SiloViewState.Active);
        CrashWatch watch = new(link.Ports, link);
        foreach (SiloView view in table.Snapshot())
            watch.Set(view.Address, Orleans.Runtime.SiloStatus.Active);
        link.Watch = watch;
        HeartbeatSender sender = new(
            link,
            table,
            pool.Pool,
            pool.Registry,
            watch.Detector,
            Options.Create(new EngineOptions()),
            TimeProvider.System
        );
        return (link, table, sender);
    }

    private sealed class Link : IHeartbeatLink
    {
        public FakePorts Ports { get; } = new();

        public CrashWatch? Watch { get; set; }

        public ConcurrentQueue<(SiloAddress Silo, Heartbeat Heartbeat)> Sent { get; } = new();

        public ConcurrentDictionary<SiloAddress, bool> Ever { get; } = new();

        public Func<SiloAddress, HeartbeatReply> Answer { get; set; } = _ => new HeartbeatReply(true, false);

        public Func<SiloAddress, Task> Delay { get; set; } = _ => Task.CompletedTask;

        public async Task<HeartbeatReply> BeatAsync(SiloAddress silo, Heartbeat heartbeat)
        {
            Sent.Enqueue((silo, heartbeat));
            await Delay(silo);
            Ever[silo] = true;
            return Answer(silo);
        }

        public Task<int> ProbeAsync(SiloAddress silo, SiloAddress quarantined) => throw new NotSupportedException();

        public Task<bool> RefusesAsync(SiloAddress silo, SiloAddress suspect) => Task.FromResult(true);
    }
}
