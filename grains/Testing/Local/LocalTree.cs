using OrleansWork.Scheduling.Reduction;

namespace OrleansWork.Testing;

/// <summary>The canonical tree of a job in this process: values in any order, from any thread, give the same result.</summary>
/// <remarks>Units that are never added are holes: nothing is merged across them until the end, and then they count as nothing.</remarks>
internal sealed class LocalTree<TPartial>(long unitCount, Func<TPartial, TPartial, TPartial> combine)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<TreeNode, TPartial> _nodes = [];
    private int _holes;

    public long UnitCount => unitCount;

    public int Holes => Volatile.Read(ref _holes);

    public void AddHole() => Interlocked.Increment(ref _holes);

    /// <summary>Adds the value of a node in its topmost form, whose units have not been added, and merges it with its sibling while that is there.</summary>
    public void Add(TreeNode node, TPartial value)
    {
        lock (_lock)
        {
            while (_nodes.Remove(node.Sibling, out TPartial? sibling))
            {
                value = node.IsLeft ? combine(value, sibling) : combine(sibling, value);
                node = node.Parent.Topmost(unitCount);
            }

            _nodes.Add(node, value);
        }
    }

    /// <summary>Returns the value of the root, with holes left out.</summary>
    /// <returns>Whether there is one: false when no unit was added.</returns>
    public bool TryFold(out TPartial? value)
    {
        lock (_lock)
        {
            (bool any, value) = Fold(TreeNode.Root(unitCount));
            return any;
        }
    }

    private (bool Any, TPartial? Value) Fold(TreeNode node)
    {
        if (_nodes.Remove(node.Topmost(unitCount), out TPartial? held))
            return (true, held);
        if (node.Level == 0)
            return (false, default);

        TreeNode right = new(node.Level - 1, (node.Index << 1) | 1);
        (bool anyLeft, TPartial? leftValue) = Fold(right.Sibling);
        (bool anyRight, TPartial? rightValue) = right.From < unitCount ? Fold(right) : (false, default);
        return (anyLeft, anyRight) switch
        {
            (true, true) => (true, combine(leftValue!, rightValue!)),
            (true, false) => (true, leftValue),
            _ => (anyRight, rightValue),
        };
    }
}
