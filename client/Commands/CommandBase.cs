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

    protected Argument<string> IdArgument()
    {
        Argument<string> id = new("ID") { Description = "the job's id" };
        Completions.Jobs(id);
        return id;
    }

    /// <summary>Reaches the cluster that the command line means.</summary>
    protected Task<ClusterLink> ConnectAsync(ParseResult parse, CancellationToken cancellationToken) =>
        Context.Connector.ConnectAsync(ConnectionSettings.Resolve(Global.Read(parse), Context.Environment), cancellationToken);
}
