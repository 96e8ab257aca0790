namespace OrleansWork.Http;

/// <summary>A way into a cluster by which reports come: silos make them of their page.</summary>
internal interface IReportSource
{
    /// <summary>Reads the report of a job whole.</summary>
    /// <param name="id">The job's id.</param>
    /// <param name="format">The word of the format: <c>html</c> or <c>perfetto</c>.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="RequestException">There is no such job, the cluster refused, or it did not answer.</exception>
    Task<byte[]> ReadReportAsync(string id, string format, CancellationToken cancellationToken);
}
