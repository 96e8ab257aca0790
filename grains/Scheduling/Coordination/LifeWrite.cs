namespace OrleansWork.Scheduling.Coordination;

/// <summary>What a coordinator changes in its record.</summary>
internal enum LifeWrite
{
    /// <summary>The first record of a job.</summary>
    Record,

    /// <summary>The next epoch, with this coordinator's name.</summary>
    Epoch,

    /// <summary>That the coordinator has nothing out, since its job waits for its turn.</summary>
    Waits,

    /// <summary>How many units there are.</summary>
    Units,

    /// <summary>That the items of an earlier list count for nothing.</summary>
    NoItems,

    /// <summary>The items that were listed last, and with the last of them how many units there are.</summary>
    Items,

    /// <summary>That the job is held.</summary>
    Paused,

    /// <summary>That it is no longer held.</summary>
    Resumed,

    /// <summary>The changes of options that were asked for.</summary>
    Options,

    /// <summary>That the kind could not be prepared.</summary>
    NotPrepared,

    /// <summary>That a step of the kind's code is about to be entered.</summary>
    StepEntered,

    /// <summary>That it was left, and the process lives.</summary>
    StepLeft,

    /// <summary>A snapshot of the run.</summary>
    Progress,

    /// <summary>A snapshot of the run, by a coordinator that leaves in order.</summary>
    LastProgress,

    /// <summary>That what earlier coordinators left has been deleted.</summary>
    Swept,

    /// <summary>How the job ended.</summary>
    End,

    /// <summary>That the ended job is open again.</summary>
    Reopened,

    /// <summary>Nothing: the record is deleted.</summary>
    Deletion,
}
