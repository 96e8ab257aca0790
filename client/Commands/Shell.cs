namespace OrleansWork.Console.Commands;

/// <summary>A shell that can complete the words of a command line.</summary>
internal enum Shell
{
    Bash,
    Zsh,
    Fish,
    Pwsh,
}
