namespace OrleansWork.SystemTests.Faults.Rows;

/// <summary>The rows that are tried, the longest first so that none is left alone at the end.</summary>
internal static class FaultRows
{
    public static IReadOnlyList<FaultRow> All { get; } =
    [
        new("F1", "a silo is killed in mid-job", KilledSilos.OneAsync),
        new("F2", "the coordinator's silo is killed", KilledSilos.CoordinatorAsync),
        new("F3", "two of four silos are killed together", KilledSilos.TwoOfFourAsync),
    ];
}
