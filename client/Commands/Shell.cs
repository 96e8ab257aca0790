using System.CommandLine;
using System.CommandLine.Completions;
using System.Globalization;
using System.Text.RegularExpressions;

namespace OrleansWork.Console.Commands;

/// <summary>A shell that can complete the words of a command line.</summary>
internal enum Shell
{
    Bash,
    Zsh,
    Fish,
    Pwsh,
}
