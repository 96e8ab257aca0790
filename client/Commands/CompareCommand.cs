using System.CommandLine;
using OrleansWork.Console.Output;

namespace OrleansWork.Console.Commands;

internal sealed class CompareCommand(ConsoleContext context, GlobalOptions global) : CommandBase(context, global)
{
    public Command Create()
    {
        Argument<string> first = IdArgument("A");
        Argument<string> second = IdArgument("B");
        Option<bool> json = JsonOption();
        ConsoleCommand command = new("compare", "put two jobs side by side", ExitCode.NotFound) { first, second, json };
        command.SetAction(
            (parse, cancellationToken) =>
                AskAsync(
                    parse,
                    async (link, token) =>
                    {
                        JobDetails a = await link.Client.GetJob(parse.GetRequiredValue(first)).GetDetailsAsync(token);
                        JobDetails b = await link.Client.GetJob(parse.GetRequiredValue(second)).GetDetailsAsync(token);
                        JobComparison comparison = JobComparison.Of(a, b);
                        if (parse.GetValue(json))
                            Terminal.WriteDocument(comparison);
                        else
                            Terminal.WriteTable(ComparisonPage.Of(comparison));
                        return ExitCode.Done;
                    },
                    cancellationToken
                )
        );
        return command;
    }
}
