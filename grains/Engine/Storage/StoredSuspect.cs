using Orleans.Concurrency;

namespace OrleansWork.Engine.Storage;

/// <summary>Units that were present when processes died, and the silo on which they run as a canary.</summary>
[GenerateSerializer, Immutable, Alias("ow.StoredSuspect")]
internal readonly record struct StoredSuspect(
    [property: Id(0)] long From,
    [property: Id(1)] long To,
    [property: Id(2)] int Deaths,
    [property: Id(3)] string? Silo
)
{
    /// <summary>Gets whether it is a lone canary that has begun.</summary>
    [Id(4)]
    public bool RanAlone { get; init; }
}
