using System.Diagnostics;

namespace OrleansWork.Console.LocalCluster;

/// <summary>Ends this process when the <c>dotnet run</c> that started it was killed, which does not pass that on.</summary>
internal static class ParentWatch
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(250);
    private static Timer? s_timer;

    /// <summary>Starts watching if the parent is <c>dotnet run</c>; a shell may go, as with nohup, without taking this process along.</summary>
    public static void Start()
    {
        int parent = NativeMethods.ParentId();
        if (s_timer is not null || parent <= 1 || !IsDotnetRun(parent))
            return;
        s_timer = new Timer(
            _ =>
            {
                // Hard, as the parent ended: the pipes to the silos and the store close, and they follow.
                if (NativeMethods.ParentId() != parent)
                    Process.GetCurrentProcess().Kill();
            },
            null,
            Period,
            Period
        );
    }

    private static bool IsDotnetRun(int pid)
    {
        try
        {
            string[] arguments = File.ReadAllText($"/proc/{pid}/cmdline").Split('\0');
            return Path.GetFileNameWithoutExtension(arguments[0]) == "dotnet" && arguments.Contains("run", StringComparer.Ordinal);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
