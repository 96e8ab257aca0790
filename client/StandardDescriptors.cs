using System.Text;

namespace OrleansWork.Console;

/// <summary>Makes sure that this program has a standard input, output and error stream of its own before it does anything else.</summary>
internal static class StandardDescriptors
{
    private const string Shell = "/bin/sh";

    // Fewer than the runtime and one connection take; a message is better than what the runtime says when the last one is gone.
    private const ulong FewestDescriptors = 200;

    private static readonly bool[] s_wasInherited = [true, true, true];

    /// <summary>Starts this program again with /dev/null in the place of descriptors that it was started without.</summary>
    /// <remarks>
    /// By the time that it runs, the runtime has taken their numbers for pipes of its own: what is written to the output would go there, and
    /// what is started from here would be without them. The shell gives /dev/null to the output so that writing fails, as it does when it is
    /// closed, and to the error stream so that nothing does.
    /// </remarks>
    /// <returns>An exit code when this program cannot run; null when it can.</returns>
    public static int? Secure()
    {
        if (!Posix.IsHere)
            return null;
        if (Posix.DescriptorLimit() is var limit and < FewestDescriptors)
        {
            if (Posix.WasInherited(2))
                Posix.TellTooFew(limit, FewestDescriptors);
            return ExitCode.Refused;
        }

        for (int descriptor = 0; descriptor <= 2; descriptor++)
            s_wasInherited[descriptor] = Posix.WasInherited(descriptor);
        if (!s_wasInherited[0] || !s_wasInherited[1] || !s_wasInherited[2])
            StartAgain();
        return null;
    }

    /// <summary>Says whether a standard stream was given to this process.</summary>
    public static bool WasInherited(int descriptor) => s_wasInherited[descriptor];

    private static void StartAgain()
    {
        IReadOnlyList<byte[]>? words = CommandWords.Raw();
        if (words is null || Environment.ProcessPath is not { } program || !File.Exists(Shell))
            return;
        string script =
            "exec \"$0\" \"$@\""
            + (s_wasInherited[0] ? "" : " 0>/dev/null")
            + (s_wasInherited[1] ? "" : " 1</dev/null")
            + (s_wasInherited[2] ? "" : " 2>/dev/null");
        Posix.Become([
            Encoding.UTF8.GetBytes(Shell),
            "-c"u8.ToArray(),
            Encoding.UTF8.GetBytes(script),
            Encoding.UTF8.GetBytes(program),
            .. words.Skip(1),
        ]);
    }
}
