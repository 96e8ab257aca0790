using System.Diagnostics;
using OrleansWork.SystemTests.Faults.Driver;
using OrleansWork.SystemTests.Processes;

namespace OrleansWork.SystemTests.Faults.Rows;

/// <summary>All silos at once, and one after the other.</summary>
internal static class Restarts
{
    private static readonly TimeSpan SamePorts = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(15);

    /// <summary>F4: nobody asks for the jobs; the silos find them by themselves.</summary>
    public static async Task AllKilledAsync(FaultRun run)
    {
        FaultCluster cluster = await run.ClusterAsync(3);
        // At once: none has ended when the last has begun, however long that takes.
        RecordedJob[] jobs = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => run.SubmitAsync(cluster, units: 400, milliseconds: 60)));
        foreach (RecordedJob job in jobs)
            await job.DoneAsync(10);
        run.Inject("kill -9 all silos", () => cluster.Silos.ToList().ForEach(s => s.Kill()));
        foreach (SiloProcess silo in cluster.Silos)
            await silo.Program.ExitCodeAsync();
        DateTimeOffset started = run.Inject("start all again on the same ports", () => { });
        await Task.WhenAll(cluster.Silos.Select(s => s.StartAsync()));
        DateTimeOffset ready = TimeProvider.System.GetUtcNow();
        DateTimeOffset last = DateTimeOffset.MinValue;
        foreach (RecordedJob job in jobs)
        {
            DateTimeOffset resumed = await KilledSilos.ResumedAsync(cluster, job, epoch: 2);
            last = resumed > last ? resumed : last;
        }

        run.Measured("all jobs resumed after the start", last - started, SamePorts);
        run.Noted("… of which processes took", $"{(ready - started).TotalSeconds:0.0} s");
        await run.CheckAsync();
    }

    /// <summary>F6: each of four silos is stopped and started while jobs come.</summary>
    public static async Task RollingAsync(FaultRun run)
    {
        FaultCluster cluster = await run.ClusterAsync(4);
        using CancellationTokenSource ending = new();
        Task submitting = SubmitAsync();

        // The first jobs load the kind everywhere; those after them show what the cluster does when nobody disturbs it.
        await Eventually.TrueAsync(() => run.Jobs.Count >= 3);
        long began = Stopwatch.GetTimestamp();
        int ran = Units();
        await Eventually.TrueAsync(() => run.Jobs.Count >= 13);
        double undisturbed = (Units() - ran) / Stopwatch.GetElapsedTime(began).TotalSeconds;
        long started = Stopwatch.GetTimestamp();
        ran = Units();
        TimeSpan slowest = TimeSpan.Zero;
        List<int> codes = [];
        foreach (SiloProcess silo in cluster.Silos)
        {
            run.Inject($"SIGTERM silo {silo.Number}", silo.Terminate);
            (TimeSpan after, int code) = await run.ExitAsync(silo, TimeSpan.FromSeconds(30));
            slowest = after > slowest ? after : slowest;
            codes.Add(code);
            await silo.StartAsync();
            run.History.Note($"silo {silo.Number} is back as {silo.Address}");
            await cluster.AllKnowEachOtherAsync();
        }

        double rolling = (Units() - ran) / Stopwatch.GetElapsedTime(started).TotalSeconds;
        await ending.CancelAsync();
        await submitting;
        await run.CheckAsync();
        int errors = run.History.Operations.Count(o => o.Outcome != OperationOutcome.Ok);
        long failures = 0;
        foreach (RecordedJob job in run.Jobs)
            failures += (await job.Handle.GetStatusAsync()).Failures.Count;
        run.Measured("failed jobs", run.Jobs.Count - await SucceededAsync(), 0, "");
        run.Measured("client-visible errors", errors, 0, "");
        run.Measured("units that failed an attempt", failures, 0, "");
        run.Measured("slowest exit", slowest, Grace);
        run.Holds("exit codes 0", string.Join(", ", codes), codes.TrueForAll(c => c == 0));
        run.AtLeast("throughput, of undisturbed", 100 * rolling / undisturbed, 50, "%");
        run.Noted("units a second, undisturbed and while silos restart", $"{undisturbed:0} and {rolling:0}");

        // By what the processes wrote down, so that nobody has to be asked.
        int Units() => run.Jobs.Sum(job => job.Executions().Count(e => e.Ended is not null));

        async Task SubmitAsync()
        {
            while (!ending.IsCancellationRequested)
            {
                if (await run.TrySubmitAsync(cluster, units: 100, milliseconds: 40) is { } job)
                    await job.EndAsync();
            }
        }

        async Task<int> SucceededAsync()
        {
            int succeeded = 0;
            foreach (RecordedJob job in run.Jobs)
                succeeded += (await job.Handle.GetStatusAsync()).State == JobState.Succeeded ? 1 : 0;
            return succeeded;
        }
    }

    /// <summary>F15: SIGTERM with a full queue.</summary>
    public static async Task TerminatedAsync(FaultRun run)
    {
        FaultCluster cluster = await run.ClusterAsync(3);
        RecordedJob job = await run.SubmitAsync(cluster, units: 500, milliseconds: 60, KilledSilos.OneByOne);
        await job.DoneAsync(100);
        SiloProcess victim = await cluster.CoordinatorOfAsync(job);
        run.Inject($"SIGTERM silo {victim.Number}, which coordinates", victim.Terminate);
        (TimeSpan after, int code) = await run.ExitAsync(victim, TimeSpan.FromSeconds(30));
        await run.CheckAsync();
        run.Measured("exit", after, Grace);
        run.Holds("exit code 0", $"{code}", code == 0);
        run.Noted("executions more than units", $"{job.Executions().Count - 500}");
    }

    /// <summary>F7: killed while it shuts down.</summary>
    public static async Task KilledWhileStoppingAsync(FaultRun run)
    {
        FaultCluster cluster = await run.ClusterAsync(3);
        RecordedJob job = await run.SubmitAsync(cluster, units: 120, milliseconds: 300, KilledSilos.OneByOne);
        await job.DoneAsync(20);
        SiloProcess victim = await cluster.CoordinatorOfAsync(job);
        run.Inject($"SIGTERM silo {victim.Number}, which coordinates", victim.Terminate);
        using PeriodicTimer half = new(TimeSpan.FromMilliseconds(300));
        await half.WaitForNextTickAsync();
        bool still = victim.IsRunning;
        if (still)
            run.Inject($"kill -9 silo {victim.Number}", victim.Kill);
        DateTimeOffset killed = TimeProvider.System.GetUtcNow();
        DateTimeOffset resumed = await KilledSilos.ResumedAsync(cluster, job, epoch: 2);
        await run.CheckAsync();
        run.Noted("still ran when it was killed", still ? "yes" : "no");
        run.Measured("coordinator resumed", resumed - killed, KilledSilos.Detection + KilledSilos.Resumption);
    }
}
