namespace OrleansWork.Scheduling.Coordination;

/// <summary>What a job has counted.</summary>
/// <param name="Leases">Leases granted: sent to a silo, and not refused or handed back by it before anything ran.</param>
/// <param name="Attempts">Unit executions reported.</param>
/// <param name="Wasted">Executions not counted.</param>
internal readonly record struct JobCounters(long Leases, long Attempts, long Wasted);
