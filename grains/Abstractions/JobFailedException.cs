namespace OrleansWork;

/// <summary>A job that ended without a result.</summary>
/// <param name="status">The job when it ended.</param>
/// <param name="innerException">What its code threw, where it ran in this process; null for a job of a cluster.</param>
public sealed class JobFailedException(JobStatus status, Exception? innerException = null)
    : Exception(status.Error?.Message ?? $"Job {status.Id} was {status.State.ToString().ToLowerInvariant()}.", innerException)
{
    /// <summary>Gets the job when it ended.</summary>
    public JobStatus Status { get; } = status;
}
