using System.Text.Json;
using OrleansWork.Engine.Recording;
using OrleansWork.Engine.Storage;
using OrleansWork.Scheduling.Recording;

namespace OrleansWork.Engine.Coordination;

/// <summary>Tells how a job ran and why: while it runs from what its machine keeps, afterwards from what was stored.</summary>
internal sealed class JobHistory(CoordinatorServices services, JobRecord record)
{
    private (StoredPayload Of, RunTrace Trace)? _stored;

    /// <summary>Explains the job, one of its units, or one of its leases.</summary>
    /// <param name="job">What its coordinator knows of it.</param>
    /// <param name="run">Its run, or null.</param>
    /// <param name="unit">The unit, or null.</param>
    /// <param name="lease">The number of the lease, or null.</param>
    public async Task<JobExplanation> ExplainAsync(ExplainedJob job, JobRun? run, long? unit, long? lease) =>
        Explainer.Explain(await KnownAsync(job, run, unit, lease), unit, lease);

    /// <summary>Lists the attempts at a unit.</summary>
    /// <param name="job">What its coordinator knows of it.</param>
    /// <param name="run">Its run, or null.</param>
    /// <param name="unit">The unit.</param>
    public async Task<UnitAttempts> AttemptsAsync(ExplainedJob job, JobRun? run, long unit) =>
        Attempts.Of(await KnownAsync(job, run, unit, lease: null), unit);

    /// <summary>Returns how many leases the job has had; null when nobody knows.</summary>
    public async Task<long?> GrantedAsync(JobStatus status, JobRun? run) =>
        run is null || status.IsTerminal ? (await StoredAsync())?.Granted : run.Moment.Machine.Record.Granted;

    /// <summary>Measures how the job ran.</summary>
    public async Task<JobMeasures> MeasuresAsync(JobStatus status, JobRun? run) =>
        JobMeasures.Of(status, await TraceAsync(status, run), services.Time.GetUtcNow());

    /// <summary>Tells how the job's leases changed over time.</summary>
    public async Task<JobLeaseHistory> LeaseHistoryAsync(JobStatus status, JobRun? run, double stepSeconds) =>
        LeaseHistories.Of(await TraceAsync(status, run), stepSeconds, services.Time.GetUtcNow());

    /// <summary>Tells what silos did for the job over time.</summary>
    public async Task<JobLeaseBands> LeaseBandsAsync(
        JobStatus status,
        JobRun? run,
        DateTimeOffset? from,
        DateTimeOffset? to,
        int columns
    ) => BandDocuments.Of(await TraceAsync(status, run), from, to, columns, services.Time.GetUtcNow());

    /// <summary>Lists leases.</summary>
    public async Task<JobLeases> LeasesAsync(JobRun? run, LeaseQuery query)
    {
        if (run is not null)
            return LeaseDocuments.Of(run.Moment, query);
        DateTimeOffset now = services.Time.GetUtcNow();
        return await StoredAsync() is { } trace ? LeaseDocuments.Of(trace, query, now) : new JobLeases { Base = now, Now = now };
    }

    /// <summary>Gathers what is known of the job, with the leases that had a unit, or with one lease.</summary>
    private async Task<ExplainedJob> KnownAsync(ExplainedJob job, JobRun? run, long? unit, long? lease)
    {
        if (run is null || job.Status.IsTerminal)
            return job with { Trace = await StoredAsync() };
        RunMoment moment = run.Moment;
        IEnumerable<long> entries =
            unit is null && lease is null
                ? []
                : RunTraces.Entries(
                    moment.Machine.Record,
                    entry => lease is { } number ? entry.Number == number : entry.From <= unit && unit < entry.To
                );
        UnitWait wait = moment.Machine.WaitOf(unit, moment.Now);
        return job with
        {
            Trace = RunTraces.Of(moment, entries, isWhole: true),
            Held = null,
            Place = unit is { } asked ? moment.Machine.PlaceOf(asked) : null,
            Wait = wait,
            WaitUntil = wait.Until is { } until ? moment.Zero + until : null,
            Standings = [.. moment.Machine.Standings(moment.Now)],
        };
    }

    /// <summary>Returns how the job ran, without its leases; null before the first one, and when that is not kept.</summary>
    private async Task<RunTrace?> TraceAsync(JobStatus status, JobRun? run) =>
        run is null || status.IsTerminal ? await StoredAsync()
        : run.Moment is { Machine.Record.Began: not null } moment ? RunTraces.Of(moment, [], isWhole: true)
        : null;

    private async Task<RunTrace?> StoredAsync()
    {
        if (record.Current?.Trace is not { } payload)
            return null;
        if (_stored is { } known && ReferenceEquals(known.Of, payload))
            return known.Trace;
        try
        {
            RunTrace trace = RunTraces.Read(await record.ReadAsync(payload));
            _stored = (payload, trace);
            return trace;
        }
        catch (Exception exception) when (exception is JsonException or InvalidDataException or StoredRecordException)
        {
            // The job is what counts; of how it ran nothing is known then.
            return null;
        }
    }
}
