namespace OrleansWork;

/// <summary>Why a job, or one of its units or leases, ran where and when it did, and what it waits for.</summary>
public sealed record JobExplanation
{
    /// <summary>Gets the job's id.</summary>
    public required string Id { get; init; }

    /// <summary>Gets where the job stands.</summary>
    public JobState State { get; init; }

    /// <summary>Gets the unit asked for; null when the job or a lease was.</summary>
    public long? Unit { get; init; }

    /// <summary>Gets the lease asked for, or the newest that had the unit; null when there is none, or it is not kept.</summary>
    public ExplainedLease? Lease { get; init; }

    /// <summary>Gets what happened, oldest first.</summary>
    public IReadOnlyList<ExplainedStep> Steps { get; init; } = [];

    /// <summary>Gets why the lease went to its silo; null when that is not kept.</summary>
    public ExplainedPlacement? Placement { get; init; }

    /// <summary>Gets why the lease has as many units as it has; null when that is not kept.</summary>
    public ExplainedSize? Size { get; init; }

    /// <summary>Gets where the lease's time went; null before it has ended, or when that is not kept.</summary>
    public LeaseWaits? Waits { get; init; }

    /// <summary>Gets the one cause for which the unit, or the job, waits now; null when it does not.</summary>
    public WaitingFor? WaitingFor { get; init; }

    /// <summary>Gets how the job's leases were distributed, and by what rule.</summary>
    public IReadOnlyList<SiloPlacement> Silos { get; init; } = [];

    /// <summary>Gets whether what was asked for is kept: of the newest leases all are, but for those under a millisecond, and of older ones a sample.</summary>
    public bool Recorded { get; init; }
}
