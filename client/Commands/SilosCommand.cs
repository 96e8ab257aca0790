using System.CommandLine;
using OrleansWork.Console.Output;

namespace OrleansWork.Console.Commands;

internal sealed class SilosCommand(ConsoleContext context, GlobalOptions global) : CommandBase(context, global)
{
    public const string Name = "silos";

    public Command Create()
    {
        Option<bool> json = JsonOption();
        ConsoleCommand command = new(Name, "list the silos with their load") { json };
        command.SetAction(
            (parse, cancellationToken) =>
                AskAsync(
                    parse,
                    async (link, token) =>
                    {
                        IReadOnlyList<SiloStatus> silos = await link.Client.ListSilosAsync(token);
                        if (parse.GetValue(json))
                            Terminal.WriteDocument(new Page<SiloStatus>(silos, null) { Total = silos.Count });
                        else
                            Terminal.WriteTable(Tables.Silos(silos));
                        return ExitCode.Done;
                    },
                    cancellationToken
                )
        );
        return command;
    }
}
