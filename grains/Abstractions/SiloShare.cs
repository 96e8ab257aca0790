namespace OrleansWork;

/// <summary>What one silo did for a job.</summary>
/// <param name="Silo">The silo's address.</param>
/// <param name="Units">Units committed there.</param>
/// <param name="Leases">Leases granted to it.</param>
/// <param name="BusySeconds">How long its slots worked for the job.</param>
public record SiloShare(string Silo, long Units, long Leases, double BusySeconds);
