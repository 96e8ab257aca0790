namespace OrleansWork;

/// <summary>A lease: the right of a silo to run some units of a job.</summary>
public sealed record ExplainedLease
{
    /// <summary>Gets its number within <see cref="Epoch"/>.</summary>
    public long Number { get; init; }

    /// <summary>Gets the coordinator's epoch: it rises each time another coordinator takes the job over.</summary>
    public int Epoch { get; init; }

    /// <summary>Gets the silo; null while nobody knows which got it.</summary>
    public string? Silo { get; init; }

    /// <summary>Gets the slot of the silo, from 0; null while nobody knows, and where it had none.</summary>
    public int? Slot { get; init; }

    /// <summary>Gets its first unit.</summary>
    public long UnitFrom { get; init; }

    /// <summary>Gets how many units it has.</summary>
    public long UnitCount { get; init; }

    /// <summary>Gets which attempt at its first unit it is, from 1.</summary>
    public int Attempt { get; init; }

    /// <summary>Gets why it was granted.</summary>
    public LeaseReason Reason { get; init; }

    /// <summary>Gets how it ended.</summary>
    public LeaseState Outcome { get; init; }

    /// <summary>Gets the number of the lease whose unit it runs a second time, or null.</summary>
    public long? SpeculativeOf { get; init; }

    /// <summary>Gets when it was granted.</summary>
    public DateTimeOffset GrantedAt { get; init; }

    /// <summary>Gets when it got its slot; null while nobody knows.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>Gets when it left its slot, or was given up; null before.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Gets how long it might run, in seconds.</summary>
    public double BudgetSeconds { get; init; }

    /// <summary>Gets how long it was expected to run, in seconds; null when nobody knew.</summary>
    public double? PredictedSeconds { get; init; }
}
