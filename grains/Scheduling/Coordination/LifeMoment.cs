namespace OrleansWork.Scheduling.Coordination;

/// <summary>What watchers, logs and counters hear of.</summary>
internal enum LifeMoment
{
    /// <summary>It is recorded.</summary>
    Recorded,

    /// <summary>It is being split.</summary>
    Decomposing,

    /// <summary>It was held or let go.</summary>
    Held,

    /// <summary>Its options were changed.</summary>
    OptionsChanged,

    /// <summary>It has ended.</summary>
    Ended,

    /// <summary>It is open again.</summary>
    Reopened,

    /// <summary>Nothing is left of it.</summary>
    Forgotten,
}
