using System.Collections.Immutable;
using Orleans.Concurrency;
using Orleans.Services;
using OrleansWork.Protocol.Security;

namespace OrleansWork.Protocol;

/// <summary>The coordinator of one job; the key is the job's id.</summary>
[Alias("ow.IJobGrain")]
internal interface IJobGrain : IGrainWithStringKey
{
    /// <summary>Records a job durably, or returns the one there is when it is the same.</summary>
    [Alias("Submit"), CallableBy(Caller.Client), ResponseTimeout("00:00:30")]
    Task<SubmitReply> SubmitAsync(SubmitRequest request);

    /// <summary>Refuses what a submission would be refused for, and says otherwise what would come of it, as the document of a <see cref="JobCheck"/>;
    /// records nothing.</summary>
    [Alias("Check"), CallableBy(Caller.Client), AlwaysInterleave, ResponseTimeout("00:00:10")]
    Task<DocumentReply> CheckAsync(SubmitRequest request);

    /// <summary>Gives a silo what it needs to run units of the job.</summary>
    [Alias("GetDescription"), CallableBy(Caller.Silo), AlwaysInterleave, ResponseTimeout("00:00:20")]
    Task<JobDescription?> GetDescriptionAsync(ulong incarnation);

    /// <summary>Takes reports that no call was waiting for.</summary>
    /// <returns>Whether they were taken; a silo sends them again until then.</returns>
    [Alias("Report"), CallableBy(Caller.Silo), AlwaysInterleave, ResponseTimeout("00:00:10")]
    Task<bool> ReportAsync(ReportBatch batch);

    /// <summary>Asks whether a silo may begin a lone canary that it has ready: before the answer, the record says that it runs there.</summary>
    /// <returns>Whether to run it; otherwise, and when nobody answers, the silo hands it back.</returns>
    [Alias("Begins"), CallableBy(Caller.Silo), AlwaysInterleave, ResponseTimeout("00:00:05")]
    Task<bool> BeginsAsync(BeginRequest request);

    /// <summary>Takes logs and progress of units.</summary>
    [Alias("Note"), CallableBy(Caller.Silo), AlwaysInterleave, OneWay]
    Task NoteAsync(UnitNotes notes);

    /// <summary>Starts or resumes the job if it is open.</summary>
    [Alias("EnsureRunning"), CallableBy(Caller.Silo), ResponseTimeout("00:00:30")]
    Task EnsureRunningAsync();

    /// <summary>Returns the status, at once or as soon as it differs from <paramref name="knownSequence"/>.</summary>
    /// <param name="knownSequence">The sequence the caller has, or -1 to be answered at once.</param>
    /// <param name="wait">How long to wait for a change; at most 5 s.</param>
    [Alias("GetStatus"), CallableBy(Caller.Client), AlwaysInterleave, ResponseTimeout("00:00:10")]
    Task<StatusReply> GetStatusAsync(long knownSequence, TimeSpan wait);

    /// <summary>Returns the job with its input and result, as the JSON document of <see cref="JobDetails"/>.</summary>
    [Alias("GetDetails"), CallableBy(Caller.Client), AlwaysInterleave, ResponseTimeout("00:00:10")]
    Task<DocumentReply> GetDetailsAsync();

    /// <summary>Returns a piece of the stored result, at most 1 MB.</summary>
    [Alias("GetResult"), CallableBy(Caller.Client), AlwaysInterleave, ResponseTimeout("00:00:10")]
    Task<ResultReply> GetResultAsync(long offset);

    /// <summary>Returns stored results of a map job from a cursor on, about 1 MB of them, at once or as soon as there are some.</summary>
    /// <param name="cursor">0, or what the last answer said.</param>
    /// <param name="inOrder">Whether in the order of the units; otherwise in the order in which they were stored.</param>
    /// <param name="wait">How long to wait for some; at most 5 s.</param>
    [Alias("GetUnitResults"), CallableBy(Caller.Client), AlwaysInterleave, ResponseTimeout("00:00:20")]
    Task<UnitResultsReply> GetUnitResultsAsync(long cursor, bool inOrder, TimeSpan wait);

    /// <summary>Cancels the job.</summary>
    [Alias("Cancel"), CallableBy(Caller.Client), ResponseTimeout("00:00:20")]
    Task<DocumentReply> CancelAsync(string? reason);

    /// <summary>Pauses the job.</summary>
    [Alias("Pause"), CallableBy(Caller.Client), ResponseTimeout("00:00:20")]
    Task<DocumentReply> PauseAsync();

    /// <summary>Resumes the job.</summary>
    [Alias("Resume"), CallableBy(Caller.Client), ResponseTimeout("00:00:20")]
    Task<DocumentReply> ResumeAsync();

    /// <summary>Changes options of the job that leases granted from then on follow.</summary>
    /// <param name="patch">The JSON document of a <see cref="JobOptionsChange"/>.</param>
    [Alias("ChangeOptions"), CallableBy(Caller.Client), ResponseTimeout("00:00:20")]
    Task<DocumentReply> ChangeOptionsAsync(byte[] patch);

    /// <summary>Runs the units again that failed for good.</summary>
    [Alias("Retry"), CallableBy(Caller.Client), ResponseTimeout("00:00:20")]
    Task<DocumentReply> RetryAsync();

    /// <summary>Deletes the record of an ended job with everything that belongs to it.</summary>
    /// <returns>The last status.</returns>
    [Alias("Forget"), CallableBy(Caller.Client), ResponseTimeout("00:00:30")]
    Task<DocumentReply> ForgetAsync();

    /// <summary>Returns what units logged after a line, at once or as soon as there is some.</summary>
    /// <param name="after">The number of the last line that the caller has, or 0.</param>
    /// <param name="unit">Only lines of this unit, or null.</param>
    /// <param name="wait">How long to wait for some; at most 5 s.</param>
    [Alias("GetLog"), CallableBy(Caller.Client), AlwaysInterleave, ResponseTimeout("00:00:20")]
    Task<LogReply> GetLogAsync(long after, long? unit, TimeSpan wait);

    /// <summary>Says why the job, a unit or a lease ran where and when it did, and what it waits for, as the document of a
    /// <see cref="JobExplanation"/>.</summary>
    /// <param name="unit">The unit, or null.</param>
    /// <param name="lease">The number of the lease, or null.</param>
    [Alias("Explain"), CallableBy(Caller.Client), AlwaysInterleave, ResponseTimeout("00:00:10")]
    Task<DocumentReply> ExplainAsync(long? unit, long? lease);

    /// <summary>Lists the attempts at a unit, as the document of <see cref="UnitAttempts"/>.</summary>
    [Alias("GetAttempts"), CallableBy(Caller.Client), AlwaysInterleave, ResponseTimeout("00:00:10")]
    Task<DocumentReply> GetAttemptsAsync(long unit);

    /// <summary>Lists leases of the job, as the document of <see cref="JobLeases"/>.</summary>
    /// <param name="query">The document of a <see cref="LeaseQuery"/>.</param>
    [Alias("GetLeases"), CallableBy(Caller.Client), AlwaysInterleave, ResponseTimeout("00:00:10")]
    Task<DocumentReply> GetLeasesAsync(byte[] query);

    /// <summary>Tells how the job's leases changed over time, as the document of <see cref="JobLeaseHistory"/>.</summary>
    /// <param name="stepSeconds">How long a point is to stand for.</param>
    [Alias("GetLeaseHistory"), CallableBy(Caller.Client), AlwaysInterleave, ResponseTimeout("00:00:10")]
    Task<DocumentReply> GetLeaseHistoryAsync(double stepSeconds);

    /// <summary>Tells what silos did for the job over time, as the document of <see cref="JobLeaseBands"/>.</summary>
    /// <param name="from">The earliest moment of interest, or null.</param>
    /// <param name="to">The latest, or null.</param>
    /// <param name="columns">How many columns there are to be at most, 1 to 1,200.</param>
    [Alias("GetLeaseBands"), CallableBy(Caller.Client), AlwaysInterleave, ResponseTimeout("00:00:10")]
    Task<DocumentReply> GetLeaseBandsAsync(DateTimeOffset? from, DateTimeOffset? to, int columns);
}

/// <summary>A route to the compute pool of one silo; the key is <c>silo/number</c> and pins it there.</summary>
[Alias("ow.IWorkerGrain"), CallableBy(Caller.Silo)]
internal interface IWorkerGrain : IGrainWithStringKey
{
    /// <summary>Runs leases and reports on them; answers within the queue wait and the budget, detached if one runs on.</summary>
    [Alias("Run"), ResponseTimeout("00:01:30")]
    ValueTask<ReportBatch> RunAsync(LeaseBatch batch);

    /// <summary>Commands leases that the silo holds.</summary>
    [Alias("Control"), ResponseTimeout("00:00:10")]
    ValueTask ControlAsync(ControlRequest request);

    /// <summary>Fences older epochs and takes over what the silo holds for the job: its reports come by calls from now on.</summary>
    /// <returns>The leases held.</returns>
    [Alias("Adopt"), ResponseTimeout("00:00:10")]
    ValueTask<ImmutableArray<HeldLease>> AdoptAsync(AdoptRequest request);

    /// <summary>Keeps the silo clear of other jobs for a lone canary, for a few seconds from now or from its last lone canary.</summary>
    /// <returns>Whether it is clear; if not, it takes nothing of other jobs meanwhile, so that asking again helps.</returns>
    [Alias("Clear"), ResponseTimeout("00:00:10")]
    ValueTask<bool> ClearAsync(ClearRequest request);

    /// <summary>Answers with nothing: the cheapest call there is, for measuring the floor.</summary>
    [Alias("Ping")]
    ValueTask<ReportBatch> EchoAsync(LeaseBatch batch);

    /// <summary>Makes the silo take no new leases, or take them again.</summary>
    /// <returns>The silo's load after that; it still drains when it is stopping.</returns>
    [Alias("Drain"), ResponseTimeout("00:00:10")]
    ValueTask<SiloLoad> DrainAsync(bool drains);
}

/// <summary>A worker that runs leases once, on a silo that Orleans chose, and is deactivated; the key is the lease's.</summary>
[Alias("ow.ISpawnedWorkerGrain"), CallableBy(Caller.Silo)]
internal interface ISpawnedWorkerGrain : IGrainWithStringKey
{
    /// <summary>Runs leases and reports on them; answers within the queue wait and the budget, detached if one runs on.</summary>
    [Alias("Run"), ResponseTimeout("00:01:30")]
    ValueTask<ReportBatch> RunAsync(LeaseBatch batch);
}

/// <summary>A new coordinator's word to a silo.</summary>
[GenerateSerializer, Immutable, Alias("ow.AdoptRequest")]
internal sealed record AdoptRequest(
    [property: Id(0)] string JobId,
    [property: Id(1)] ulong Incarnation,
    [property: Id(2)] int Epoch,
    [property: Id(3)] SiloAddress Coordinator
);

/// <summary>A coordinator is about to store that a lone canary runs on a silo.</summary>
[GenerateSerializer, Immutable, Alias("ow.ClearRequest")]
internal sealed record ClearRequest([property: Id(0)] string JobId, [property: Id(1)] ulong Incarnation, [property: Id(2)] int Epoch);

/// <summary>What every silo says to others, and hears.</summary>
[Alias("ow.IHeartbeatService"), CallableBy(Caller.Silo)]
internal interface IHeartbeatService : IGrainService
{
    /// <summary>Takes a heartbeat.</summary>
    [Alias("Beat")]
    Task<HeartbeatReply> BeatAsync(Heartbeat heartbeat);

    /// <summary>Returns whether a silo's port refuses connections from this silo: its process is gone.</summary>
    [Alias("Refuses")]
    Task<bool> RefusesAsync(SiloAddress suspect);

    /// <summary>Has the jobs that this silo coordinates, and that have quarantined a silo, give it one lease now.</summary>
    /// <returns>How many they are.</returns>
    [Alias("Probe"), ResponseTimeout("00:00:05")]
    Task<int> ProbeAsync(SiloAddress silo);
}

/// <summary>What any silo can say about the whole cluster; a stateless worker, so the nearest silo answers.</summary>
[Alias("ow.IClusterGrain"), CallableBy(Caller.Client)]
internal interface IClusterGrain : IGrainWithIntegerKey
{
    /// <summary>Lists the silos, as a JSON array of <see cref="SiloStatus"/>.</summary>
    [Alias("GetSilos"), ResponseTimeout("00:00:10")]
    Task<byte[]> GetSilosAsync();

    /// <summary>Lists what the silo that answers has seen happen to silos, newest first, as a JSON array of <see cref="SiloEvent"/>.</summary>
    [Alias("GetSiloEvents"), ResponseTimeout("00:00:10")]
    Task<byte[]> GetSiloEventsAsync();

    /// <summary>Lists the kinds, as a JSON array of <see cref="KindStatus"/>.</summary>
    [Alias("GetKinds"), ResponseTimeout("00:00:10")]
    Task<byte[]> GetKindsAsync();

    /// <summary>Lists jobs, as the JSON document of a page of <see cref="JobSummary"/>.</summary>
    /// <param name="query">The JSON document of a <see cref="JobQuery"/>.</param>
    [Alias("ListJobs"), ResponseTimeout("00:00:10")]
    Task<DocumentReply> ListJobsAsync(byte[] query);

    /// <summary>Counts the cluster's jobs.</summary>
    [Alias("CountJobs"), ResponseTimeout("00:00:10")]
    Task<CatalogCounts> CountJobsAsync();

    /// <summary>Makes a silo take no new leases, or take them again; returns the document of its <see cref="SiloStatus"/>.</summary>
    /// <param name="silo">Its address, with or without the generation.</param>
    /// <param name="drains">Whether it is to drain.</param>
    [Alias("Drain"), ResponseTimeout("00:00:15")]
    Task<DocumentReply> DrainAsync(string silo, bool drains);

    /// <summary>Has a quarantined silo get a lease now, of each job that quarantined it; returns the document of its <see cref="SiloStatus"/>.</summary>
    /// <param name="silo">Its address, with or without the generation.</param>
    [Alias("Probe"), ResponseTimeout("00:00:15")]
    Task<DocumentReply> ProbeAsync(string silo);
}

/// <summary>One of the shards of the job catalogue; the key is its number.</summary>
[Alias("ow.ICatalogShardGrain"), CallableBy(Caller.Silo)]
internal interface ICatalogShardGrain : IGrainWithIntegerKey
{
    /// <summary>Records durably that the job is open.</summary>
    [Alias("Open"), ResponseTimeout("00:00:20")]
    Task<OpenReply> OpenAsync(CatalogEntry entry);

    /// <summary>Says that the manifest of an opened job is stored; the shard starts it when there is a place.</summary>
    [Alias("Recorded"), ResponseTimeout("00:00:20")]
    Task<bool> RecordedAsync(string jobId);

    /// <summary>Records that the job has ended, within a second or so.</summary>
    [Alias("Close"), ResponseTimeout("00:00:20")]
    Task CloseAsync(CatalogEntry entry);

    /// <summary>Takes the priority that an open job has now: one that waits for a place waits for it as if it had been submitted so.</summary>
    /// <param name="jobId">The job; one that is not open is no error.</param>
    /// <param name="priority">0 to 9.</param>
    [Alias("Prioritize"), ResponseTimeout("00:00:20")]
    Task PrioritizeAsync(string jobId, int priority);

    /// <summary>Starts a running job's coordinator again, which stopped without its silo being gone.</summary>
    [Alias("StartAgain"), ResponseTimeout("00:00:20")]
    Task StartAgainAsync(string jobId);

    /// <summary>Ends a job in the catalogue whose stored record nobody can read any more.</summary>
    [Alias("CloseCorrupt"), ResponseTimeout("00:00:20")]
    Task CloseCorruptAsync(string jobId, string why);

    /// <summary>Lists entries, newest first.</summary>
    [Alias("List"), ResponseTimeout("00:00:10")]
    Task<ImmutableArray<CatalogEntry>> ListAsync(CatalogQuery query);

    /// <summary>Counts the shard's jobs.</summary>
    [Alias("Count"), ResponseTimeout("00:00:10")]
    Task<CatalogCounts> CountAsync();

    /// <summary>Says where a job waits for its turn.</summary>
    /// <returns>Null when it does not wait.</returns>
    [Alias("FindPlace"), AlwaysInterleave, ResponseTimeout("00:00:05")]
    Task<QueuePlace?> FindPlaceAsync(string jobId);

    /// <summary>Forgets a job durably; one that is not there is no error.</summary>
    /// <param name="jobId">The job.</param>
    /// <param name="incarnation">Which life of that id.</param>
    /// <param name="submittedTicks">When it was submitted, in UTC ticks.</param>
    [Alias("Remove"), ResponseTimeout("00:00:20")]
    Task RemoveAsync(string jobId, ulong incarnation, long submittedTicks);

    /// <summary>Looks for open jobs that no coordinator runs, and starts them.</summary>
    [Alias("Scan"), ResponseTimeout("00:00:30")]
    Task ScanAsync();
}
