namespace OrleansWork;

/// <summary>The way into a cluster: submits jobs and finds them again. Safe for many threads.</summary>
/// <remarks>Every call is short and retried inside while that can help; a cancelled token ends the waiting, never the job.</remarks>
public interface IComputeClient
{
    /// <summary>Submits a job; returns once it is recorded durably.</summary>
    /// <param name="kind">The kind.</param>
    /// <param name="input">Its input.</param>
    /// <param name="options">How to run it, or null for the defaults.</param>
    /// <param name="id">An id of the caller's: the same id with the same job again returns the job there is.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="RequestException">The job was not accepted; <see cref="RequestException.Reason"/> says why.</exception>
    Task<JobHandle<TResult>> SubmitAsync<TInput, TResult>(
        JobKindRef<TInput, TResult> kind,
        TInput input,
        JobOptions? options = null,
        string? id = null,
        CancellationToken cancellationToken = default
    );

    /// <summary>Submits a job whose input is JSON; returns once it is recorded durably.</summary>
    /// <inheritdoc cref="SubmitAsync{TInput, TResult}"/>
    Task<JobHandle> SubmitAsync(
        string kind,
        ReadOnlyMemory<byte> inputJson,
        JobOptions? options = null,
        string? id = null,
        CancellationToken cancellationToken = default
    );

    /// <summary>Asks what a submission would lead to; refuses what would be refused, and records nothing.</summary>
    /// <param name="kind">The kind.</param>
    /// <param name="input">Its input.</param>
    /// <param name="options">How it would be run, or null for the defaults.</param>
    /// <param name="id">The id that it would have; null for a new one.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>What would come of it now: in a moment it may be another.</returns>
    /// <exception cref="RequestException">The job would not be accepted; <see cref="RequestException.Reason"/> says why.</exception>
    Task<JobCheck> CheckAsync<TInput, TResult>(
        JobKindRef<TInput, TResult> kind,
        TInput input,
        JobOptions? options = null,
        string? id = null,
        CancellationToken cancellationToken = default
    );

    /// <summary>Asks what the submission of a job would lead to whose input is JSON.</summary>
    /// <inheritdoc cref="CheckAsync{TInput, TResult}"/>
    Task<JobCheck> CheckAsync(
        string kind,
        ReadOnlyMemory<byte> inputJson,
        JobOptions? options = null,
        string? id = null,
        CancellationToken cancellationToken = default
    );

    /// <summary>Makes a handle to a job by its id; asks nothing of the cluster.</summary>
    /// <exception cref="RequestRefusedException">No job can have this id.</exception>
    JobHandle GetJob(string id);

    /// <summary>Makes a handle with a type to a job by its kind and id; asks nothing of the cluster.</summary>
    /// <remarks>Asked for its result, it refuses a job of another kind.</remarks>
    /// <exception cref="RequestRefusedException">No job can have this id.</exception>
    JobHandle<TResult> GetJob<TInput, TResult>(JobKindRef<TInput, TResult> kind, string id)
    {
        ArgumentNullException.ThrowIfNull(kind);
        return new(GetJob(id), kind.Name);
    }

    /// <summary>Lists jobs, newest first.</summary>
    Task<Page<JobSummary>> ListJobsAsync(JobQuery query, CancellationToken cancellationToken = default);

    /// <summary>Lists the silos with their load.</summary>
    Task<IReadOnlyList<SiloStatus>> ListSilosAsync(CancellationToken cancellationToken = default);

    /// <summary>Lists the job kinds that the cluster can run.</summary>
    Task<IReadOnlyList<KindStatus>> ListKindsAsync(CancellationToken cancellationToken = default);

    /// <summary>Makes a silo take no new leases; the units that run there finish. Repeating it changes nothing.</summary>
    /// <param name="silo">Its address; without the generation it is the silo that has the address now.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>The silo after that.</returns>
    /// <exception cref="RequestException">There is no such silo, or it did not answer.</exception>
    Task<SiloStatus> DrainSiloAsync(string silo, CancellationToken cancellationToken = default);

    /// <summary>Makes a silo that drains take leases again.</summary>
    /// <exception cref="RequestException">There is no such silo, it did not answer, or it is stopping.</exception>
    /// <inheritdoc cref="DrainSiloAsync"/>
    Task<SiloStatus> UndrainSiloAsync(string silo, CancellationToken cancellationToken = default);

    /// <summary>Has a quarantined silo get a lease now of each job that quarantined it, and not only when its time is up: what comes of these leases lets it
    /// back or keeps it out for longer.</summary>
    /// <param name="silo">Its address; without the generation it is the silo that has the address now.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>The silo when that was asked for: quarantined, until a lease of it has succeeded.</returns>
    /// <exception cref="RequestException">There is no such silo, it is not quarantined, or it drains.</exception>
    Task<SiloStatus> ProbeSiloAsync(string silo, CancellationToken cancellationToken = default);
}
