using System.Collections.Immutable;
using OrleansWork.Protocol;

namespace OrleansWork.Engine.Cluster;

/// <summary>A coordinator on this silo as the load table sees it. Called on any thread; must not block.</summary>
internal interface ICoordinatorInbox
{
    /// <summary>Gets the job's id.</summary>
    string JobId { get; }

    /// <summary>Gets the silos that the job gives no leases because they fail what others complete.</summary>
    IReadOnlyList<SiloAddress> Quarantined { get; }

    /// <summary>Takes a silo's new state: it joined, its profile or load is new, it drains, or it is gone.</summary>
    void OnSiloChanged(SiloView silo);

    /// <summary>Takes a heartbeat of a silo with the leases it holds for this job, of any incarnation.</summary>
    void OnHeartbeat(SiloAddress silo, ImmutableArray<HeldLease> held);

    /// <summary>Takes how many leases of this job, of any incarnation, a silo admits at once.</summary>
    void OnShare(SiloAddress silo, JobShare share) { }
}

/// <summary>What this silo knows of a silo.</summary>
internal enum SiloViewState
{
    /// <summary>It takes work.</summary>
    Active,

    /// <summary>It finishes what it has and takes no more.</summary>
    Draining,

    /// <summary>Membership declared it dead, or it left.</summary>
    Dead,
}

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

    /// <summary>Gets whether the coordinator of some running job has quarantined it.</summary>
    public bool IsQuarantined { get; init; }
}
