namespace OrleansWork;

/// <summary>How many leases of a job went to a silo, and why.</summary>
/// <param name="Silo">The silo.</param>
/// <param name="Leases">How many leases.</param>
/// <param name="Units">How many units were committed there.</param>
/// <param name="FairShare">The part of all units that would be fair by its slots and their speed, 0 to 1; null when unknown.</param>
/// <param name="Rules">How many leases it got by each rule, by the rule's word.</param>
public sealed record SiloPlacement(string Silo, long Leases, long Units, double? FairShare, IReadOnlyDictionary<string, long> Rules);
