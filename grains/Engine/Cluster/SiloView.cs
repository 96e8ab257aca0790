using OrleansWork.Protocol;

namespace OrleansWork.Engine.Cluster;

/// <summary>What this silo knows of a silo.</summary>
/// <param name="Address">Its address.</param>
/// <param name="State">Whether it takes work.</param>
/// <param name="Profile">What it is; null until its first heartbeat.</param>
/// <param name="Load">Its newest load; null until its first heartbeat.</param>
/// <param name="LoadAt">When that load came, as a timestamp of the <see cref="TimeProvider"/>.</param>
/// <param name="Coordinating">How many jobs it coordinates.</param>
internal sealed record SiloView(
    SiloAddress Address,
    SiloViewState State,
    SiloProfile? Profile,
    SiloLoad? Load,
    long LoadAt,
    int Coordinating
)
{
    /// <summary>Gets whether it said that it was going before it went.</summary>
    public bool LeftInOrder { get; init; }

    /// <summary>Gets the load that its newest heartbeat brought: taken at a moment of its own, where a report's is taken when a lease has just left its slot.</summary>
    public SiloLoad? Heard { get; init; }

    /// <summary>Gets whether the coordinator of some running job has quarantined it.</summary>
    public bool IsQuarantined { get; init; }
}
