using System.CommandLine;

namespace OrleansWork.Console.Commands;

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
