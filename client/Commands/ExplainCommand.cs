using System.CommandLine;
using OrleansWork.Console.Output;

namespace OrleansWork.Console.Commands;

internal sealed class ExplainCommand(ConsoleContext context, GlobalOptions global) : CommandBase(context, global)
{
    public const string Name = "explain";

    public Command Create()
    {
        Argument<string> id = IdArgument();
        Option<long?> unit = OptionKinds.Whole("--unit", "explain this unit", "n", 0, long.MaxValue);
        Option<long?> lease = OptionKinds.Whole("--lease", "explain the lease with this number", "n", 1, long.MaxValue);
        Option<bool> json = JsonOption();
        ConsoleCommand command = new(Name, "say why a job or a unit ran where and when it did, and what it waits for", ExitCode.NotFound)
        {
            id,
            unit,
            lease,
            json,
        };
        command.SetAction(
            (parse, cancellationToken) =>
                AskAsync(
                    parse,
                    async (link, token) =>
                    {
                        if (parse.GetValue(unit) is not null && parse.GetValue(lease) is not null)
                            throw new UsageException("--unit and --lease ask for two different things; give one of them.");
                        JobHandle job = link.Client.GetJob(parse.GetRequiredValue(id));
                        JobExplanation explanation = parse.GetValue(lease) is { } number
                            ? await job.ExplainLeaseAsync(number, token)
                            : await job.ExplainAsync(parse.GetValue(unit), token);
                        if (parse.GetValue(json))
                            Terminal.WriteDocument(explanation);
                        else
                            Terminal.WriteTable(ExplanationPage.Of(explanation));
                        return ExitCode.Done;
                    },
                    cancellationToken
                )
        );
        return command;
    }
}
