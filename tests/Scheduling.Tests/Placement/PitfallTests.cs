using OrleansWork.Scheduling.Placement;
using Xunit;

namespace OrleansWork.Scheduling.Tests.Placement;

/// <summary>The ways in which balancing by load is known to go wrong.</summary>
public sealed class PitfallTests
{
    [Fact]
    public void Herding_ManyChoosersOneStaleReport_PowerOfTwoSpreadsThem()
    {
        // 200 coordinators see the same old report, in which one of 40 silos is idle. Taking the least loaded would send all to it.
        int[] counts = new int[40];
        SiloCandidate[] silos = Silos(40, i => i == 7 ? 0 : 2);
        for (int chooser = 0; chooser < 200; chooser++)
            counts[new LeastLoadedPolicy(new Random(chooser)).Choose(silos, default)]++;
        Assert.InRange(counts[7], 1, 25);
        Assert.All(counts, count => Assert.InRange(count, 0, 25));
    }

    [Theory]
    [InlineData(PolicyKind.LeastLoaded, 6)]
    [InlineData(PolicyKind.LeastLoaded, 30)]
    [InlineData(PolicyKind.Adaptive, 3)]
    [InlineData(PolicyKind.Adaptive, 6)]
    [InlineData(PolicyKind.Adaptive, 30)]
    internal void Herding_OneChooserOneStaleReport_CountsItsOwnLeases(PolicyKind kind, int count)
    {
        IPlacementPolicy policy = PlacementPolicies.Create(kind, new Random(3));
        SiloCandidate[] silos = Silos(count, i => i == 0 ? 0 : 1);
        silos[0] = silos[0] with { LatencySeconds = 0.009 };
        int[] sent = new int[count];
        for (int i = 0; i < count * 10; i++)
        {
            int chosen = policy.Choose(silos, default);
            silos[chosen] = silos[chosen] with { InFlight = silos[chosen].InFlight + 1 };
            sent[chosen]++;
        }

        // Even the silo that looks best gets at most a few more than its tenth.
        Assert.InRange(sent.Max(), 10, 16);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(8)]
    public void Oscillation_EqualSilos_SharesStayEqualAllTheTime(int count)
    {
        ClusterModel cluster = new([.. Enumerable.Repeat(new SiloModel(), count)], seed: 5);
        AdaptivePolicy policy = new(new Random(5));
        cluster.Run(policy, 500);
        for (int window = 0; window < 20; window++)
        {
            int[] before = cluster.Leases;
            cluster.Run(policy, 100 * count);
            for (int i = 0; i < count; i++)
                Assert.InRange(cluster.Leases[i] - before[i], 75, 125);
        }
    }

    [Theory]
    [InlineData(PolicyKind.LeastLoaded, 3)]
    [InlineData(PolicyKind.LeastLoaded, 8)]
    [InlineData(PolicyKind.Adaptive, 3)]
    [InlineData(PolicyKind.Adaptive, 8)]
    internal void Sinkholing_ASiloThatFailsAtOnce_IsShutOut(PolicyKind kind, int count)
    {
        SiloModel[] silos = [.. Enumerable.Range(0, count).Select(i => new SiloModel(Fails: i == 1))];

        ClusterModel guarded = new(silos, seed: 5);
        IPlacementPolicy policy = PlacementPolicies.Create(kind, new Random(5));
        guarded.Run(policy, 20);
        int before = guarded.Leases[1];
        guarded.Run(policy, 2_000);
        Assert.InRange(guarded.Leases[1] - before, 0, 60);

        // Without the gate it draws more leases than all others together: the test would notice a gate that does nothing.
        ClusterModel open = new(silos, seed: 5);
        open.Run(PlacementPolicies.Create(kind, new Random(5)), 2_000, gate: false, maxSent: 3_000);
        Assert.InRange(open.Leases[1], 1_500, 3_000);
    }

    [Theory]
    [InlineData(PolicyKind.LeastLoaded)]
    [InlineData(PolicyKind.Adaptive)]
    internal void Sinkholing_EverySiloFails_NobodyIsShutOut(PolicyKind kind)
    {
        IPlacementPolicy policy = PlacementPolicies.Create(kind, new Random(5));
        SiloCandidate[] silos = [.. Silos(4, _ => 0).Select(silo => silo with { Failures = 9, ErrorRate = 0.9, OthersSucceed = false })];
        Assert.InRange(policy.Choose(silos, default), 0, 3);
    }

    [Theory]
    [InlineData(3, 1)] // one lease at a time: the slow start is all that is known of silo 0
    [InlineData(3, int.MaxValue)]
    [InlineData(8, 1)]
    [InlineData(8, int.MaxValue)]
    public void Starving_OneBadSample_IsForgiven(int count, int maxInFlight)
    {
        SiloModel[] silos = [.. Enumerable.Range(0, count).Select(i => new SiloModel(FirstLeaseTakes: i == 0 ? 2.0 : null))];
        ClusterModel cluster = new(silos, seed: 5);
        AdaptivePolicy policy = new(new Random(5));
        cluster.Run(policy, 6_000, maxInFlight: maxInFlight);

        int before = cluster.Leases[0];
        cluster.Run(policy, 1_000 * count, maxInFlight: maxInFlight);
        Assert.InRange(cluster.Leases[0] - before, 500, 1_600);
    }

    [Fact]
    public void SlowSilo_AdaptiveGivesItLessThanLeastLoadedDoes_AndEndsSooner()
    {
        SiloModel[] silos = [new(), new(), new(Slowness: 5)];
        (int slow, TimeSpan took) Run(PolicyKind kind, int inFlight)
        {
            ClusterModel cluster = new(silos, seed: 5);
            IPlacementPolicy policy = PlacementPolicies.Create(kind, new Random(5));
            cluster.Run(policy, 500, maxInFlight: inFlight);
            int before = cluster.Leases[2];
            TimeSpan took = cluster.Run(policy, 3_000, maxInFlight: inFlight);
            return (cluster.Leases[2] - before, took);
        }

        // With slots to spare: least-loaded sees an idle silo, adaptive a slow one.
        (int leastLoaded, TimeSpan byLoad) = Run(PolicyKind.LeastLoaded, 3);
        (int adaptive, TimeSpan bySpeed) = Run(PolicyKind.Adaptive, 3);
        Assert.InRange(adaptive, 1, leastLoaded / 2);
        Assert.InRange(bySpeed / byLoad, 0, 0.9);
    }

    [Fact]
    public void SlowSilo_LargeCluster_GetsAboutWhatItCanDo()
    {
        // Seven silos of speed 1, one of 1/4, all full: 2 of 58 quarter-slots are the slow one's.
        SiloModel[] silos = [.. Enumerable.Range(0, 8).Select(i => new SiloModel(Slowness: i == 2 ? 4 : 1))];
        ClusterModel cluster = new(silos, seed: 9);
        cluster.Run(new AdaptivePolicy(new Random(9)), 5_000);
        Assert.InRange(cluster.Leases[2] / 5_000.0, 0.01, 0.045);
    }

    private static SiloCandidate[] Silos(int count, Func<int, int> inFlight) =>
        [
            .. Enumerable
                .Range(0, count)
                .Select(i => new SiloCandidate
                {
                    Silo = i,
                    Slots = 2,
                    InFlight = inFlight(i),
                    LoadIsFresh = true,
                    LatencySeconds = 0.01,
                    Slowness = 1,
                }),
        ];
}
