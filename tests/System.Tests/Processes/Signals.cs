using System.ComponentModel;
using System.Globalization;
using System.Runtime.InteropServices;

namespace OrleansWork.SystemTests.Processes;

internal static partial class Signals
{
    public const int Interrupt = 2;
    public const int Kill = 9;
    public const int Terminate = 15;
    public const int Continue = 18;
    public const int Stop = 19;

    public static void Send(int pid, int signal)
    {
        if (KillProcess(pid, signal) != 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    /// <summary>Whether the processes started from here ignore a signal, as those of a shell's background job do: it is inherited.</summary>
    public static bool IsIgnored(int signal)
    {
        const string Ignored = "SigIgn:";
        string line = File.ReadLines("/proc/self/status").First(l => l.StartsWith(Ignored, StringComparison.Ordinal));
        ulong mask = ulong.Parse(line.AsSpan(Ignored.Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return (mask >> (signal - 1) & 1) != 0;
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int KillProcess(int pid, int signal);
}
