using System.Text.Json;

namespace OrleansWork.Client.Tests;

/// <summary>Lists as sequences.</summary>
public sealed class ComputeClientExtensionsTests
{
    [Fact]
    public async Task EnumerateJobs_GoesThroughAllPages_AndTellsWarnings()
    {
        Dictionary<string, Page<JobSummary>> pages = new(StringComparer.Ordinal)
        {
            [""] = new([Summary("c"), Summary("b")], "2") { Warnings = ["Shard 7 cannot be read."] },
            ["2"] = new([], "3"),
            ["3"] = new([Summary("a")], null),
        };
        List<JobQuery> asked = [];
        ListedClient client = new(query =>
        {
            asked.Add(query);
            return pages[query.Cursor ?? ""];
        });
        List<string> warnings = [];

        List<string> ids = [];
        await foreach (JobSummary job in client.EnumerateJobsAsync(new JobQuery(Kind: "pi", Limit: 2), warnings.Add))
            ids.Add(job.Id);

        Assert.Equal(["c", "b", "a"], ids);
        Assert.Equal(["Shard 7 cannot be read."], warnings);
        Assert.All(asked, query => Assert.Equal(("pi", 2), (query.Kind, query.Limit)));
        Assert.Equal([null, "2", "3"], asked.Select(query => query.Cursor));
        Assert.Equal(["s1"], await client.EnumerateSilosAsync().Select(silo => silo.Silo).ToListAsync());
        Assert.Equal(["k1"], await client.EnumerateKindsAsync().Select(kind => kind.Kind).ToListAsync());
    }

    private static JobSummary Summary(string id) =>
        new(id, "pi", 1, JobState.Running, new UnitCounts(1, 0, 0, 0), DateTimeOffset.UnixEpoch, null, 0, null);

    /// <summary>A client that has lists and nothing else.</summary>
    private sealed class ListedClient(Func<JobQuery, Page<JobSummary>> jobs) : IComputeClient
    {
        public Task<Page<JobSummary>> ListJobsAsync(JobQuery query, CancellationToken cancellationToken = default) =>
            Task.FromResult(jobs(query));

        public Task<IReadOnlyList<SiloStatus>> ListSilosAsync(CancellationToken cancellationToken = default) =>
            Task.FromResult<IReadOnlyList<SiloStatus>>([
                new("s1", "active", 1, 0, 0, 0, 0, 0, 0, 0, new Dictionary<string, string>(StringComparer.Ordinal), []),
            ]);

        public Task<IReadOnlyList<KindStatus>> ListKindsAsync(CancellationToken cancellationToken = default) =>
            Task.FromResult<IReadOnlyList<KindStatus>>([new("k1", 1, "", JsonSerializer.SerializeToElement(true), 1)]);

        public Task<JobHandle<TResult>> SubmitAsync<TInput, TResult>(
            JobKindRef<TInput, TResult> kind,
            TInput input,
            JobOptions? options = null,
            string? id = null,
            CancellationToken cancellationToken = default
        ) => throw new NotSupportedException();

        public Task<JobHandle> SubmitAsync(
            string kind,
            ReadOnlyMemory<byte> inputJson,
            JobOptions? options = null,
            string? id = null,
            CancellationToken cancellationToken = default
        ) => throw new NotSupportedException();

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

        public JobHandle GetJob(string id) => throw new NotSupportedException();

        public Task<SiloStatus> DrainSiloAsync(string silo, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public Task<SiloStatus> ProbeSiloAsync(string silo, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public Task<SiloStatus> UndrainSiloAsync(string silo, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();
    }
}
