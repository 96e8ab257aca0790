using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace OrleansWork.Engine.Telemetry;

/// <summary>The coordinators' instruments of the meter <c>OrleansWork</c>, and the source of spans; ids are never tags of instruments.</summary>
internal sealed class CoordinatorInstruments
{
    private readonly Counter<long> _jobs;
    private readonly Counter<long> _units;
    private readonly Histogram<double> _checkpoint;

    /// <summary>Makes the instruments.</summary>
    public CoordinatorInstruments(IMeterFactory meters)
    {
        Meter meter = meters.Create(SiloInstruments.SourceName);
        _jobs = meter.CreateCounter<long>("orleanswork.jobs", "{job}", "Jobs that were recorded or ended, by kind and state.");
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

    /// <summary>Gets the source of the spans <c>job</c> and <c>lease</c>.</summary>
    public static ActivitySource Source { get; } = new(SiloInstruments.SourceName);

    /// <summary>Counts a job that came into a state.</summary>
    public void JobBecame(string kind, JobState state) =>
        _jobs.Add(1, new KeyValuePair<string, object?>("kind", kind), new KeyValuePair<string, object?>("state", Name(state)));

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

    private static string Name(JobState state) =>
        state switch
        {
            JobState.Queued => "queued",
            JobState.Succeeded => "succeeded",
            JobState.Failed => "failed",
            JobState.Canceled => "canceled",
            _ => "running",
        };
}
