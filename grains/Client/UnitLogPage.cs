namespace OrleansWork;

/// <summary>Some lines that units logged, oldest first.</summary>
/// <param name="Last">The number to ask on from.</param>
/// <param name="Lines">The lines.</param>
/// <param name="End">Whether the job has ended and nothing follows.</param>
internal sealed record UnitLogPage(long Last, IReadOnlyList<UnitLogLine> Lines, bool End);
