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

    /// <summary>Hears that a silo that gets no leases is to get one now, which shows whether it is well.</summary>
    void OnProbe(SiloAddress silo) { }

    /// <summary>Takes how many leases of this job, of any incarnation, a silo admits at once.</summary>
    void OnShare(SiloAddress silo, JobShare share) { }
}
