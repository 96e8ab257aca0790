namespace OrleansWork;

/// <summary>The stored result of a job.</summary>
/// <param name="Content">UTF-8 JSON, or the bytes of <paramref name="MediaType"/>.</param>
/// <param name="MediaType"><c>application/json</c>, or the kind's own.</param>
/// <param name="Status">The job when it ended.</param>
public sealed record JobResult(byte[] Content, string MediaType, JobStatus Status);
