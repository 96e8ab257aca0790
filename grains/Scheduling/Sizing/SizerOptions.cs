namespace OrleansWork.Scheduling.Sizing;

/// <summary>What a job asks of the size of its leases.</summary>
internal sealed record SizerOptions
{
    /// <summary>Gets the fixed number of units per lease; null lets the sizer find it.</summary>
    public long? ChunkUnits { get; init; }

    /// <summary>Gets how long a lease should last at most; clusters with very many slots get more, see <see cref="Sizer.BudgetFor"/>.</summary>
    public TimeSpan Budget { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Gets the part of a slot's time that overhead may take (ε), above 0 and below 1.</summary>
    public double OverheadPart { get; init; } = 0.02;
}
