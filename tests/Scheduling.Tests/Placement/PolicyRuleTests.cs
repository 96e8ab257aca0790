using OrleansWork.Scheduling.Placement;
using Xunit;

namespace OrleansWork.Scheduling.Tests.Placement;

/// <summary>Each policy's rule on cases small enough to work out by hand.</summary>
public sealed class PolicyRuleTests
{
    private static readonly PlacementMoment Steady = new(LastRound: false, LeaseSeconds: 0.05);

    [Fact]
    public void Random_ChoosesUniformly()
    {
        int[] counts = Count(new RandomPolicy(new Random(1)), 30_000, [Silo(0), Silo(1), Silo(2)], Steady);
        Assert.All(counts, count => Assert.InRange(count, 9_700, 10_300));
    }

    [Fact]
    public void RoundRobin_TakesTheNextWithRoom_AndWraps()
    {
        RoundRobinPolicy policy = new(new Random(1));
        SiloCandidate[] all = [Silo(0), Silo(1), Silo(2), Silo(3)];
        int first = all[policy.Choose(all, Steady)].Silo;
        int[] next = [.. Enumerable.Range(0, 8).Select(_ => all[policy.Choose(all, Steady)].Silo)];
        Assert.Equal(Enumerable.Range(1, 8).Select(i => (first + i) % 4), next);

        // Silo (first + 1) is full: it is passed over, and comes after all others once it has room again.
        int full = (first + 1) % 4;
        SiloCandidate[] without = [.. all.Where(silo => silo.Silo != full)];
        Assert.Equal((first + 2) % 4, without[policy.Choose(without, Steady)].Silo);
        Assert.Equal((first + 3) % 4, all[policy.Choose(all, Steady)].Silo);
    }

    [Fact]
    public void RoundRobin_StartsAnywhere()
    {
        SiloCandidate[] all = [Silo(0), Silo(1), Silo(2), Silo(3)];
        Assert.Equal(
            [0, 1, 2, 3],
            Enumerable.Range(0, 50).Select(seed => new RoundRobinPolicy(new Random(seed)).Choose(all, Steady)).Distinct().Order()
        );
    }

    [Fact]
    public void LeastLoaded_TakesTheLowestLoadPerSlot_TiesByChance()
    {
        LeastLoadedPolicy policy = new(new Random(1));
        Assert.Equal([0, 0, 100], Count(policy, 100, [Silo(0, inFlight: 1), Silo(1, inFlight: 2), Silo(2, slots: 8, inFlight: 3)], Steady));
        int[] ties = Count(
            policy,
            9_000,
            [Silo(0, inFlight: 1), Silo(1, inFlight: 1), Silo(2, slots: 4, inFlight: 2), Silo(3, inFlight: 2)],
            Steady
        );
        Assert.All(ties[..3], count => Assert.InRange(count, 2_800, 3_200));
        Assert.Equal(0, ties[3]);
    }

    [Fact]
    public void LeastLoaded_UpToSixteen_ComparesAll_AboveSamplesTwo()
    {
        LeastLoadedPolicy policy = new(new Random(1));
        SiloCandidate[] sixteen = [.. Enumerable.Range(0, 16).Select(i => Silo(i, inFlight: i == 9 ? 0 : 1))];
        Assert.Equal(1_000, Count(policy, 1_000, sixteen, Steady)[9]);

        // Of 17 the one idle silo is among two distinct samples with probability 2/17; the busiest wins no comparison.
        SiloCandidate[] seventeen = [.. Enumerable.Range(0, 17).Select(i => Silo(i, inFlight: i))];
        int[] counts = Count(policy, 17_000, seventeen, Steady);
        Assert.InRange(counts[0], 1_850, 2_150);
        Assert.InRange(counts[8], 900, 1_100);
        Assert.Equal(0, counts[16]);
    }

    [Fact]
    public void ErrorGate_TakesThreeFailuresAFifthAndOthersThatSucceed()
    {
        Assert.False(ErrorGate.IsPast(2, 1));
        Assert.False(ErrorGate.IsPast(3, 0.2));
        Assert.True(ErrorGate.IsPast(3, 0.21));

        SiloCandidate failing = Silo(0) with { Failures = 3, ErrorRate = 0.5, OthersSucceed = true };
        SiloCandidate busy = Silo(1, inFlight: 5);
        foreach (IPlacementPolicy policy in (IPlacementPolicy[])[new LeastLoadedPolicy(new Random(1)), new AdaptivePolicy(new Random(1))])
        {
            Assert.Equal([0, 50], Count(policy, 50, [failing, busy], Steady));
            Assert.Equal([0, 50], Count(policy, 50, [failing, busy], Steady with { LastRound = true }));
            Assert.Equal([50, 0], Count(policy, 50, [failing with { OthersSucceed = false }, busy], Steady));
            Assert.Equal(-1, policy.Choose([failing, failing], Steady with { SiloCount = 3 }));
            Assert.Equal(
                [50, 0],
                Count(
                    policy,
                    50,
                    [failing, failing with { InFlight = 9, WorkSeconds = 9 }],
                    Steady with
                    {
                        SiloCount = 2,
                        LastRound = true,
                    }
                )
            );
            Assert.Equal(0, policy.Choose([failing], Steady));
            Assert.Equal(-1, policy.Choose([], Steady));
        }
    }

    [Fact]
    public void Adaptive_FewSilos_TakesWhoServesOneMoreSoonest()
    {
        AdaptivePolicy policy = new(new Random(1));

        // (q + 1)·v/c: 3·1/2 = 1.5, 1·4/2 = 2, 5·1/4 = 1.25.
        SiloCandidate[] silos = [Silo(0, inFlight: 2), Silo(1) with { Slowness = 4 }, Silo(2, slots: 4, inFlight: 4)];
        Assert.Equal(2, Favourite(policy, silos, Steady));
        silos[2] = Silo(2, slots: 4, inFlight: 6);
        Assert.Equal(0, Favourite(policy, silos, Steady));
        silos[0] = Silo(0, inFlight: 3);
        silos[2] = Silo(2, slots: 4, inFlight: 8);
        Assert.Equal(1, Favourite(policy, [silos[0], silos[1] with { Slowness = double.NaN }, silos[2]], Steady));
        Assert.Equal(1, Favourite(policy, [silos[0], silos[1] with { Slowness = 3.9 }, silos[2]], Steady));
        Assert.Equal(0, Favourite(policy, [silos[0], silos[1] with { Slowness = 4.1 }, silos[2]], Steady));
    }

    [Fact]
    public void Adaptive_FewSilos_OneChoiceInTenExploresTheIdler()
    {
        // Silo 1 is slow but not hot, silo 2 is hot: of 10,000 choices 1,000 explore silos 0 and 1.
        SiloCandidate[] silos = [Silo(0, inFlight: 1), Silo(1, inFlight: 1) with { Slowness = 5 }, Silo(2, inFlight: 4)];
        int[] counts = Count(new AdaptivePolicy(new Random(1)), 10_000, silos, Steady);
        Assert.InRange(counts[1], 430, 570);
        Assert.Equal(0, counts[2]);
    }

    [Fact]
    public void Adaptive_LastRound_TakesWhoFinishesFirst()
    {
        AdaptivePolicy policy = new(new Random(1));

        // (W + K·ŝ·v)/c + r with K·ŝ = 1: (1 + 1)/2 + 0.1 = 1.1, (0 + 3)/2 + 0 = 1.5, (2.2 + 1)/4 + 0.2 = 1.0.
        SiloCandidate[] silos =
        [
            Silo(0) with
            {
                WorkSeconds = 1,
                RoundTripSeconds = 0.1,
            },
            Silo(1) with
            {
                Slowness = 3,
            },
            Silo(2, slots: 4, inFlight: 9) with
            {
                WorkSeconds = 2.2,
                RoundTripSeconds = 0.2,
            },
        ];
        PlacementMoment last = new(LastRound: true, LeaseSeconds: 1);
        Assert.Equal([0, 0, 50], Count(policy, 50, silos, last));
        silos[2] = silos[2] with { RoundTripSeconds = 0.35 };
        Assert.Equal([50, 0, 0], Count(policy, 50, silos, last));
        silos[0] = silos[0] with { WorkSeconds = 2.2 };
        silos[2] = silos[2] with { WorkSeconds = 9 };
        Assert.Equal([0, 50, 0], Count(policy, 50, silos, last));
    }

    [Fact]
    public void Adaptive_HotCold_TakesTheFastestColdOne()
    {
        // Silo 4 is the fastest but hot; of the cold ones silo 1 is.
        SiloCandidate[] silos = [Silo(0, 2, 1, 9), Silo(1, 2, 2, 7), Silo(2, 2, 1, 8), Silo(3, 2, 2, 9), Silo(4, 2, 4, 5)];
        int[] counts = Count(new AdaptivePolicy(new Random(1)), 10_000, silos, Steady);
        Assert.Equal(0, counts[4]);
        Assert.InRange(counts[1], 9_150, 9_350);
        Assert.All((int[])[counts[0], counts[2], counts[3]], explored => Assert.InRange(explored, 200, 300));
    }

    [Fact]
    public void Adaptive_AtTheQuantileExactly_IsCold()
    {
        // Two silos share the highest load: then nobody is above the quantile, and the fastest of all is taken.
        SiloCandidate[] silos = [Silo(0, 2, 1, 9), Silo(1, 2, 2, 7), Silo(2, 2, 1, 8), Silo(3, 2, 4, 9), Silo(4, 2, 4, 5)];
        int[] counts = Count(new AdaptivePolicy(new Random(1)), 10_000, silos, Steady);
        Assert.InRange(counts[4], 9_100, 9_300);
    }

    [Fact]
    public void Adaptive_UnknownOrStaleLatency_CountsAsTheMean()
    {
        // Known: 6, 8, 10; mean 8. An unknown one is better than 10 and worse than 6.
        SiloCandidate[] silos =
        [
            Silo(0, 2, 1, 10),
            Silo(1, 2, 1, double.NaN),
            Silo(2, 2, 1, 9),
            Silo(3, 2, 1, 5) with
            {
                LoadIsFresh = false,
            },
            Silo(4, 2, 1, 5),
        ];
        Assert.InRange(Count(new AdaptivePolicy(new Random(1)), 1_000, silos, Steady)[4], 880, 960);

        silos[4] = Silo(4, 2, 1, 9);
        int[] counts = Count(new AdaptivePolicy(new Random(1)), 10_000, silos, Steady);
        // Mean of 10, 9, 9 is 9⅓: the silos of 9 share, the unknown ones come after them.
        Assert.InRange(counts[2], 4_500, 4_900);
        Assert.InRange(counts[4], 4_500, 4_900);
        Assert.All((int[])[counts[0], counts[1], counts[3]], explored => Assert.InRange(explored, 150, 260));

        silos[2] = Silo(2, 2, 1, 10);
        silos[4] = Silo(4, 2, 1, 10) with { LoadIsFresh = false };
        silos[0] = Silo(0, 2, 2, 1);
        // 10 and 1 known, mean 5.5: the fastest is taken although others are idler.
        Assert.InRange(Count(new AdaptivePolicy(new Random(1)), 1_000, [.. silos, Silo(5, 2, 3, 20)], Steady)[0], 880, 950);
    }

    [Fact]
    public void Adaptive_NothingKnown_TakesTheLeastLoaded()
    {
        SiloCandidate[] silos = [.. Enumerable.Range(0, 5).Select(i => Silo(i, 2, i == 3 ? 0 : 2))];
        Assert.InRange(Count(new AdaptivePolicy(new Random(1)), 1_000, silos, Steady)[3], 880, 960);
    }

    [Fact]
    public void Adaptive_FewWithRoomInALargeCluster_StillRanksByLatency()
    {
        // (q + 1)·v/c would take silo 0; with five silos in all, the latency rule takes silo 1.
        SiloCandidate[] silos = [Silo(0, 2, 1, 9), Silo(1, 2, 1, 7) with { Slowness = 2 }];
        Assert.Equal(0, Favourite(new AdaptivePolicy(new Random(1)), silos, Steady));
        Assert.Equal(0, Favourite(new AdaptivePolicy(new Random(1)), silos, Steady with { SiloCount = 4 }));
        Assert.Equal(1, Favourite(new AdaptivePolicy(new Random(1)), silos, Steady with { SiloCount = 5 }));
    }

    private static SiloCandidate Silo(int silo, int slots = 2, int inFlight = 0, double latencyMs = double.NaN) =>
        new()
        {
            Silo = silo,
            Slots = slots,
            InFlight = inFlight,
            LoadIsFresh = true,
            LatencySeconds = latencyMs / 1000,
            Slowness = 1,
        };

    private static int[] Count(IPlacementPolicy policy, int choices, SiloCandidate[] silos, PlacementMoment moment)
    {
        int[] counts = new int[silos.Length];
        for (int i = 0; i < choices; i++)
            counts[policy.Choose(silos, moment)]++;
        return counts;
    }

    /// <summary>Returns the index that gets all choices but the explored ones.</summary>
    private static int Favourite(IPlacementPolicy policy, SiloCandidate[] silos, PlacementMoment moment)
    {
        int[] counts = Count(policy, 1_000, silos, moment);
        return Array.FindIndex(counts, count => count >= 870);
    }
}
