using System.Runtime.CompilerServices;

namespace OrleansWork;

/// <summary>The lists of <see cref="IComputeClient"/> as sequences.</summary>
public static class ComputeClientExtensions
{
    /// <summary>Goes through all jobs that match, newest first; asks for a page when the one before is taken.</summary>
    /// <remarks>Jobs that are submitted meanwhile are not among them.</remarks>
    /// <param name="client">The way into the cluster.</param>
    /// <param name="query">Which jobs; its <see cref="JobQuery.Limit"/> is the size of a page. Null for all.</param>
    /// <param name="onWarning">Told what of the list could not be read, a sentence each; or null.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="RequestException">The query is wrong, or no cluster was reached.</exception>
    public static async IAsyncEnumerable<JobSummary> EnumerateJobsAsync(
        this IComputeClient client,
        JobQuery? query = null,
        Action<string>? onWarning = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(client);
        query ??= new JobQuery();
        do
        {
            Page<JobSummary> page = await client.ListJobsAsync(query, cancellationToken);
            foreach (string warning in page.Warnings ?? [])
                onWarning?.Invoke(warning);
            foreach (JobSummary job in page.Items)
                yield return job;
            query = query with { Cursor = page.NextCursor };
        } while (query.Cursor is not null);
    }

    /// <summary>Goes through the silos with their load.</summary>
    /// <inheritdoc cref="IComputeClient.ListSilosAsync"/>
    public static async IAsyncEnumerable<SiloStatus> EnumerateSilosAsync(
        this IComputeClient client,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(client);
        foreach (SiloStatus silo in await client.ListSilosAsync(cancellationToken))
            yield return silo;
    }

    /// <summary>Goes through the job kinds that the cluster can run.</summary>
    /// <inheritdoc cref="IComputeClient.ListKindsAsync"/>
    public static async IAsyncEnumerable<KindStatus> EnumerateKindsAsync(
        this IComputeClient client,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(client);
        foreach (KindStatus kind in await client.ListKindsAsync(cancellationToken))
            yield return kind;
    }
}
