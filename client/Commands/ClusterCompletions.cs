using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Parsing;
using System.Diagnostics.CodeAnalysis;
using OrleansWork.Console.Connection;
using OrleansWork.Console.LocalCluster;

namespace OrleansWork.Console.Commands;

/// <summary>Completes words that only a running cluster knows; without one, or when it takes too long, there are none.</summary>
internal sealed class ClusterCompletions(ConsoleContext context, GlobalOptions global)
{
    private const int MostJobs = 100;

    /// <summary>How long a shell waits at most after a tab.</summary>
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(1.5);

    public void Kinds(Argument argument) => Add(argument, Kinds);

    public void Kinds(Option option) => option.CompletionSources.Add(Kinds);

    public void Jobs(Argument argument) =>
        Add(
            argument,
            asked =>
                Ask(
                    asked,
                    async (client, token) => (await client.ListJobsAsync(new JobQuery(Limit: MostJobs), token)).Items.Select(job => job.Id)
                )
        );

    public void Silos(Argument argument) =>
        Add(
            argument,
            asked =>
                LocalSilos(asked) is { Count: > 0 } local
                    ? local
                    : Ask(
                        asked,
                        async (client, token) =>
                            (await client.ListSilosAsync(token)).Where(silo => silo.State != "dead").Select(silo => silo.Silo)
                    )
        );

    private static void Add(Argument argument, Func<CompletionContext, IEnumerable<string>> words)
    {
        // Without a name of its own the help would print the words, and ask a cluster for them.
        argument.HelpName = argument.Name;
        argument.CompletionSources.Add(asked => IsFilled(argument, asked) ? [] : words(asked));
    }

    private IEnumerable<string> Kinds(CompletionContext asked) =>
        Ask(asked, async (client, token) => (await client.ListKindsAsync(token)).Select(kind => kind.Kind));

    /// <summary>Whether the argument has its word already, so that another one is being completed.</summary>
    private static bool IsFilled(Argument argument, CompletionContext asked) =>
        asked.WordToComplete.StartsWith('-')
        || asked.ParseResult.GetResult(argument)?.Tokens.Any(token => token.Value != asked.WordToComplete) == true;

    /// <summary>The silos of a local cluster, which its file names.</summary>
    private List<string> LocalSilos(CompletionContext asked)
    {
        try
        {
            ConnectionSettings settings = ConnectionSettings.Resolve(
                global.Read(asked.ParseResult, () => Stream.Null),
                context.Environment,
                context.Contexts.Read()
            );
            return settings.Directory is null
                ? []
                : [.. (ClusterDescription.Read(settings.Directory)?.Silos ?? []).Select(silo => silo.Silo!)];
        }
        catch (Exception exception) when (exception is UsageException or RequestException)
        {
            return [];
        }
    }

    [SuppressMessage(
        "Usage",
        "VSTHRD002",
        Justification = "The parser completes synchronously; the wait is bounded, on no thread that anything needs."
    )]
    private string[] Ask(CompletionContext asked, Func<IComputeClient, CancellationToken, Task<IEnumerable<string>>> ask)
    {
        using CancellationTokenSource patience = new(Bound);
        try
        {
            // The parser completes synchronously, and what it calls may not give up by itself.
            return Task.Run(AskAsync, patience.Token).WaitAsync(patience.Token).GetAwaiter().GetResult();
        }
        catch (Exception)
        {
            // A shell that completes a word is no place for errors.
            return [];
        }

        async Task<string[]> AskAsync()
        {
            ConnectionSettings settings = ConnectionSettings.Resolve(
                global.Read(asked.ParseResult, () => Stream.Null),
                context.Environment,
                context.Contexts.Read()
            );
            await using ClusterLink link = await context.Connector.ConnectAsync(settings, patience.Token);
            return [.. await ask(link.Client, patience.Token)];
        }
    }
}
