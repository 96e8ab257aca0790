namespace OrleansWork.Scheduling.Recording;

/// <summary>What a <see cref="Mark"/> says.</summary>
internal enum MarkKind
{
    /// <summary>A silo died.</summary>
    Lost,

    /// <summary>A silo came.</summary>
    Joined,

    /// <summary>A silo takes no new leases.</summary>
    Draining,

    /// <summary>A silo that drained takes leases again.</summary>
    Undrained,

    /// <summary>A silo failed what others completed.</summary>
    Quarantined,

    /// <summary>A silo may have leases again after that.</summary>
    Released,

    /// <summary>The job was held.</summary>
    Paused,

    /// <summary>The job goes on.</summary>
    Resumed,

    /// <summary>Its options were changed.</summary>
    Options,
}
