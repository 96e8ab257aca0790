namespace OrleansWork.Scheduling.Ledger;

/// <summary>Which units of a job are committed, pending or failed for good; the rest is leased or waits for another attempt.</summary>
internal sealed class UnitLedger
{
    /// <summary>Makes the ledger of a job of which nothing is done.</summary>
    public UnitLedger(long unitCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(unitCount);
        UnitCount = unitCount;
        if (unitCount > 0)
            Pending.Add(new UnitRange(0, unitCount));
    }

    /// <summary>Gets how many units there are.</summary>
    public long UnitCount { get; }

    /// <summary>Gets the units that count: each was committed exactly once.</summary>
    public IntervalSet Committed { get; } = new();

    /// <summary>Gets the units that nobody works on.</summary>
    public IntervalSet Pending { get; } = new();

    /// <summary>Gets the units that failed for good.</summary>
    public IntervalSet Failed { get; } = new();

    /// <summary>Commits a range, whatever it was before.</summary>
    public void Commit(UnitRange range)
    {
        Committed.Add(range);
        Pending.Remove(range);
        Failed.Remove(range);
    }

    /// <summary>Makes the units of a range pending that are neither committed nor failed for good.</summary>
    public void Return(UnitRange range)
    {
        range = range.Intersect(new UnitRange(0, UnitCount));
        if (range.IsEmpty)
            return;
        Pending.Add(range);
        Subtract(Committed, range);
        Subtract(Failed, range);
    }

    /// <summary>Takes a unit out of the work for good.</summary>
    public void Fail(long unit)
    {
        UnitRange range = new(unit, unit + 1);
        if (Committed.Contains(unit))
            return;
        Pending.Remove(range);
        Failed.Add(range);
    }

    /// <summary>Throws when a unit is in two sets, or beyond the last.</summary>
    /// <exception cref="InvalidOperationException">The ledger is broken.</exception>
    public void CheckDisjoint()
    {
        CheckNoneDone(Pending.Span);
        CheckNoneDone(Failed.Span);
        CheckWithin(Committed.Span);
        CheckWithin(Pending.Span);
    }

    private void CheckNoneDone(ReadOnlySpan<UnitRange> ranges)
    {
        foreach (UnitRange range in ranges)
        {
            if (Committed.CountIn(range) > 0)
                throw new InvalidOperationException($"Units of {range} are committed and not done.");
        }
    }

    private void CheckWithin(ReadOnlySpan<UnitRange> ranges)
    {
        foreach (UnitRange range in ranges)
        {
            if (range.From < 0 || range.To > UnitCount)
                throw new InvalidOperationException($"{range} leaves [0, {UnitCount}).");
        }
    }

    private void Subtract(IntervalSet done, UnitRange range)
    {
        if (done.CountIn(range) == 0)
            return;
        foreach (UnitRange overlap in done.ToArray())
            Pending.Remove(overlap.Intersect(range));
    }
}
