using System.Runtime.CompilerServices;
using System.Text.Json;

namespace OrleansWork;

/// <summary>A job in a cluster; survives the death of silos.</summary>
public abstract class JobHandle
{
    /// <summary>Makes a handle to the job with this id.</summary>
    protected JobHandle(string id) => Id = id;

    /// <summary>Gets the job's id.</summary>
    public string Id { get; }

    /// <summary>Asks where the job stands.</summary>
    /// <exception cref="RequestException">There is no such job, or no cluster was reached.</exception>
    public abstract Task<JobStatus> GetStatusAsync(CancellationToken cancellationToken = default);

    /// <summary>Asks for the job with its input and result.</summary>
    public abstract Task<JobDetails> GetDetailsAsync(CancellationToken cancellationToken = default);

    /// <summary>Follows the job: the status now and at each change, the terminal one last.</summary>
    public abstract IAsyncEnumerable<JobStatus> WatchAsync(CancellationToken cancellationToken = default);

    /// <summary>Waits for the end of the job and returns its result as it is stored.</summary>
    /// <exception cref="JobEndedException">The job failed or was canceled.</exception>
    public Task<JobResult> ResultAsync(CancellationToken cancellationToken = default) => ResultCoreAsync(cancellationToken);

    /// <summary>Waits for the end of the job and opens its result, to be taken piece by piece: what is too large for memory is not held in it.</summary>
    /// <exception cref="JobEndedException">The job failed or was canceled.</exception>
    public virtual async Task<JobResultStream> OpenResultAsync(CancellationToken cancellationToken = default)
    {
        JobResult result = await ResultAsync(cancellationToken);
        return new JobResultStream(result.MediaType, result.Status, new ReadOnlyMemory<byte>[] { result.Content }.ToAsyncEnumerable());
    }

    /// <summary>Reads the results of a map job as they are stored, also while it runs; each once, whatever becomes of its silos.</summary>
    /// <remarks>Only what the caller takes is fetched, about 1 MB ahead; several may read at once.</remarks>
    /// <param name="inOrder">Whether to wait for the order of the items; otherwise in the order in which they were stored.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="RequestException">The job is of a kind that combines its units.</exception>
    /// <exception cref="JobEndedException">The job failed or was canceled; thrown after all results that are stored.</exception>
    public IAsyncEnumerable<UnitResult> UnitResultsAsync(bool inOrder = true, CancellationToken cancellationToken = default) =>
        UnitResultsCoreAsync(inOrder, cancellationToken);

    /// <summary>Ends the job; its running units are told to stop. Repeating it changes nothing.</summary>
    public abstract Task<JobStatus> CancelAsync(string? reason = null, CancellationToken cancellationToken = default);

    /// <summary>Hands running ranges back at the next unit and grants no more, until <see cref="ResumeAsync"/>.</summary>
    public abstract Task<JobStatus> PauseAsync(CancellationToken cancellationToken = default);

    /// <summary>Goes on with a paused job.</summary>
    public abstract Task<JobStatus> ResumeAsync(CancellationToken cancellationToken = default);

    /// <summary>Changes options of a job that has not ended. Leases granted from then on follow them; what runs is not disturbed.</summary>
    /// <remarks>The change is stored before this returns: a coordinator that comes after goes on with it. One that changes nothing is no error.</remarks>
    /// <param name="change">What to change; what is not set there stays as it is.</param>
    /// <param name="cancellationToken">Ends the waiting, not the change.</param>
    /// <returns>Where the job stands, with its options as they are now.</returns>
    /// <exception cref="RequestException">There is no such job, it has ended, or a value is out of range; then nothing is changed.</exception>
    public abstract Task<JobStatus> ChangeOptionsAsync(JobOptionsChange change, CancellationToken cancellationToken = default);

    /// <summary>Runs the units again that failed for good, and only those; what is done stays done.</summary>
    /// <exception cref="RequestException">There is nothing that running again could change; the message says why.</exception>
    public abstract Task<JobStatus> RetryAsync(CancellationToken cancellationToken = default);

    /// <summary>Deletes an ended job with its input, result and log; its id is free again.</summary>
    /// <exception cref="RequestException">There is no such job, or it has not ended.</exception>
    public abstract Task ForgetAsync(CancellationToken cancellationToken = default);

    /// <summary>Reads what units said by <see cref="UnitContext.Logger"/> and <see cref="UnitContext.Progress"/>, oldest first.</summary>
    /// <remarks>The last 200 lines of a job are kept, at most 256 Ki characters; of a unit's progress only the newest.</remarks>
    /// <param name="unit">Only of this unit, or null.</param>
    /// <param name="follow">Whether to go on with what is said from now on, until the job has ended.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public abstract IAsyncEnumerable<UnitLogLine> LogAsync(
        long? unit = null,
        bool follow = false,
        CancellationToken cancellationToken = default
    );

    /// <summary>Asks why the job, one of its units or one of its leases ran where and when it did, and what it waits for.</summary>
    /// <param name="unit">The unit, from 0; null for the whole job.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="RequestException">There is no such job or unit, or no cluster was reached.</exception>
    public Task<JobExplanation> ExplainAsync(long? unit = null, CancellationToken cancellationToken = default) =>
        ExplainCoreAsync(unit, lease: null, cancellationToken);

    /// <summary>Asks the same of a lease by its number.</summary>
    /// <exception cref="RequestException">There is no such job, or no cluster was reached.</exception>
    public Task<JobExplanation> ExplainLeaseAsync(long lease, CancellationToken cancellationToken = default) =>
        ExplainCoreAsync(unit: null, lease, cancellationToken);

    /// <summary>Lists the attempts at a unit: where and when each ran, what it failed with, and what came of it.</summary>
    /// <param name="unit">The unit, from 0.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="RequestException">There is no such job or unit, or no cluster was reached.</exception>
    public abstract Task<UnitAttempts> GetAttemptsAsync(long unit, CancellationToken cancellationToken = default);

    /// <summary>Lists leases of the job, as a task stream draws them.</summary>
    /// <exception cref="RequestException">There is no such job, or no cluster was reached.</exception>
    public abstract Task<JobLeases> GetLeasesAsync(LeaseQuery query, CancellationToken cancellationToken = default);

    /// <summary>Does <see cref="ExplainAsync"/> and <see cref="ExplainLeaseAsync"/>.</summary>
    protected internal abstract Task<JobExplanation> ExplainCoreAsync(long? unit, long? lease, CancellationToken cancellationToken);

    /// <summary>Does <see cref="ResultAsync"/>, which a handle with a type hides.</summary>
    protected internal abstract Task<JobResult> ResultCoreAsync(CancellationToken cancellationToken);

    /// <summary>Does <see cref="UnitResultsAsync"/>, which a handle with a type hides.</summary>
    protected internal abstract IAsyncEnumerable<UnitResult> UnitResultsCoreAsync(bool inOrder, CancellationToken cancellationToken);
}

/// <summary>A job in a cluster whose result has a type.</summary>
/// <param name="job">The handle it goes through.</param>
/// <param name="kind">The kind that the job must be of for its results to have the type, where that is not known yet; or null.</param>
public sealed class JobHandle<TResult>(JobHandle job, string? kind = null) : JobHandle(job.Id)
{
    /// <summary>Waits for the end of the job and returns its result; for a map job use <see cref="UnitResultsAsync"/>.</summary>
    /// <exception cref="JobEndedException">The job failed or was canceled.</exception>
    /// <exception cref="RequestRefusedException">The job is of another kind, or a map job.</exception>
    public new async Task<TResult> ResultAsync(CancellationToken cancellationToken = default)
    {
        await CheckAsync(cancellationToken);
        JobResult result = await ResultCoreAsync(cancellationToken);
        if (result.IsOfUnits)
        {
            throw new RequestRefusedException(
                ErrorReason.Refused,
                $"Job {Id} is of map kind {result.Status.Kind}, which keeps a result of each item and has none of all: read them by UnitResultsAsync."
            );
        }

        return result.Content is TResult raw
            ? raw
            : JsonSerializer.Deserialize<TResult>(result.Content, OrleansWorkJson.Payloads)
                ?? throw new RequestRefusedException(ErrorReason.Refused, $"The result of job {Id} is null.");
    }

    /// <summary>Reads the results of a map job, whose items come to a <typeparamref name="TResult"/> each.</summary>
    /// <exception cref="RequestRefusedException">The job is of another kind.</exception>
    /// <inheritdoc cref="JobHandle.UnitResultsAsync"/>
    public new async IAsyncEnumerable<UnitResult<TResult>> UnitResultsAsync(
        bool inOrder = true,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        await CheckAsync(cancellationToken);
        await foreach (UnitResult result in UnitResultsCoreAsync(inOrder, cancellationToken))
            yield return result.As<TResult>();
    }

    /// <inheritdoc/>
    public override Task<JobStatus> GetStatusAsync(CancellationToken cancellationToken = default) => job.GetStatusAsync(cancellationToken);

    /// <inheritdoc/>
    public override Task<JobDetails> GetDetailsAsync(CancellationToken cancellationToken = default) =>
        job.GetDetailsAsync(cancellationToken);

    /// <inheritdoc/>
    public override IAsyncEnumerable<JobStatus> WatchAsync(CancellationToken cancellationToken = default) =>
        job.WatchAsync(cancellationToken);

    /// <inheritdoc/>
    public override async Task<JobResultStream> OpenResultAsync(CancellationToken cancellationToken = default)
    {
        await CheckAsync(cancellationToken);
        return await job.OpenResultAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public override Task<JobStatus> CancelAsync(string? reason = null, CancellationToken cancellationToken = default) =>
        job.CancelAsync(reason, cancellationToken);

    /// <inheritdoc/>
    public override Task<JobStatus> PauseAsync(CancellationToken cancellationToken = default) => job.PauseAsync(cancellationToken);

    /// <inheritdoc/>
    public override Task<JobStatus> ResumeAsync(CancellationToken cancellationToken = default) => job.ResumeAsync(cancellationToken);

    /// <inheritdoc/>
    public override Task<JobStatus> ChangeOptionsAsync(JobOptionsChange change, CancellationToken cancellationToken = default) =>
        job.ChangeOptionsAsync(change, cancellationToken);

    /// <inheritdoc/>
    public override Task<JobStatus> RetryAsync(CancellationToken cancellationToken = default) => job.RetryAsync(cancellationToken);

    /// <inheritdoc/>
    public override Task ForgetAsync(CancellationToken cancellationToken = default) => job.ForgetAsync(cancellationToken);

    /// <inheritdoc/>
    public override IAsyncEnumerable<UnitLogLine> LogAsync(
        long? unit = null,
        bool follow = false,
        CancellationToken cancellationToken = default
    ) => job.LogAsync(unit, follow, cancellationToken);

    /// <inheritdoc/>
    public override Task<UnitAttempts> GetAttemptsAsync(long unit, CancellationToken cancellationToken = default) =>
        job.GetAttemptsAsync(unit, cancellationToken);

    /// <inheritdoc/>
    public override Task<JobLeases> GetLeasesAsync(LeaseQuery query, CancellationToken cancellationToken = default) =>
        job.GetLeasesAsync(query, cancellationToken);

    /// <inheritdoc/>
    protected internal override Task<JobExplanation> ExplainCoreAsync(long? unit, long? lease, CancellationToken cancellationToken) =>
        job.ExplainCoreAsync(unit, lease, cancellationToken);

    /// <inheritdoc/>
    protected internal override Task<JobResult> ResultCoreAsync(CancellationToken cancellationToken) =>
        job.ResultCoreAsync(cancellationToken);

    /// <inheritdoc/>
    protected internal override IAsyncEnumerable<UnitResult> UnitResultsCoreAsync(bool inOrder, CancellationToken cancellationToken) =>
        job.UnitResultsCoreAsync(inOrder, cancellationToken);

    private async Task CheckAsync(CancellationToken cancellationToken)
    {
        if (kind is null)
            return;
        JobStatus status = await GetStatusAsync(cancellationToken);
        if (!string.Equals(status.Kind, kind, StringComparison.Ordinal))
        {
            throw new RequestRefusedException(
                ErrorReason.Conflict,
                $"Job {Id} is of kind {status.Kind}, not {kind}: its result has another type. Ask for it by GetJob(id), or with the kind it is of."
            );
        }
    }
}
