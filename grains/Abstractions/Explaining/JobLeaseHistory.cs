namespace OrleansWork;

/// <summary>How the leases of a job changed while it ran, by silo.</summary>
/// <param name="Base">The moment that seconds count from: the job's first lease.</param>
/// <param name="StepSeconds">How long a point stands for.</param>
/// <param name="Silos">The silos that had leases.</param>
/// <param name="Recorded">Whether it is kept; of what earlier coordinators did, and of jobs that ended without a lease, it is not.</param>
internal sealed record JobLeaseHistory(DateTimeOffset Base, double StepSeconds, IReadOnlyList<SiloLeaseHistory> Silos, bool Recorded);

/// <summary>How the leases of one silo changed.</summary>
/// <param name="Silo">Its address.</param>
/// <param name="Points">Those in which leases ended, at most 300, oldest first.</param>
internal sealed record SiloLeaseHistory(string Silo, IReadOnlyList<LeasePoint> Points);

/// <summary>The leases that ended within one step.</summary>
/// <param name="AtSeconds">When the step began.</param>
/// <param name="Leases">How many there were.</param>
/// <param name="UnitsPerLease">How many units they completed on average.</param>
/// <param name="P50">The duration that half of them did not exceed, in seconds; like the others within about 10 %.</param>
/// <param name="P90">The same of nine in ten.</param>
/// <param name="P99">The same of ninety-nine in a hundred.</param>
/// <param name="Phase">What most of them were granted in; last where any was of the last round.</param>
internal sealed record LeasePoint(
    double AtSeconds,
    long Leases,
    double UnitsPerLease,
    double P50,
    double P90,
    double P99,
    LeasePhase Phase
);

/// <summary>How the size of a lease was found.</summary>
internal enum LeasePhase
{
    /// <summary>The silo's speed was not known: sizes grow from one unit on.</summary>
    Probe,

    /// <summary>A share of what was left, or a fixed size.</summary>
    Steady,

    /// <summary>Units ran out: what was left was split evenly.</summary>
    Last,
}
