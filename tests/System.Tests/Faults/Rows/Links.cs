using System.Diagnostics;
using OrleansWork.SystemTests.Faults.Driver;
using OrleansWork.SystemTests.Processes;

namespace OrleansWork.SystemTests.Faults.Rows;

/// <summary>Connections between silos are cut or delayed; storage stays reachable.</summary>
internal static class Links
{
    private static readonly SiloSetup s_setup = new() { DisturbsConnections = true };
    private static readonly TimeSpan Eviction = TimeSpan.FromSeconds(12);
    private static readonly TimeSpan SelfStop = TimeSpan.FromSeconds(6);

    // What Orleans says of lines that are cut.
    public static readonly string[] OfCutLines = ["TimeoutException", "ConnectionAbortedException", "OperationCanceledException"];

    /// <summary>F18: one silo is cut off from all others.</summary>
    public static async Task CutOffAsync(FaultRun run)
    {
        run.ExpectedErrors.AddRange(OfCutLines);
        FaultCluster cluster = await run.ClusterAsync(4, s_setup);
        RecordedJob job = await run.SubmitAsync(cluster, units: 180, milliseconds: 1000, KilledSilos.OneByOne);
        await job.DoneAsync(10);
        SiloProcess coordinator = await cluster.CoordinatorOfAsync(job);
        SiloProcess victim = cluster.Silos.First(s => s != coordinator);
        SiloProcess[] others = [.. cluster.Silos.Where(s => s != victim)];
        job.Through(await cluster.ConnectAsync(others));
        DateTimeOffset cut = run.Inject($"cut silo {victim.Number} off", () => victim.Disturb("drop *"));
        victim.IsVictim = true;
        long started = Stopwatch.GetTimestamp();
        TimeSpan evicted = await cluster.AllSeeAsync(others, 3);
        (_, int code) = await run.ExitAsync(victim, TimeSpan.FromSeconds(60));
        TimeSpan ended = Stopwatch.GetElapsedTime(started);
        await run.CheckAsync();
        run.Measured("evicted", evicted, Eviction);
        run.Measured("the zombie ended by itself", ended, Eviction + SelfStop);
        run.Noted("… with exit code", $"{code}");
        IReadOnlyList<UnitRun> all = job.Executions();
        UnitRun[] lost =
        [
            .. all.Where(e =>
                e.Pid == victim.Pid && e.Begun > cut - TimeSpan.FromSeconds(1) && all.Any(o => o.Unit == e.Unit && o.Begun > e.Begun)
            ),
        ];
        JobStatus status = await job.Handle.GetStatusAsync();
        run.Noted("units run again, executions wasted", $"{lost.Length}, {status.Units.Wasted}");
        run.Measured("units counted twice", status.Silos.Sum(s => s.Units) - job.Input.Units, 0, "");
    }

    /// <summary>F20: the link between two silos is cut; a third one reaches both.</summary>
    public static async Task OneLinkAsync(FaultRun run)
    {
        run.ExpectedErrors.AddRange(OfCutLines);
        FaultCluster cluster = await run.ClusterAsync(3, s_setup);
        RecordedJob job = await run.SubmitAsync(cluster, units: 120, milliseconds: 500, KilledSilos.OneByOne);
        await job.DoneAsync(10);
        SiloProcess coordinator = await cluster.CoordinatorOfAsync(job);
        SiloProcess other = cluster.Silos.First(s => s != coordinator);
        SiloProcess[] reachable = [.. cluster.Silos.Where(s => s != other)];
        job.Through(await cluster.ConnectAsync(reachable));
        DateTimeOffset cut = run.Inject(
            $"cut the link between silos {coordinator.Number} and {other.Number}",
            () =>
            {
                coordinator.Disturb("drop " + other.EndPoint);
                other.Disturb("drop " + coordinator.EndPoint);
            }
        );
        JobStatus end = await job.EndAsync();
        TimeSpan took = TimeProvider.System.GetUtcNow() - cut;
        bool all = cluster.Silos.All(s => s.IsRunning);
        foreach (SiloProcess silo in cluster.Silos)
            silo.Disturb();
        await run.CheckAsync();
        await cluster.AllKnowEachOtherAsync();
        run.Holds("silos evicted 0", "0 of 3", all);

        // Two of three silos have 110 units of half a second left on four slots; what the third held is run again after its silence.
        run.Measured("the job ends on the other silos", took.TotalSeconds, 110 * 0.5 / 4 + 5 + 2 + 5, "s");
        IReadOnlyList<UnitRun> runs = job.Executions();
        UnitRun[] lost = [.. runs.Where(e => e.Pid == other.Pid && runs.Any(o => o.Unit == e.Unit && o.Begun > e.Begun))];
        if (lost.Length > 0)
            run.Measured(
                "units behind the link run again",
                KilledSilos.LatestRerun(runs, [.. lost.Where(l => l.Begun <= cut)]) is var latest && latest > cut
                    ? latest - cut
                    : TimeSpan.Zero,
                TimeSpan.FromSeconds(9)
            );
        run.Noted("units run again, executions wasted", $"{lost.Length}, {end.Units.Wasted}");
    }

    /// <summary>F23: everything between silos takes longer.</summary>
    public static async Task DelayedAsync(FaultRun run)
    {
        FaultCluster cluster = await run.ClusterAsync(3, s_setup);
        foreach (int delay in (int[])[0, 200, 1000])
        {
            run.Inject($"delay of {delay} ms", () => cluster.Silos.ToList().ForEach(s => s.Disturb($"delay {delay}")));
            if (delay > 200)
                run.ExpectedErrors.AddRange(OfCutLines);
            long started = Stopwatch.GetTimestamp();
            RecordedJob job = await run.SubmitAsync(cluster, units: 200, milliseconds: 50);
            await job.EndAsync();
            run.Noted($"200 units of 50 ms on 6 slots at a delay of {delay} ms", $"{Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s");
            run.Holds($"silos evicted at {delay} ms 0", "0 of 3", cluster.Silos.All(s => s.IsRunning));
        }

        cluster.Silos.ToList().ForEach(s => s.Disturb());
        await cluster.AllKnowEachOtherAsync();
        await run.CheckAsync();
    }

    /// <summary>F26: every connection between silos is reset every five seconds, while jobs come.</summary>
    public static async Task ResetAsync(FaultRun run)
    {
        const int Resets = 4;
        run.ExpectedErrors.AddRange(OfCutLines);
        FaultCluster cluster = await run.ClusterAsync(3, s_setup);
        using CancellationTokenSource ending = new();
        Task submitting = SubmitAsync();
        await Eventually.TrueAsync(() => run.Jobs.Count >= 2, () => run.Story());
        using PeriodicTimer timer = new(TimeSpan.FromSeconds(5));
        for (int reset = 1; reset <= Resets; reset++)
        {
            run.Inject($"reset {reset}", () => cluster.Silos.ToList().ForEach(s => s.Disturb($"reset {reset}")));
            await timer.WaitForNextTickAsync();
        }

        await ending.CancelAsync();
        await submitting;
        await cluster.AllKnowEachOtherAsync();
        await run.CheckAsync();
        int unknown = run.History.Operations.Count(o => o.Outcome != OperationOutcome.Ok);
        run.Holds("silos evicted 0", "0 of 3", cluster.Silos.All(s => s.IsRunning));
        run.Measured("operations without an answer", unknown, Resets, "");
        run.Noted("jobs meanwhile", $"{run.Jobs.Count}");

        async Task SubmitAsync()
        {
            while (!ending.IsCancellationRequested)
            {
                if (await run.TrySubmitAsync(cluster, units: 60, milliseconds: 30) is { } job)
                    await job.EndAsync();
            }
        }
    }
}
