namespace OrleansWork.Jobs.Tests.Jobs;

public sealed class PrimesTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(2, 20_000_000, 20_000, 1_270_607)]
    [InlineData(2, 10_000_000, 20_000, 664_579)]
    [InlineData(0, 1_000_000, 1_000_000, 78_498)]
    [InlineData(1_000_000_000_000, 1_000_000_100_000, 20_000, 3_614)]
    public async Task Run_KnownCounts_AreFound(long from, long to, long block, long expected) =>
        Assert.Equal(expected, await UnitRunner.RunAsync(new Primes(), new Primes.Input(from, to, block), Token));
}
