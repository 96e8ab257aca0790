using System.CommandLine;
using System.Globalization;
using OrleansWork.Console.Connection;
using OrleansWork.Console.Output;

namespace OrleansWork.Console.Commands;

internal sealed class ShowCommand(ConsoleContext context, GlobalOptions global) : CommandBase(context, global)
{
    public Command Create()
    {
        Argument<string> id = IdArgument();
        Option<bool> json = JsonOption();
        ConsoleCommand command = new("show", "show one job whole", ExitCode.NotFound) { id, json };
        command.SetAction(
            (parse, cancellationToken) =>
                AskAsync(
                    parse,
                    async (link, token) =>
                    {
                        JobDetails job = await link.Client.GetJob(parse.GetRequiredValue(id)).GetDetailsAsync(token);
                        if (parse.GetValue(json))
                            Terminal.WriteDocument(job);
                        else
                            Terminal.WriteTable(JobPage.Of(job, isWhole: !Terminal.OutIsTerminal));
                        return ExitCode.Done;
                    },
                    cancellationToken
                )
        );
        return command;
    }
}

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

internal sealed class ResultCommand(ConsoleContext context, GlobalOptions global) : CommandBase(context, global)
{
    public Command Create()
    {
        Argument<string> id = IdArgument();
        Option<string?> file = OptionKinds.Text("--out", "write the result to this file", "file");
        Option<bool> json = JsonOption();
        ConsoleCommand command = new("result", "print the result of a job", ExitCode.JobFailed, ExitCode.NotFound, ExitCode.NotFinished)
        {
            id,
            file,
            json,
        };
        command.SetAction(
            (parse, cancellationToken) =>
            {
                ResultOutput.RequireWritable(parse.GetValue(file));
                return AskAsync(
                    parse,
                    async (link, token) =>
                    {
                        JobHandle job = link.Client.GetJob(parse.GetRequiredValue(id));
                        JobStatus status = await job.GetStatusAsync(token);
                        if (!status.IsTerminal)
                        {
                            Terminal.Fail($"Job {status.Id} is {Tables.Name(status.State)}: {JobPage.Units(status.Units)}.");
                            return ExitCode.NotFinished;
                        }

                        if (status.State != JobState.Succeeded)
                        {
                            JobEnding.Explain(Terminal, status);
                            return ExitCode.JobFailed;
                        }

                        try
                        {
                            await ResultOutput.WriteAsync(Terminal, await job.OpenResultAsync(token), parse.GetValue(file), token);
                        }
                        catch (OutputException exception) when (parse.GetValue(file) is { } named)
                        {
                            exception.Afterwards = ResultOutput.KeptSentence(job.Id, named);
                            throw;
                        }

                        JobEnding.WarnOfSkipped(Terminal, status);
                        return ExitCode.Done;
                    },
                    cancellationToken
                );
            }
        );
        return command;
    }
}

internal sealed class LogsCommand(ConsoleContext context, GlobalOptions global) : CommandBase(context, global)
{
    public Command Create()
    {
        Argument<string> id = IdArgument();
        Option<long?> unit = OptionKinds.Whole("--unit", "only what this unit logged", "n", 0, long.MaxValue);
        Option<bool> follow = OptionKinds.Flag("--follow", "go on until the job has ended");
        Option<bool> json = JsonOption();
        ConsoleCommand command = new("logs", "print what the units of a job logged", ExitCode.NotFound) { id, unit, follow, json };
        command.SetAction(
            (parse, cancellationToken) =>
                AskAsync(
                    parse,
                    async (link, token) =>
                    {
                        JobHandle job = link.Client.GetJob(parse.GetRequiredValue(id));
                        bool asDocuments = parse.GetValue(json);
                        bool follows = parse.GetValue(follow);
                        if (parse.GetValue(unit) is not { } asked)
                            return await ReadAsync();

                        // A job that is still being split has not said yet how many units it has.
                        RequireUnit(await job.GetStatusAsync(token), asked);
                        int exitCode = await ReadAsync();
                        RequireUnit(await job.GetStatusAsync(token), asked);
                        return exitCode;

                        Task<int> ReadAsync() =>
                            WhileReadAsync(
                                reading => PrintAsync(job.LogAsync(parse.GetValue(unit), follows, reading), asDocuments, follows),
                                token
                            );
                    },
                    cancellationToken
                )
        );
        return command;
    }

    private static void RequireUnit(JobStatus job, long unit)
    {
        if (job.Units.Total is { } total && unit >= total)
        {
            throw new OrleansWorkException(
                ErrorReason.NotFound,
                $"Job {job.Id} has no unit {unit}; it has {Numbers.Count(total)} {(total == 1 ? "unit" : "units")}, numbered from 0."
            );
        }
    }

    private async Task<int> PrintAsync(IAsyncEnumerable<UnitLogLine> lines, bool asDocuments, bool follows)
    {
        List<UnitLogLine> page = [];
        await foreach (UnitLogLine line in lines)
        {
            if (asDocuments && !follows)
                page.Add(line);
            else if (asDocuments)
                Terminal.WriteJsonLine(line);
            else
                Terminal.Print(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{line.At:yyyy-MM-ddTHH:mm:ss.fffZ} {line.Level} unit {line.Unit} attempt {line.Attempt} on {line.Silo}: {line.Text}"
                    )
                );
        }

        if (asDocuments && !follows)
            Terminal.WriteDocument(new Page<UnitLogLine>(page, null));
        return ExitCode.Done;
    }
}

/// <summary>Commands that ask something of a job and print where it stands then.</summary>
internal sealed class ControlCommands(ConsoleContext context, GlobalOptions global) : CommandBase(context, global)
{
    public IEnumerable<Command> Create()
    {
        Option<string?> reason = OptionKinds.Text("--reason", "why, for those who look at it later", "text");
        ConsoleCommand cancel = Control("cancel", "end a job", (job, parse, token) => job.CancelAsync(parse.GetValue(reason), token));
        cancel.Add(reason);
        yield return cancel;
        yield return Control("pause", "hold a job; what runs is handed back", (job, _, token) => job.PauseAsync(token));
        yield return Control("resume", "go on with a paused job", (job, _, token) => job.ResumeAsync(token));
        yield return Control("retry", "run the failed units of an ended job again", (job, _, token) => RetryAsync(job, token));
        yield return Forget();
    }

    /// <summary>Says of units that failed by their own word that they may again.</summary>
    private async Task<JobStatus> RetryAsync(JobHandle job, CancellationToken cancellationToken)
    {
        JobStatus ended = await job.GetStatusAsync(cancellationToken);
        JobStatus again = await job.RetryAsync(cancellationToken);
        UnitFailure[] permanent = [.. ended.Failures.Where(failure => failure.Type == typeof(PermanentFailureException).FullName)];
        if (ended.IsTerminal && permanent is [{ } first, ..])
        {
            Terminal.Warn(
                $"{Numbers.Count(permanent.Length)} of the units that are run again said that no other attempt helps, such as unit {first.Unit}: {first.Message} They fail again unless what they name is mended."
            );
        }

        return again;
    }

    private ConsoleCommand Forget()
    {
        Argument<string> id = IdArgument();
        ConsoleCommand command = new("forget", "delete an ended job with its input, result and log", ExitCode.NotFound, ExitCode.Refused)
        {
            id,
        };
        command.Aliases.Add("rm");
        command.SetAction(
            (parse, cancellationToken) =>
                AskAsync(
                    parse,
                    async (link, token) =>
                    {
                        JobHandle job = link.Client.GetJob(parse.GetRequiredValue(id));
                        await job.ForgetAsync(token);
                        Terminal.Note($"Job {job.Id} is forgotten.");
                        return ExitCode.Done;
                    },
                    cancellationToken
                )
        );
        return command;
    }

    private ConsoleCommand Control(string name, string description, Func<JobHandle, ParseResult, CancellationToken, Task<JobStatus>> ask)
    {
        Argument<string> id = IdArgument();
        Option<bool> json = JsonOption();
        ConsoleCommand command = new(name, description, ExitCode.NotFound, ExitCode.Refused) { id, json };
        command.SetAction(
            (parse, cancellationToken) =>
                AskAsync(
                    parse,
                    async (link, token) =>
                    {
                        JobStatus status = await ask(link.Client.GetJob(parse.GetRequiredValue(id)), parse, token);
                        if (parse.GetValue(json))
                            Terminal.WriteDocument(status);
                        else
                            Terminal.Note($"Job {status.Id} is {Tables.Name(status.State)}.");
                        return ExitCode.Done;
                    },
                    cancellationToken
                )
        );
        return command;
    }
}
