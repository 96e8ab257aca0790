using System.Runtime.CompilerServices;

namespace OrleansWork;

/// <summary>How results are read by any road.</summary>
internal static class JobReading
{
    private const int ChunkBytes = 64 * 1024;

    /// <summary>Waits for the end of a job.</summary>
    /// <exception cref="JobEndedException">It failed or was canceled.</exception>
    public static async Task<JobStatus> EndAsync(this JobHandle job, CancellationToken cancellationToken)
    {
        JobStatus? ended = null;
        await foreach (JobStatus status in job.WatchAsync(cancellationToken))
            ended = status;
        return ended is { State: JobState.Succeeded } ? ended : throw JobEndedException.Of(ended!);
    }

    /// <summary>Returns the results of a map job as lines, some together.</summary>
    public static async IAsyncEnumerable<ReadOnlyMemory<byte>> ChunksAsync(
        this JobHandle job,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        using MemoryStream lines = new();
        await foreach (UnitResult result in job.UnitResultsAsync(inOrder: true, cancellationToken))
        {
            result.WriteLine(lines);
            if (lines.Length < ChunkBytes)
                continue;
            yield return lines.ToArray();
            lines.SetLength(0);
        }

        yield return lines.ToArray();
    }
}
