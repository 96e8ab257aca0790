using System.Runtime.InteropServices;

namespace OrleansWork.Silo.Hosting;

/// <summary>Ends the process once its host has: threads that job code left in the foreground, and what it has registered for the end, may not keep it.</summary>
internal static partial class LastSteps
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(2);

    /// <summary>Ends the process with that exit code; does not return.</summary>
    public static void Exit(int code)
    {
        using Timer hard = new(_ => ExitAtOnce(code), null, Bound, Timeout.InfiniteTimeSpan);
        Environment.Exit(code);
    }

    private static void ExitAtOnce(int code)
    {
        if (OperatingSystem.IsWindows())
            System.Diagnostics.Process.GetCurrentProcess().Kill();
        else
            ExitProcess(code);
    }

    [LibraryImport("libc", EntryPoint = "_exit")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial void ExitProcess(int code);
}
