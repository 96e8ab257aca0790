namespace OrleansWork.Scheduling.Estimation;

/// <summary>A lease in flight, for <see cref="EtaEstimator.Estimate"/>.</summary>
/// <param name="Elapsed">For how long the unit it is at has run, in seconds; 0 when it has not begun.</param>
/// <param name="UnitsAfter">How many units it has after that one.</param>
internal readonly record struct RunningWork(double Elapsed, long UnitsAfter);
