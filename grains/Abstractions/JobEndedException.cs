namespace OrleansWork;

/// <summary>A job that ended without a result: it failed (<see cref="JobFailedException"/>) or was canceled (<see cref="JobCanceledException"/>).</summary>
public abstract class JobEndedException : OrleansWorkException
{
    private protected JobEndedException(JobStatus status, Exception? innerException)
        : base(status.Error?.Message ?? $"Job {status.Id} was {status.State.ToString().ToLowerInvariant()}.", innerException) =>
        Status = status;

    /// <summary>Gets the job when it ended.</summary>
    public JobStatus Status { get; }

    /// <summary>Makes the exception that belongs to a state without a result.</summary>
    internal static JobEndedException Of(JobStatus status) =>
        status.State == JobState.Canceled ? new JobCanceledException(status) : new JobFailedException(status);
}
