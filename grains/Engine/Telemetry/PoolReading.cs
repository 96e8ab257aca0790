using OrleansWork.Protocol;

namespace OrleansWork.Engine.Telemetry;

/// <summary>What a pool's instruments show.</summary>
/// <param name="Compute">The slots.</param>
/// <param name="Wait">The permits of units that wait.</param>
/// <param name="LostCompute">Slots given up since the start.</param>
/// <param name="LostWait">Permits given up since the start.</param>
/// <param name="LostService">Preparations given up since the start with the threads they keep.</param>
internal readonly record struct PoolReading(ClassLoad Compute, ClassLoad Wait, int LostCompute, int LostWait, int LostService);
