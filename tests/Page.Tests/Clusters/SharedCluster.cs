using System.Runtime.Versioning;
using System.Text.Json;
using OrleansWork.PageTests.Browsing;
using OrleansWork.SystemTests.Processes;

namespace OrleansWork.PageTests.Clusters;

/// <summary>Two silos of two slots each, for all tests that leave silos alone.</summary>
[SupportedOSPlatform("linux")]
[CollectionDefinition(nameof(SharedCluster))]
public sealed class SharedCluster : IAsyncLifetime, ICollectionFixture<SharedCluster>
{
    private LocalCluster? _cluster;
    private HttpComputeClient? _client;

    /// <summary>Gets the cluster.</summary>
    internal ClusterFile File { get; private set; } = null!;

    /// <summary>Gets a way in for what is not done by the page.</summary>
    internal HttpComputeClient Client => _client!;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        if (Chromium.SkipReason is not null)
            return;
        _cluster = await LocalCluster.UpAsync(2, "--slots", "2", "--label", "1:zone=a", "--jobs", typeof(TextWork).Assembly.Location);
        File = _cluster.Description();
        _client = File.HttpClient();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        if (_cluster is not null)
            await _cluster.DisposeAsync();
    }

    /// <summary>Returns a view of the first silo's page, as the cluster's owner.</summary>
    internal Place At(string view = "/") => PlaceOf(File, 0, view);

    /// <summary>Submits a job.</summary>
    /// <returns>Its handle.</returns>
    internal Task<JobHandle> SubmitAsync(string kind, object input, JobOptions? options = null, string? id = null) =>
        SubmitAsync(Client, kind, input, options, id);

    /// <summary>Returns a view of a silo's page, as the cluster's owner.</summary>
    internal static Place PlaceOf(ClusterFile file, int silo, string view = "/") => new(new Uri(file.Silos[silo].Http!), file.Key, view);

    /// <summary>Submits a job by a client.</summary>
    internal static Task<JobHandle> SubmitAsync(
        IComputeClient client,
        string kind,
        object input,
        JobOptions? options = null,
        string? id = null
    ) => client.SubmitAsync(kind, JsonSerializer.SerializeToUtf8Bytes(input), options, id, TestContext.Current.CancellationToken);

    /// <summary>Waits until a job has ended.</summary>
    /// <returns>Its last status.</returns>
    internal static async Task<JobStatus> EndAsync(JobHandle job)
    {
        JobStatus? last = null;
        await foreach (JobStatus status in job.WatchAsync(TestContext.Current.CancellationToken))
            last = status;
        return last!;
    }
}
