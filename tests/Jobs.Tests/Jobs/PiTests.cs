using CsCheck;

namespace OrleansWork.Jobs.Tests.Jobs;

public sealed class PiTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Count_AnyRange_IsTheSameOnEveryPath() =>
        Gen.Select(Gen.ULong, Gen.Long[0, 1L << 40], Gen.Int[0, 300])
            .Sample(t =>
                QuarterCircle.Count(t.Item1, t.Item2, t.Item2 + t.Item3) == QuarterCircle.CountScalar(t.Item1, t.Item2, t.Item2 + t.Item3)
            );

    [Fact]
    public async Task Run_Seed7_IsPinned()
    {
        Pi.Result result = await UnitRunner.RunAsync(new Pi(), new Pi.Input(Samples: 100_000_000, Seed: 7), Token);
        Assert.Equal(new Pi.Result(3.14135856, 78_533_964, 100_000_000), result);
    }
}
