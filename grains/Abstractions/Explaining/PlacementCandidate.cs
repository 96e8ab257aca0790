namespace OrleansWork;

/// <summary>What was believed of a silo when a lease was placed.</summary>
/// <param name="Silo">Its address.</param>
/// <param name="InFlight">Its leases in flight, all jobs together.</param>
/// <param name="PerSlot">The same per slot.</param>
/// <param name="SecondsPerUnit">Its recent time per unit near that load, in seconds; null when unknown.</param>
/// <param name="Slowness">How much slower than the average slot its slots are: 1 is average.</param>
/// <param name="LoadAgeSeconds">How old its load was, in seconds; null when it had told none.</param>
/// <param name="Verdict">What became of it: <c>chosen</c>, <c>ranked</c>, or why it was out.</param>
/// <param name="Why">The same in words.</param>
public sealed record PlacementCandidate(
    string Silo,
    int InFlight,
    double PerSlot,
    double? SecondsPerUnit,
    double Slowness,
    double? LoadAgeSeconds,
    string Verdict,
    string Why
);
