using Status = Orleans.Runtime.SiloStatus;

namespace OrleansWork.Engine.Catalog;

/// <summary>Tells from one state of membership to the next whether a silo may have left coordinators behind.</summary>
internal sealed class LossWatch
{
    private HashSet<SiloAddress> _active = [];
    private HashSet<SiloAddress> _stopping = [];

    /// <summary>Takes the next state.</summary>
    /// <returns>Whether a silo that was active is not any more, or one that was stopping is gone: it hands its coordinators over, unless it dies before it is done.</returns>
    public bool Look(ClusterMembershipSnapshot snapshot)
    {
        HashSet<SiloAddress> active = With(snapshot, static status => status == Status.Active);
        HashSet<SiloAddress> stopping = With(snapshot, static status => status is Status.ShuttingDown or Status.Stopping);
        bool lost = !active.IsSupersetOf(_active) || !stopping.IsSupersetOf(_stopping);
        (_active, _stopping) = (active, stopping);
        return lost;
    }

    private static HashSet<SiloAddress> With(ClusterMembershipSnapshot snapshot, Func<Status, bool> has) =>
        [.. snapshot.Members.Values.Where(member => has(member.Status)).Select(member => member.SiloAddress)];
}
