using OrleansWork.Engine.Coordination;
using OrleansWork.Scheduling.Ledger;
using Xunit;

namespace OrleansWork.Engine.Tests.Coordination;

public sealed class NeighboursTests
{
    [Fact]
    public void Add_ThreeInAnyOrder_AreFoundInTheOrderOfTheirUnits()
    {
        Neighbours neighbours = new();
        Assert.Null(neighbours.Add(new UnitRange(4, 8), [3]));
        Assert.Null(neighbours.Add(new UnitRange(0, 2), [1]));
        Assert.Null(neighbours.Add(new UnitRange(0, 2), [9]));
        IReadOnlyList<(UnitRange Units, byte[] Bytes)>? three = neighbours.Add(new UnitRange(2, 4), [2]);
        Assert.Equal([1, 2, 3], three!.Select(partial => partial.Bytes[0]));
    }

    [Fact]
    public void Add_Apart_IsNeverMoreThanItMayKeep()
    {
        Neighbours neighbours = new();
        for (int i = 0; i < 1000; i++)
            Assert.Null(neighbours.Add(new UnitRange(2 * i, (2 * i) + 1), [0]));
        Assert.Null(neighbours.Add(new UnitRange(1, 2), [0]));
        Assert.Null(new Neighbours().Add(new UnitRange(0, 1), new byte[2 << 20]));
    }
}
