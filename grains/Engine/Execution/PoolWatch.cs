using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansWork.Scheduling.Failures;

namespace OrleansWork.Engine.Execution;

/// <summary>Watches from a thread of its own how long work waits for a thread of the process' pool, on which all turns run.</summary>
/// <remarks>
/// User code that blocks pool threads makes every grain of the process wait. Then the silo takes no leases, says so, and adds threads, so that
/// turns run beside what is blocked.
/// </remarks>
internal sealed partial class PoolWatch(ComputePool pool, SiloHealth health, IOptions<EngineOptions> options, ILogger<PoolWatch> logger)
    : ILifecycleParticipant<ISiloLifecycle>
{
    // What blocks may go on blocking: without the threads added for it turns would wait again.
    private static readonly TimeSpan KeepThreadsFor = TimeSpan.FromMinutes(1);
    private readonly ManualResetEventSlim _ending = new();
    private readonly TurnWatch _watch = new();
    private int _answered = 1;
    private int _added;
    private long _wellSince;

    /// <inheritdoc/>
    public void Participate(ISiloLifecycle observer) =>
        observer.Subscribe(
            nameof(PoolWatch),
            ServiceLifecycleStage.RuntimeGrainServices,
            _ =>
            {
                new Thread(Watch) { IsBackground = true, Name = "orleanswork pool watch" }.Start();
                return Task.CompletedTask;
            },
            _ =>
            {
                _ending.Set();
                return Task.CompletedTask;
            }
        );

    private void Watch()
    {
        long last = Stopwatch.GetTimestamp();
        while (!_ending.Wait(TurnWatch.Period))
        {
            long now = Stopwatch.GetTimestamp();
            Look(Stopwatch.GetElapsedTime(last, now));
            last = now;
        }

        TakeThreadsBack();
    }

    private void Look(TimeSpan elapsed)
    {
        bool answered = Volatile.Read(ref _answered) == 1;
        bool changed = _watch.Look(elapsed, answered);
        if (answered)
        {
            Volatile.Write(ref _answered, 0);
            ThreadPool.UnsafeQueueUserWorkItem(static watch => Volatile.Write(ref watch._answered, 1), this, preferLocal: false);
        }

        if (_watch.IsStarved && _watch.Waited >= TurnWatch.StarvedAfter)
            AddThreads();
        else if (_added > 0 && !_watch.IsStarved && Stopwatch.GetElapsedTime(_wellSince) >= KeepThreadsFor)
            TakeThreadsBack();
        if (!changed)
            return;
        pool.IsStarved = _watch.IsStarved;
        health.IsStarved = _watch.IsStarved;
        if (_watch.IsStarved)
        {
            LogStarved(_watch.LastWaited.TotalMilliseconds, ThreadPool.ThreadCount, ThreadPool.PendingWorkItemCount, _added);
        }
        else
        {
            _wellSince = Stopwatch.GetTimestamp();
            LogWell(_added);
        }
    }

    private void AddThreads()
    {
        long wanted = Math.Min(ThreadPool.PendingWorkItemCount, options.Value.MaxAddedPoolThreads - _added);
        if (wanted <= 0)
            return;
        ThreadPool.GetMinThreads(out int workers, out int completion);
        if (ThreadPool.SetMinThreads(workers + (int)wanted, completion))
            _added += (int)wanted;
    }

    private void TakeThreadsBack()
    {
        if (_added == 0)
            return;
        ThreadPool.GetMinThreads(out int workers, out int completion);
        ThreadPool.SetMinThreads(Math.Max(1, workers - _added), completion);
        _added = 0;
    }

    [LoggerMessage(
        LogLevel.Warning,
        "Turns wait for {WaitedMs} ms: code in this process blocks the {Threads} threads of its pool, or the machine has no time for them; {Pending} pieces of work wait; the silo takes no leases until turns are prompt again, and added {Added} threads"
    )]
    private partial void LogStarved(double waitedMs, int threads, long pending, int added);

    [LoggerMessage(
        LogLevel.Information,
        "Turns are prompt again: the silo takes leases; the {Added} threads that it added go in a minute unless they are needed again"
    )]
    private partial void LogWell(int added);
}
