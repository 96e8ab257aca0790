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

/// <summary>An option that says what it stands for when it is not given.</summary>
internal interface IDocumentedOption
{
    /// <summary>Gets what it means, in a few words.</summary>
    string Meaning { get; }

    /// <summary>Gets its default as users write it, or null.</summary>
    string? DefaultText { get; }
}

internal sealed class ConsoleOption<T> : Option<T>, IDocumentedOption
{
    public ConsoleOption(string name, string meaning, string? defaultText = null)
        : base(name)
    {
        (Meaning, DefaultText) = (meaning, defaultText);
        Description = defaultText is null ? meaning : $"{meaning} (default {defaultText})";
    }

    public string Meaning { get; }

    public string? DefaultText { get; }
}
