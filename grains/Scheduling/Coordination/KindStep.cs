namespace OrleansWork.Scheduling.Coordination;

/// <summary>A step of a kind's code that a coordinator runs, outside units.</summary>
internal enum KindStep
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
