using System.Numerics;

namespace OrleansWork.Scheduling.Ledger;

/// <summary>A set of units, kept as disjoint ranges in order, none of which touch.</summary>
/// <remarks>
/// Memory grows with the number of ranges, never with the number of units. Finding costs O(log ranges); taking from the front and
/// growing a range at its end, the two things a coordinator does all the time, move nothing. Not for two threads at once.
/// </remarks>
internal sealed class IntervalSet
{
    private readonly GapList<UnitRange> _ranges = new();

    /// <summary>Gets how many units it holds.</summary>
    public long Count { get; private set; }

    /// <summary>Gets how many ranges it holds; touching ranges are one.</summary>
    public int IntervalCount => _ranges.Count;

    /// <summary>Gets whether it holds no unit.</summary>
    public bool IsEmpty => _ranges.Count == 0;

    /// <summary>Gets the range with the lowest units.</summary>
    /// <exception cref="InvalidOperationException">The set is empty.</exception>
    public UnitRange First => _ranges.Count > 0 ? _ranges[0] : throw new InvalidOperationException("The set holds no unit.");

    /// <summary>Gets the ranges in unit order, as long as nothing changes.</summary>
    internal ReadOnlySpan<UnitRange> Span => _ranges.Span;

    /// <summary>Gets a copy of the ranges in unit order.</summary>
    public IReadOnlyList<UnitRange> Ranges => ToArray();

    /// <summary>Makes a set of ranges that may overlap, touch, be empty and come in any order.</summary>
    public static IntervalSet FromRanges(IEnumerable<UnitRange> ranges)
    {
        IntervalSet set = new();
        foreach (UnitRange range in ranges)
            set.Add(range);
        return set;
    }

    /// <summary>Returns the ranges in unit order.</summary>
    public UnitRange[] ToArray() => _ranges.Span.ToArray();

    /// <summary>Adds all units of a range; those already in the set stay.</summary>
    public void Add(UnitRange range)
    {
        if (range.IsEmpty)
            return;

        int first = FirstEndingAtOrAfter(range.From);
        int next = first;
        long merged = 0;
        while (next < _ranges.Count && _ranges[next].From <= range.To)
            merged += _ranges[next++].Count;

        if (next == first)
        {
            _ranges.Insert(first, range);
            Count += range.Count;
            return;
        }

        UnitRange whole = new(Math.Min(range.From, _ranges[first].From), Math.Max(range.To, _ranges[next - 1].To));
        _ranges[first] = whole;
        if (next - first > 1)
            _ranges.RemoveRange(first + 1, next - first - 1);
        Count += whole.Count - merged;
    }

    /// <summary>Takes all units of a range out.</summary>
    /// <returns>How many of them were in the set.</returns>
    public long Remove(UnitRange range)
    {
        if (range.IsEmpty)
            return 0;

        int first = FirstEndingAfter(range.From);
        int next = first;
        long removed = 0;
        while (next < _ranges.Count && _ranges[next].From < range.To)
            removed += _ranges[next++].Intersect(range).Count;
        if (next == first)
            return 0;

        UnitRange left = new(_ranges[first].From, range.From);
        UnitRange right = new(range.To, _ranges[next - 1].To);
        int free = first;
        if (!left.IsEmpty)
            _ranges[free++] = left;
        if (!right.IsEmpty)
        {
            if (free < next)
                _ranges[free] = right;
            else
                _ranges.Insert(free, right);
            free++;
        }

        if (free < next)
            _ranges.RemoveRange(free, next - free);
        Count -= removed;
        return removed;
    }

    /// <summary>Returns how many units of a range are in the set.</summary>
    public long CountIn(UnitRange range)
    {
        long count = 0;
        if (!range.IsEmpty)
            for (int i = FirstEndingAfter(range.From); i < _ranges.Count && _ranges[i].From < range.To; i++)
                count += _ranges[i].Intersect(range).Count;
        return count;
    }

    /// <summary>Returns the parts of a range that are not in the set, in unit order.</summary>
    public IReadOnlyList<UnitRange> GapsIn(UnitRange range)
    {
        List<UnitRange> gaps = [];
        long from = range.From;
        for (int i = FirstEndingAfter(range.From); i < _ranges.Count && _ranges[i].From < range.To; i++)
        {
            if (_ranges[i].From > from)
                gaps.Add(new UnitRange(from, _ranges[i].From));
            from = _ranges[i].To;
        }

        if (from < range.To)
            gaps.Add(new UnitRange(from, range.To));
        return gaps;
    }

    /// <summary>Returns whether a unit is in the set.</summary>
    public bool Contains(long unit)
    {
        int i = FirstEndingAfter(unit);
        return i < _ranges.Count && _ranges[i].From <= unit;
    }

    /// <summary>Returns whether all units of a range are in the set; an empty range always is.</summary>
    public bool Covers(UnitRange range)
    {
        if (range.IsEmpty)
            return true;
        int i = FirstEndingAfter(range.From);
        return i < _ranges.Count && _ranges[i].From <= range.From && _ranges[i].To >= range.To;
    }

    /// <summary>Takes the lowest units out, as many as follow one another, at most <paramref name="maxUnits"/>.</summary>
    /// <returns>The units taken; empty when the set is.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxUnits"/> is below 1.</exception>
    public UnitRange TakeLowest(long maxUnits)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxUnits, 1);
        if (IsEmpty)
            return default;
        UnitRange first = _ranges[0];
        return TakeFront(first.From + Math.Min(first.Count, maxUnits));
    }

    /// <summary>
    /// Takes the lowest units like <see cref="TakeLowest"/>, but where it has to cut a range it cuts at a multiple of
    /// 2^⌊log2(<paramref name="maxUnits"/>/4)⌋: the pieces then are fewer nodes of the canonical tree.
    /// </summary>
    /// <returns>The units taken, at most <paramref name="maxUnits"/>, and where cut at least three quarters of it; empty when the set is.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxUnits"/> is below 1.</exception>
    public UnitRange TakeLowestAligned(long maxUnits)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxUnits, 1);
        if (IsEmpty)
            return default;
        UnitRange first = _ranges[0];
        if (first.Count <= maxUnits || maxUnits < 8)
            return TakeLowest(maxUnits);

        // The multiple lies less than a quarter of the size below the end, so at least three quarters remain.
        long granule = 1L << BitOperations.Log2((ulong)maxUnits / 4);
        return TakeFront((first.From + maxUnits) & -granule);
    }

    private UnitRange TakeFront(long to)
    {
        UnitRange first = _ranges[0];
        UnitRange taken = new(first.From, to);
        if (to == first.To)
            _ranges.RemoveRange(0, 1);
        else
            _ranges[0] = new(to, first.To);
        Count -= taken.Count;
        return taken;
    }

    /// <summary>Returns the index of the first range with a unit at or after <paramref name="unit"/>.</summary>
    private int FirstEndingAfter(long unit)
    {
        ReadOnlySpan<UnitRange> ranges = _ranges.Span;
        int low = 0;
        int high = ranges.Length;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (ranges[middle].To > unit)
                high = middle;
            else
                low = middle + 1;
        }

        return low;
    }

    /// <summary>As <see cref="FirstEndingAfter"/>, but a range that ends just before <paramref name="unit"/>, and so touches it, counts.</summary>
    private int FirstEndingAtOrAfter(long unit)
    {
        int index = FirstEndingAfter(unit);
        return index > 0 && _ranges[index - 1].To == unit ? index - 1 : index;
    }
}
