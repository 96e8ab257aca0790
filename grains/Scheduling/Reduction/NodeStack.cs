namespace OrleansWork.Scheduling.Reduction;

/// <summary>The completed nodes of a range that is run from its first unit on: O(log n) values, merged as soon as two are siblings.</summary>
/// <remarks>The canonical tree of docs/architecture.md. Not for two threads at once.</remarks>
internal sealed class NodeStack<TValue, TCombiner>
    where TCombiner : ICombiner<TValue>
{
    private readonly long _unitCount;
    private readonly int _rootLevel;
    private readonly TCombiner _combiner;
    private (TreeNode Node, TValue Value)[] _nodes = new (TreeNode, TValue)[16];
    private int _count;

    /// <summary>Makes an empty stack for a range of a job of <paramref name="unitCount"/> units.</summary>
    public NodeStack(long unitCount, TCombiner combiner)
    {
        _unitCount = unitCount;
        _rootLevel = TreeNode.RootLevel(unitCount);
        _combiner = combiner;
    }

    /// <summary>Gets the maximal nodes of the units pushed so far, in unit order.</summary>
    public ReadOnlySpan<(TreeNode Node, TValue Value)> Nodes => _nodes.AsSpan(0, _count);

    /// <summary>Adds the value of the next node, which starts where the last one ended, and merges nothing.</summary>
    public void PushApart(TreeNode node, TValue value)
    {
        if (_count == _nodes.Length)
            Array.Resize(ref _nodes, _count * 2);
        _nodes[_count++] = (node, value);
    }

    /// <summary>Adds the value of the next node, which starts where the last one ended, and merges siblings.</summary>
    public void Push(TreeNode node, TValue value)
    {
        while (true)
        {
            if (node.IsLeft)
            {
                if (node.Level >= _rootLevel || node.Sibling.From < _unitCount)
                    break;
                node = node.Parent;
            }
            else
            {
                if (_count == 0 || _nodes[_count - 1].Node != node.Sibling)
                    break;
                value = _combiner.Combine(_nodes[--_count].Value, value);
                node = node.Parent;
            }
        }

        PushApart(node, value);
    }

    /// <summary>Empties the stack for the next range.</summary>
    public void Clear()
    {
        Array.Clear(_nodes, 0, _count);
        _count = 0;
    }
}
