namespace OrleansWork;

/// <summary>The stored result of a job.</summary>
/// <param name="Content">UTF-8 JSON, or the bytes of <paramref name="MediaType"/>.</param>
/// <param name="MediaType"><c>application/json</c>, or the kind's own.</param>
/// <param name="Status">The job when it ended.</param>
public sealed record JobResult(byte[] Content, string MediaType, JobStatus Status)
{
    /// <summary>Gets whether the content is what the units of a map job came to, a JSON document a line.</summary>
    public bool IsOfUnits { get; init; }
}
