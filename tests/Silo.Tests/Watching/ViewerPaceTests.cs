using OrleansWork.Silo.Watching;
using Xunit;

namespace OrleansWork.Silo.Tests.Watching;

public sealed class ViewerPaceTests
{
    [Theory]
    [InlineData(0, 250)]
    [InlineData(1, 250)]
    [InlineData(25, 250)]
    [InlineData(50, 500)]
    [InlineData(100, 1000)]
    [InlineData(10_000, 1000)]
    public void Of_MoreViewers_TellsThemLessOften(int viewers, double milliseconds) =>
        Assert.Equal(milliseconds, ViewerPace.Of(viewers).TotalMilliseconds);
}
