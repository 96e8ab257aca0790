using System.CommandLine;

namespace OrleansWork.Console.Commands;

/// <summary>A command that says with which codes it ends.</summary>
internal sealed class ConsoleCommand(string name, string description, params IReadOnlyList<int> exitCodes) : Command(name, description)
{
    /// <summary>The codes of every command that asks a cluster.</summary>
    private static readonly int[] Asking =
    [
        ExitCode.Done,
        ExitCode.Usage,
        ExitCode.Unavailable,
        ExitCode.OutputFailed,
        ExitCode.Interrupted,
    ];

    /// <summary>Gets the codes, in order.</summary>
    public IReadOnlyList<int> ExitCodes { get; init; } = [.. Asking.Union(exitCodes).Order()];
}
