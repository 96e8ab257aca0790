using System.CommandLine;
using System.CommandLine.Help;
using System.Globalization;
using System.Text;
using OrleansWork.Console.Output;

namespace OrleansWork.Console.Commands;

/// <summary>docs/console.md: every command as the parser has it.</summary>
internal static class ReferencePage
{
    /// <summary>Makes the page, without a line feed at its end.</summary>
    public static string Of(RootCommand root)
    {
        StringBuilder page = new();
        page.Append(
            """
            # The console

            Made of the parser by `dotnet run --project client -- reference > docs/console.md`; a test compares it.

            In the repository `orleanswork` is `dotnet run --project client --`. The result goes to the standard output, everything else to the standard
            error; `--json` prints one JSON document, or one a line where it goes on, and nothing else. Progress is shown on a terminal only, in color
            unless `NO_COLOR` is set. Durations are written `50ms`, `30s`, `2h`.

            ## Exit codes

            | code | meaning |
            |---|---|

            """
        );
        ConsoleCommand[] commands = [.. root.Subcommands.OfType<ConsoleCommand>().Where(command => !command.Hidden)];
        foreach (int code in commands.SelectMany(command => command.ExitCodes).Distinct().Order())
            page.AppendLine(CultureInfo.InvariantCulture, $"| {code} | {ExitCode.Meaning(code)} |");

        page.Append(
            """

            ## Where the cluster is

            Every command takes these options; the environment says the same by `ORLEANSWORK_URL`, `ORLEANSWORK_KEY`, `ORLEANSWORK_CONTEXT`, `ORLEANSWORK_GATEWAY`,
            `ORLEANSWORK_REDIS`, `ORLEANSWORK_DATA`, `ORLEANSWORK_CLUSTER_ID` and `ORLEANSWORK_SERVICE_ID`. Without any, a command takes the
            cluster that `context use` names, else the local one of `.orleanswork`, else http://127.0.0.1:8080.

            A command goes by HTTP to any silo, with a key; that of a local cluster is in its folder, for its owner alone. By HTTP an input
            has at most 8 MiB. With `--gateway` or `--redis` it goes by the Orleans client, with the cluster's secret, which takes more than
            twice the processor time; every command goes either way.

            One that reaches no cluster gives up within 10 seconds, or after the time that
            `ORLEANSWORK_CONNECT_TIMEOUT` says (`30s`). `run --local` tries the cluster that it has started for a minute, because a busy
            machine may be slow to answer, and says after 5 seconds that it waits.


            """
        );
        AppendOptions(page, root.Options.Where(option => option.Recursive && option is IDocumentedOption));
        foreach (ConsoleCommand command in commands)
            Append(page, command);
        return page.ToString().ReplaceLineEndings("\n").TrimEnd();
    }

    private static void Append(StringBuilder page, ConsoleCommand command)
    {
        IEnumerable<string> words = [command.Name, .. command.Arguments.Select(Usage)];
        page.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"## {command.Name}").AppendLine();
        page.AppendLine(CultureInfo.InvariantCulture, $"`orleanswork {string.Join(' ', words)}`: {command.Description}.");
        if (command.Aliases.Count > 0)
            page.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"Also called {string.Join(", ", command.Aliases.Select(Code))}.");
        page.AppendLine();
        if (command.Arguments.Count > 0)
        {
            page.AppendLine("| argument | meaning |").AppendLine("|---|---|");
            foreach (Argument argument in command.Arguments)
                page.AppendLine(CultureInfo.InvariantCulture, $"| {Code(argument.Name)} | {Cell(argument.Description)} |");
            page.AppendLine();
        }

        Option[] options = [.. command.Options.Where(option => !option.Hidden && option is not HelpOption)];
        if (options.Length > 0)
        {
            AppendOptions(page, options);
            page.AppendLine();
        }

        page.AppendLine(CultureInfo.InvariantCulture, $"Exit codes: {string.Join(", ", command.ExitCodes)}.");
    }

    private static void AppendOptions(StringBuilder page, IEnumerable<Option> options)
    {
        page.AppendLine("| option | default | meaning |").AppendLine("|---|---|---|");
        foreach (Option option in options)
        {
            IDocumentedOption documented = (IDocumentedOption)option;
            string name = option.HelpName is { } value ? $"{option.Name} {value}" : option.Name;
            string more = option.Arity.MaximumNumberOfValues > 1 ? "; may be repeated" : "";
            page.AppendLine(
                CultureInfo.InvariantCulture,
                $"| {Code(name)} | {Cell(documented.DefaultText)} | {Cell(documented.Meaning)}{more} |"
            );
        }
    }

    private static string Usage(Argument argument) =>
        argument.Arity.MaximumNumberOfValues > 1 ? $"[{argument.Name}]…"
        : argument.Arity.MinimumNumberOfValues == 0 ? $"[{argument.Name}]"
        : argument.Name;

    private static string Code(string text) => $"`{text}`";

    private static string Cell(string? text) => (text ?? "").Replace("|", "\\|", StringComparison.Ordinal);
}
