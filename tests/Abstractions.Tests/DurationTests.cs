using CsCheck;

namespace OrleansWork.Abstractions.Tests;

public sealed class DurationTests
{
    [Fact]
    public void Format_AnyDuration_IsReadBack() =>
        Gen.Select(Gen.Long[0, 10_000 * TimeSpan.TicksPerDay], Gen.Int[0, 8])
            .Sample(
                (ticks, magnitude) =>
                {
                    TimeSpan duration = TimeSpan.FromTicks(ticks / (long)Math.Pow(100, magnitude));
                    return Duration.TryParse(Duration.Format(duration), out TimeSpan read) && read == duration;
                }
            );

    [Theory]
    [InlineData("50ms", 50)]
    [InlineData("30s", 30_000)]
    [InlineData("1.5s", 1_500)]
    [InlineData(".5s", 500)]
    [InlineData("2h", 7_200_000)]
    [InlineData("1m", 60_000)]
    [InlineData("1d", 86_400_000)]
    [InlineData("0s", 0)]
    [InlineData("500us", 0.5)]
    public void TryParse_Duration_IsRead(string text, double milliseconds)
    {
        Assert.True(Duration.TryParse(text, out TimeSpan duration));
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), duration);
    }

    [Theory]
    [InlineData("")]
    [InlineData(null)]
    [InlineData("5")]
    [InlineData("s")]
    [InlineData("-5s")]
    [InlineData("5 s")]
    [InlineData("5S")]
    [InlineData("1e3s")]
    [InlineData("1,000s")]
    [InlineData("5min")]
    [InlineData("10001d")]
    [InlineData("NaNs")]
    [InlineData("99999999999999999999999999999999999999h")]
    public void TryParse_AnythingElse_IsRefused(string? text) => Assert.False(Duration.TryParse(text, out _));

    [Theory]
    [InlineData(0, "0s")]
    [InlineData(50, "50ms")]
    [InlineData(1_000, "1s")]
    [InlineData(90_000, "90s")]
    [InlineData(7_200_000, "2h")]
    [InlineData(172_800_000, "2d")]
    public void Format_RoundDurations_UseTheLargestUnit(long milliseconds, string text) =>
        Assert.Equal(text, Duration.Format(TimeSpan.FromMilliseconds(milliseconds)));
}
