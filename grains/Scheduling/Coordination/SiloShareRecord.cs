using OrleansWork.Scheduling.Failures;
using OrleansWork.Scheduling.Ledger;
using OrleansWork.Scheduling.Reduction;

namespace OrleansWork.Scheduling.Coordination;

/// <summary>What one silo did for a job.</summary>
public readonly record struct SiloShareRecord(string Silo, long Units, long Leases, double BusySeconds);
