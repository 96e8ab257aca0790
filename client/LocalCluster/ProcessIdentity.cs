using System.Diagnostics;

namespace OrleansWork.Console.LocalCluster;

/// <summary>Tells a process from a later one that got the same id, by its start time.</summary>
internal static class ProcessIdentity
{
    // The start time is derived from clocks that drift apart by a little.
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(2);

    /// <summary>Returns when a process was started; the present when it has ended already.</summary>
    public static DateTimeOffset StartOf(Process process)
    {
        try
        {
            return new DateTimeOffset(process.StartTime).ToUniversalTime();
        }
        catch (Exception exception) when (exception is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return TimeProvider.System.GetUtcNow();
        }
    }

    /// <summary>Opens the process of a description.</summary>
    /// <returns>Null when it has ended.</returns>
    public static Process? Open(ClusterProcess described)
    {
        try
        {
            Process process = Process.GetProcessById(described.Pid);
            if (!process.HasExited && (StartOf(process) - described.StartedAt).Duration() <= Tolerance)
                return process;
            process.Dispose();
            return null;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}
