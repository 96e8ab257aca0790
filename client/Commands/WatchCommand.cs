using System.CommandLine;
using OrleansWork.Console.Output;

namespace OrleansWork.Console.Commands;

internal sealed class WatchCommand(ConsoleContext context, GlobalOptions global) : CommandBase(context, global)
{
    public Command Create()
    {
        Argument<string> id = IdArgument();
        Option<bool> json = JsonOption();
        ConsoleCommand command = new("watch", "follow a job until it ends", ExitCode.JobFailed, ExitCode.NotFound) { id, json };
        command.SetAction(
            (parse, cancellationToken) =>
                AskAsync(
                    parse,
                    async (link, token) =>
                    {
                        JobHandle job = link.Client.GetJob(parse.GetRequiredValue(id));
                        JobFollower follower = new(Context);
                        Action<JobStatus>? each =
                            parse.GetValue(json) ? Terminal.WriteJsonLine
                            : Terminal.ErrorIsTerminal ? null
                            : status => Terminal.Print(JobProgress.Line(status));
                        JobStatus ended = each is null
                            ? await follower.FollowAsync(job, each, token)
                            : await WhileReadAsync(reading => follower.FollowAsync(job, each, reading), token);
                        return ended.State == JobState.Succeeded ? ExitCode.Done : ExitCode.JobFailed;
                    },
                    cancellationToken
                )
        );
        return command;
    }
}
