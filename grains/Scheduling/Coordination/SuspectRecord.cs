using OrleansWork.Scheduling.Ledger;
using OrleansWork.Scheduling.Reduction;

namespace OrleansWork.Scheduling.Coordination;

/// <summary>Units that were present when processes died, or a unit that runs twice at a time and has a record for either silo.</summary>
/// <param name="Range">The units.</param>
/// <param name="Deaths">How many deaths.</param>
/// <param name="Silo">The silo on which they run, or are about to; null while they wait.</param>
internal readonly record struct SuspectRecord(UnitRange Range, int Deaths, string? Silo)
{
    /// <summary>Gets whether it runs there as a lone canary that has begun: should its silo die, it was there, and nothing else of the job.</summary>
    public bool RanAlone { get; init; }
}
