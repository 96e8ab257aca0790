namespace OrleansWork;

/// <summary>A job that failed; the message is its error.</summary>
/// <param name="status">The job when it ended.</param>
/// <param name="innerException">What its code threw, where it ran in this process; null for a job of a cluster.</param>
public sealed class JobFailedException(JobStatus status, Exception? innerException = null) : JobEndedException(status, innerException);
