using System.Text.Json.Serialization;

namespace OrleansWork;

/// <summary>What one silo did for a job, with how it did it. What is not known is null: of a silo that had leases of an earlier coordinator alone, nothing but the counts is.</summary>
/// <param name="Silo">The silo's address.</param>
/// <param name="Units">Units committed there.</param>
/// <param name="Leases">Leases granted to it.</param>
/// <param name="BusySeconds">How long its slots worked for the job.</param>
public sealed record SiloShareDetails(string Silo, long Units, long Leases, double BusySeconds)
    : SiloShare(Silo, Units, Leases, BusySeconds)
{
    /// <summary>Gets how many slots it has, or had, for the job.</summary>
    [JsonPropertyOrder(1)]
    public int? Slots { get; init; }

    /// <summary>Gets how many seconds of a slot a unit committed there took, mean: <see cref="SiloShare.BusySeconds"/> by <see cref="SiloShare.Units"/>.</summary>
    [JsonPropertyOrder(2)]
    public double? SecondsPerUnit { get; init; }

    /// <summary>Gets its units per second of a slot against those of all silos together, of this job: 1 is the mean, 0.5 half as fast.</summary>
    [JsonPropertyOrder(3)]
    public double? Speed { get; init; }

    /// <summary>Gets how long its slots worked on what does not count: units that failed, were run again, or were done first by another.</summary>
    [JsonPropertyOrder(4)]
    public double? WastedSeconds { get; init; }

    /// <summary>Gets how long its leases ran.</summary>
    [JsonPropertyOrder(5)]
    public LeaseSeconds? LeaseSeconds { get; init; }

    /// <summary>Gets how many leases it got by each rule of placement, by the rule's word.</summary>
    [JsonPropertyOrder(6)]
    public IReadOnlyDictionary<string, long>? Placement { get; init; }

    /// <summary>Gets the part of all units that would be fair by its slots and their speed, 0 to 1: slots × speed, by the sum of that over all silos.</summary>
    [JsonPropertyOrder(7)]
    public double? FairShare { get; init; }

    /// <summary>Gets where the time of its slots went.</summary>
    [JsonPropertyOrder(8)]
    public JobAccounting? Accounting { get; init; }
}
