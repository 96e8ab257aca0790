namespace OrleansWork.Scheduling.Coordination;

/// <summary>What a request is answered.</summary>
internal enum LifeAnswer
{
    /// <summary>It is as asked for.</summary>
    Done,

    /// <summary>There is no such job.</summary>
    NoJob,

    /// <summary>The record could not be read yet.</summary>
    NotRead,

    /// <summary>The record cannot be read.</summary>
    Unreadable,

    /// <summary>The job has ended.</summary>
    HasEnded,

    /// <summary>The job has not ended.</summary>
    HasNotEnded,

    /// <summary>The job is ending, and storage has not taken that yet.</summary>
    IsEnding,

    /// <summary>Storage did not answer.</summary>
    NotStored,

    /// <summary>The catalogue has no room for one more open job.</summary>
    TooManyOpen,

    /// <summary>This coordinator is not, or no longer, the one.</summary>
    Moves,
}
