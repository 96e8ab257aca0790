using System.CommandLine;
using System.Text.RegularExpressions;
using OrleansWork.Console.Connection;
using OrleansWork.Console.Output;

namespace OrleansWork.Console.Commands;

/// <summary>Clusters elsewhere: to log in to one, and to say which is meant.</summary>
internal sealed partial class ContextCommands(ConsoleContext context, GlobalOptions global) : CommandBase(context, global)
{
    private const string None = "none";

    public IEnumerable<Command> Create()
    {
        yield return Login();
        yield return Contexts();
    }

    private ConsoleCommand Login()
    {
        Argument<string> url = new("URL")
        {
            Description = "where the cluster answers by HTTP, several addresses by commas",
            HelpName = "URL",
        };
        Option<string?> name = OptionKinds.Text("--name", "what to call it", "name", defaultText: "the host");
        ConsoleCommand command = new(
            "login",
            "check the key for a cluster, keep both, and make it the one that commands go to",
            ExitCode.Refused
        )
        {
            url,
            name,
        };
        command.SetAction(
            async (parse, cancellationToken) =>
            {
                ConnectionArguments given = Global.Read(parse, Context.StandardInput);
                if ((given.Url ?? given.Gateway ?? given.Redis ?? given.Context) is not null)
                    throw new UsageException("login names the cluster by its URL alone.");
                ConnectionSettings settings = ConnectionSettings.Resolve(
                    given with
                    {
                        Url = parse.GetRequiredValue(url),
                    },
                    Context.Environment,
                    SavedClusters.None
                );
                string called = parse.GetValue(name) ?? settings.Urls[0].Host;
                if (!Name().IsMatch(called) || string.Equals(called, None, StringComparison.Ordinal))
                    throw new UsageException(
                        $"--name is '{called}'; write 1 to 64 letters, digits, dots, underscores and hyphens, and not {None}."
                    );
                await using (ClusterLink link = await Context.Connector.ConnectAsync(settings, cancellationToken))
                {
                    // Whoever gets here was let in.
                }

                SavedCluster cluster = new(called, [.. settings.Urls.Select(at => at.GetLeftPart(UriPartial.Authority))], settings.Key);
                Context.Contexts.Write(Context.Contexts.Read().With(cluster));
                Terminal.Note(
                    $"Commands go to {called} ({string.Join(", ", cluster.Urls)}) from now on. `orleanswork context use none` undoes that."
                );
                return ExitCode.Done;
            }
        );
        return command;
    }

    private ConsoleCommand Contexts()
    {
        Argument<ContextAction?> action = OptionKinds.ChoiceArgument<ContextAction>("ACTION", "what to do");
        action.Arity = ArgumentArity.ZeroOrOne;
        Argument<string?> name = new("NAME")
        {
            Description = "which one; `use none` is the cluster of this folder again",
            Arity = ArgumentArity.ZeroOrOne,
            HelpName = "NAME",
        };
        name.CompletionSources.Add(_ => Context.Contexts.Read().Contexts.Select(known => known.Name));
        Option<bool> json = JsonOption();
        ConsoleCommand command = new("context", "list the clusters that you have logged in to, use one, or forget one", ExitCode.NotFound)
        {
            action,
            name,
            json,
        };
        command.SetAction(parse =>
        {
            ContextAction wanted = parse.GetValue(action) ?? ContextAction.List;
            SavedClusters saved = Context.Contexts.Read();
            if (wanted == ContextAction.List)
                return List(saved, parse.GetValue(json));
            string called =
                parse.GetValue(name)
                ?? throw new UsageException($"context {EnumNames.Of(wanted)} needs NAME: orleanswork context {EnumNames.Of(wanted)} NAME");
            bool isNone = wanted == ContextAction.Use && string.Equals(called, None, StringComparison.Ordinal);
            if (!isNone && saved.Find(called) is null)
                throw new RequestRefusedException(ErrorReason.NotFound, saved.Unknown(called));
            Context.Contexts.Write(wanted == ContextAction.Rm ? saved.Without(called) : saved with { Current = isNone ? null : called });
            Terminal.Note(
                wanted == ContextAction.Rm ? $"{called} is forgotten."
                : isNone ? "Commands go to the cluster of this folder again."
                : $"Commands go to {called} from now on."
            );
            return ExitCode.Done;
        });
        return command;
    }

    private int List(SavedClusters saved, bool json)
    {
        // Keys stay where they are.
        ContextStatus[] items =
        [
            .. saved.Contexts.Select(known => new ContextStatus(
                known.Name,
                known.Urls,
                string.Equals(known.Name, saved.Current, StringComparison.Ordinal)
            )),
        ];
        if (json)
            Terminal.WriteDocument(new Page<ContextStatus>(items, NextCursor: null) { Total = items.Length });
        else if (items.Length == 0)
            Terminal.Note("No contexts. `orleanswork login URL` makes one.");
        else
            Terminal.WriteTable(Tables.Contexts(items));
        return ExitCode.Done;
    }

    [GeneratedRegex("^[A-Za-z0-9._-]{1,64}$", RegexOptions.None, 1000)]
    private static partial Regex Name();
}
