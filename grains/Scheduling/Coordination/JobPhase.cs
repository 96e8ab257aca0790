namespace OrleansWork.Scheduling.Coordination;

/// <summary>Where a job stands.</summary>
internal enum JobPhase
{
    /// <summary>Its units are not known yet.</summary>
    Decomposing,

    /// <summary>Its units are leased.</summary>
    Running,

    /// <summary>Held by a person.</summary>
    Paused,

    /// <summary>All units are committed; the result is being made.</summary>
    Finishing,

    /// <summary>Ended with a result.</summary>
    Succeeded,

    /// <summary>Ended with an error.</summary>
    Failed,

    /// <summary>Ended by a person.</summary>
    Canceled,
}
