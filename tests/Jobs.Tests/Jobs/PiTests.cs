using CsCheck;
using OrleansWork.Testing;

namespace OrleansWork.Jobs.Tests.Jobs;

public sealed class PiTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Count_AnyRange_IsTheSameOnEveryPath() =>
        Gen.Select(Gen.ULong, Gen.Long[0, 1L << 62], Gen.Int[0, 300])
            .Sample(
                (seed, from, length) =>
                    QuarterCircle.Count(seed, from, from + length) == QuarterCircle.CountScalar(seed, from, from + length)
            );

    [Fact]
    public void Count_LongRange_IsTheSameOnEveryPath() =>
        Assert.Equal(QuarterCircle.CountScalar(99, 3, 2_000_000), QuarterCircle.Count(99, 3, 2_000_000));

    [Theory]
    [InlineData(7, 1_000_000, 785_281)]
    [InlineData(7, 100_000_000, 78_533_964)]
    [InlineData(1, 10_000_000, 7_853_412)]
    public async Task Run_Seed_IsPinned(long seed, long samples, long inside)
    {
        Pi.Result result = await LocalRunner.RunAsync(Pi.Kind, new Pi.Input(samples, seed), cancellationToken: Token);
        Assert.Equal(new(4.0 * inside / samples, inside, samples), result);
        Assert.Equal(Math.PI, result.Estimate, 5 * 1.65 / Math.Sqrt(samples));
    }

    [Fact]
    public async Task Run_AnyBlock_GivesTheSameResult()
    {
        Pi.Result expected = await LocalRunner.RunAsync(new Pi(), new Pi.Input(100_003, 7), cancellationToken: Token);
        foreach (long block in new long[] { 1, 2, 7, 1_000, long.MaxValue })
            Assert.Equal(expected, await LocalRunner.RunAsync(new Pi(), new Pi.Input(100_003, 7, block), cancellationToken: Token));
    }

    [Theory]
    [InlineData(0, 1, "samples")]
    [InlineData(-5, 1, "samples")]
    [InlineData(5, 0, "block")]
    public void Validate_WrongInput_NamesTheField(long samples, long block, string field) =>
        Assert.Equal(field, Assert.Single(new Pi().Validate(new Pi.Input(samples, 1, block))).Field);

    [Fact]
    public void RunUnit_CanceledToken_Stops()
    {
        UnitContext context = new UnitRunner(0, new CancellationToken(canceled: true)).At(0);
        Assert.Throws<OperationCanceledException>(() => new Pi().RunUnit(new Pi.Input(1L << 60, 1, 1L << 60), 0, context));
    }
}
