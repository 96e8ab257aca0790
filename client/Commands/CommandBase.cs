using System.CommandLine;
using OrleansWork.Console.Connection;
using OrleansWork.Console.Output;

namespace OrleansWork.Console.Commands;

/// <summary>What commands have in common: where they write and how they reach the cluster.</summary>
internal abstract class CommandBase(ConsoleContext context, GlobalOptions global)
{
    protected ConsoleContext Context { get; } = context;

    protected GlobalOptions Global { get; } = global;

    protected ClusterCompletions Completions { get; } = new(context, global);

    protected Terminal Terminal => Context.Terminal;

    /// <summary>Makes the option that asks for one JSON document instead of text.</summary>
    protected static Option<bool> JsonOption() => OptionKinds.Flag("--json", "print JSON");

    protected Argument<string> IdArgument(string name = "ID")
    {
        Argument<string> id = new(name) { Description = name == "ID" ? "the job's id" : $"the id of job {name}" };
        Completions.Jobs(id);
        return id;
    }

    /// <summary>Reaches the cluster that the command line means, and asks it something for as long as it is there.</summary>
    /// <exception cref="RequestException">It was not reached, refused, or was stopped meanwhile.</exception>
    protected async Task<int> AskAsync(
        ParseResult parse,
        Func<ClusterLink, CancellationToken, Task<int>> ask,
        CancellationToken cancellationToken
    )
    {
        ConnectionSettings settings = ConnectionSettings.Resolve(
            Global.Read(parse, Context.StandardInput),
            Context.Environment,
            Context.Contexts.Read()
        );
        await using ClusterLink link = await Context.Connector.ConnectAsync(settings, cancellationToken);
        return await WhileThereAsync(link, token => ask(link, token), cancellationToken);
    }

    /// <summary>Asks a cluster something for as long as it is there.</summary>
    protected static async Task<int> WhileThereAsync(
        ClusterLink link,
        Func<CancellationToken, Task<int>> ask,
        CancellationToken cancellationToken
    )
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, link.Stopped);
        try
        {
            return await ask(either.Token);
        }
        catch (OperationCanceledException) when (link.Stopped.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new ClusterUnreachableException(link.WhyStopped);
        }
    }

    /// <summary>Follows something for as long as somebody reads the output.</summary>
    /// <exception cref="OutputException">Nobody reads it any more.</exception>
    protected async Task<T> WhileReadAsync<T>(
        Func<CancellationToken, Task<T>> follow,
        CancellationToken cancellationToken,
        bool cutsDocument = false
    )
    {
        using CancellationTokenSource unread = Terminal.WatchReader(Context.Time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, unread.Token);
        try
        {
            return await follow(either.Token);
        }
        catch (OperationCanceledException) when (unread.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new OutputException(OutputException.Sentence("nobody reads it any more"), readerIsGone: true)
            {
                CutsDocument = cutsDocument,
            };
        }
    }
}
