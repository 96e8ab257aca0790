namespace OrleansWork.Jobs.Tests.Jobs;

public sealed class SyntheticTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Run_EmptyUnits_CountsThemAll() =>
        Assert.Equal(new(1_000_000, 499_999_500_000), await UnitRunner.RunAsync(new Synthetic(), new Synthetic.Input(1_000_000, 0), Token));
}
