namespace OrleansWork.Scheduling.Placement;

/// <summary>What a choice needs to know besides the silos.</summary>
/// <param name="LastRound">Whether fewer than two leases per slot are left, so that what counts is who ends first.</param>
/// <param name="LeaseSeconds">How long the lease to place takes on an average slot (K·ŝ), in seconds.</param>
internal readonly record struct PlacementMoment(bool LastRound, double LeaseSeconds)
{
    /// <summary>Gets how many silos the cluster has, those without room included; 0 means as many as there are candidates.</summary>
    public int SiloCount { get; init; }
}
