using System.CommandLine;
using OrleansWork.Console.Output;

namespace OrleansWork.Console.Commands;

internal sealed class ShowCommand(ConsoleContext context, GlobalOptions global) : CommandBase(context, global)
{
    public const string Name = "show";

    public Command Create()
    {
        Argument<string> id = IdArgument();
        Option<bool> json = JsonOption();
        ConsoleCommand command = new(Name, "show one job whole", ExitCode.NotFound) { id, json };
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
