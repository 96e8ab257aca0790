using OrleansWork.Console.Commands;
using OrleansWork.Console.Connection;
using OrleansWork.Console.Output;

namespace OrleansWork.Console;

/// <summary>What commands work with; tests bring their own.</summary>
internal sealed class ConsoleContext
{
    public required Terminal Terminal { get; init; }

    public required IClusterConnector Connector { get; init; }

    public required ILocalClusters LocalClusters { get; init; }

    public required Interrupts Interrupts { get; init; }

    /// <summary>Finds what a user types to start this program again.</summary>
    public Func<string> Command { get; init; } = static () => CommandName.Installed;

    public Func<string, string?> Environment { get; init; } = CommandWords.Variable;

    /// <summary>Gets the clusters that the user has logged in to.</summary>
    public ContextFile Contexts { get; init; } = ContextFile.OfUser();

    public Func<Stream> StandardInput { get; init; } = System.Console.OpenStandardInput;

    /// <summary>Gets the words of the command line as the system has them, or null where it does not say.</summary>
    public Func<IReadOnlyList<byte[]>?> RawArguments { get; init; } = CommandWords.Raw;

    public TimeProvider Time { get; init; } = TimeProvider.System;
}
