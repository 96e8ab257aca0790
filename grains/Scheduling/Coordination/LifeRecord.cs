namespace OrleansWork.Scheduling.Coordination;

/// <summary>What a coordinator's life depends on of its job's record, as it is stored.</summary>
/// <param name="Phase">Running while the job is open, or Paused, Succeeded, Failed, Canceled.</param>
/// <param name="Epoch">How many coordinators have begun to run it.</param>
/// <param name="IsCounted">Whether its units are known.</param>
public sealed record LifeRecord(JobPhase Phase, int Epoch, bool IsCounted)
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

    /// <summary>Gets when it fails if it has not ended, as monotonic time; null for never.</summary>
    public TimeSpan? DeadlineAt { get; init; }
}

/// <summary>A step of a kind's code that a coordinator runs, outside units.</summary>
public enum KindStep
{
    /// <summary>Its units are counted.</summary>
    CountUnits,

    /// <summary>Its items are listed.</summary>
    Items,

    /// <summary>It prepares itself.</summary>
    Prepare,

    /// <summary>Two partials are combined.</summary>
    Combine,

    /// <summary>The result is made of the partial of all units, or of none.</summary>
    Finish,
}

/// <summary>What a coordinator changes in its record.</summary>
public enum LifeWrite
{
    /// <summary>The first record of a job.</summary>
    Record,

    /// <summary>The next epoch, with this coordinator's name.</summary>
    Epoch,

    /// <summary>That the coordinator has nothing out, since its job waits for its turn.</summary>
    Waits,

    /// <summary>How many units there are.</summary>
    Units,

    /// <summary>That the items of an earlier list count for nothing.</summary>
    NoItems,

    /// <summary>The items that were listed last, and with the last of them how many units there are.</summary>
    Items,

    /// <summary>That the job is held.</summary>
    Paused,

    /// <summary>That it is no longer held.</summary>
    Resumed,

    /// <summary>That the kind could not be prepared.</summary>
    NotPrepared,

    /// <summary>That a step of the kind's code is about to be entered.</summary>
    StepEntered,

    /// <summary>That it was left, and the process lives.</summary>
    StepLeft,

    /// <summary>A snapshot of the run.</summary>
    Progress,

    /// <summary>A snapshot of the run, by a coordinator that leaves in order.</summary>
    LastProgress,

    /// <summary>That what earlier coordinators left has been deleted.</summary>
    Swept,

    /// <summary>How the job ended.</summary>
    End,

    /// <summary>That the ended job is open again.</summary>
    Reopened,

    /// <summary>Nothing: the record is deleted.</summary>
    Deletion,
}

/// <summary>Why a write is not stored.</summary>
public enum StoreFailure
{
    /// <summary>Storage did not answer; whether it took the write is unknown.</summary>
    NotReached,

    /// <summary>Somebody else wrote the record: this coordinator is not the one.</summary>
    Superseded,

    /// <summary>What was to be written could not be made, and something else ends the job because of that.</summary>
    Abandoned,

    /// <summary>What was to be written cannot be made before something else is written.</summary>
    NotYet,
}
