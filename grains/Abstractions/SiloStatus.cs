namespace OrleansWork;

/// <summary>One silo as lists and scripts see it.</summary>
/// <param name="Silo">Its address.</param>
/// <param name="State">active, draining, quarantined or dead.</param>
/// <param name="Slots">Units it can compute at once.</param>
/// <param name="Running">Leases running.</param>
/// <param name="Queued">Leases admitted and waiting.</param>
/// <param name="UnitsPerSecond">Recent speed.</param>
/// <param name="ErrorRate">Share of recent leases that failed, 0 to 1.</param>
/// <param name="Cpu">Its process' share of its machine, 0 to 1.</param>
/// <param name="MemoryBytes">Memory in use.</param>
/// <param name="MemoryLimitBytes">Memory it may use.</param>
/// <param name="Labels">Its labels.</param>
/// <param name="Kinds">The kinds it can run, as <c>name@version</c>.</param>
public sealed record SiloStatus(
    string Silo,
    string State,
    int Slots,
    int Running,
    int Queued,
    double UnitsPerSecond,
    double ErrorRate,
    double Cpu,
    long MemoryBytes,
    long MemoryLimitBytes,
    IReadOnlyDictionary<string, string> Labels,
    IReadOnlyList<string> Kinds
)
{
    /// <summary>Gets where it serves the HTTP API and the page.</summary>
    /// <value>Null where it does not, or on a port that it has chosen itself.</value>
    public string? Http { get; init; }
}
