namespace OrleansWork.Scheduling.Recording;

/// <summary>How a lease ended, for people.</summary>
internal enum LeaseEnd : byte
{
    /// <summary>It is in flight.</summary>
    Running,

    /// <summary>All of its units were committed.</summary>
    Committed,

    /// <summary>It handed units back: its time was up, or it was asked to.</summary>
    Yielded,

    /// <summary>A unit of it failed.</summary>
    Failed,

    /// <summary>Its silo died or fell silent, or had lost the result.</summary>
    Lost,

    /// <summary>Somebody else committed its units first.</summary>
    Overtaken,

    /// <summary>The job ended before it.</summary>
    Canceled,

    /// <summary>The silo did not take it.</summary>
    Refused,
}
