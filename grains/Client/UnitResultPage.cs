namespace OrleansWork;

/// <summary>Some stored results of a map job.</summary>
/// <param name="Next">The cursor to go on with.</param>
/// <param name="Results">The results; to be enumerated once.</param>
/// <param name="End">Whether the job has ended and nothing follows.</param>
/// <param name="IsFull">Whether more are ready: there is no need to wait before asking on.</param>
internal sealed record UnitResultPage(long Next, IEnumerable<UnitResult> Results, bool End, bool IsFull);
