using System.Text.Json;
using Orleans.Concurrency;
using OrleansWork.Protocol;

namespace OrleansWork.Engine.Placement;

/// <summary>Lists the jobs of the whole cluster.</summary>
internal interface IJobLister
{
    /// <summary>Lists jobs, newest first, as the document of a page of <see cref="JobSummary"/>.</summary>
    /// <param name="query">The document of a <see cref="JobQuery"/>.</param>
    Task<DocumentReply> ListJobsAsync(byte[] query);
}

/// <summary>Says what any silo knows of the whole cluster.</summary>
[StatelessWorker(1, removeIdleWorkers: false), Reentrant]
internal sealed class ClusterGrain(LoadTable table, IJobLister jobs) : Grain, IClusterGrain
{
    /// <inheritdoc/>
    public Task<byte[]> GetSilosAsync() => Task.FromResult(Write(ClusterDocuments.Silos(table.Snapshot())));

    /// <inheritdoc/>
    public Task<byte[]> GetKindsAsync() => Task.FromResult(Write(ClusterDocuments.Kinds(table.Snapshot())));

    /// <inheritdoc/>
    public Task<DocumentReply> ListJobsAsync(byte[] query) => jobs.ListJobsAsync(query);

    private static byte[] Write<T>(T document) => JsonSerializer.SerializeToUtf8Bytes(document, OrleansWorkJson.Documents);
}
