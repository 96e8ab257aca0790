using OrleansWork.Scheduling.Ledger;
using OrleansWork.Scheduling.Reduction;

namespace OrleansWork.Scheduling.Tests.Reduction;

/// <summary>Keeps the values behind handles, refuses what was consumed, and combines in a way that shows order and shape.</summary>
internal sealed class HeldValues : IFoldSink
{
    private readonly Dictionary<long, string> _values = [];
    private long _last;

    public int Count => _values.Count;

    public string this[long handle] => _values[handle];

    public long NewHandle() => ++_last;

    public long Add(string value)
    {
        _values.Add(NewHandle(), value);
        return _last;
    }

    public void Combine(long left, long right, long result) => _values.Add(result, Reference.Combine(Consume(left), Consume(right)));

    public void Drop(long handle) => Consume(handle);

    public void Copy(long handle, long copy) => _values.Add(copy, _values[handle]);

    private string Consume(long handle) =>
        _values.Remove(handle, out string? value) ? value : throw new InvalidOperationException($"Handle {handle} names no value.");
}

/// <summary>The canonical tree by its definition: recursive, over all units.</summary>
internal static class Reference
{
    /// <summary>Neither commutative nor associative, so any other order or shape gives another string.</summary>
    public static string Combine(string left, string right) => $"({left}{right})";

    public static string OfUnit(long unit) => $"<{unit}>";

    public static string? Value(long unitCount, Func<long, bool> present) => Value(TreeNode.Root(unitCount), unitCount, present);

    public static string? Value(TreeNode node, long unitCount, Func<long, bool> present)
    {
        if (node.From >= unitCount)
            return null;
        if (node.Level == 0)
            return present(node.From) ? OfUnit(node.From) : null;
        string? left = Value(new(node.Level - 1, node.Index * 2), unitCount, present);
        string? right = Value(new(node.Level - 1, (node.Index * 2) + 1), unitCount, present);
        return left is null ? right
            : right is null ? left
            : Combine(left, right);
    }

    /// <summary>What a worker reports for a range: its maximal nodes.</summary>
    public static IReadOnlyList<(TreeNode Node, string Value)> Run(UnitRange range, long unitCount)
    {
        NodeStack<string, Combiner> stack = new(unitCount, default);
        for (long unit = range.From; unit < range.To; unit++)
            stack.Push(new(0, unit), OfUnit(unit));
        return stack.Nodes.ToArray();
    }

    internal readonly struct Combiner : ICombiner<string>
    {
        public string Combine(string left, string right) => Reference.Combine(left, right);
    }
}
