using System.CommandLine;
using OrleansWork.Console.Output;

namespace OrleansWork.Console.Commands;

/// <summary>Commands that ask something of a job and print where it stands then.</summary>
internal sealed class ControlCommands(ConsoleContext context, GlobalOptions global) : CommandBase(context, global)
{
    public IEnumerable<Command> Create()
    {
        Option<string?> reason = OptionKinds.Text("--reason", "why, for those who look at it later", "text");
        ConsoleCommand cancel = Control("cancel", "end a job", parse => (job, token) => job.CancelAsync(parse.GetValue(reason), token));
        cancel.Add(reason);
        yield return cancel;
        yield return Control("pause", "hold a job; what runs is handed back", _ => (job, token) => job.PauseAsync(token));
        yield return Control("resume", "go on with a paused job", _ => (job, token) => job.ResumeAsync(token));
        yield return Set();
        yield return Control("retry", "run the failed units of an ended job again", _ => RetryAsync);
        yield return Forget();
    }

    private ConsoleCommand Set()
    {
        JobChangeArguments arguments = new();
        ConsoleCommand set = Control(
            "set",
            "change options of a job that has not ended; leases granted from then on follow them",
            parse =>
            {
                JobOptionsChange change = arguments.Read(parse);
                return (job, token) => ChangeAsync(job, change, token);
            }
        );
        arguments.AddTo(set);
        return set;
    }

    private async Task<JobStatus> ChangeAsync(JobHandle job, JobOptionsChange change, CancellationToken cancellationToken)
    {
        JobOptions before = (await job.GetStatusAsync(cancellationToken)).Options;
        JobStatus changed = await job.ChangeOptionsAsync(change, cancellationToken);
        string what = OptionWords.Of(before, changed.Options);
        Terminal.Note(what.Length > 0 ? $"Changed: {what}." : "Nothing has changed: the job has these options already.");
        return changed;
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

    /// <summary>Makes a command that asks something of a job.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="description">What it does.</param>
    /// <param name="read">Reads what to ask before the cluster is reached.</param>
    private ConsoleCommand Control(
        string name,
        string description,
        Func<ParseResult, Func<JobHandle, CancellationToken, Task<JobStatus>>> read
    )
    {
        Argument<string> id = IdArgument();
        Option<bool> json = JsonOption();
        ConsoleCommand command = new(name, description, ExitCode.NotFound, ExitCode.Refused) { id, json };
        command.SetAction(
            (parse, cancellationToken) =>
            {
                Func<JobHandle, CancellationToken, Task<JobStatus>> ask = read(parse);
                return AskAsync(
                    parse,
                    async (link, token) =>
                    {
                        JobStatus status = await ask(link.Client.GetJob(parse.GetRequiredValue(id)), token);
                        if (parse.GetValue(json))
                            Terminal.WriteDocument(status);
                        else
                            Terminal.Note($"Job {status.Id} is {Tables.Name(status.State)}.");
                        return ExitCode.Done;
                    },
                    cancellationToken
                );
            }
        );
        return command;
    }
}
