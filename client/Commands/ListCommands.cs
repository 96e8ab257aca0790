using System.CommandLine;
using OrleansWork.Console.Connection;
using OrleansWork.Console.Input;
using OrleansWork.Console.Output;

namespace OrleansWork.Console.Commands;

internal sealed class JobsCommand(ConsoleContext context, GlobalOptions global) : CommandBase(context, global)
{
    private const int LargestPage = 1000;
    private const int LongestError = 200;

    public Command Create()
    {
        Option<JobState?> state = OptionKinds.Choice<JobState>("--state", "only jobs in this state", "state");
        Option<string?> kind = OptionKinds.Text("--kind", "only jobs of this kind", "kind");
        Completions.Kinds(kind);
        Option<string?> text = OptionKinds.Text("--text", "only jobs with this in id or kind", "text");
        Option<long?> limit = OptionKinds.Whole("--limit", "how many at most", "n", 1, LargestPage, defaultText: "50");
        Option<string?> cursor = OptionKinds.Text("--cursor", "where the last page ended", "cursor");
        Option<bool> json = JsonOption();
        ConsoleCommand command = new("jobs", "list jobs, newest first") { state, kind, text, limit, cursor, json };
        command.SetAction(
            (parse, cancellationToken) =>
                AskAsync(
                    parse,
                    async (link, token) =>
                    {
                        JobQuery query = new(
                            parse.GetValue(state),
                            parse.GetValue(kind),
                            parse.GetValue(text),
                            (int)(parse.GetValue(limit) ?? 50),
                            parse.GetValue(cursor)
                        );
                        Page<JobSummary> page = await link.Client.ListJobsAsync(query, token);
                        foreach (string warning in page.Warnings ?? [])
                            Terminal.Warn(warning);
                        if (parse.GetValue(json))
                        {
                            Terminal.WriteDocument(page);
                            return ExitCode.Done;
                        }

                        if (page.Items.Count == 0)
                            Terminal.Note("No jobs.");
                        else
                            Terminal.WriteTable(Tables.Jobs(page.Items, Terminal.OutIsTerminal ? LongestError : int.MaxValue));
                        if (page.NextCursor is not null)
                            Terminal.Note($"There are more: --cursor {page.NextCursor}");
                        return ExitCode.Done;
                    },
                    cancellationToken
                )
        );
        return command;
    }
}

internal sealed class SilosCommand(ConsoleContext context, GlobalOptions global) : CommandBase(context, global)
{
    public Command Create()
    {
        Option<bool> json = JsonOption();
        ConsoleCommand command = new("silos", "list the silos with their load") { json };
        command.SetAction(
            (parse, cancellationToken) =>
                AskAsync(
                    parse,
                    async (link, token) =>
                    {
                        IReadOnlyList<SiloStatus> silos = await link.Client.ListSilosAsync(token);
                        if (parse.GetValue(json))
                            Terminal.WriteDocument(new Page<SiloStatus>(silos, null));
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

/// <summary>Commands that say whether a silo takes leases.</summary>
internal sealed class DrainCommands(ConsoleContext context, GlobalOptions global) : CommandBase(context, global)
{
    public IEnumerable<Command> Create()
    {
        yield return Ask("drain", "give a silo no new leases; what runs there finishes", (c, silo, token) => c.DrainSiloAsync(silo, token));
        yield return Ask("undrain", "give a drained silo leases again", (c, silo, token) => c.UndrainSiloAsync(silo, token));
    }

    private ConsoleCommand Ask(string name, string description, Func<IComputeClient, string, CancellationToken, Task<SiloStatus>> ask)
    {
        Argument<string> silo = new("SILO") { Description = "the silo's address, as `silos` prints it" };
        Completions.Silos(silo);
        Option<bool> json = JsonOption();
        ConsoleCommand command = new(name, description, ExitCode.NotFound, ExitCode.Refused) { silo, json };
        command.SetAction(
            (parse, cancellationToken) =>
                AskAsync(
                    parse,
                    async (link, token) =>
                    {
                        SiloStatus status = await ask(link.Client, parse.GetRequiredValue(silo), token);
                        if (parse.GetValue(json))
                            Terminal.WriteDocument(status);
                        else
                            Terminal.Note($"Silo {status.Silo} is {status.State}.");
                        return ExitCode.Done;
                    },
                    cancellationToken
                )
        );
        return command;
    }
}

internal sealed class KindsCommand(ConsoleContext context, GlobalOptions global) : CommandBase(context, global)
{
    public Command Create()
    {
        Argument<string?> name = new("KIND") { Description = "show this one with its input", Arity = ArgumentArity.ZeroOrOne };
        Completions.Kinds(name);
        Option<bool> json = JsonOption();
        ConsoleCommand command = new("kinds", "list the job kinds") { name, json };
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
                            Terminal.WriteDocument(new Page<KindStatus>(kinds, null));
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
