using CsCheck;
using OrleansWork.Scheduling.Ledger;
using OrleansWork.Scheduling.Reduction;
using Xunit;

namespace OrleansWork.Scheduling.Tests.Reduction;

public sealed class TreeNodeTests
{
    private static readonly Gen<(long N, UnitRange Range)> JobAndRange = Gen.OneOf(Gen.Long[1, 300], Gen.Long[1, TreeNode.MaxUnits])
        .SelectMany(n => Gen.Select(Gen.Const(n), Gen.Long[0, n], Gen.Long[0, n]))
        .Select((n, a, b) => (n, new UnitRange(Math.Min(a, b), Math.Max(a, b))));

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0)]
    [InlineData(2, 1)]
    [InlineData(3, 2)]
    [InlineData(4, 2)]
    [InlineData(5, 3)]
    [InlineData(7, 3)]
    [InlineData((1L << 40) + 1, 41)]
    [InlineData(TreeNode.MaxUnits - 1, 62)]
    [InlineData(TreeNode.MaxUnits, 62)]
    public void RootLevel_IsTheLowestThatCoversAllUnits(long unitCount, int level)
    {
        Assert.Equal(level, TreeNode.RootLevel(unitCount));
        Assert.Equal(new UnitRange(0, unitCount), TreeNode.Root(unitCount).Range(unitCount));
    }

    [Fact]
    public void Cover_AnyRange_IsDisjointCompleteMaximalAndShort() =>
        JobAndRange.Sample(
            (n, range) =>
            {
                TreeNode[] nodes = [.. TreeNode.Cover(range, n)];
                long at = range.From;
                foreach (TreeNode node in nodes)
                {
                    Assert.Equal(at, node.From);
                    Assert.Equal(node, node.Topmost(n));
                    at = node.Range(n).To;

                    // Maximal: the parent would leave the range.
                    if (node != TreeNode.Root(n))
                    {
                        UnitRange parent = node.Parent.Range(n);
                        Assert.False(range.From <= parent.From && parent.To <= range.To);
                    }
                }

                Assert.Equal(range.To, range.IsEmpty ? range.To : at);
                Assert.InRange(nodes.Length, range.IsEmpty ? 0 : 1, Math.Max(1, 2 * TreeNode.RootLevel(n)));
            },
            iter: 1_500
        );

    [Fact]
    public void Cover_OutsideOfTheJob_IsRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => TreeNode.Cover(new(-1, 3), 7));
        Assert.Throws<ArgumentOutOfRangeException>(() => TreeNode.Cover(new(0, 8), 7));
        Assert.Empty(TreeNode.Cover(new(7, 7), 7));
        Assert.Equal([TreeNode.Root(7)], TreeNode.Cover(new(0, 7), 7));
    }

    [Fact]
    public void OfUnit_TheRightEdge_ClimbsOverEmptySiblings()
    {
        // Of 5 units the last one alone is the right half of the tree; of 7 it is unit 6 with an empty sibling.
        Assert.Equal(new TreeNode(2, 1), TreeNode.OfUnit(4, 5));
        Assert.Equal(new TreeNode(1, 3), TreeNode.OfUnit(6, 7));
        Assert.Equal(new TreeNode(0, 5), TreeNode.OfUnit(5, 7));
        Assert.Equal(new TreeNode(0, 0), TreeNode.OfUnit(0, 1));
        Assert.Equal(new TreeNode(61, 1), TreeNode.OfUnit(1L << 61, (1L << 61) + 1));
    }

    [Fact]
    public void Range_OfLargestNodes_DoesNotOverflow()
    {
        Assert.Equal(new UnitRange(1L << 61, TreeNode.MaxUnits), new TreeNode(61, 1).Range(TreeNode.MaxUnits));
        Assert.Equal(
            new UnitRange(TreeNode.MaxUnits - 1, TreeNode.MaxUnits),
            new TreeNode(0, TreeNode.MaxUnits - 1).Range(TreeNode.MaxUnits)
        );
        Assert.Equal(new UnitRange(1L << 61, (1L << 61) + 1), new TreeNode(61, 1).Range((1L << 61) + 1));
    }

    [Fact]
    public void ToString_NamesLevelAndIndex() => Assert.Equal("(3, 5)", new TreeNode(3, 5).ToString());
}
