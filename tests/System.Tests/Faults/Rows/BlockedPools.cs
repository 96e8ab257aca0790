using System.Diagnostics;
using OrleansWork.SystemTests.Faults.Driver;
using OrleansWork.SystemTests.Processes;

namespace OrleansWork.SystemTests.Faults.Rows;

/// <summary>F16: user code blocks 200 threads of the pool on which all turns of a silo run.</summary>
internal static class BlockedPools
{
    private static readonly TimeSpan Lasts = TimeSpan.FromSeconds(12);
    private static readonly TimeSpan Red = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Prompt = TimeSpan.FromSeconds(2);

    // What it had admitted runs on.
    private static readonly TimeSpan Admitted = TimeSpan.FromSeconds(1);

    public static async Task BlockedAsync(FaultRun run)
    {
        FaultCluster cluster = await run.ClusterAsync(
            StoreKind.Garnet,
            new SiloSetup { Labels = ["bad=yes"] },
            new SiloSetup(),
            new SiloSetup()
        );
        SiloProcess victim = cluster.Silos[0];
        RecordedJob job = await run.SubmitAsync(cluster, units: 2_000, milliseconds: 60, new JobOptions { ChunkUnits = 1 });
        await job.DoneAsync(60);
        job.Through(await cluster.ConnectAsync([.. cluster.Silos.Skip(1)]));
        RecordedJob bad = await run.SubmitBadAsync(
            cluster,
            Misdeed.BlockPool,
            [0],
            units: 1,
            milliseconds: 0,
            new JobOptions { Require = ["bad"] },
            Lasts
        );
        await bad.BegunAsync(1);
        DateTimeOffset blocked = bad.Executions()[0].Begun;
        using CancellationTokenSource ending = new();
        Task<List<TimeSpan>> asking = AskAsync(job, ending.Token);
        (DateTimeOffset red, _) = await WhenAsync(cluster, victim, ready: false);
        (DateTimeOffset green, DateTimeOffset lastRed) = await WhenAsync(cluster, victim, ready: true);
        await Eventually.TrueAsync(
            () => job.Executions().Any(e => e.Pid == victim.Pid && e.Begun > green),
            what: "units on the silo that was blocked"
        );
        DateTimeOffset again = job.Executions().First(e => e.Pid == victim.Pid && e.Begun > green).Begun;
        await ending.CancelAsync();
        TimeSpan[] took = [.. (await asking).Order()];
        await bad.EndAsync();
        await run.CheckAsync();

        IReadOnlyList<UnitRun> runs = job.Executions();
        DateTimeOffset from = red + Admitted;
        run.Measured("its health check is red", red - blocked, Red);
        run.Measured(
            "units begun there while it is red",
            runs.Count(e => e.Pid == victim.Pid && e.Begun > from && e.Begun < lastRed),
            0,
            ""
        );
        int elsewhere = runs.Count(e => e.Pid != victim.Pid && e.Begun > from && e.Begun < lastRed);
        run.Holds("… and elsewhere", $"{elsewhere} in {(lastRed - from).TotalSeconds:0.0} s", elsewhere > 0);
        run.Measured("it is green again", green - red, Recovery);
        run.Measured("… and runs units again", again - green, TimeSpan.FromSeconds(5));
        run.Measured($"99 % of {took.Length} calls to other grains", took[(int)(took.Length * 0.99)], Prompt);
        run.Holds("silos evicted 0", "0 of 3", cluster.Silos.All(s => s.IsRunning));
    }

    /// <summary>Waits until a silo's health check says so.</summary>
    /// <returns>When it did, and when it was last asked before that and said the opposite.</returns>
    private static async Task<(DateTimeOffset When, DateTimeOffset Before)> WhenAsync(FaultCluster cluster, SiloProcess silo, bool ready)
    {
        DateTimeOffset before = default;
        DateTimeOffset asked = default;
        await Eventually.NotNullAsync(
            async () =>
            {
                before = asked;
                asked = TimeProvider.System.GetUtcNow();
                return await cluster.SeenByAsync(silo) is not null == ready ? "" : null;
            },
            what: $"silo {silo.Number} to be {(ready ? "ready" : "not ready")}"
        );
        return (ready ? asked : TimeProvider.System.GetUtcNow(), before);
    }

    private static async Task<List<TimeSpan>> AskAsync(RecordedJob job, CancellationToken ending)
    {
        List<TimeSpan> took = [];
        while (!ending.IsCancellationRequested)
        {
            long asked = Stopwatch.GetTimestamp();
            await job.Handle.GetStatusAsync(CancellationToken.None);
            took.Add(Stopwatch.GetElapsedTime(asked));
            await Task.Delay(20, CancellationToken.None);
        }

        return took;
    }
}
