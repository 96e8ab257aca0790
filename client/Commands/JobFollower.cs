using OrleansWork.Console.Output;

namespace OrleansWork.Console.Commands;

/// <summary>Follows a job to its end, and shows it on a terminal while it runs; elsewhere says what it waits for.</summary>
internal sealed class JobFollower(ConsoleContext context)
{
    /// <summary>Follows a job.</summary>
    /// <param name="job">The job.</param>
    /// <param name="each">Takes each status instead of the live view; null shows the live view where the error stream is a terminal.</param>
    /// <param name="cancellationToken">Ends the following.</param>
    /// <returns>The terminal status.</returns>
    public async Task<JobStatus> FollowAsync(JobHandle job, Action<JobStatus>? each, CancellationToken cancellationToken)
    {
        if (each is null && context.Terminal.ErrorIsTerminal)
        {
            JobProgress progress = new(context.Time);
            return await context.Terminal.LiveAsync(show => DrainAsync(job, status => show(progress.Render(status)), cancellationToken));
        }

        using WaitingNotice waiting = new(context.Terminal, context.Time);
        return await DrainAsync(
            job,
            status =>
            {
                each?.Invoke(status);
                waiting.Take(status);
            },
            cancellationToken
        );
    }

    private static async Task<JobStatus> DrainAsync(JobHandle job, Action<JobStatus>? each, CancellationToken cancellationToken)
    {
        JobStatus? last = null;
        await foreach (JobStatus status in job.WatchAsync(cancellationToken))
        {
            each?.Invoke(status);
            last = status;
        }

        return last ?? throw new ClusterUnreachableException($"Job {job.Id} could not be followed to its end.");
    }
}
