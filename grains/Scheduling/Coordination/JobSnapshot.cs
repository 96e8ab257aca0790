using OrleansWork.Scheduling.Ledger;
using OrleansWork.Scheduling.Reduction;

namespace OrleansWork.Scheduling.Coordination;

/// <summary>What of a machine outlives its coordinator: what the manifest stores.</summary>
/// <param name="Phase">Where the job stands.</param>
/// <param name="UnitCount">How many units it has; -1 until decomposed.</param>
/// <param name="Committed">The committed ranges.</param>
/// <param name="Failures">The units that failed at least once.</param>
/// <param name="Nodes">The partials held, by node.</param>
/// <param name="Counters">What was counted.</param>
/// <param name="Shares">What each silo did.</param>
public sealed record JobSnapshot(
    JobPhase Phase,
    long UnitCount,
    IReadOnlyList<UnitRange> Committed,
    IReadOnlyList<UnitFailureRecord> Failures,
    IReadOnlyList<(TreeNode Node, long Handle)> Nodes,
    JobCounters Counters,
    IReadOnlyList<SiloShareRecord> Shares
);

/// <summary>What a job has counted.</summary>
/// <param name="Leases">Leases granted.</param>
/// <param name="Attempts">Unit executions reported.</param>
/// <param name="Wasted">Executions not counted.</param>
public readonly record struct JobCounters(long Leases, long Attempts, long Wasted);

/// <summary>A unit that failed at least once.</summary>
public sealed record UnitFailureRecord(long Unit, int Attempts, string Type, string Message, string? Silo, bool ForGood);

/// <summary>What one silo did for a job.</summary>
public readonly record struct SiloShareRecord(string Silo, long Units, long Leases, double BusySeconds);
