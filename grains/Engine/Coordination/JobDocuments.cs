using System.Text.Json;
using OrleansWork.Engine.Recording;
using OrleansWork.Engine.Storage;
using OrleansWork.Protocol;
using OrleansWork.Scheduling.Coordination;

namespace OrleansWork.Engine.Coordination;

/// <summary>Turns what a coordinator knows into the documents that users see.</summary>
internal static class JobDocuments
{
    private const string Unreadable = "UnreadableRecord";

    /// <summary>Makes the status of a job from its manifest, with live numbers where a machine runs.</summary>
    /// <returns>The status; what can be said of a job whose numbers cannot be told, with an error that says why.</returns>
    public static JobStatus Status(JobManifest manifest, JobOptions options, JobMachine? machine, CoordinatorView view)
    {
        try
        {
            return Whole(manifest, options, machine, view);
        }
        catch (Exception exception)
        {
            return new JobStatus
            {
                Id = manifest.JobId,
                Kind = manifest.Kind,
                Version = manifest.KindVersion,
                State = view.State,
                Options = options,
                Units = new UnitCounts(manifest.UnitCount < 0 ? null : manifest.UnitCount, 0, 0, 0),
                SubmittedAt = Moment(manifest.SubmittedTicks),
                ElapsedSeconds = Elapsed(manifest.SubmittedTicks, view.Now),
                Coordinator = view.Coordinator,
                Error = CannotBeShown(manifest.JobId, exception),
            };
        }
    }

    /// <summary>Says that a document of a job could not be made.</summary>
    public static JobError CannotBeShown(string jobId, Exception exception) =>
        new(Unreadable, $"Job {jobId} cannot be shown whole: {Causes.Describe(exception)}");

    /// <summary>Makes the row of a job in a list.</summary>
    public static JobSummary Summary(JobStatus status) =>
        new(
            status.Id,
            status.Kind,
            status.Version,
            status.State,
            status.Units,
            status.SubmittedAt,
            status.FinishedAt,
            status.ElapsedSeconds,
            status.Error
        )
        {
            Placement = status.Options.Placement,
            Coverage = status.Coverage,
            EtaSeconds = status.IsTerminal ? null : status.EtaSeconds,
            Waiting = status.IsTerminal ? null : status.Waiting,
        };

    /// <summary>Makes the row of a job of which nothing but its entry in the catalogue is known.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="now">The present.</param>
    /// <param name="error">Why it is no more, or null.</param>
    public static JobSummary Summary(CatalogEntry entry, DateTimeOffset now, JobError? error) =>
        new(
            entry.JobId,
            entry.Kind,
            entry.Version,
            entry.Started ? JobState.Running : JobState.Queued,
            new UnitCounts(null, 0, 0, 0),
            Moment(entry.SubmittedTicks),
            null,
            Elapsed(entry.SubmittedTicks, now),
            error
        );

    private static JobStatus Whole(JobManifest manifest, JobOptions options, JobMachine? machine, CoordinatorView view)
    {
        JobSnapshotView live = machine is null ? JobSnapshotView.Of(manifest) : JobSnapshotView.Of(machine, view.MachineTime);
        bool terminal = manifest.IsTerminal;
        DateTimeOffset? finished = manifest.FinishedTicks == 0 ? null : Moment(manifest.FinishedTicks);
        long? total = live.UnitCount < 0 ? null : live.UnitCount;
        return new JobStatus
        {
            Id = manifest.JobId,
            Kind = manifest.Kind,
            Version = manifest.KindVersion,
            State = view.State,
            Options = options,
            Coverage =
                !terminal ? null
                : total is null or 0 ? (manifest.State == JobState.Succeeded ? 1 : 0)
                : (double)live.Done / total.Value,
            Error = Error(manifest),
            Units = new UnitCounts(total, live.Done, live.Failures.Count(failure => failure.ForGood), live.Wasted),
            Leases = live.Leases,
            Attempts = live.Attempts,
            SubmittedAt = Moment(manifest.SubmittedTicks),
            StartedAt = manifest.StartedTicks == 0 ? null : Moment(manifest.StartedTicks),
            FinishedAt = finished,
            ElapsedSeconds = Elapsed(manifest.SubmittedTicks, finished ?? view.Now),
            EtaSeconds = terminal ? null : view.Eta,
            Coordinator = terminal ? null : view.Coordinator,
            Waiting = terminal ? null : view.Waiting,
            Warnings =
                view.Warning is { } warning ? [warning]
                : manifest.Warnings.IsDefaultOrEmpty ? []
                : manifest.Warnings,
            Failures = live.Failures,
            Silos = live.Shares,
            Accounting = live.Account == default ? null : RunTraces.Accounting(live.Account),
        };
    }

    /// <summary>Makes all there is to be told of a job.</summary>
    /// <param name="status">Where it stands.</param>
    /// <param name="measures">How it ran.</param>
    /// <param name="input">Its input.</param>
    /// <param name="result">Its result, where that is JSON.</param>
    public static JobDetails Details(JobStatus status, JobMeasures measures, JsonElement input, JsonElement? result) =>
        new(status, input, result)
        {
            Silos = measures.Silos,
            LeaseSeconds = measures.LeaseSeconds,
            LowerBoundSeconds = measures.LowerBoundSeconds,
            LastRoundSeconds = measures.LastRoundSeconds,
            Balance = measures.Balance,
        };

    /// <summary>Writes a document.</summary>
    public static byte[] Write<T>(T document) => JsonSerializer.SerializeToUtf8Bytes(document, OrleansWorkJson.Documents);

    /// <summary>Makes the entry of an ended job in the catalogue.</summary>
    public static CatalogEntry ClosedEntry(JobManifest manifest, JobStatus status) =>
        OpenEntry(manifest) with
        {
            Summary = Write(Summary(status)),
        };

    /// <summary>Makes the entry of a job in the catalogue whose record cannot be read: all that is known of it is what the catalogue knows.</summary>
    public static CatalogEntry CorruptEntry(CatalogEntry open, string why, DateTimeOffset now)
    {
        JobError error = new("CorruptRecord", $"Job {open.JobId} failed: {why}", null, null);
        return open with { Summary = Write(Summary(open, now, error) with { State = JobState.Failed, FinishedAt = now }) };
    }

    /// <summary>Makes the entry of an open job in the catalogue.</summary>
    public static CatalogEntry OpenEntry(JobManifest manifest)
    {
        JobOptions options = Options(manifest);
        return new CatalogEntry(
            manifest.JobId,
            manifest.Incarnation,
            manifest.Kind,
            manifest.KindVersion,
            options.Priority,
            manifest.SubmittedTicks,
            Summary: null
        );
    }

    /// <summary>Reads why a job failed; null when it has not.</summary>
    public static JobError? Error(JobManifest manifest)
    {
        try
        {
            return manifest.ErrorJson is null ? null : JsonSerializer.Deserialize<JobError>(manifest.ErrorJson, OrleansWorkJson.Documents);
        }
        catch (JsonException exception)
        {
            return CannotBeShown(manifest.JobId, exception);
        }
    }

    // A record may say what no calendar has.
    private static DateTimeOffset Moment(long ticks) => new(Math.Clamp(ticks, 0, DateTimeOffset.MaxValue.Ticks), TimeSpan.Zero);

    private static double Elapsed(long sinceTicks, DateTimeOffset until) => Math.Max(0, (until - Moment(sinceTicks)).TotalSeconds);

    /// <summary>Reads the options that a job has now.</summary>
    public static JobOptions Options(JobManifest manifest) =>
        JsonSerializer.Deserialize<JobOptions>(manifest.ChangedOptionsJson ?? manifest.OptionsJson, OrleansWorkJson.Documents)
        ?? new JobOptions();
}
