using CsCheck;
using OrleansWork.Scheduling.Placement;
using Xunit;

namespace OrleansWork.Scheduling.Tests.Placement;

public sealed class PolicyTests
{
    private static readonly Gen<SiloCandidate> Candidate = Gen.Select(
            Gen.Int[0, 16],
            Gen.Int[0, 40],
            Gen.Bool,
            Gen.Double[0, 1],
            Gen.Double[0.1, 10]
        )
        .SelectMany(
            (slots, inFlight, fresh, latency, slowness) =>
                Gen.Select(
                    Gen.Int[0, 6],
                    Gen.Double[0, 1],
                    Gen.Bool,
                    (failures, errorRate, others) =>
                        new SiloCandidate
                        {
                            Slots = slots,
                            InFlight = inFlight,
                            LoadIsFresh = fresh,
                            LatencySeconds = latency < 0.2 ? double.NaN : latency,
                            Slowness = slowness,
                            WorkSeconds = latency,
                            Failures = failures,
                            ErrorRate = errorRate,
                            OthersSucceed = others,
                        }
                )
        );

    public static IEnumerable<TheoryDataRow> Kinds => [.. Enum.GetValues<PolicyKind>().Select(kind => new TheoryDataRow(kind))];

    [Theory]
    [MemberData(nameof(Kinds))]
    internal void Choose_AnyCandidates_ReturnsOneOfThemOrNone(PolicyKind kind) =>
        Gen.Select(Candidate.Array[0, 40], Gen.Bool, Gen.Int)
            .Sample(
                (candidates, lastRound, seed) =>
                {
                    for (int i = 0; i < candidates.Length; i++)
                        candidates[i] = candidates[i] with { Silo = i * 3 };
                    IPlacementPolicy policy = PlacementPolicies.Create(kind, new Random(seed));
                    bool ranks = kind is PolicyKind.LeastLoaded or PolicyKind.Adaptive;
                    bool any = candidates.Any(c => !ranks || !ErrorGate.Excludes(c));
                    for (int i = 0; i < 5; i++)
                    {
                        int chosen = policy.Choose(candidates, new(lastRound, 0.05) { SiloCount = candidates.Length + 1 });
                        Assert.Equal(any, chosen >= 0);
                        Assert.InRange(chosen, -1, candidates.Length - 1);
                        if (ranks && any)
                            Assert.False(ErrorGate.Excludes(candidates[chosen]));
                    }
                },
                iter: 1_000
            );

    [Theory]
    [MemberData(nameof(Kinds))]
    internal void Choose_SameSeed_ChoosesTheSame(PolicyKind kind) =>
        Assert.Equal(
            RecordedLoad.Histogram(PlacementPolicies.Create(kind, new Random(7))),
            RecordedLoad.Histogram(PlacementPolicies.Create(kind, new Random(7)))
        );

    [Fact]
    public void Create_UnknownKind_IsRefused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => PlacementPolicies.Create((PolicyKind)99, new Random(1)));

    // The decisions on the recorded load, pinned: 1,200 choices, by silo. Silo 3 is slow, silo 5 has twice the slots, silo 7 is full
    // half of the time: random and round-robin do not care, least-loaded follows slots and load, adaptive also avoids silo 3.
    [Theory]
    [InlineData(PolicyKind.Random, "179 163 159 145 162 159 147 86")]
    [InlineData(PolicyKind.RoundRobin, "161 161 161 160 160 161 161 75")]
    [InlineData(PolicyKind.LeastLoaded, "142 141 143 137 143 278 149 67")]
    [InlineData(PolicyKind.Adaptive, "350 114 354 44 84 132 35 87")]
    internal void Choose_RecordedLoad_GivesThePinnedHistogram(PolicyKind kind, string expected) =>
        Assert.Equal(expected, string.Join(' ', RecordedLoad.Histogram(PlacementPolicies.Create(kind, new Random(42)))));

    [Theory]
    [InlineData(4, false, "366 325 411 98")]
    [InlineData(4, true, "366 326 413 95")]
    [InlineData(8, true, "167 147 191 36 152 296 142 69")]
    public void Choose_RecordedLoadFewSilosOrLastRound_GivesThePinnedHistogram(int silos, bool lastRound, string expected) =>
        Assert.Equal(expected, string.Join(' ', RecordedLoad.Histogram(new AdaptivePolicy(new Random(42)), silos, lastRound)));
}
