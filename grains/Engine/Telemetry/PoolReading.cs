using OrleansWork.Protocol;

namespace OrleansWork.Engine.Telemetry;

/// <summary>What a pool's instruments show.</summary>
/// <param name="Compute">The slots.</param>
/// <param name="Wait">The permits of units that wait.</param>
/// <param name="LostCompute">Slots given up since the start.</param>
/// <param name="LostWait">Permits given up since the start.</param>
/// <param name="LostService">Preparations given up since the start with the threads they keep.</param>
/// <param name="MemoryBytes">Memory that the process uses.</param>
/// <param name="MemoryLimitBytes">Memory that it may use; 0 when it is not known yet.</param>
/// <param name="IsDraining">Whether the pool takes no new leases because it drains, or is cut off.</param>
/// <param name="IsStarved">Whether it takes none because turns wait.</param>
/// <param name="IsMemoryFull">Whether it takes none for want of memory.</param>
internal readonly record struct PoolReading(
    ClassLoad Compute,
    ClassLoad Wait,
    int LostCompute,
    int LostWait,
    int LostService,
    long MemoryBytes,
    long MemoryLimitBytes,
    bool IsDraining,
    bool IsStarved,
    bool IsMemoryFull
);
