using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace OrleansWork.Jobs.Processes;

/// <summary>Starts processes so that all they start can be ended with them.</summary>
/// <remarks>
/// On Linux a process leads a session of its own (<c>setsid</c>), which its descendants stay in unless they leave on purpose, and carries a
/// mark in its environment, which even those inherit; elsewhere its tree is found by parents, which misses what has lost its parent. What
/// is left when this process is killed is for <see cref="OrphanGuard"/>.
/// </remarks>
internal static class ChildSession
{
    private const int Rounds = 5;
    private static readonly string? Leader = OperatingSystem.IsLinux()
        ? new[] { "/usr/bin/setsid", "/bin/setsid" }.FirstOrDefault(File.Exists)
        : null;

    /// <summary>Makes what starts a command in a session of its own.</summary>
    public static ProcessStartInfo Of(IReadOnlyList<string> command)
    {
        IEnumerable<string> words = Leader is null ? command : [Leader, "--", .. command];
        ProcessStartInfo start = new(words.First())
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            CreateNoWindow = true,
        };
        foreach (string word in words.Skip(1))
            start.ArgumentList.Add(word);
        return start;
    }

    /// <summary>Takes away what is meant for this process: its own settings, secrets among them.</summary>
    public static void HideSettings(ProcessStartInfo start)
    {
        foreach (
            string variable in start
                .Environment.Keys.Where(key => key.StartsWith("OrleansWork", StringComparison.OrdinalIgnoreCase))
                .ToArray()
        )
            start.Environment.Remove(variable);
    }

    /// <summary>Kills the process and all that it started; what has ended already is no error.</summary>
    /// <param name="leader">The process.</param>
    /// <param name="mark">A variable of its environment, as <c>NAME=value</c>, that no other process has; or null.</param>
    public static void Kill(Process leader, string? mark)
    {
        TryKill(leader);
        if (Leader is null)
            return;
        byte[] marked = Encoding.UTF8.GetBytes(mark ?? "");
        // Those that start others while they are being killed are caught in the next round.
        for (int round = 0; round < Rounds && Members(leader.Id, marked) is { Count: > 0 } members; round++)
        {
            foreach (int id in members)
            {
                try
                {
                    using Process member = Process.GetProcessById(id);
                    TryKill(member);
                }
                catch (ArgumentException)
                {
                    // It has ended in the meantime.
                }
            }
        }
    }

    private static void TryKill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (Exception exception)
            when (exception is InvalidOperationException or Win32Exception or AggregateException or NotSupportedException)
        {
            // It has ended, or is ending.
        }
    }

    /// <summary>Lists the processes of a session, or with a mark, that have not ended.</summary>
    private static List<int> Members(int session, byte[] mark)
    {
        List<int> members = [];
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out int id))
                continue;
            try
            {
                // pid (name) state ppid pgrp session …; the name may hold anything, blanks and brackets too.
                string stat = File.ReadAllText($"{folder}/stat");
                string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ', 5);
                if (fields[0] is "Z" or "X")
                    continue;
                if (int.Parse(fields[3], CultureInfo.InvariantCulture) == session || IsMarked(folder, mark))
                    members.Add(id);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException)
            {
                // It has ended in the meantime, or is somebody else's.
            }
        }

        return members;
    }

    private static bool IsMarked(string folder, byte[] mark) =>
        mark.Length > 0 && File.ReadAllBytes($"{folder}/environ").AsSpan().IndexOf(mark) >= 0;
}
