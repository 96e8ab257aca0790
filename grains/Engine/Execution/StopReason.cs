using OrleansWork.Scheduling.Coordination;

namespace OrleansWork.Engine.Execution;

/// <summary>Why a running lease is to stop. The larger reason wins.</summary>
internal enum StopReason
{
    /// <summary>It is not to stop.</summary>
    None,

    /// <summary>Return the finished prefix: the budget ended, or the coordinator, a pause or a drain asked for it.</summary>
    Yield,

    /// <summary>The unit has run past its limit; its token is cancelled.</summary>
    TimedOut,

    /// <summary>The result is not wanted; the token is cancelled.</summary>
    Cancel,
}
