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
    /// <exception cref="OrleansWorkException">There is no such job, or no cluster was reached.</exception>
    public abstract Task<JobStatus> GetStatusAsync(CancellationToken cancellationToken = default);

    /// <summary>Asks for the job with its input and result.</summary>
    public abstract Task<JobDetails> GetDetailsAsync(CancellationToken cancellationToken = default);

    /// <summary>Follows the job: the status now and at each change, the terminal one last.</summary>
    public abstract IAsyncEnumerable<JobStatus> WatchAsync(CancellationToken cancellationToken = default);

    /// <summary>Waits for the end of the job and returns its result as it is stored.</summary>
    /// <exception cref="JobFailedException">The job failed or was canceled.</exception>
    public abstract Task<JobResult> ResultAsync(CancellationToken cancellationToken = default);

    /// <summary>Waits for the end of the job and opens its result, to be taken piece by piece: what is too large for memory is not held in it.</summary>
    /// <exception cref="JobFailedException">The job failed or was canceled.</exception>
    public virtual async Task<JobResultStream> OpenResultAsync(CancellationToken cancellationToken = default)
    {
        JobResult result = await ResultAsync(cancellationToken);
        return new JobResultStream(result.MediaType, result.Status, new ReadOnlyMemory<byte>[] { result.Content }.ToAsyncEnumerable());
    }

    /// <summary>Reads the results of a map job as they are stored, also while it runs; each once, whatever becomes of its silos.</summary>
    /// <remarks>Only what the caller takes is fetched, about 1 MB ahead; several may read at once.</remarks>
    /// <param name="inOrder">Whether to wait for the order of the items; otherwise in the order in which they were stored.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="OrleansWorkException">The job is of a kind that combines its units.</exception>
    /// <exception cref="JobFailedException">The job failed or was canceled; thrown after all results that are stored.</exception>
    public abstract IAsyncEnumerable<UnitResult> ResultsAsync(bool inOrder = true, CancellationToken cancellationToken = default);

    /// <summary>Ends the job; its running units are told to stop. Repeating it changes nothing.</summary>
    public abstract Task<JobStatus> CancelAsync(string? reason = null, CancellationToken cancellationToken = default);

    /// <summary>Hands running ranges back at the next unit and grants no more, until <see cref="ResumeAsync"/>.</summary>
    public abstract Task<JobStatus> PauseAsync(CancellationToken cancellationToken = default);

    /// <summary>Goes on with a paused job.</summary>
    public abstract Task<JobStatus> ResumeAsync(CancellationToken cancellationToken = default);

    /// <summary>Runs the units again that failed for good, and only those; what is done stays done.</summary>
    /// <exception cref="OrleansWorkException">There is nothing that running again could change; the message says why.</exception>
    public abstract Task<JobStatus> RetryAsync(CancellationToken cancellationToken = default);

    /// <summary>Deletes an ended job with its input, result and log; its id is free again.</summary>
    /// <exception cref="OrleansWorkException">There is no such job, or it has not ended.</exception>
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
}

/// <summary>A job in a cluster whose result has a type.</summary>
/// <param name="job">The untyped handle it goes through.</param>
public sealed class JobHandle<TResult>(JobHandle job)
{
    /// <summary>Gets the untyped handle.</summary>
    public JobHandle Job { get; } = job;

    /// <summary>Gets the job's id.</summary>
    public string Id => Job.Id;

    /// <inheritdoc cref="JobHandle.GetStatusAsync"/>
    public Task<JobStatus> GetStatusAsync(CancellationToken cancellationToken = default) => Job.GetStatusAsync(cancellationToken);

    /// <inheritdoc cref="JobHandle.WatchAsync"/>
    public IAsyncEnumerable<JobStatus> WatchAsync(CancellationToken cancellationToken = default) => Job.WatchAsync(cancellationToken);

    /// <inheritdoc cref="JobHandle.CancelAsync"/>
    public Task<JobStatus> CancelAsync(string? reason = null, CancellationToken cancellationToken = default) =>
        Job.CancelAsync(reason, cancellationToken);

    /// <summary>Reads the results of a map job, whose items come to a <typeparamref name="TResult"/> each.</summary>
    /// <inheritdoc cref="JobHandle.ResultsAsync"/>
    public async IAsyncEnumerable<UnitResult<TResult>> ResultsAsync(
        bool inOrder = true,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        await foreach (UnitResult result in Job.ResultsAsync(inOrder, cancellationToken))
            yield return result.As<TResult>();
    }

    /// <summary>Waits for the end of the job and returns its result; for a map job use <see cref="ResultsAsync"/>.</summary>
    /// <exception cref="JobFailedException">The job failed or was canceled.</exception>
    public async Task<TResult> ResultAsync(CancellationToken cancellationToken = default)
    {
        JobResult result = await Job.ResultAsync(cancellationToken);
        return result.Content is TResult raw
            ? raw
            : JsonSerializer.Deserialize<TResult>(result.Content, OrleansWorkJson.Payloads)
                ?? throw new JsonException($"The result of job {Id} is null.");
    }
}
