using OrleansWork.Scheduling.Ledger;
using Xunit;

namespace OrleansWork.Scheduling.Tests.Ledger;

public sealed class UnitRangeTests
{
    [Theory]
    [InlineData(3, 7, 4, false)]
    [InlineData(3, 3, 0, true)]
    [InlineData(7, 3, 0, true)]
    public void Count_CountsUnits(long from, long to, long count, bool empty)
    {
        Assert.Equal(count, new UnitRange(from, to).Count);
        Assert.Equal(empty, new UnitRange(from, to).IsEmpty);
    }

    [Fact]
    public void Intersect_ReturnsCommonUnits()
    {
        Assert.Equal(new UnitRange(3, 5), new UnitRange(1, 5).Intersect(new(3, 9)));
        Assert.Equal(new UnitRange(3, 5), new UnitRange(3, 9).Intersect(new(1, 5)));
        Assert.True(new UnitRange(1, 3).Intersect(new(3, 9)).IsEmpty);
        Assert.Equal("[1, 3)", new UnitRange(1, 3).ToString());
    }
}
