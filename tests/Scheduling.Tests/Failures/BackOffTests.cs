using OrleansWork.Scheduling.Failures;
using Xunit;

namespace OrleansWork.Scheduling.Tests.Failures;

public sealed class BackOffTests
{
    [Theory]
    [InlineData(0, 0.1)]
    [InlineData(1, 0.2)]
    [InlineData(5, 3.2)]
    [InlineData(8, 25.6)]
    [InlineData(9, 30)]
    [InlineData(99, 30)]
    [InlineData(int.MaxValue, 30)]
    public void After_DoublesUpToTheCap_GiveOrTakeAFifth(int attempt, double seconds)
    {
        BackOff backOff = new(new Random(3));
        double[] waits = [.. Enumerable.Range(0, 2_000).Select(_ => backOff.After(attempt).TotalSeconds)];
        Assert.InRange(waits.Min(), seconds * 0.8, seconds * 0.81);
        Assert.InRange(waits.Max(), Math.Min(seconds * 1.19, 30), Math.Min(seconds * 1.2, 30));
    }

    [Fact]
    public void After_WithoutChance_DoublesUpToTheLongest()
    {
        BackOff backOff = new(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(2));
        Assert.Equal(
            [200, 400, 800, 1_600, 2_000, 2_000],
            Enumerable.Range(0, 6).Select(attempt => backOff.After(attempt).TotalMilliseconds)
        );
    }

    [Fact]
    public void After_SameSeed_WaitsTheSame() => Assert.Equal(new BackOff(new Random(3)).After(4), new BackOff(new Random(3)).After(4));

    [Fact]
    public void After_NegativeAttempt_IsRefused() => Assert.Throws<ArgumentOutOfRangeException>(() => new BackOff(new Random(3)).After(-1));
}
