using System.Text;
using System.Text.Json;
using OrleansWork.Console.Commands;
using OrleansWork.Console.Connection;
using OrleansWork.Http;
using OrleansWork.Jobs;

namespace OrleansWork.Console.Tests;

/// <summary>A cluster in memory: it records what is submitted, and its jobs end as the test says.</summary>
internal sealed class FakeCluster : IComputeClient, IReportSource, IClusterConnector
{
    private readonly Dictionary<string, FakeJob> _jobs = new(StringComparer.Ordinal);

    public List<FakeJob> Submitted { get; } = [];

    public List<ConnectionSettings> Connections { get; } = [];

    public RequestException? ConnectFailure { get; set; }

    /// <summary>Watches what stands for the cluster; by default nothing does.</summary>
    public ClusterWatch? Watch { get; set; }

    /// <summary>What happens in the meantime when somebody connects.</summary>
    public Action OnConnect { get; set; } = () => { };

    public RequestException? SubmitFailure { get; set; }

    /// <summary>What becomes of a job when it is submitted; by default it succeeds with 42.</summary>
    public Action<FakeJob> OnSubmit { get; set; } = job => job.Succeed("42");

    public Page<JobSummary> Jobs { get; set; } = new([], null);

    /// <summary>Answers lists of jobs; by default with <see cref="Jobs"/>.</summary>
    public Func<JobQuery, Page<JobSummary>>? ListJobs { get; set; }

    public List<JobQuery> Queries { get; } = [];

    public JobQuery? LastQuery => Queries.LastOrDefault();

    public IReadOnlyList<SiloStatus> Silos { get; set; } = [];

    public IReadOnlyList<KindStatus> Kinds { get; } =
    [.. new[] { typeof(Primes), typeof(Sum), typeof(Pi), typeof(Synthetic), typeof(Exec) }.Select(Describe)];

    public Task<ClusterLink> ConnectAsync(ConnectionSettings settings, CancellationToken cancellationToken)
    {
        Connections.Add(settings);
        OnConnect();
        return ConnectFailure is null
            ? Task.FromResult(new ClusterLink(this, watch: Watch))
            : Task.FromException<ClusterLink>(ConnectFailure);
    }

    public FakeJob Add(string id)
    {
        FakeJob job = new(id, "primes", "{}");
        _jobs[id] = job;
        return job;
    }

    public async Task<JobHandle<TResult>> SubmitAsync<TInput, TResult>(
        JobKindRef<TInput, TResult> kind,
        TInput input,
        JobOptions? options = null,
        string? id = null,
        CancellationToken cancellationToken = default
    ) =>
        new(
            await SubmitAsync(
                kind.Name,
                JsonSerializer.SerializeToUtf8Bytes(input, OrleansWorkJson.Payloads),
                options,
                id,
                cancellationToken
            )
        );

    public Task<JobHandle> SubmitAsync(
        string kind,
        ReadOnlyMemory<byte> inputJson,
        JobOptions? options = null,
        string? id = null,
        CancellationToken cancellationToken = default
    )
    {
        if (SubmitFailure is not null)
            return Task.FromException<JobHandle>(SubmitFailure);
        FakeJob job = new(id ?? "generated", kind, Encoding.UTF8.GetString(inputJson.Span)) { Options = options ?? new JobOptions() };
        _jobs[job.Id] = job;
        Submitted.Add(job);
        OnSubmit(job);
        return Task.FromResult<JobHandle>(job);
    }

    public Task<JobCheck> CheckAsync<TInput, TResult>(
        JobKindRef<TInput, TResult> kind,
        TInput input,
        JobOptions? options = null,
        string? id = null,
        CancellationToken cancellationToken = default
    ) => throw new NotSupportedException();

    public Task<JobCheck> CheckAsync(
        string kind,
        ReadOnlyMemory<byte> inputJson,
        JobOptions? options = null,
        string? id = null,
        CancellationToken cancellationToken = default
    ) => throw new NotSupportedException();

    public JobHandle GetJob(string id) =>
        _jobs.TryGetValue(id, out FakeJob? job) ? job : throw new RequestRefusedException(ErrorReason.NotFound, $"There is no job {id}.");

    public Task<Page<JobSummary>> ListJobsAsync(JobQuery query, CancellationToken cancellationToken = default)
    {
        Queries.Add(query);
        return Task.FromResult(ListJobs?.Invoke(query) ?? Jobs);
    }

    public Task<IReadOnlyList<SiloStatus>> ListSilosAsync(CancellationToken cancellationToken = default) => Task.FromResult(Silos);

    public Task<IReadOnlyList<KindStatus>> ListKindsAsync(CancellationToken cancellationToken = default) => Task.FromResult(Kinds);

    public Task<SiloStatus> DrainSiloAsync(string silo, CancellationToken cancellationToken = default) => SetState(silo, "draining");

    public Task<SiloStatus> ProbeSiloAsync(string silo, CancellationToken cancellationToken = default) =>
        Silos.FirstOrDefault(status => status.Silo == silo) is { State: not "quarantined" }
            ? throw new RequestRefusedException(ErrorReason.Refused, $"Silo {silo} is not quarantined: there is nothing to probe.")
            : SetState(silo, "quarantined");

    public Task<SiloStatus> UndrainSiloAsync(string silo, CancellationToken cancellationToken = default) => SetState(silo, "active");

    /// <summary>Gets what reports were asked for, and what each is.</summary>
    public Dictionary<(string Id, string Format), byte[]> Reports { get; } = [];

    public Task<byte[]> ReadReportAsync(string id, string format, CancellationToken cancellationToken) =>
        Reports.TryGetValue((id, format), out byte[]? report)
            ? Task.FromResult(report)
            : Task.FromException<byte[]>(new RequestRefusedException(ErrorReason.NotFound, $"There is no job {id}."));

    private Task<SiloStatus> SetState(string silo, string state)
    {
        SiloStatus known =
            Silos.FirstOrDefault(status => status.Silo == silo)
            ?? throw new RequestRefusedException(ErrorReason.NotFound, $"There is no silo {silo}.");
        SiloStatus changed = known with { State = state };
        Silos = [.. Silos.Select(status => status == known ? changed : status)];
        return Task.FromResult(changed);
    }

    private static KindStatus Describe(Type type)
    {
        JobKindDescriptor kind = JobKindDescriptor.FromType(type);
        return new KindStatus(kind.Name, kind.Version, kind.Description, kind.InputSchema(), 3) { IsMap = kind.IsMap };
    }
}
