using Status = Orleans.Runtime.SiloStatus;

namespace OrleansWork.Engine.Catalog;

/// <summary>Tells from one state of membership to the next whether a silo may have left coordinators behind.</summary>
internal sealed class LossWatch
{
    private HashSet<(SiloAddress Silo, bool Stops)> _alive = [];

    /// <summary>Takes the next state.</summary>
    /// <returns>Whether a silo that was active is not any more, or one that was stopping is gone: it hands its coordinators over, unless it dies before it is done.</returns>
    public bool Look(ClusterMembershipSnapshot snapshot)
    {
        HashSet<(SiloAddress Silo, bool Stops)> alive =
        [
            .. snapshot
                .Members.Values.Where(member => member.Status is Status.Active or Status.ShuttingDown or Status.Stopping)
                .Select(member => (member.SiloAddress, member.Status != Status.Active)),
        ];
        bool lost = !alive.IsSupersetOf(_alive);
        _alive = alive;
        return lost;
    }
}
