using System.CommandLine;
using System.Globalization;
using OrleansWork.Console.Output;

namespace OrleansWork.Console.Commands;

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
            throw new RequestRefusedException(
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
            Terminal.WriteDocument(new Page<UnitLogLine>(page, null) { Total = page.Count });
        return ExitCode.Done;
    }
}
