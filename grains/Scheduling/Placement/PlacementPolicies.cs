namespace OrleansWork.Scheduling.Placement;

/// <summary>Makes policies by kind.</summary>
internal static class PlacementPolicies
{
    /// <summary>Makes a policy with its own memory.</summary>
    /// <param name="kind">Which one.</param>
    /// <param name="random">Its source of chance; the same seed and the same candidates give the same choices.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such kind.</exception>
    public static IPlacementPolicy Create(PolicyKind kind, Random random) =>
        kind switch
        {
            PolicyKind.Random => new RandomPolicy(random),
            PolicyKind.RoundRobin => new RoundRobinPolicy(random),
            PolicyKind.LeastLoaded => new LeastLoadedPolicy(random),
            PolicyKind.Adaptive => new AdaptivePolicy(random),
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "There is no such placement policy."),
        };
}
