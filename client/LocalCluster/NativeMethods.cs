using System.Runtime.InteropServices;

namespace OrleansWork.Console.LocalCluster;

internal static partial class NativeMethods
{
    /// <summary>Leaves the terminal's session and process group, so that Ctrl-C and a closing terminal do not reach this process.</summary>
    public static void LeaveTerminal()
    {
        if (!OperatingSystem.IsWindows())
            _ = SetSid();
    }

    /// <summary>Returns the id of the parent process, or 0 where it is not known.</summary>
    public static int ParentId() => OperatingSystem.IsWindows() ? 0 : GetPpid();

    [LibraryImport("libc", EntryPoint = "setsid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int SetSid();

    [LibraryImport("libc", EntryPoint = "getppid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int GetPpid();
}
