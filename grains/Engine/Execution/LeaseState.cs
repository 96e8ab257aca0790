using OrleansWork.Protocol;
using OrleansWork.Scheduling.Coordination;

namespace OrleansWork.Engine.Execution;

/// <summary>Where a lease stands on its silo.</summary>
internal enum LeaseState
{
    /// <summary>Admitted; the job is being prepared.</summary>
    Preparing,

    /// <summary>Admitted; waits for a slot or permit.</summary>
    Queued,

    /// <summary>Has a slot or permit.</summary>
    Running,

    /// <summary>Has ended; only a result that nobody has acknowledged may be left.</summary>
    Over,
}
