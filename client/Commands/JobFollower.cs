using OrleansWork.Console.Output;
using Spectre.Console;

namespace OrleansWork.Console.Commands;

/// <summary>Follows a job to its end, and shows it on a terminal while it runs.</summary>
internal sealed class JobFollower(ConsoleContext context)
{
    /// <summary>Follows a job.</summary>
    /// <param name="job">The job.</param>
    /// <param name="each">Takes each status instead of the live view; null shows the live view where the error stream is a terminal.</param>
    /// <param name="cancellationToken">Ends the following.</param>
    /// <returns>The terminal status.</returns>
    public async Task<JobStatus> FollowAsync(JobHandle job, Action<JobStatus>? each, CancellationToken cancellationToken)
    {
        if (each is not null || !context.Terminal.ErrorIsTerminal)
            return await DrainAsync(job, each, cancellationToken);

        JobProgress progress = new(context.Time);
        try
        {
            return await context
                .Terminal.ErrorConsole.Live(Text.Empty)
                .AutoClear(false)
                .StartAsync(live => DrainAsync(job, status => live.UpdateTarget(progress.Render(status)), cancellationToken));
        }
        finally
        {
            context.Terminal.Restore();
        }
    }

    private static async Task<JobStatus> DrainAsync(JobHandle job, Action<JobStatus>? each, CancellationToken cancellationToken)
    {
        JobStatus? last = null;
        await foreach (JobStatus status in job.WatchAsync(cancellationToken))
        {
            each?.Invoke(status);
            last = status;
        }

        return last ?? throw new OrleansWorkException(ErrorReason.Unavailable, $"Job {job.Id} could not be followed to its end.");
    }
}
