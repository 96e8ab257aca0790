using System.Text.Json;
using OrleansWork.Engine.Storage;
using OrleansWork.Protocol;
using OrleansWork.Scheduling.Coordination;

namespace OrleansWork.Engine.Coordination;

/// <summary>Turns what a coordinator knows into the documents that users see.</summary>
internal static class JobDocuments
{
    /// <summary>Makes the status of a job from its manifest, with live numbers where a machine runs.</summary>
    public static JobStatus Status(JobManifest manifest, JobOptions options, JobMachine? machine, CoordinatorView view)
    {
        JobSnapshotView live = machine is null ? JobSnapshotView.Of(manifest) : JobSnapshotView.Of(machine);
        bool terminal = manifest.IsTerminal;
        DateTimeOffset submitted = new(manifest.SubmittedTicks, TimeSpan.Zero);
        DateTimeOffset? finished = manifest.FinishedTicks == 0 ? null : new DateTimeOffset(manifest.FinishedTicks, TimeSpan.Zero);
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
            Error = manifest.ErrorJson is null ? null : JsonSerializer.Deserialize<JobError>(manifest.ErrorJson, OrleansWorkJson.Documents),
            Units = new UnitCounts(total, live.Done, live.Failures.Count(failure => failure.ForGood), live.Wasted),
            Leases = live.Leases,
            Attempts = live.Attempts,
            SubmittedAt = submitted,
            StartedAt = manifest.StartedTicks == 0 ? null : new DateTimeOffset(manifest.StartedTicks, TimeSpan.Zero),
            FinishedAt = finished,
            ElapsedSeconds = Math.Max(0, ((finished ?? view.Now) - submitted).TotalSeconds),
            EtaSeconds = terminal ? null : view.Eta,
            Coordinator = terminal ? null : view.Coordinator,
            Waiting = terminal ? null : view.Waiting,
            Warnings =
                view.Warning is { } warning ? [warning]
                : manifest.Warnings.IsDefaultOrEmpty ? []
                : manifest.Warnings,
            Failures = live.Failures,
            Silos = live.Shares,
        };
    }

    /// <summary>Writes a document.</summary>
    public static byte[] Write<T>(T document) => JsonSerializer.SerializeToUtf8Bytes(document, OrleansWorkJson.Documents);

    /// <summary>Makes the entry of an ended job in the catalogue.</summary>
    public static CatalogEntry ClosedEntry(JobManifest manifest, JobStatus status) =>
        OpenEntry(manifest) with
        {
            Summary = Write(
                new JobSummary(
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
            ),
        };

    /// <summary>Makes the entry of a job in the catalogue whose record cannot be read: all that is known of it is what the catalogue knows.</summary>
    public static CatalogEntry CorruptEntry(CatalogEntry open, string why, DateTimeOffset now)
    {
        DateTimeOffset submitted = new(open.SubmittedTicks, TimeSpan.Zero);
        JobError error = new("CorruptRecord", $"Job {open.JobId} failed: {why}", null, null);
        return open with
        {
            Summary = Write(
                new JobSummary(
                    open.JobId,
                    open.Kind,
                    open.Version,
                    JobState.Failed,
                    new UnitCounts(null, 0, 0, 0),
                    submitted,
                    now,
                    Math.Max(0, (now - submitted).TotalSeconds),
                    error
                )
            ),
        };
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

    /// <summary>Reads the options of a job.</summary>
    public static JobOptions Options(JobManifest manifest) =>
        JsonSerializer.Deserialize<JobOptions>(manifest.OptionsJson, OrleansWorkJson.Documents) ?? new JobOptions();
}

/// <summary>What only the coordinator's grain knows of a job.</summary>
internal readonly record struct CoordinatorView(
    JobState State,
    DateTimeOffset Now,
    string? Coordinator,
    string? Waiting,
    EtaInterval? Eta,
    string? Warning
);

/// <summary>The numbers of a job, live or stored.</summary>
internal sealed record JobSnapshotView(
    long UnitCount,
    long Done,
    long Wasted,
    long Leases,
    long Attempts,
    IReadOnlyList<UnitFailure> Failures,
    IReadOnlyList<SiloShare> Shares
)
{
    public static JobSnapshotView Of(JobMachine machine) =>
        new(
            machine.UnitCount,
            machine.DoneUnits,
            machine.Counters.Wasted,
            machine.Counters.Leases,
            machine.Counters.Attempts,
            [
                .. machine
                    .Failures.OrderBy(f => f.Unit)
                    .Take(1000)
                    .Select(f => new UnitFailure(f.Unit, f.Attempts, f.Type, f.Message, f.Silo) { ForGood = f.ForGood }),
            ],
            [.. machine.Shares().Select(s => new SiloShare(s.Silo, s.Units, s.Leases, Math.Round(s.BusySeconds, 6)))]
        );

    public static JobSnapshotView Of(JobManifest manifest)
    {
        long done = 0;
        for (int i = 0; i + 1 < manifest.Committed.Length; i += 2)
            done += manifest.Committed[i + 1] - manifest.Committed[i];
        return new(
            manifest.UnitCount,
            done,
            manifest.Wasted,
            manifest.Leases,
            manifest.Attempts,
            [
                .. manifest
                    .Failures.OrderBy(f => f.Unit)
                    .Take(1000)
                    .Select(f => new UnitFailure(f.Unit, f.Attempts, f.Type, f.Message, f.Silo) { ForGood = f.ForGood }),
            ],
            [.. manifest.Shares.Select(s => new SiloShare(s.Silo, s.Units, s.Leases, Math.Round(s.BusySeconds, 6)))]
        );
    }
}
