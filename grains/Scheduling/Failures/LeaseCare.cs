namespace OrleansWork.Scheduling.Failures;

/// <summary>How careful a silo is with a lease.</summary>
internal enum LeaseCare
{
    /// <summary>As with any.</summary>
    None,

    /// <summary>Its units were present when a process died: a canary.</summary>
    Canary,

    /// <summary>It is the last canary before its unit is given up: nothing of any other job runs beside it.</summary>
    Alone,
}
