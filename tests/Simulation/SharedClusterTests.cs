using Xunit;

namespace OrleansWork.Simulation;

public sealed class SharedClusterTests
{
    [Theory]
    [InlineData(2, 2, 300, 300)]
    [InlineData(2, 2, 3_000, 50)]
    [InlineData(2, 2, 12_000, 20)]
    [InlineData(3, 1, 2_500, 2_500)]
    [InlineData(3, 1, 6_000, 1_000)]
    [InlineData(2, 32, 3_000, 1_000)]
    [InlineData(3, 4, 900, 30_000)]
    public void TwoJobs_AnyLengths_AskRarelyInVain(int silos, int slots, double firstMillis, double secondMillis)
    {
        for (int seed = 1; seed <= 5; seed++)
        {
            long units = 25L * silos * slots;
            SharingOutcome[] outcomes = new SharedCluster(
                seed,
                silos,
                slots,
                new SharingJob(units, firstMillis),
                new SharingJob(units, secondMillis) { SubmittedSeconds = 1.5 }
            ).Run();
            Assert.All(
                outcomes,
                outcome =>
                {
                    Assert.Equal(units, outcome.Attempts);
                    Assert.InRange(outcome.Leases, 1, 1.02 * outcome.Attempts);
                    AssertRarelyInVain(outcome, silos);
                }
            );
        }
    }

    [Fact]
    public void ManyJobs_OfManyLengths_AskRarelyInVain()
    {
        for (int seed = 1; seed <= 5; seed++)
        {
            Random random = new(seed);
            SharingJob[] jobs =
            [
                .. Enumerable
                    .Range(0, 12)
                    .Select(_ => new SharingJob(40, 20 * Math.Pow(500, random.NextDouble()))
                    {
                        SubmittedSeconds = 20 * random.NextDouble(),
                        Weight = random.Next(1, 11),
                    }),
            ];
            SharingOutcome[] outcomes = new SharedCluster(seed, 3, 2, jobs).Run();
            Assert.All(outcomes, outcome => Assert.InRange(outcome.Leases, 1, 1.02 * outcome.Attempts));
            Assert.All(outcomes, outcome => AssertRarelyInVain(outcome, silos: 3));
        }
    }

    [Fact]
    public void LongUnitsAlone_NothingWaitsBehindThemInVain()
    {
        SharingOutcome outcome = Assert.Single(new SharedCluster(1, 2, 1, new SharingJob(20, 60_000)).Run());
        Assert.Equal(20, outcome.Leases);
        Assert.Equal(0, outcome.Refused);

        // Each silo learns once how long they take.
        Assert.InRange(outcome.HandedBack, 0, 2);
    }

    [Fact]
    public void SecondJob_WhileTheFirstFillsEverySilo_StartsWithinTwoOfItsLeases()
    {
        for (int seed = 1; seed <= 20; seed++)
        {
            SharingOutcome[] outcomes = new SharedCluster(
                seed,
                3,
                2,
                new SharingJob(2_000, 1_000),
                new SharingJob(30, 10) { SubmittedSeconds = 10.3 }
            ).Run();
            Assert.InRange(outcomes[1].FirstStartSeconds, 0, 2.1);
            Assert.True(outcomes[1].EndedSeconds < outcomes[0].EndedSeconds / 2);
        }
    }

    /// <summary>A silo says what it takes, so a refusal is a race, or the first word of it; a lease waits out its limit behind others' units, once in
    /// five seconds on a silo.</summary>
    private static void AssertRarelyInVain(SharingOutcome outcome, int silos)
    {
        Assert.InRange(outcome.Refused, 0, (0.3 * outcome.Attempts) + (3 * silos));
        Assert.InRange(outcome.HandedBack, 0, silos * ((outcome.EndedSeconds / 5) + 1));
    }
}
