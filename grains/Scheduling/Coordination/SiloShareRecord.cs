namespace OrleansWork.Scheduling.Coordination;

/// <summary>What one silo did for a job.</summary>
internal readonly record struct SiloShareRecord(string Silo, long Units, long Leases, double BusySeconds);
