using CsCheck;
using OrleansWork.Scheduling.Ledger;
using OrleansWork.Scheduling.Reduction;
using Xunit;

namespace OrleansWork.Scheduling.Tests.Reduction;

public sealed class NodeStackTests
{
    private static readonly Gen<(long N, UnitRange Range)> JobAndRange = Gen.Long[1, 150]
        .SelectMany(n => Gen.Select(Gen.Const(n), Gen.Long[0, n], Gen.Long[0, n]))
        .Select((n, a, b) => (n, new UnitRange(Math.Min(a, b), Math.Max(a, b))));

    [Fact]
    public void Push_AnyRange_HoldsItsMaximalNodesWithTheTreesValues() =>
        JobAndRange.Sample(
            (n, range) =>
            {
                IReadOnlyList<(TreeNode Node, string Value)> nodes = Reference.Run(range, n);
                Assert.Equal(TreeNode.Cover(range, n), nodes.Select(x => x.Node));
                foreach ((TreeNode node, string value) in nodes)
                    Assert.Equal(Reference.Value(node, n, _ => true), value);
            },
            iter: 600
        );

    [Fact]
    public void Push_BlocksOfEight_EqualUnitsOneByOne() =>
        JobAndRange.Sample(
            (n, range) =>
            {
                NodeStack<string, Reference.Combiner> stack = new(n, default);
                long unit = range.From;
                while (unit < range.To)
                {
                    bool block = unit % 8 == 0 && unit + 8 <= range.To;
                    TreeNode node = block ? new(3, unit / 8) : new(0, unit);
                    stack.Push(node, Reference.Value(node, n, _ => true)!);
                    unit += block ? 8 : 1;
                }

                Assert.Equal(Reference.Run(range, n), stack.Nodes.ToArray());
            },
            iter: 1_000
        );

    [Fact]
    public void Push_LongRange_HoldsFewNodes()
    {
        const long N = 1_000_003;
        NodeStack<long, Sum> stack = new(N, default);
        int most = 0;
        for (long unit = 1; unit < 300_000; unit++)
        {
            stack.Push(new(0, unit), unit);
            most = Math.Max(most, stack.Nodes.Length);
        }

        Assert.InRange(most, 18, 40);
        Assert.Equal(300_000L * 299_999 / 2, Total(stack));

        stack.Clear();
        Assert.Equal(0, stack.Nodes.Length);
        stack.Push(new(0, 7), 7);
        Assert.Equal([(new TreeNode(0, 7), 7L)], stack.Nodes.ToArray());
    }

    [Fact]
    public void Push_LastUnitsOfTheLargestJob_Climbs()
    {
        // A single unit left over after a power of two is the whole right half.
        const long N = (1L << 61) + 1;
        NodeStack<long, Sum> stack = new(N, default);
        stack.Push(new(0, N - 1), 5);
        Assert.Equal([(new TreeNode(61, 1), 5L)], stack.Nodes.ToArray());
    }

    private static long Total(NodeStack<long, Sum> stack)
    {
        long total = 0;
        foreach ((_, long value) in stack.Nodes)
            total += value;
        return total;
    }

    private readonly struct Sum : ICombiner<long>
    {
        public long Combine(long left, long right) => left + right;
    }
}
