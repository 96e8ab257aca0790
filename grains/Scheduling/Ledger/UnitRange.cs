namespace OrleansWork.Scheduling.Ledger;

/// <summary>Consecutive unit numbers [<paramref name="From"/>, <paramref name="To"/>).</summary>
internal readonly record struct UnitRange(long From, long To)
{
    /// <summary>Gets how many units it holds; 0 when empty.</summary>
    public long Count => Math.Max(0, To - From);

    /// <summary>Gets whether it holds no unit.</summary>
    public bool IsEmpty => To <= From;

    /// <summary>Returns the units in both.</summary>
    public UnitRange Intersect(UnitRange other) => new(Math.Max(From, other.From), Math.Min(To, other.To));

    /// <inheritdoc/>
    public override string ToString() => $"[{From}, {To})";
}
