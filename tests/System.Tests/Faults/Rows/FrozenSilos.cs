using System.Diagnostics;
using OrleansWork.SystemTests.Faults.Driver;
using OrleansWork.SystemTests.Processes;

namespace OrleansWork.SystemTests.Faults.Rows;

/// <summary>SIGSTOP and SIGCONT.</summary>
internal static class FrozenSilos
{
    private static readonly TimeSpan Eviction = TimeSpan.FromSeconds(12);
    private static readonly TimeSpan ZombieEnd = TimeSpan.FromSeconds(10);

    /// <summary>F9: 3 seconds are a pause, not a death.</summary>
    public static async Task PausedAsync(FaultRun run)
    {
        FaultCluster cluster = await run.ClusterAsync(3);
        RecordedJob job = await run.SubmitAsync(cluster, units: 400, milliseconds: 60);
        await job.DoneAsync(60);
        SiloProcess coordinator = await cluster.CoordinatorOfAsync(job);
        SiloProcess victim = cluster.Silos.First(s => s != coordinator);
        List<TimeSpan> answers = [];
        using CancellationTokenSource ending = new();
        Task asking = AskAsync();
        run.Inject($"SIGSTOP silo {victim.Number}", victim.Freeze);
        await Task.Delay(TimeSpan.FromSeconds(3));
        run.Inject($"SIGCONT silo {victim.Number}", victim.Thaw);
        await run.CheckAsync();
        await ending.CancelAsync();
        await asking;
        await cluster.AllKnowEachOtherAsync();
        run.Holds("silos evicted 0", "0 of 3", cluster.Silos.All(s => s.IsRunning));
        answers.Sort();
        run.Measured("status calls, slowest but 1 %", answers[(int)(answers.Count * 0.99)], TimeSpan.FromSeconds(4));

        async Task AskAsync()
        {
            while (!ending.IsCancellationRequested)
            {
                long asked = Stopwatch.GetTimestamp();
                await job.Handle.GetStatusAsync();
                answers.Add(Stopwatch.GetElapsedTime(asked));
                await Task.Delay(20);
            }
        }
    }

    /// <summary>F10: 20 seconds are a death; what comes back is a zombie, and what it still reports counts once.</summary>
    public static async Task FrozenAsync(FaultRun run)
    {
        FaultCluster cluster = await run.ClusterAsync(4);
        RecordedJob job = await run.SubmitAsync(cluster, units: 180, milliseconds: 1000, KilledSilos.OneByOne);
        await job.DoneAsync(10);
        SiloProcess coordinator = await cluster.CoordinatorOfAsync(job);
        SiloProcess victim = cluster.Silos.First(s => s != coordinator);
        SiloProcess[] others = [.. cluster.Silos.Where(s => s != victim)];
        run.Inject($"SIGSTOP silo {victim.Number}", victim.Freeze);
        long frozen = Stopwatch.GetTimestamp();
        victim.IsVictim = true;
        TimeSpan evicted = await cluster.AllSeeAsync(others, 3);
        TimeSpan rest = TimeSpan.FromSeconds(20) - Stopwatch.GetElapsedTime(frozen);
        if (rest > TimeSpan.Zero)
            await Task.Delay(rest);
        DateTimeOffset thawed = run.Inject($"SIGCONT silo {victim.Number}", victim.Thaw);
        (TimeSpan ended, int code) = await run.ExitAsync(victim, TimeSpan.FromSeconds(60));
        await run.CheckAsync();
        run.Measured("evicted", evicted, Eviction);
        run.Measured("zombie ended after SIGCONT", ended, ZombieEnd);
        run.Noted("… with exit code", $"{code}");
        IReadOnlyList<UnitRun> all = job.Executions();
        UnitRun[] late = [.. all.Where(e => e.Pid == victim.Pid && e.Ended >= thawed)];

        // What it begins after SIGCONT has run elsewhere before.
        UnitRun[] lost = [.. all.Where(e => e.Pid == victim.Pid && e.Begun < thawed && (e.Ended is null || e.Ended >= thawed))];
        JobStatus status = await job.Handle.GetStatusAsync();
        run.Measured(
            "units lost run again",
            KilledSilos.LatestRerun(all, lost) - thawed + TimeSpan.FromSeconds(20),
            evicted + TimeSpan.FromSeconds(2)
        );
        run.Noted("late executions, of which wasted", $"{late.Length}, {status.Units.Wasted}");
        run.Measured("units counted twice", status.Silos.Sum(s => s.Units) - job.Input.Units, 0, "");
    }
}
