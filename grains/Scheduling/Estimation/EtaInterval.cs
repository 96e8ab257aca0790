namespace OrleansWork.Scheduling.Estimation;

/// <summary>When a job is expected to end, from now.</summary>
/// <param name="Low">One time in ten it ends earlier.</param>
/// <param name="Expected">Half of the time it ends earlier.</param>
/// <param name="High">One time in ten it ends later.</param>
internal readonly record struct EtaInterval(TimeSpan Low, TimeSpan Expected, TimeSpan High);
