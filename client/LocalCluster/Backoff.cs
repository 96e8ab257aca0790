using System.Diagnostics;

namespace OrleansWork.Console.LocalCluster;

/// <summary>How long to wait before a process that died is started again: at once the first time, then doubling from 200 ms to 10 s;
/// a process that lived for 30 s starts anew.</summary>
internal sealed class Backoff
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(30);
    private TimeSpan _next = TimeSpan.Zero;
    private long _started = Stopwatch.GetTimestamp();

    /// <summary>Notes that the process was started.</summary>
    public void Started() => _started = Stopwatch.GetTimestamp();

    /// <summary>Returns the wait after a death.</summary>
    public TimeSpan Next()
    {
        if (Stopwatch.GetElapsedTime(_started) > Settled)
            _next = TimeSpan.Zero;
        TimeSpan wait = _next;
        _next = wait == TimeSpan.Zero ? First : TimeSpan.FromTicks(Math.Min(wait.Ticks * 2, Longest.Ticks));
        return wait;
    }
}
