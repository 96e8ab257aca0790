using System.Numerics;
using OrleansWork.Scheduling.Ledger;

namespace OrleansWork.Scheduling.Reduction;

/// <summary>A node of the canonical binary tree over the units of a job: (level, index) covers [index·2^level, (index+1)·2^level).</summary>
/// <remarks>
/// The canonical tree of docs/architecture.md. A node whose right child starts at or beyond N has the value of its left child; such nodes are always
/// named by their topmost form, so that each value has one name.
/// </remarks>
internal readonly record struct TreeNode(int Level, long Index)
{
    /// <summary>The units that a job has at most.</summary>
    public const long MaxUnits = 1L << 62;

    /// <summary>Gets the first unit.</summary>
    public long From => Index << Level;

    /// <summary>Gets whether its parent has it on the left.</summary>
    public bool IsLeft => (Index & 1) == 0;

    /// <summary>Gets the node with which it shares its parent.</summary>
    public TreeNode Sibling => new(Level, Index ^ 1);

    /// <summary>Gets the node one level up.</summary>
    public TreeNode Parent => new(Level + 1, Index >> 1);

    /// <summary>Returns the units it covers of a job of <paramref name="unitCount"/>.</summary>
    public UnitRange Range(long unitCount)
    {
        long to = Index + 1 > (MaxUnits >> Level) ? unitCount : (Index + 1) << Level;
        return new(From, Math.Min(to, unitCount));
    }

    /// <summary>Returns the level of the root of a job of <paramref name="unitCount"/> units.</summary>
    public static int RootLevel(long unitCount) => unitCount <= 1 ? 0 : 64 - BitOperations.LeadingZeroCount((ulong)(unitCount - 1));

    /// <summary>Returns the root of a job of <paramref name="unitCount"/> units.</summary>
    public static TreeNode Root(long unitCount) => new(RootLevel(unitCount), 0);

    /// <summary>Climbs as long as the sibling on the right covers no unit: the topmost node with the same value.</summary>
    public TreeNode Topmost(long unitCount)
    {
        TreeNode node = this;
        int root = RootLevel(unitCount);
        while (node.Level < root && node.IsLeft && node.Sibling.From >= unitCount)
            node = node.Parent;
        return node;
    }

    /// <summary>Returns the topmost node of one unit.</summary>
    public static TreeNode OfUnit(long unit, long unitCount) => new TreeNode(0, unit).Topmost(unitCount);

    /// <inheritdoc/>
    /// <remarks>Written out, because what a record prints by itself are all its properties, and its parent's parent never ends.</remarks>
    public override string ToString() => $"({Level}, {Index})";

    /// <summary>Splits a range at node boundaries.</summary>
    /// <returns>The maximal nodes in unit order, each in its topmost form: disjoint, covering the range once; at most 2·log2(N) of them.</returns>
    public static IEnumerable<TreeNode> Cover(UnitRange range, long unitCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(range.From);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(range.To, unitCount);
        return Walk(range, unitCount);

        static IEnumerable<TreeNode> Walk(UnitRange range, long unitCount)
        {
            long from = range.From;
            while (from < range.To)
            {
                TreeNode node = new(0, from);
                while (node.IsLeft && node.Level < RootLevel(unitCount) && node.Parent.Range(unitCount).To <= range.To)
                    node = node.Parent;
                yield return node.Topmost(unitCount);
                from = node.Range(unitCount).To;
            }
        }
    }
}
