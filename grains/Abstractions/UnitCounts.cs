namespace OrleansWork;

/// <summary>How many units a job has and what became of them.</summary>
/// <param name="Total">All units; null until the job is decomposed.</param>
/// <param name="Done">Units committed.</param>
/// <param name="Failed">Units failed for good.</param>
/// <param name="Wasted">Executions not counted: late, duplicate or superseded.</param>
public sealed record UnitCounts(long? Total, long Done, long Failed, long Wasted);
