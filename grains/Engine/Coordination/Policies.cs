using OrleansWork.Scheduling.Placement;

namespace OrleansWork.Engine.Coordination;

/// <summary>The pure policy behind each placement that users name.</summary>
internal static class Policies
{
    /// <summary>Returns the policy's kind.</summary>
    public static PolicyKind Of(PlacementPolicy placement) =>
        placement switch
        {
            PlacementPolicy.Random => PolicyKind.Random,
            PlacementPolicy.RoundRobin => PolicyKind.RoundRobin,
            PlacementPolicy.LeastLoaded => PolicyKind.LeastLoaded,
            _ => PolicyKind.Adaptive,
        };
}
