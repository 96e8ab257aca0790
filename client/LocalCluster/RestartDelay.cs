using System.Diagnostics;
using OrleansWork.Scheduling.Failures;

namespace OrleansWork.Console.LocalCluster;

/// <summary>How long to wait before a process that died is started again: at once the first time, then doubling from 200 ms to 10 s;
/// a process that lived for 30 s starts anew.</summary>
internal sealed class RestartDelay
{
    private static readonly BackOff Waits = new(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(10));
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(30);
    private int _deaths;
    private long _started = Stopwatch.GetTimestamp();

    /// <summary>Notes that the process was started.</summary>
    public void Started() => _started = Stopwatch.GetTimestamp();

    /// <summary>Returns the wait after a death.</summary>
    public TimeSpan Next()
    {
        if (Stopwatch.GetElapsedTime(_started) > Settled)
            _deaths = 0;
        return _deaths++ == 0 ? TimeSpan.Zero : Waits.After(_deaths - 2);
    }
}
