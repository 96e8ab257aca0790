using System.Diagnostics;
using System.Text.Json;
using OrleansWork.Protocol;

namespace OrleansWork;

/// <summary>The way into a cluster by the grains that every silo hosts.</summary>
internal sealed class ComputeClient : IComputeClient
{
    private readonly IGrainFactory _grains;
    private readonly ComputeClientOptions _options;
    private readonly TimeProvider _time;
    private readonly GrainCalls _jobCalls;
    private readonly GrainCalls _listCalls;

    public ComputeClient(IGrainFactory grains, ComputeClientOptions options, TimeProvider time)
    {
        _grains = grains;
        _options = options;
        _time = time;
        _jobCalls = new GrainCalls(options.RetryFor, options.RetryBusy, time);
        _listCalls = new GrainCalls(options.RetryListsFor, options.RetryBusy, time);
    }

    private IClusterGrain Cluster => _grains.GetGrain<IClusterGrain>(0);

    public async Task<JobHandle<TResult>> SubmitAsync<TInput, TResult>(
        JobKindRef<TInput, TResult> kind,
        TInput input,
        JobOptions? options = null,
        string? id = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(kind);
        byte[] json = Submissions.InputOf(input);
        return new JobHandle<TResult>(await SubmitAsync(kind.Name, json, options, id, cancellationToken));
    }

    public async Task<JobHandle> SubmitAsync(
        string kind,
        ReadOnlyMemory<byte> inputJson,
        JobOptions? options = null,
        string? id = null,
        CancellationToken cancellationToken = default
    )
    {
        JobHandle handle = GetJob(id ?? Submissions.NewId());
        await SubmitJobAsync(kind, inputJson, options, handle.Id, cancellationToken);
        return handle;
    }

    /// <summary>Submits a job whose input is JSON.</summary>
    /// <returns>Whether it was recorded now, and not there already; and the document of its <see cref="JobStatus"/>.</returns>
    /// <param name="kind">The kind.</param>
    /// <param name="inputJson">Its input.</param>
    /// <param name="options">How to run it, or null for the defaults.</param>
    /// <param name="id">Its id.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <param name="isRepeated">Whether it was sent before and nobody answered.</param>
    /// <exception cref="RequestException">The job was not accepted.</exception>
    internal async Task<(bool Created, byte[] Status)> SubmitJobAsync(
        string kind,
        ReadOnlyMemory<byte> inputJson,
        JobOptions? options,
        string id,
        CancellationToken cancellationToken,
        bool isRepeated = false
    )
    {
        SubmitRequest request = RequestOf(kind, inputJson, options, id) with
        {
            IsRepeated = isRepeated,
            TraceParent = Activity.Current is { Recorded: true, IdFormat: ActivityIdFormat.W3C } caller ? caller.Id : null,
        };
        IJobGrain grain = _grains.GetGrain<IJobGrain>(id);
        int silosLost = 0;
        return await _jobCalls.RunAsync(
            $"submission of job {id}",
            async () =>
            {
                SubmitReply reply;
                try
                {
                    reply = await grain.SubmitAsync(request);
                }
                catch (SiloUnavailableException) when (++silosLost == Submissions.SilosOneMayLose)
                {
                    throw Submissions.EndsProcesses(id, kind);
                }
                catch (Exception exception) when (exception is not RequestException)
                {
                    request = request with { IsRepeated = true };
                    throw;
                }

                return (reply.Created, GrainCalls.DocumentOrThrow(reply.Status, reply.Refusal));
            },
            cancellationToken
        );
    }

    public async Task<JobCheck> CheckAsync<TInput, TResult>(
        JobKindRef<TInput, TResult> kind,
        TInput input,
        JobOptions? options = null,
        string? id = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(kind);
        return await CheckAsync(kind.Name, Submissions.InputOf(input), options, id, cancellationToken);
    }

    public async Task<JobCheck> CheckAsync(
        string kind,
        ReadOnlyMemory<byte> inputJson,
        JobOptions? options = null,
        string? id = null,
        CancellationToken cancellationToken = default
    )
    {
        string of = id ?? Submissions.NewId();
        SubmitRequest request = RequestOf(kind, inputJson, options, of);
        IJobGrain grain = _grains.GetGrain<IJobGrain>(of);
        int silosLost = 0;
        byte[] document = await _jobCalls.RunAsync(
            $"check of a job of kind {kind}",
            async () =>
            {
                try
                {
                    DocumentReply reply = await grain.CheckAsync(request);
                    return GrainCalls.DocumentOrThrow(reply.Document, reply.Refusal);
                }
                catch (SiloUnavailableException) when (++silosLost == Submissions.SilosOneMayLose)
                {
                    throw Submissions.EndsProcesses(of, kind);
                }
            },
            cancellationToken
        );
        return Documents.Read<JobCheck>(document);
    }

    public JobHandle GetJob(string id) => Job(id);

    private static SubmitRequest RequestOf(string kind, ReadOnlyMemory<byte> inputJson, JobOptions? options, string id)
    {
        ArgumentException.ThrowIfNullOrEmpty(kind);
        options ??= new JobOptions();
        Submissions.Check(options, inputJson);
        Submissions.CheckId(id);
        return new SubmitRequest(kind, inputJson, JsonSerializer.SerializeToUtf8Bytes(options, OrleansWorkJson.Documents));
    }

    /// <inheritdoc cref="IComputeClient.GetJob(string)"/>
    internal GrainJobHandle Job(string id)
    {
        Submissions.CheckId(id);
        return new GrainJobHandle(id, _grains, _jobCalls, ListJobsAsync, _options, _time);
    }

    public async Task<Page<JobSummary>> ListJobsAsync(JobQuery query, CancellationToken cancellationToken = default)
    {
        byte[] document = JsonSerializer.SerializeToUtf8Bytes(query, OrleansWorkJson.Documents);
        byte[] page = await _listCalls.RunAsync(
            "list of jobs",
            async () =>
            {
                DocumentReply reply = await Cluster.ListJobsAsync(document);
                return GrainCalls.DocumentOrThrow(reply.Document, reply.Refusal);
            },
            cancellationToken
        );
        return Documents.Read<Page<JobSummary>>(page);
    }

    /// <summary>Counts the cluster's jobs.</summary>
    internal Task<CatalogCounts> CountJobsAsync(CancellationToken cancellationToken) =>
        _listCalls.RunAsync("count of jobs", () => Cluster.CountJobsAsync(), cancellationToken);

    public async Task<IReadOnlyList<SiloStatus>> ListSilosAsync(CancellationToken cancellationToken = default) =>
        Documents.Read<SiloStatus[]>(await _listCalls.RunAsync("list of silos", () => Cluster.GetSilosAsync(), cancellationToken));

    /// <summary>Lists what the silo that answers has seen happen to silos since it started, newest first.</summary>
    internal async Task<IReadOnlyList<SiloEvent>> ListSiloEventsAsync(CancellationToken cancellationToken) =>
        Documents.Read<SiloEvent[]>(
            await _listCalls.RunAsync("list of what happened to silos", () => Cluster.GetSiloEventsAsync(), cancellationToken)
        );

    public async Task<IReadOnlyList<KindStatus>> ListKindsAsync(CancellationToken cancellationToken = default) =>
        Documents.Read<KindStatus[]>(await _listCalls.RunAsync("list of kinds", () => Cluster.GetKindsAsync(), cancellationToken));

    public Task<SiloStatus> DrainSiloAsync(string silo, CancellationToken cancellationToken = default) =>
        AskSiloAsync("drain", silo, () => Cluster.DrainAsync(silo, drains: true), cancellationToken);

    public Task<SiloStatus> UndrainSiloAsync(string silo, CancellationToken cancellationToken = default) =>
        AskSiloAsync("undrain", silo, () => Cluster.DrainAsync(silo, drains: false), cancellationToken);

    public Task<SiloStatus> ProbeSiloAsync(string silo, CancellationToken cancellationToken = default) =>
        AskSiloAsync("probe", silo, () => Cluster.ProbeAsync(silo), cancellationToken);

    private async Task<SiloStatus> AskSiloAsync(
        string what,
        string silo,
        Func<Task<DocumentReply>> ask,
        CancellationToken cancellationToken
    )
    {
        ArgumentException.ThrowIfNullOrEmpty(silo);
        byte[] document = await _listCalls.RunAsync(
            $"{what} of silo {silo}",
            async () =>
            {
                DocumentReply reply = await ask();
                return GrainCalls.DocumentOrThrow(reply.Document, reply.Refusal);
            },
            cancellationToken
        );
        return Documents.Read<SiloStatus>(document);
    }
}
