using OrleansWork.Protocol;
using OrleansWork.Scheduling.Coordination;
using OrleansWork.Scheduling.Fairness;

namespace OrleansWork.Engine.Execution;

/// <summary>What a pool has counted since it started.</summary>
/// <param name="PeakCompute">The most computing leases ever held at once.</param>
/// <param name="PeakComputeCap">The cap that applied then.</param>
/// <param name="PeakWait">The most waiting leases ever held at once.</param>
/// <param name="PeakWaitCap">The cap that applied then.</param>
/// <param name="Held">Leases admitted and not ended.</param>
/// <param name="UnitsDone">Units done.</param>
/// <param name="Refused">Leases refused.</param>
/// <param name="Detached">Leases detached.</param>
/// <param name="LostSlots">Slots given up because a unit, or a preparation, ignored its cancellation.</param>
/// <param name="LostResults">Results that could not be kept until a coordinator took them.</param>
/// <param name="KeptBytes">Bytes of results kept at present.</param>
/// <param name="Jobs">Jobs known at present.</param>
internal sealed record PoolCounters(
    int PeakCompute,
    int PeakComputeCap,
    int PeakWait,
    int PeakWaitCap,
    int Held,
    long UnitsDone,
    long Refused,
    long Detached,
    int LostSlots,
    long LostResults,
    long KeptBytes,
    int Jobs
);
