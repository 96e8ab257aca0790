namespace OrleansWork.Scheduling.Recording;

/// <summary>The one cause for which a unit waits.</summary>
internal enum WaitCode
{
    /// <summary>It does not wait: it runs, or is over.</summary>
    None,

    /// <summary>The job's units are not known yet.</summary>
    Decomposing,

    /// <summary>A person holds the job.</summary>
    Paused,

    /// <summary>It failed and is tried again later.</summary>
    BacksOff,

    /// <summary>A process ended while it was there; such units run again few at a time.</summary>
    Canary,

    /// <summary>No silo takes leases of the job.</summary>
    NoSilo,

    /// <summary>As many leases are in flight as the job may have.</summary>
    MaxParallel,

    /// <summary>Results come faster than they are stored.</summary>
    ResultsUnstored,

    /// <summary>So many units wait for another attempt that no new ones are leased.</summary>
    ManyRetries,

    /// <summary>Every silo has as many leases as it admits, and other jobs have theirs beside.</summary>
    FairShare,

    /// <summary>Every slot is busy with this job.</summary>
    NoRoom,

    /// <summary>The silos with room refused or failed a moment ago, or are quarantined.</summary>
    SilosPause,

    /// <summary>It is leased next.</summary>
    Next,
}
