using Orleans.Concurrency;
using OrleansWork.Protocol;

namespace OrleansWork.Engine.Cluster;

/// <summary>Lists the jobs of the whole cluster.</summary>
internal interface IJobLister
{
    /// <summary>Lists jobs, newest first, as the document of a page of <see cref="JobSummary"/>.</summary>
    /// <param name="query">The document of a <see cref="JobQuery"/>.</param>
    Task<DocumentReply> ListJobsAsync(byte[] query);

    /// <summary>Counts the cluster's jobs.</summary>
    Task<CatalogCounts> CountAsync();
}
