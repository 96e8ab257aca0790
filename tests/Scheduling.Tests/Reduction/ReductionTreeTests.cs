using CsCheck;
using OrleansWork.Scheduling.Ledger;
using OrleansWork.Scheduling.Reduction;
using Xunit;

namespace OrleansWork.Scheduling.Tests.Reduction;

public sealed class ReductionTreeTests
{
    /// <summary>A job, the ranges that leases cover in the order in which they report, and which of the nodes get lost.</summary>
    private static readonly Gen<(long N, UnitRange[] Leases, int Seed)> Histories = Gen.Long[1, 120]
        .SelectMany(n =>
            Gen.Select(
                Gen.Const(n),
                Gen.Select(Gen.Long[0, n - 1], Gen.Long[1, 40])
                    .Select((from, length) => new UnitRange(from, Math.Min(n, from + length)))
                    .Array[0, 30],
                Gen.Int
            )
        );

    [Fact]
    public void Insert_AnyLeasesOverlapsDuplicatesAndLosses_GivesTheCanonicalValue() =>
        Histories.Sample(
            (n, leases, seed) =>
            {
                Coordinator coordinator = new(n);
                Random random = new(seed);
                foreach (UnitRange lease in leases)
                {
                    // Nodes of several leases arrive in any order, some twice, some never.
                    (TreeNode Node, string Value)[] nodes = [.. Reference.Run(lease, n), .. Reference.Run(lease, n)];
                    random.Shuffle(nodes);
                    foreach ((TreeNode node, string value) in nodes)
                        if (random.Next(4) > 0)
                            coordinator.Accept(node, value);
                    coordinator.AssertConsistent();
                }

                coordinator.Complete(random);
                Assert.True(coordinator.Tree.TryGetRoot(out long root));
                Assert.Equal(Reference.Value(n, _ => true), coordinator.Values[root]);
                Assert.Equal(1, coordinator.Values.Count);
            },
            iter: 800
        );

    [Fact]
    public void FoldWithHoles_AnyHoles_TreatsThemAsEmpty_AndFillingThemGivesTheFullValue() =>
        Histories.Sample(
            (n, leases, seed) =>
            {
                Coordinator coordinator = new(n);
                Random random = new(seed);
                foreach (UnitRange lease in leases)
                foreach ((TreeNode node, string value) in Reference.Run(lease, n))
                    coordinator.Accept(node, value);
                (TreeNode, long)[] before = [.. coordinator.Tree.Nodes];

                // Twice, because a fold must leave the record as it found it.
                for (int i = 0; i < 2; i++)
                {
                    long? folded = coordinator.Tree.FoldWithHoles(coordinator.Values.NewHandle, coordinator.Values);
                    string? expected = Reference.Value(n, unit => coordinator.Committed.Contains(unit));
                    Assert.Equal(expected, folded is { } handle ? coordinator.Values[handle] : null);
                    if (folded is { } own)
                        coordinator.Values.Drop(own);
                    Assert.Equal(before, coordinator.Tree.Nodes);
                    coordinator.AssertConsistent();
                }

                coordinator.Complete(random);
                Assert.True(coordinator.Tree.TryGetRoot(out long root));
                Assert.Equal(Reference.Value(n, _ => true), coordinator.Values[root]);
            },
            iter: 800
        );

    [Fact]
    public void Restore_AnyCheckpoint_ContinuesAsIfNothingHappened() =>
        Histories.Sample(
            (n, leases, seed) =>
            {
                Coordinator coordinator = new(n);
                foreach (UnitRange lease in leases)
                {
                    foreach ((TreeNode node, string value) in Reference.Run(lease, n))
                        coordinator.Accept(node, value);
                    coordinator = coordinator.Reactivate();
                    coordinator.AssertConsistent();
                }

                coordinator.Complete(new(seed));
                Assert.True(coordinator.Tree.TryGetRoot(out long root));
                Assert.Equal(Reference.Value(n, _ => true), coordinator.Values[root]);
            },
            iter: 500
        );

    [Fact]
    public void Insert_LargestJob_ReachesTheRoot() =>
        Gen.Long[0, TreeNode.MaxUnits]
            .Array[0, 6]
            .Sample(
                cuts =>
                {
                    const long N = TreeNode.MaxUnits - 12345;
                    long[] ends = [0, .. cuts.Where(cut => cut < N).Order(), N];
                    List<TreeNode> nodes = [];
                    for (int i = 1; i < ends.Length; i++)
                        nodes.AddRange(TreeNode.Cover(new(ends[i - 1], ends[i]), N));
                    new Random(ends.Length).Shuffle(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(nodes));

                    Ranges ranges = new();
                    ReductionTree tree = new(N);
                    foreach (TreeNode node in nodes)
                        tree.Insert(node, ranges.Add(node.Range(N)), ranges.NewHandle, ranges);
                    Assert.True(tree.TryGetRoot(out long root));
                    Assert.Equal(new UnitRange(0, N), ranges[root]);
                },
                iter: 500
            );

    [Fact]
    public void Insert_Result_SaysWhereTheValueWent()
    {
        HeldValues values = new();
        ReductionTree tree = new(7);

        InsertResult first = tree.Insert(new(0, 6), values.Add("g"), values.NewHandle, values);
        Assert.Equal(new InsertResult(new(1, 3), 1, 0, false), first);
        InsertResult left = tree.Insert(new(2, 0), values.Add("abcd"), values.NewHandle, values);
        Assert.Equal(new InsertResult(new(2, 0), 2, 0, false), left);
        Assert.False(tree.TryGetRoot(out _));
        InsertResult last = tree.Insert(new(1, 2), values.Add("ef"), values.NewHandle, values);
        Assert.Equal((new TreeNode(3, 0), 2, true), (last.Node, last.Combines, last.IsRoot));
        Assert.Equal("(abcd(efg))", values[last.Handle]);
        Assert.Equal([(new TreeNode(3, 0), last.Handle)], tree.Nodes);
    }

    [Fact]
    public void RemoveDescendants_DropsWhatLiesWithinAndNothingElse()
    {
        HeldValues values = new();
        ReductionTree tree = new(32);
        foreach (long unit in (long[])[6, 9, 11, 14, 16])
            tree.Insert(TreeNode.OfUnit(unit, 32), values.Add($"{unit}"), values.NewHandle, values);

        Assert.Equal(3, tree.RemoveDescendants(new(3, 1), values));
        Assert.Equal(["6", "16"], tree.Nodes.Select(x => values[x.Handle]));
        Assert.Equal(2, values.Count);
        Assert.Equal(0, tree.RemoveDescendants(new(3, 1), values));
        Assert.Equal(2, tree.RemoveDescendants(new(5, 0), values));
        Assert.Equal(0, tree.Count);
    }

    [Fact]
    public void RemoveDescendants_BelowAHeldNode_RemovesNothing()
    {
        HeldValues values = new();
        ReductionTree tree = new(32);
        tree.Insert(new(3, 1), values.Add("x"), values.NewHandle, values);

        Assert.Equal(0, tree.RemoveDescendants(new(1, 4), values));
        Assert.Equal(0, tree.RemoveDescendants(new(1, 5), values));
        Assert.Equal(1, tree.Count);
        Assert.True(tree.Covers(new(1, 4)));
        Assert.True(tree.Covers(new(0, 15)));
        Assert.True(tree.Covers(new(3, 1)));
        Assert.False(tree.Covers(new(4, 0)));
        Assert.False(tree.Covers(new(0, 7)));
        Assert.False(tree.Covers(new(0, 16)));
    }

    [Fact]
    public void OverlapsAndStrangers_AreRefused()
    {
        HeldValues values = new();
        ReductionTree tree = new(32);
        tree.Insert(new(2, 1), values.Add("x"), values.NewHandle, values);

        Assert.Throws<ArgumentException>(() => tree.Insert(new(2, 1), 9, values.NewHandle, values));
        Assert.Throws<ArgumentException>(() => tree.Insert(new(3, 0), 9, values.NewHandle, values));
        Assert.Throws<ArgumentException>(() => tree.Insert(new(0, 7), 9, values.NewHandle, values));
        Assert.Throws<ArgumentException>(() => tree.Restore(new(0, 4), 9));
        foreach (TreeNode stranger in (TreeNode[])[new(6, 0), new(-1, 0), new(0, 32), new(5, 1), new(0, -1)])
        {
            ArgumentException refused = Assert.Throws<ArgumentException>(() => new ReductionTree(32).Restore(stranger, 9));
            Assert.Contains($"{stranger} is not in the tree of 32 units", refused.Message, StringComparison.Ordinal);
        }

        ArgumentException held = Assert.Throws<ArgumentException>(() => tree.Restore(new(0, 5), 9));
        Assert.Contains("[5, 6) are held already", held.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new ReductionTree(0).Restore(new(0, 0), 9));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ReductionTree(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ReductionTree(TreeNode.MaxUnits + 1));
        Assert.Null(new ReductionTree(5).FoldWithHoles(values.NewHandle, values));
        tree.Restore(new(2, 0), 9);
        Assert.Equal(2, tree.Count);
    }

    /// <summary>Accepts nodes by the rule of the canonical tree: laminar, so each is known, new, or larger than what is known of it.</summary>
    private sealed class Coordinator(long unitCount)
    {
        public HeldValues Values { get; } = new();

        public ReductionTree Tree { get; } = new(unitCount);

        public IntervalSet Committed { get; } = new();

        public void Accept(TreeNode node, string value)
        {
            UnitRange range = node.Range(unitCount);
            long known = Committed.CountIn(range);
            Assert.Equal(known == range.Count, Tree.Covers(node));
            if (Tree.Covers(node))
                return;
            Assert.Equal(known, Tree.RemoveDescendants(node, Values));
            InsertResult result = Tree.Insert(node, Values.Add(value), Values.NewHandle, Values);
            Committed.Add(range);
            Assert.True(Tree.Covers(node));
            Assert.Equal(Committed.Count == unitCount, result.IsRoot);
        }

        public void Complete(Random random)
        {
            IntervalSet open = IntervalSet.FromRanges([new(0, unitCount)]);
            foreach (UnitRange range in Committed.ToArray())
                open.Remove(range);
            while (!open.IsEmpty)
            {
                UnitRange lease = open.TakeLowest(random.Next(1, 20));
                foreach ((TreeNode node, string value) in Reference.Run(lease, unitCount))
                    Accept(node, value);
            }
        }

        /// <summary>The held nodes are the maximal nodes of what is committed, each with the value of the tree, and nothing else is kept.</summary>
        public void AssertConsistent()
        {
            TreeNode[] maximal = [.. Committed.ToArray().SelectMany(range => TreeNode.Cover(range, unitCount))];
            Assert.Equal(maximal, Tree.Nodes.Select(x => x.Node));
            foreach ((TreeNode node, long handle) in Tree.Nodes)
                Assert.Equal(Reference.Value(node, unitCount, _ => true), Values[handle]);
            Assert.Equal(Tree.Count, Values.Count);
        }

        public Coordinator Reactivate()
        {
            Coordinator next = new(unitCount);
            foreach ((TreeNode node, long handle) in Tree.Nodes.Reverse())
            {
                next.Tree.Restore(node, next.Values.Add(Values[handle]));
                next.Committed.Add(node.Range(unitCount));
            }

            return next;
        }
    }

    private sealed class Ranges : IReductionSink
    {
        private readonly Dictionary<long, UnitRange> _ranges = [];
        private long _last;

        public UnitRange this[long handle] => _ranges[handle];

        public long NewHandle() => ++_last;

        public long Add(UnitRange range)
        {
            _ranges.Add(NewHandle(), range);
            return _last;
        }

        public void Combine(long left, long right, long result)
        {
            Assert.Equal(_ranges[left].To, _ranges[right].From);
            _ranges.Add(result, new(_ranges[left].From, _ranges[right].To));
        }

        public void Drop(long handle) => _ranges.Remove(handle);
    }
}
