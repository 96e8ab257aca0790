using OrleansWork.Scheduling.Placement;

namespace OrleansWork.Engine.Execution;

/// <summary>The grain types of spawned workers, one for each placement policy.</summary>
internal static class SpawnedWorkerTypes
{
    public const string Random = "ow.spawned-random";
    public const string RoundRobin = "ow.spawned-round-robin";
    public const string LeastLoaded = "ow.spawned-least-loaded";
    public const string Adaptive = "ow.spawned-adaptive";

    /// <summary>Returns the grain type whose placement is that of the policy.</summary>
    public static GrainType Of(PolicyKind policy) =>
        GrainType.Create(
            policy switch
            {
                PolicyKind.Random => Random,
                PolicyKind.RoundRobin => RoundRobin,
                PolicyKind.LeastLoaded => LeastLoaded,
                PolicyKind.Adaptive => Adaptive,
                _ => throw new ArgumentOutOfRangeException(nameof(policy), policy, "There is no spawned worker with such a placement."),
            }
        );
}
