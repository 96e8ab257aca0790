using OrleansWork.Scheduling.Estimation;

namespace OrleansWork.Engine.Execution;

/// <summary>What the process says about itself: sampled a few times a second, read on every report.</summary>
internal sealed class SiloVitals(EngineOptions options, TimeProvider time)
{
    private readonly Ewma _speed = new(TimeSpan.FromSeconds(1), 0);
    private readonly bool _heapIsLimited = AppContext.GetData("GCHeapHardLimit") is not null;
    private long _sampledAt = -1;
    private TimeSpan _cpuTime;
    private long _units;
    private volatile Sample _last = new(0, 0, 0, 0, false);

    /// <summary>Gets the last sample.</summary>
    public Sample Last => _last;

    /// <summary>Takes a sample.</summary>
    /// <param name="unitsDone">How many units the silo has done since it started.</param>
    public Sample Take(long unitsDone)
    {
        long now = time.GetTimestamp();
        TimeSpan cpuTime = Environment.CpuUsage.TotalTime;
        GCMemoryInfo gc = GC.GetGCMemoryInfo(GCKind.Any);
        long limit = gc.TotalAvailableMemoryBytes;
        long used = _heapIsLimited ? gc.TotalCommittedBytes : Environment.WorkingSet;
        double cpu = _last.Cpu;
        double seconds = _sampledAt < 0 ? 0 : time.GetElapsedTime(_sampledAt, now).TotalSeconds;
        if (seconds > 0.01)
        {
            cpu = Math.Clamp((cpuTime - _cpuTime).TotalSeconds / (seconds * Environment.ProcessorCount), 0, 1);
            _speed.Observe((unitsDone - _units) / seconds, time.GetElapsedTime(0, now));
        }

        if (_sampledAt < 0 || seconds > 0.01)
            (_sampledAt, _cpuTime, _units) = (now, cpuTime, unitsDone);
        bool full = limit > 0 && used > limit * (_last.IsMemoryFull ? options.MemoryLowWater : options.MemoryHighWater);
        return _last = new Sample((float)cpu, (float)_speed.Value, used, limit, full);
    }

    /// <summary>One look at the process.</summary>
    /// <param name="Cpu">Its share of the machine, 0 to 1.</param>
    /// <param name="UnitsPerSecond">Units done per second, averaged over about one.</param>
    /// <param name="MemoryBytes">Memory in use.</param>
    /// <param name="MemoryLimitBytes">Memory it may use.</param>
    /// <param name="IsMemoryFull">Whether it takes no new lease for want of memory.</param>
    internal sealed record Sample(float Cpu, float UnitsPerSecond, long MemoryBytes, long MemoryLimitBytes, bool IsMemoryFull);
}
