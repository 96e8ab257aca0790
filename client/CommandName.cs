namespace OrleansWork.Console;

/// <summary>How this program was started: what a user types to start it again.</summary>
internal static class CommandName
{
    /// <summary>The name when it is installed.</summary>
    public const string Installed = "orleanswork";

    private const string RunCommand = "run";
    private const string EndOfOptions = "--";

    /// <summary>Returns what to type in this process' place, in front of its arguments.</summary>
    public static string OfProcess() => Of(Parent(), Environment.ProcessPath, Environment.GetCommandLineArgs()[0]);

    /// <summary>Returns what to type: the <c>dotnet run … --</c> or <c>dotnet …dll</c> that the program was started by, or its name.</summary>
    /// <param name="parent">The words of the process that started this one; empty where they are not known.</param>
    /// <param name="process">The path of this process' program.</param>
    /// <param name="program">The path of what the program runs: an assembly, under <c>dotnet</c>.</param>
    public static string Of(IReadOnlyList<string> parent, string? process, string program)
    {
        int end = parent.IndexOf(EndOfOptions);
        if (end > 1 && IsDotnet(parent[0]) && parent[1] == RunCommand)
            return string.Join(' ', ["dotnet", .. parent.Skip(1).Take(end).Select(Quoted)]);
        return IsDotnet(process) ? $"dotnet {Quoted(program)}" : Installed;
    }

    private static int IndexOf(this IReadOnlyList<string> words, string word)
    {
        for (int i = 0; i < words.Count; i++)
        {
            if (words[i] == word)
                return i;
        }

        return -1;
    }

    private static bool IsDotnet(string? path) => Path.GetFileNameWithoutExtension(path) == "dotnet";

    private static string Quoted(string word) =>
        word.All(c => char.IsAsciiLetterOrDigit(c) || "/._-:=+,@".Contains(c, StringComparison.Ordinal))
            ? word
            : $"'{word.Replace("'", @"'\''", StringComparison.Ordinal)}'";

    private static string[] Parent()
    {
        try
        {
            string line = File.ReadAllText($"/proc/{LocalCluster.NativeMethods.ParentId()}/cmdline");
            return line.TrimEnd('\0').Split('\0');
        }
        catch (Exception exception)
            when (exception is IOException or UnauthorizedAccessException or EntryPointNotFoundException or DllNotFoundException)
        {
            return [];
        }
    }
}
