using OrleansWork.Scheduling.Placement;

namespace OrleansWork.Engine.Coordination;

/// <summary>The pure policy behind each placement that users name.</summary>
internal static class Policies
{
    /// <summary>Returns the policy's kind.</summary>
    public static PolicyKind Of(OrleansWork.Placement placement) =>
        placement switch
        {
            OrleansWork.Placement.Random => PolicyKind.Random,
            OrleansWork.Placement.RoundRobin => PolicyKind.RoundRobin,
            OrleansWork.Placement.LeastLoaded => PolicyKind.LeastLoaded,
            _ => PolicyKind.Adaptive,
        };
}
