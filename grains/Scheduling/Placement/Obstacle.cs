namespace OrleansWork.Scheduling.Placement;

/// <summary>Why a silo takes no leases of a job.</summary>
internal enum Obstacle : byte
{
    /// <summary>Nothing: it takes them.</summary>
    None,

    /// <summary>It has not said yet what it is.</summary>
    Unheard,

    /// <summary>It finishes what it has and takes no more.</summary>
    Draining,

    /// <summary>It is short of memory.</summary>
    MemoryFull,

    /// <summary>Its turns wait: other code blocks the threads they run on.</summary>
    TurnsWait,

    /// <summary>It does not have the job's kind.</summary>
    NoKind,

    /// <summary>It has the kind in other versions only.</summary>
    OtherVersion,

    /// <summary>It lacks a label that the job requires.</summary>
    NoLabel,

    /// <summary>It has gone.</summary>
    Gone,
}
