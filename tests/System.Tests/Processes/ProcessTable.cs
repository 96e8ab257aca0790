using System.Globalization;

namespace OrleansWork.SystemTests.Processes;

/// <summary>The machine's processes: by their command lines, and what they use.</summary>
internal static class ProcessTable
{
    /// <summary>Returns how many bytes of memory a process has resident.</summary>
    public static long ResidentBytes(int pid)
    {
        // VmRSS:     1234 kB
        string line = File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/status"))
            .First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture);
    }

    /// <summary>Lists the processes whose command line has a word, which has to be unique to what is looked for.</summary>
    /// <returns>Process ids and command lines.</returns>
    public static IReadOnlyList<(int Pid, string CommandLine)> Naming(string word)
    {
        List<(int, string)> found = [];
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            if (
                !int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out int pid)
                || pid == Environment.ProcessId
            )
                continue;
            try
            {
                string commandLine = File.ReadAllText(Path.Combine(folder, "cmdline")).Replace('\0', ' ');
                if (commandLine.Contains(word, StringComparison.Ordinal))
                    found.Add((pid, commandLine));
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // It has ended meanwhile.
            }
        }

        return found;
    }

    /// <summary>Returns the id of a process' parent.</summary>
    public static int ParentOf(int pid)
    {
        // pid (name) state ppid …; the name may hold anything.
        string stat = File.ReadAllText($"/proc/{pid}/stat");
        return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture);
    }

    /// <summary>Waits until no process names a word.</summary>
    public static Task NoneNamingAsync(string word, TimeSpan ceiling) =>
        Eventually.TrueAsync(
            () => Naming(word).Count == 0,
            () => "Left: " + string.Join("; ", Naming(word)),
            ceiling,
            $"the end of all processes that name {word}"
        );
}
