using System.Globalization;
using OrleansWork.SystemTests.Faults.Driver;
using OrleansWork.SystemTests.Processes;

namespace OrleansWork.SystemTests.Faults.Rows;

/// <summary>SIGKILL.</summary>
internal static class KilledSilos
{
    public static readonly TimeSpan Detection = TimeSpan.FromSeconds(5);
    public static readonly TimeSpan Resumption = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Redispatch = TimeSpan.FromSeconds(2);

    // A checkpoint is at most this old; what was reported after it may have to run again.
    private static readonly TimeSpan CheckpointAge = TimeSpan.FromSeconds(2.2);

    // Executions are counted exactly, so nothing may be run a second time on purpose.
    public static readonly JobOptions OneByOne = new() { ChunkUnits = 1, Speculation = false };

    public static async Task OneAsync(FaultRun run)
    {
        FaultCluster cluster = await run.ClusterAsync(3);
        RecordedJob job = await run.SubmitAsync(cluster, units: 500, milliseconds: 60, OneByOne);
        await job.DoneAsync(150);
        SiloProcess coordinator = await cluster.CoordinatorOfAsync(job);
        SiloProcess victim = cluster.Silos.First(s => s != coordinator);
        DateTimeOffset killed = run.Inject($"kill -9 silo {victim.Number}", victim.Kill);
        TimeSpan detected = await cluster.AllSeeAsync(cluster.Running, 2);
        await run.CheckAsync();

        IReadOnlyList<UnitRun> all = job.Executions();
        UnitRun[] lost = [.. all.Where(e => e.Pid == victim.Pid && e.Ended is null)];
        run.Measured("declared dead", detected, Detection);
        run.Measured("lost units run again", LatestRerun(all, lost) - killed, detected + Redispatch);

        // What it had ended last may not have been reported yet, so only what it was at counts against the limit.
        run.Measured("units it was at", lost.Length, victim.Setup.Slots, "");
        run.Noted("executions more than units", $"{all.Count - 500}");
    }

    public static async Task CoordinatorAsync(FaultRun run)
    {
        FaultCluster cluster = await run.ClusterAsync(3);
        (RecordedJob job, SiloProcess victim, UnitRun longUnit) = await LongUnitElsewhereAsync(run, cluster);
        await job.DoneAsync(100);
        DateTimeOffset killed = run.Inject($"kill -9 silo {victim.Number}, which coordinates", victim.Kill);
        TimeSpan detected = await cluster.AllSeeAsync(cluster.Running, 2);
        DateTimeOffset resumed = await ResumedAsync(cluster, job, epoch: 2);
        await run.CheckAsync(ceiling: TimeSpan.FromMinutes(5));

        IReadOnlyList<UnitRun> all = job.Executions();
        run.Measured("declared dead", detected, Detection);
        run.Measured("coordinator resumed", resumed - killed, detected + Resumption);
        int uncommitted = all.Count(e => e.Begun < resumed && (e.Ended is null || e.Ended > killed - CheckpointAge));
        run.Measured("units run again, of uncommitted leases", all.Count - all.Select(e => e.Unit).Distinct().Count(), uncommitted, "");
        int starts = all.Count(e => e.Unit == longUnit.Unit);
        run.Holds(
            $"a unit of {job.Input.LongMilliseconds / 1000:0} s is started once",
            $"{starts} time{(starts == 1 ? "" : "s")}",
            starts == 1
        );
        run.Holds("result bytes as undisturbed", $"{job.Reference.Length} bytes", held: true);
    }

    /// <summary>Nothing is stored of the run by then: little of it is suspect all the same.</summary>
    public static async Task CoordinatorAtOnceAsync(FaultRun run)
    {
        const double Seconds = 0.02;
        FaultCluster cluster = await run.ClusterAsync(2);
        RecordedJob job = await run.SubmitAsync(cluster, units: 2_000, milliseconds: 1_000 * Seconds);
        SiloProcess victim = await cluster.CoordinatorOfAsync(job);
        await job.BegunAsync(1);
        run.Inject($"kill -9 silo {victim.Number}, which coordinates", victim.Kill);
        await cluster.AllSeeAsync(cluster.Running, 1);
        await ResumedAsync(cluster, job, epoch: 2);
        await Task.Delay(TimeSpan.FromSeconds(3));
        double rate = await RateAsync(job, TimeSpan.FromSeconds(5));
        run.AtLeast(
            "units a second from 3 s on, two fifths of what the slots left can do",
            rate,
            0.4 * victim.Setup.Slots / Seconds,
            "units/s"
        );
        await run.CheckAsync();
    }

    public static async Task TwoOfFourAsync(FaultRun run)
    {
        FaultCluster cluster = await run.ClusterAsync(4);
        RecordedJob job = await run.SubmitAsync(cluster, units: 600, milliseconds: 60);
        await job.DoneAsync(150);
        foreach (SiloProcess victim in cluster.Silos.Take(2))
            run.Inject($"kill -9 silo {victim.Number}", victim.Kill);
        TimeSpan detected = await cluster.AllSeeAsync(cluster.Running, 2);
        run.Measured("both declared dead", detected, Detection);
        await run.CheckAsync();
    }

    /// <summary>What was on the two that died is suspect and runs alone for a while; all else goes on.</summary>
    public static async Task TwoWithinASecondAsync(FaultRun run)
    {
        FaultCluster cluster = await run.ClusterAsync(4);
        RecordedJob job = await run.SubmitAsync(cluster, units: 2_400, milliseconds: 150);
        await job.DoneAsync(150);
        SiloProcess[] victims = [.. cluster.Silos.Take(2)];
        TimeSpan window = TimeSpan.FromSeconds(8);
        double before = await RateAsync(job, window);
        run.Inject($"kill -9 silo {victims[0].Number}", victims[0].Kill);
        await Task.Delay(300);
        DateTimeOffset second = run.Inject($"kill -9 silo {victims[1].Number}", victims[1].Kill);
        await Task.Delay(second + TimeSpan.FromSeconds(15) - TimeProvider.System.GetUtcNow());
        double after = await RateAsync(job, window);

        // Half of the slots are gone, and stay so.
        run.AtLeast("units a second from 15 s on, half of what half of the slots did", after, before / 2 / 2, "units/s");
        run.Noted("units a second before", before.ToString("0.#", CultureInfo.InvariantCulture));
        await run.CheckAsync(ceiling: TimeSpan.FromMinutes(4));
    }

    private static async Task<double> RateAsync(RecordedJob job, TimeSpan window)
    {
        long from = (await job.Handle.GetStatusAsync()).Units.Done;
        long began = System.Diagnostics.Stopwatch.GetTimestamp();
        await Task.Delay(window);
        long to = (await job.Handle.GetStatusAsync()).Units.Done;
        return (to - from) / System.Diagnostics.Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    /// <summary>Waits until a coordinator of a job has started under an epoch.</summary>
    /// <returns>When, by the log of its silo.</returns>
    public static Task<DateTimeOffset> ResumedAsync(FaultCluster cluster, RecordedJob job, int epoch, TimeSpan? ceiling = null) =>
        FaultCluster.LoggedAsync(
            cluster.Silos,
            string.Create(CultureInfo.InvariantCulture, $"Job {job.Id} runs under epoch {epoch}:"),
            ceiling
        );

    /// <summary>Returns when the last of some executions that were lost was begun again.</summary>
    public static DateTimeOffset LatestRerun(IReadOnlyList<UnitRun> all, IReadOnlyCollection<UnitRun> lost) =>
        lost.Count == 0
            ? DateTimeOffset.MinValue
            : lost.Max(l =>
                all.Where(e => e.Unit == l.Unit && e.Begun > l.Begun).Min(e => (DateTimeOffset?)e.Begun) ?? DateTimeOffset.MaxValue
            );

    /// <summary>Starts jobs until one runs its long unit on another silo than its coordinator's.</summary>
    private static async Task<(RecordedJob Job, SiloProcess Coordinator, UnitRun LongUnit)> LongUnitElsewhereAsync(
        FaultRun run,
        FaultCluster cluster
    )
    {
        double seconds = FaultSuite.IsFull ? 180 : 15;
        for (int attempt = 1; ; attempt++)
        {
            RecordedJob job = await run.SubmitAsync(
                cluster,
                units: 600,
                milliseconds: 50,
                OneByOne,
                longUnit: attempt,
                longMilliseconds: seconds * 1000
            );
            UnitRun unit = await Eventually.NotNullAsync(() => Task.FromResult(job.Executions().FirstOrDefault(e => e.Unit == attempt)));
            SiloProcess coordinator = await cluster.CoordinatorOfAsync(job);
            if (unit.Pid != coordinator.Pid)
                return (job, coordinator, unit);
            Assert.True(attempt < 10, "The long unit always ran beside its coordinator.");
            await run.CancelAsync(job);
        }
    }
}
