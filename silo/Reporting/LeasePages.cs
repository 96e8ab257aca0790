using System.Runtime.CompilerServices;

namespace OrleansWork.Silo.Reporting;

/// <summary>The leases of a job that are kept, page by page, the newest first.</summary>
internal static class LeasePages
{
    /// <summary>How many leases a page has at most.</summary>
    public const int Size = 10_000;

    /// <summary>Reads the first page.</summary>
    /// <exception cref="RequestException">There is no such job, or the cluster does not answer.</exception>
    public static Task<JobLeases> FirstAsync(JobHandle job, CancellationToken cancellationToken) =>
        ReadAsync(job, null, Size, cancellationToken);

    /// <summary>Reads the pages after one.</summary>
    public static async IAsyncEnumerable<JobLeases> AfterAsync(
        JobHandle job,
        JobLeases page,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        while (page.NextCursor is { } cursor)
        {
            page = await ReadAsync(job, cursor, Size, cancellationToken);
            yield return page;
        }
    }

    /// <summary>Reads a page.</summary>
    /// <param name="job">The job.</param>
    /// <param name="cursor">What the page before it said; null for the first.</param>
    /// <param name="limit">How many leases it has at most.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static Task<JobLeases> ReadAsync(JobHandle job, string? cursor, int limit, CancellationToken cancellationToken) =>
        job.GetLeasesAsync(new LeaseQuery(Limit: limit, Cursor: cursor), cancellationToken);
}
