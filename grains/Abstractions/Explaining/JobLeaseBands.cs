namespace OrleansWork;

/// <summary>What the slots of silos did for a job over time, in columns: of leases that have ended.</summary>
/// <param name="Base">When the first column begins.</param>
/// <param name="ColumnSeconds">How wide a column is.</param>
/// <param name="Columns">How many there are.</param>
/// <param name="Silos">The silos that had leases.</param>
internal sealed record JobLeaseBands(DateTimeOffset Base, double ColumnSeconds, int Columns, IReadOnlyList<SiloLeaseBands> Silos);

/// <summary>What the slots of one silo did: shares of all its slots' time in each column, 0 to 1.</summary>
/// <param name="Silo">Its address.</param>
/// <param name="Slots">How many slots it has for the job.</param>
/// <param name="Own">They worked for the job, on what failed or was lost too.</param>
/// <param name="Other">They worked for others; null where that is not known.</param>
/// <param name="Failed">The part of <paramref name="Own"/> that went to leases of which a unit failed.</param>
/// <param name="Lost">The part of <paramref name="Own"/> that went to leases that were lost with their silo.</param>
internal sealed record SiloLeaseBands(
    string Silo,
    int Slots,
    IReadOnlyList<double> Own,
    IReadOnlyList<double>? Other,
    IReadOnlyList<double> Failed,
    IReadOnlyList<double> Lost
);
