namespace OrleansWork.Engine.Execution;

/// <summary>What is looked after between the units of a lease, beside their execution context: as much as costs them under one per cent.</summary>
/// <param name="InBlocks">Units are so short that they run eight at a time, and are looked after at the end of the lease.</param>
/// <param name="TakesInterruptions">An interruption that a unit left to its thread is taken before the next.</param>
/// <param name="LooksAtProcess">What a unit may have changed of the process is put back before the next.</param>
internal readonly record struct UnitCare(bool InBlocks, bool TakesInterruptions, bool LooksAtProcess)
{
    private const double BlockNanosPerUnit = 1_000;
    private const double InterruptionNanosPerUnit = 200_000;
    private const double ProcessNanosPerUnit = 5_000_000;

    /// <summary>Chooses by how long units last; before the first has run, all is looked after.</summary>
    /// <param name="nanosPerUnit">How long a unit lasts; NaN while unknown.</param>
    /// <param name="allowsBlocks">Whether nothing of the job's was found on its thread yet.</param>
    /// <param name="changesProcess">Whether the job has changed something of the process before.</param>
    public static UnitCare For(double nanosPerUnit, bool allowsBlocks, bool changesProcess) =>
        new(
            allowsBlocks && nanosPerUnit < BlockNanosPerUnit,
            !(nanosPerUnit < InterruptionNanosPerUnit),
            changesProcess || !(nanosPerUnit < ProcessNanosPerUnit)
        );
}
