namespace OrleansWork;

/// <summary>The stored result of a job, piece by piece.</summary>
/// <param name="MediaType"><c>application/json</c>, <c>application/x-ndjson</c> for the results of a map job, or the kind's own.</param>
/// <param name="Status">The job when it ended.</param>
/// <param name="Pieces">The bytes; to be enumerated once.</param>
public sealed record JobResultStream(string MediaType, JobStatus Status, IAsyncEnumerable<ReadOnlyMemory<byte>> Pieces);
