namespace OrleansWork.Scheduling.Coordination;

/// <summary>What a coordinator's life depends on of its job's record, as it is stored.</summary>
/// <param name="Phase">Running while the job is open, or Paused, Succeeded, Failed, Canceled.</param>
/// <param name="Epoch">How many coordinators have begun to run it.</param>
/// <param name="IsCounted">Whether its units are known.</param>
internal sealed record LifeRecord(JobPhase Phase, int Epoch, bool IsCounted)
{
    /// <summary>Gets whether the job has ended.</summary>
    public bool IsTerminal => Phase is JobPhase.Succeeded or JobPhase.Failed or JobPhase.Canceled;

    /// <summary>Gets whether this silo has the job's kind in its version.</summary>
    public bool KindIsHere { get; init; } = true;

    /// <summary>Gets whether its units come of items that are listed.</summary>
    public bool ListsItems { get; init; }

    /// <summary>Gets whether items are stored of a list that need not be whole.</summary>
    public bool HasItems { get; init; }

    /// <summary>Gets whether it names a coordinator that may have leases out.</summary>
    public bool IsCoordinated { get; init; }

    /// <summary>Gets whether pages of earlier coordinators may be left that nothing names.</summary>
    public bool HasOrphans { get; init; }

    /// <summary>Gets the unit up to which leases may have been granted.</summary>
    public long LeasedTo { get; init; }

    /// <summary>Gets what is recorded of steps of the kind's code that end processes.</summary>
    public StepRecord Steps { get; init; }

    /// <summary>Gets whether the step in which a process ended last has been left before, in this job.</summary>
    public bool FatalStepWasLeft { get; init; }

    /// <summary>Gets whether a run has granted leases, so that its kind has been prepared before.</summary>
    public bool HasLeased { get; init; }

    /// <summary>Gets how often its kind could not be prepared by a coordinator.</summary>
    public int PrepareFailures { get; init; }

    /// <summary>Gets how often that may be until the job fails.</summary>
    public int MostPrepareFailures { get; init; } = 2;

    /// <summary>Gets whether another silo has its kind.</summary>
    public bool MayMove { get; init; }

    /// <summary>Gets how often its failed units were retried.</summary>
    public int Retries { get; init; }

    /// <summary>Gets how often its options were changed: the number of those it has now.</summary>
    public int OptionsVersion { get; init; }

    /// <summary>Gets when it fails if it has not ended, as monotonic time; null for never.</summary>
    public TimeSpan? DeadlineAt { get; init; }
}
