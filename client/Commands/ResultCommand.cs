using System.CommandLine;
using OrleansWork.Console.Output;

namespace OrleansWork.Console.Commands;

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
