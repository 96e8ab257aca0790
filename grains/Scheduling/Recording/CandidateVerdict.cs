namespace OrleansWork.Scheduling.Recording;

/// <summary>What became of a silo when a lease was placed.</summary>
internal enum CandidateVerdict : byte
{
    /// <summary>It was chosen.</summary>
    Chosen,

    /// <summary>It was ranked behind the chosen one.</summary>
    Ranked,

    /// <summary>It has as many leases as it admits.</summary>
    Full,

    /// <summary>It refused a lease a moment ago, or its call failed.</summary>
    Pausing,

    /// <summary>It fails what others complete, and gets nothing for a while.</summary>
    Quarantined,

    /// <summary>It does not answer the coordinator: its circuit breaker is open.</summary>
    Unreachable,

    /// <summary>It has failed too much lately while others succeed.</summary>
    Failing,

    /// <summary>The unit failed there last.</summary>
    Avoided,

    /// <summary>It had a lease already while another silo had none.</summary>
    HasHadOne,

    /// <summary>It takes no leases of the job; <see cref="CandidateEntry.Obstacle"/> says why.</summary>
    TakesNone,
}
