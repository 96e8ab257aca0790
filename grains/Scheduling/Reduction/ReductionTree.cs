using System.Numerics;
using OrleansWork.Scheduling.Ledger;

namespace OrleansWork.Scheduling.Reduction;

/// <summary>
/// The partial results that a coordinator holds: disjoint nodes of the canonical tree, each with the handle of its value. Siblings are
/// combined as soon as both are there, so the shape of the computation depends on the unit numbers alone, never on who reported when.
/// </summary>
/// <remarks>
/// The canonical tree of docs/architecture.md. Nodes are held in unit order, so siblings are neighbours and finding costs
/// O(log held). Not for two threads at once.
/// </remarks>
internal sealed class ReductionTree
{
    private readonly long _unitCount;
    private readonly TreeNode _root;
    private readonly GapList<(TreeNode Node, long Handle)> _held = new();

    /// <summary>Makes the empty tree of a job of <paramref name="unitCount"/> units.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The count is negative or above <see cref="TreeNode.MaxUnits"/>.</exception>
    public ReductionTree(long unitCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(unitCount);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(unitCount, TreeNode.MaxUnits);
        _unitCount = unitCount;
        _root = TreeNode.Root(unitCount);
    }

    /// <summary>Gets how many nodes are held.</summary>
    public int Count => _held.Count;

    /// <summary>Gets the held nodes and their handles in unit order; do not change the tree while enumerating.</summary>
    public IEnumerable<(TreeNode Node, long Handle)> Nodes
    {
        get
        {
            for (int i = 0; i < _held.Count; i++)
                yield return _held[i];
        }
    }

    /// <summary>Adds the value of a node and combines siblings, bottom up, as far as both are there.</summary>
    /// <param name="node">A node none of whose units is held; see <see cref="Covers"/> and <see cref="RemoveDescendants"/>.</param>
    /// <param name="handle">The handle of its value, owned by the tree from now on.</param>
    /// <param name="newHandle">Gives an unused handle for each combined value.</param>
    /// <param name="sink">Is told what to combine, in order.</param>
    /// <exception cref="ArgumentException">The node is not one of this tree, or some of its units are held.</exception>
    public InsertResult Insert(TreeNode node, long handle, Func<long> newHandle, IReductionSink sink)
    {
        node = Canonical(node);
        int index = FreeIndex(node);
        int combines = 0;
        while (node.Level < _root.Level)
        {
            int neighbour = node.IsLeft ? index : index - 1;
            if (neighbour < 0 || neighbour >= _held.Count || _held[neighbour].Node != node.Sibling)
                break;

            long other = _held[neighbour].Handle;
            long result = newHandle();
            if (node.IsLeft)
                sink.Combine(handle, other, result);
            else
                sink.Combine(other, handle, result);
            _held.RemoveRange(neighbour, 1);
            index = Math.Min(index, neighbour);
            handle = result;
            node = node.Parent.Topmost(_unitCount);
            combines++;
        }

        _held.Insert(index, (node, handle));
        return new(node, handle, combines, node == _root);
    }

    /// <summary>Puts back a node as it was recorded; nothing is combined.</summary>
    /// <exception cref="ArgumentException">The node is not one of this tree, or some of its units are held.</exception>
    public void Restore(TreeNode node, long handle)
    {
        node = Canonical(node);
        _held.Insert(FreeIndex(node), (node, handle));
    }

    /// <summary>Returns whether the value of all units of a node is held, by itself or as part of a larger node.</summary>
    public bool Covers(TreeNode node)
    {
        UnitRange range = Canonical(node).Range(_unitCount);
        int index = FirstAtOrAfter(range.From + 1) - 1;
        return index >= 0 && _held[index].Node.Range(_unitCount).To >= range.To;
    }

    /// <summary>Returns the handle of the value of the whole job, once all of it is there.</summary>
    public bool TryGetRoot(out long handle)
    {
        bool complete = _held.Count == 1 && _held[0].Node == _root;
        handle = complete ? _held[0].Handle : 0;
        return complete;
    }

    /// <summary>Removes the held nodes that lie within a node and drops their values.</summary>
    /// <returns>How many units they covered.</returns>
    public long RemoveDescendants(TreeNode node, IReductionSink sink)
    {
        UnitRange range = Canonical(node).Range(_unitCount);
        int first = FirstAtOrAfter(range.From);
        int next = first;
        long units = 0;
        for (; next < _held.Count; next++)
        {
            UnitRange held = _held[next].Node.Range(_unitCount);
            if (held.To > range.To)
                break;
            units += held.Count;
            sink.Drop(_held[next].Handle);
        }

        _held.RemoveRange(first, next - first);
        return units;
    }

    /// <summary>
    /// Makes the value of the whole job with the units that are not held treated as empty: an empty side leaves the other alone, the
    /// shape stays that of the full tree. The held nodes stay as they are, so the holes can be filled later and the result then has
    /// the same bytes as without failures.
    /// </summary>
    /// <param name="newHandle">Gives an unused handle for each copy and each combined value.</param>
    /// <param name="sink">Is told what to copy and combine, in order.</param>
    /// <returns>The handle of a value that is the caller's own; null when nothing is held.</returns>
    public long? FoldWithHoles(Func<long> newHandle, IFoldSink sink)
    {
        return _held.Count == 0 ? null : Fold(0, _held.Count);

        long Fold(int from, int to)
        {
            long result = newHandle();
            if (to - from == 1)
            {
                sink.Copy(_held[from].Handle, result);
                return result;
            }

            // The lowest common ancestor splits at the highest bit in which its first and last unit numbers differ.
            long last = _held[to - 1].Node.From;
            int bit = BitOperations.Log2((ulong)(_held[from].Node.From ^ last));
            int middle = FirstAtOrAfter(last >> bit << bit);
            sink.Combine(Fold(from, middle), Fold(middle, to), result);
            return result;
        }
    }

    private TreeNode Canonical(TreeNode node)
    {
        if (node.Level < 0 || node.Level > _root.Level || node.Index < 0 || node.Index > (_unitCount - 1) >> node.Level)
            throw new ArgumentException($"Node {node} is not in the tree of {_unitCount} units.", nameof(node));
        return node.Topmost(_unitCount);
    }

    private int FreeIndex(TreeNode node)
    {
        UnitRange range = node.Range(_unitCount);
        int index = FirstAtOrAfter(range.From);
        bool free =
            (index == _held.Count || _held[index].Node.From >= range.To)
            && (index == 0 || _held[index - 1].Node.Range(_unitCount).To <= range.From);
        return free ? index : throw new ArgumentException($"Units of {range} are held already.", nameof(node));
    }

    private int FirstAtOrAfter(long unit)
    {
        ReadOnlySpan<(TreeNode Node, long Handle)> held = _held.Span;
        int low = 0;
        int high = held.Length;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (held[middle].Node.From >= unit)
                high = middle;
            else
                low = middle + 1;
        }

        return low;
    }
}
