namespace OrleansWork.Console.Top;

/// <summary>A cluster as it was seen at one moment.</summary>
/// <param name="At">When.</param>
/// <param name="Silos">Its silos, in the order in which the cluster lists them.</param>
/// <param name="Jobs">Its jobs that have not ended, newest first.</param>
internal sealed record TopSample(DateTimeOffset At, IReadOnlyList<SiloStatus> Silos, IReadOnlyList<TopJob> Jobs);

/// <summary>An open job.</summary>
/// <param name="Summary">How it stands.</param>
/// <param name="UnitsPerSecond">Units committed a second over the last seconds; null until it was seen twice.</param>
internal sealed record TopJob(JobSummary Summary, double? UnitsPerSecond);
