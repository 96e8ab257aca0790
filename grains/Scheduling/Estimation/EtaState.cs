namespace OrleansWork.Scheduling.Estimation;

/// <summary>What is left of a job, for <see cref="EtaEstimator.Estimate"/>.</summary>
/// <param name="UnitsLeft">The units not committed yet, running ones included.</param>
/// <param name="LeaseUnits">How many units a lease has at present.</param>
/// <param name="LongestRunningSeconds">The expected rest of the unit that will run longest, in seconds.</param>
internal readonly record struct EtaState(long UnitsLeft, long LeaseUnits, double LongestRunningSeconds);
