namespace OrleansWork.Silo.Watching;

/// <summary>What a viewer of a job sees next: one of the two, or neither as a heartbeat.</summary>
/// <param name="Moment">A status.</param>
/// <param name="Leases">A batch of leases.</param>
/// <param name="Missed">Whether leases before the batch were missed: the list is to be read anew.</param>
internal readonly record struct JobSight(JobMoment? Moment, LeaseBatch? Leases = null, bool Missed = false);
