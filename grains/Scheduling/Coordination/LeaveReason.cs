namespace OrleansWork.Scheduling.Coordination;

/// <summary>Why an activation ends.</summary>
internal enum LeaveReason
{
    /// <summary>Its silo stops in order; what it knows is stored before.</summary>
    SiloStops,

    /// <summary>It moves to a silo that was chosen for it.</summary>
    Moves,

    /// <summary>Anything else: another activation may be the one already.</summary>
    Other,
}
