namespace OrleansWork.Scheduling.Recording;

/// <summary>Where a unit is.</summary>
internal enum UnitPlace
{
    /// <summary>Its result is committed.</summary>
    Committed,

    /// <summary>It failed for good.</summary>
    Failed,

    /// <summary>A silo has it.</summary>
    Leased,

    /// <summary>It waits.</summary>
    Waiting,
}
