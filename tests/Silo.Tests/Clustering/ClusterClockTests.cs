using OrleansWork.Silo.Clustering;

namespace OrleansWork.Silo.Tests.Clustering;

public sealed class ClusterClockTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Fact]
    public void Require_AnHourBehind_IsRefusedWithBothTimes()
    {
        ClockBehindException refused = Assert.Throws<ClockBehindException>(() => Clock(3600).Require(Now));
        Assert.Contains("2026-01-02T03:04:05Z", refused.Message, StringComparison.Ordinal);
        Assert.Contains("2026-01-02T04:04:05Z", refused.Message, StringComparison.Ordinal);
        Assert.Contains("1h behind", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
    }

    [Theory]
    [InlineData(new[] { 59 })]
    [InlineData(new[] { -3600 })]
    [InlineData(new int[0])]
    // One clock that is ahead is wrong alone, be it the store's or that of a silo.
    [InlineData(new[] { 0, 3600 })]
    [InlineData(new[] { 3600, 0, 0 })]
    [InlineData(new[] { 0, 0, 3600 })]
    // Silos that were killed, long ago.
    [InlineData(new[] { 0, -900, -900, -900 })]
    public void Require_NotBehindMostClocks_IsLetIn(int[] seconds) => Clock(seconds).Require(Now);

    [Theory]
    [InlineData(new[] { 60 })]
    [InlineData(new[] { 0, 3600, 3600 })]
    [InlineData(new[] { 3600, 3600, 3600, 0 })]
    public void Require_BehindMostClocks_IsRefused(int[] seconds) => Assert.Throws<ClockBehindException>(() => Clock(seconds).Require(Now));

    [Theory]
    [InlineData("""{"Status":3,"StartTime":"2026-01-02T03:00:00Z","IAmAliveTime":"2026-01-02T03:04:05.0000000Z"}""", true)]
    [InlineData("""{"Status":3,"IAmAliveTime":"2026-01-02T03:04:05"}""", true)]
    [InlineData("""{"Status":6,"IAmAliveTime":"2026-01-02T03:04:05Z"}""", false)]
    [InlineData("""{"Status":"x","IAmAliveTime":"2026-01-02T03:04:05Z"}""", false)]
    [InlineData("""{"Status":3,"IAmAliveTime":5}""", false)]
    [InlineData("""{"Status":3}""", false)]
    [InlineData("17", false)]
    [InlineData("", false)]
    [InlineData("{", false)]
    public void LastSignOfLife_Row_IsThatOfAnActiveSiloOrNone(string row, bool isActive) =>
        Assert.Equal(isActive ? Now : null, ClusterClock.LastSignOfLife(row));

    private static ClusterClock Clock(params int[] seconds) => new(seconds.Select(s => Now.AddSeconds(s)));
}
