using System.CommandLine;
using OrleansWork.Console.Input;
using OrleansWork.Console.Output;

namespace OrleansWork.Console.Commands;

internal sealed class KindsCommand(ConsoleContext context, GlobalOptions global) : CommandBase(context, global)
{
    public const string Name = "kinds";

    public Command Create()
    {
        Argument<string?> name = new("KIND") { Description = "show this one with its input", Arity = ArgumentArity.ZeroOrOne };
        Completions.Kinds(name);
        Option<bool> json = JsonOption();
        ConsoleCommand command = new(Name, "list the job kinds") { name, json };
        command.SetAction(
            (parse, cancellationToken) =>
                AskAsync(
                    parse,
                    async (link, token) =>
                    {
                        IReadOnlyList<KindStatus> kinds = await link.Client.ListKindsAsync(token);
                        if (parse.GetValue(name) is { } asked)
                            Show(KindLookup.Find(kinds, asked), parse.GetValue(json));
                        else if (parse.GetValue(json))
                            Terminal.WriteDocument(new Page<KindStatus>(kinds, null) { Total = kinds.Count });
                        else
                            Terminal.WriteTable(Tables.Kinds(kinds));
                        return ExitCode.Done;
                    },
                    cancellationToken
                )
        );
        return command;
    }

    private void Show(KindStatus kind, bool json)
    {
        if (json)
        {
            Terminal.WriteDocument(kind);
            return;
        }

        Terminal.Print($"{kind.Kind} (version {kind.Version}): {kind.Description}");
        Terminal.Print();
        Terminal.WriteTable(Tables.Fields(new InputSchema(kind.InputSchema)));
        Terminal.Print();
        Terminal.PrintLines(KindLookup.IndentedSchema(kind));
    }
}
