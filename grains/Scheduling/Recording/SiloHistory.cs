using OrleansWork.Scheduling.Placement;

namespace OrleansWork.Scheduling.Recording;

/// <summary>What one silo did for a job.</summary>
/// <param name="origin">When the job's first lease was granted.</param>
internal sealed class SiloHistory(TimeSpan origin)
{
    private readonly long[] _choices = new long[Enum.GetValues<ChoiceRule>().Length];

    /// <summary>Gets its leases over time.</summary>
    public LeaseBands Bands { get; } = new(origin);

    /// <summary>Gets how its leases changed over time.</summary>
    public LeaseSeries Series { get; } = new(origin);

    /// <summary>Gets how long its leases ran.</summary>
    public Durations Durations { get; } = new();

    /// <summary>Gets or sets when a lease of it was kept one by one for the last time.</summary>
    public TimeSpan SampledAt { get; set; } = TimeSpan.MinValue / 2;

    /// <summary>Gets how many leases it got by each rule.</summary>
    public ReadOnlySpan<long> Choices => _choices;

    /// <summary>Counts a lease that it got.</summary>
    public void CountChoice(ChoiceRule rule, int count) => _choices[(int)rule] += count;
}
