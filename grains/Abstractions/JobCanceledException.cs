namespace OrleansWork;

/// <summary>A job that somebody canceled; the message says who or why, where that was said.</summary>
/// <param name="status">The job when it ended.</param>
public sealed class JobCanceledException(JobStatus status) : JobEndedException(status, innerException: null);
