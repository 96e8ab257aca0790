using OrleansWork.Scheduling.Coordination;
using OrleansWork.Scheduling.Ledger;
using OrleansWork.Scheduling.Placement;
using Xunit;

namespace OrleansWork.Scheduling.Tests.Coordination;

/// <summary>Leases that the heartbeats of their silo do not name.</summary>
public sealed class UnnamedLeaseTests
{
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(250);
    private readonly MachineBench _bench = new(
        new JobMachineOptions
        {
            Policy = PolicyKind.RoundRobin,
            ChunkUnits = 1,
            MaxParallel = 1,
        },
        units: 1,
        "a"
    );

    [Fact]
    public void Heartbeat_OpenCall_IsGivenToOthersOnlyAfterPatience()
    {
        GrantLease lease = Assert.Single(_bench.Granted());
        Assert.Equal(lease.Range, Assert.Single(BeatUntilGranted(out TimeSpan took)).Range);
        Assert.InRange(took, _bench.Options.OpenCallPatience, _bench.Options.OpenCallPatience + _bench.Options.HeartbeatGrace + Beat);
    }

    [Fact]
    public void Heartbeat_OldOnesTogetherAfterAStall_TakeNothing()
    {
        GrantLease lease = Assert.Single(_bench.Granted());
        _bench.Wait(TimeSpan.FromSeconds(3));
        for (int i = 0; i < 10; i++)
            _bench.Beats("a");
        Assert.Empty(_bench.Granted());
        _bench.Beats("a", (lease, 0, Beat));
        _bench.Wait(Beat);
        _bench.Beats("a");
        _bench.Beats("a");
        Assert.Empty(_bench.Granted());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Heartbeat_CallIsOver_TwoAreEnough(bool detached)
    {
        GrantLease lease = Assert.Single(_bench.Granted());
        _bench.Happens(detached ? Detached(lease) : new CallFailed("a", [lease.Number], Ran: true));
        Assert.Single(BeatUntilGranted(out TimeSpan took));
        Assert.InRange(took, _bench.Options.HeartbeatGrace, _bench.Options.HeartbeatGrace + (2 * Beat));
    }

    /// <summary>A silo wrote the heartbeat before it handed the lease back: that is no lease of somebody else's.</summary>
    [Fact]
    public void Heartbeat_OlderThanTheReportOfWhatItNames_FollowsNothing()
    {
        MachineBench bench = new(new JobMachineOptions { ChunkUnits = 4, MaxParallel = 1 }, units: 4, "a");
        GrantLease lease = Assert.Single(bench.Granted());
        bench.Happens(new PauseRequested());
        bench.Done("a", lease.Number, new UnitRange(0, 2));
        bench.Beats("a", (lease, 1, Beat));
        Assert.Equal(0, bench.Machine.LeasesInFlight);
    }

    private static LeaseReported Detached(GrantLease lease) =>
        new(
            lease.Silo,
            new LeaseName(1, lease.Number),
            LeaseOutcome.Detached,
            new UnitRange(lease.Range.From, lease.Range.From),
            [],
            null,
            TimeSpan.Zero,
            null,
            Share: 0
        );

    private GrantLease[] BeatUntilGranted(out TimeSpan took)
    {
        TimeSpan began = _bench.Now;
        for (int beat = 0; beat < 40; beat++)
        {
            _bench.Wait(Beat);
            _bench.Beats("a");
            took = _bench.Now - began;
            if (_bench.Granted() is { Length: > 0 } granted)
                return granted;
        }

        took = _bench.Now - began;
        return [];
    }
}
