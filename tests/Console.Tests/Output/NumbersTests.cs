using OrleansWork.Console.Output;
using Xunit;

namespace OrleansWork.Console.Tests.Output;

public sealed class NumbersTests
{
    [Theory]
    [InlineData(0.0123, "12 ms")]
    [InlineData(1.25, "1.3 s")]
    [InlineData(99.4, "99.4 s")]
    [InlineData(100, "1 min 40 s")]
    [InlineData(119.7, "2 min 0 s")]
    [InlineData(3725, "1 h 2 min")]
    [InlineData(200_000, "2.3 d")]
    [InlineData(double.NaN, "?")]
    [InlineData(double.PositiveInfinity, "?")]
    public void Seconds_AreReadable(double seconds, string expected) => Assert.Equal(expected, Numbers.Seconds(seconds));

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1536, "1.5 KiB")]
    [InlineData(3L << 30, "3 GiB")]
    public void Bytes_AreReadable(long bytes, string expected) => Assert.Equal(expected, Numbers.Bytes(bytes));
}
