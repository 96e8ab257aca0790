using System.Diagnostics.Metrics;

namespace OrleansWork.Engine.Telemetry;

/// <summary>The coordinators' instruments of the meter <c>OrleansWork</c>; ids are never tags.</summary>
internal sealed class CoordinatorInstruments
{
    private readonly Counter<long> _jobs;
    private readonly UpDownCounter<long> _active;
    private readonly Counter<long> _units;
    private readonly Histogram<double> _checkpoint;

    /// <summary>Makes the instruments.</summary>
    public CoordinatorInstruments(IMeterFactory meters)
    {
        Meter meter = meters.Create(SiloInstruments.SourceName);
        _jobs = meter.CreateCounter<long>("orleanswork.jobs", "{job}", "Jobs that came into a state, by kind.");
        _active = meter.CreateUpDownCounter<long>(
            "orleanswork.jobs.active",
            "{job}",
            "Open jobs whose coordinators are on this silo, by kind and state."
        );
        _units = meter.CreateCounter<long>("orleanswork.units", "{unit}", "Units done, failed for good, or executed in vain, by outcome.");
        _checkpoint = meter.CreateHistogram(
            "orleanswork.coordinator.checkpoint.duration",
            "s",
            "How long it took to store a job's progress.",
            null,
            new InstrumentAdvice<double>
            {
                HistogramBucketBoundaries = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30],
            }
        );
    }

    /// <summary>Counts a job that came into a state.</summary>
    public void JobBecame(string kind, JobState state) => _jobs.Add(1, Kind(kind), State(state));

    /// <summary>Counts a job more, or less, of those that are in a state and have their coordinator here.</summary>
    public void ActiveChanged(string kind, JobState state, int change) => _active.Add(change, Kind(kind), State(state));

    /// <summary>Counts units by what became of them.</summary>
    public void UnitsBecame(long done, long failed, long wasted)
    {
        Add(done, "done");
        Add(failed, "failed");
        Add(wasted, "wasted");
    }

    /// <summary>Counts a checkpoint.</summary>
    public void Checkpointed(TimeSpan duration) => _checkpoint.Record(duration.TotalSeconds);

    private void Add(long units, string outcome)
    {
        if (units > 0)
            _units.Add(units, new KeyValuePair<string, object?>("outcome", outcome));
    }

    private static KeyValuePair<string, object?> Kind(string kind) => new("kind", kind);

    private static KeyValuePair<string, object?> State(JobState state) =>
        new(
            "state",
            state switch
            {
                JobState.Queued => "queued",
                JobState.Decomposing => "decomposing",
                JobState.Running => "running",
                JobState.Paused => "paused",
                JobState.Succeeded => "succeeded",
                JobState.Failed => "failed",
                JobState.Canceled => "canceled",
                _ => throw new ArgumentOutOfRangeException(nameof(state), state, "No such state."),
            }
        );
}
