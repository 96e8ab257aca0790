using System.Diagnostics;
using OrleansWork.SystemTests.Faults.Driver;
using OrleansWork.SystemTests.Processes;

namespace OrleansWork.SystemTests.Faults.Rows;

/// <summary>Silos that lose the others and what they need of the store, and go on for a while without knowing it.</summary>
internal static class Isolation
{
    private const int IsolatedExit = 7;
    private static readonly TimeSpan Eviction = TimeSpan.FromSeconds(12);
    private static readonly TimeSpan LastStart = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan End = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan StillRuns = TimeSpan.FromSeconds(4);
    private static readonly SiloSetup s_setup = new() { DisturbsConnections = true, DisturbsStore = true };

    /// <summary>F17: a silo loses everybody, and with it a coordinator that would grant itself leases for ever.</summary>
    public static async Task CutOffFromAllAsync(FaultRun run)
    {
        run.ExpectedErrors.AddRange(Links.OfCutLines);
        run.ExpectedErrors.Add("the cluster has gone on without this silo");
        FaultCluster cluster = await run.ClusterAsync(4, s_setup);
        (RecordedJob elsewhere, RecordedJob here, SiloProcess victim) = await TwoCoordinatorsAsync(run, cluster, units: 120, milliseconds: 500);
        SiloProcess[] others = [.. cluster.Silos.Where(s => s != victim)];
        IComputeClient client = await cluster.ConnectAsync(others);
        elsewhere.Through(client);
        here.Through(client);
        DateTimeOffset cut = run.Inject($"cut silo {victim.Number} off from all others and from the store", () => Cut(victim, "drop *"));
        Task<(TimeSpan, int)> ending = EndedAsync(run, victim, cut);
        TimeSpan evicted = await cluster.AllSeeAsync(others, 3);
        (TimeSpan ended, int code) = await ending;
        await run.CheckAsync();
        run.Measured("evicted", evicted, Eviction);
        MeasureEnd(run, victim, cut, ended, code, "");
        await MeasureTwiceAsync(run, here);
    }

    /// <summary>F19: one silo hears nobody, another is heard by nobody; the same holds for their ways to the store.</summary>
    public static async Task OneWayAsync(FaultRun run)
    {
        run.ExpectedErrors.AddRange(Links.OfCutLines);
        run.ExpectedErrors.Add("the cluster has gone on without this silo");
        FaultCluster cluster = await run.ClusterAsync(4, s_setup with { Slots = 1 });
        RecordedJob job = await run.SubmitAsync(cluster, units: 60, milliseconds: 1000, KilledSilos.OneByOne);
        await job.DoneAsync(4);
        SiloProcess coordinator = await cluster.CoordinatorOfAsync(job);
        SiloProcess[] victims = [.. cluster.Silos.Where(s => s != coordinator).Take(2)];
        SiloProcess[] others = [.. cluster.Silos.Except(victims)];
        job.Through(await cluster.ConnectAsync(others));
        DateTimeOffset cut = run.Inject(
            $"silo {victims[0].Number} hears nobody, silo {victims[1].Number} is heard by nobody",
            () =>
            {
                Cut(victims[0], "drop-in *", StoreCut.FromStore);
                Cut(victims[1], "drop-out *", StoreCut.ToStore);
            }
        );
        Task<(TimeSpan After, int Code)[]> ending = Task.WhenAll(victims.Select(v => EndedAsync(run, v, cut)));
        TimeSpan evicted = await cluster.AllSeeAsync(others, 2);
        (TimeSpan After, int Code)[] ends = await ending;
        await run.CheckAsync();
        run.Measured("both evicted", evicted, Eviction);
        MeasureEnd(run, victims[0], cut, ends[0].After, ends[0].Code, "hears nobody: ");
        MeasureEnd(run, victims[1], cut, ends[1].After, ends[1].Code, "is heard by nobody: ");
    }

    /// <summary>F37: a coordinator whose silo is declared dead and cannot read it goes on to write, beside its successor.</summary>
    public static async Task StaleCoordinatorAsync(FaultRun run)
    {
        run.ExpectedErrors.AddRange(Links.OfCutLines);
        FaultCluster cluster = await run.ClusterAsync(3, s_setup);
        RecordedJob job = await run.SubmitAsync(cluster, units: 240, milliseconds: 400, KilledSilos.OneByOne);
        await job.DoneAsync(10);
        SiloProcess victim = await cluster.CoordinatorOfAsync(job);
        SiloProcess[] others = [.. cluster.Silos.Where(s => s != victim)];
        job.Through(await cluster.ConnectAsync(others));
        run.Inject($"cut silo {victim.Number}, which coordinates, off from all others and from membership", () => Cut(victim, "drop *", StoreCut.Membership));
        TimeSpan evicted = await cluster.AllSeeAsync(others, 2);
        DateTimeOffset resumed = await KilledSilos.ResumedAsync(cluster, job, epoch: 2);
        DateTimeOffset refused = await FaultCluster.LoggedAsync(
            [victim],
            $"Job {job.Id}: the coordinator of epoch 1 is superseded; it stops here"
        );
        bool knew = !victim.IsRunning;
        DateTimeOffset whole = run.Inject("membership can be read again", () => victim.CutFromStore(StoreCut.None));
        (TimeSpan ended, _) = await EndedAsync(run, victim, whole);
        await run.CheckAsync();
        run.Measured("evicted", evicted, Eviction);
        run.Measured("the stale coordinator's write is refused and it stops", refused - resumed, TimeSpan.FromSeconds(5));
        run.Holds("… though its silo does not know yet", knew ? "it had ended" : "it still ran", !knew);
        run.Measured("the silo ends once it can read of its death", ended, TimeSpan.FromSeconds(6));
        IReadOnlyList<UnitRun> all = job.Executions();
        run.Noted("executions on it after its successor's start", $"{all.Count(e => e.Pid == victim.Pid && e.Begun > resumed)}");
        await MeasureTwiceAsync(run, job);
    }

    private static void Cut(SiloProcess victim, string rule, StoreCut store = StoreCut.All)
    {
        victim.IsVictim = true;
        victim.CutFromStore(store);
        victim.Disturb(rule);
    }

    /// <summary>Starts two jobs with coordinators on different silos.</summary>
    private static async Task<(RecordedJob Elsewhere, RecordedJob Here, SiloProcess Victim)> TwoCoordinatorsAsync(
        FaultRun run,
        FaultCluster cluster,
        long units,
        double milliseconds
    )
    {
        RecordedJob first = await run.SubmitAsync(cluster, units, milliseconds, KilledSilos.OneByOne);
        SiloProcess coordinator = await cluster.CoordinatorOfAsync(first);
        for (int attempt = 1; ; attempt++)
        {
            RecordedJob second = await run.SubmitAsync(cluster, units, milliseconds, KilledSilos.OneByOne);
            SiloProcess other = await cluster.CoordinatorOfAsync(second);
            if (other != coordinator)
            {
                await Task.WhenAll(first.DoneAsync(10), second.DoneAsync(10));
                return (first, second, other);
            }

            Assert.True(attempt < 10, "All jobs were coordinated by one silo.");
            await run.CancelAsync(second);
        }
    }

    private static async Task<(TimeSpan After, int Code)> EndedAsync(FaultRun run, SiloProcess victim, DateTimeOffset since)
    {
        (_, int code) = await run.ExitAsync(victim, TimeSpan.FromSeconds(60));
        return (TimeProvider.System.GetUtcNow() - since, code);
    }

    private static void MeasureEnd(FaultRun run, SiloProcess victim, DateTimeOffset cut, TimeSpan ended, int code, string who)
    {
        UnitRun[] after =
        [
            .. run.Jobs.SelectMany(j => j.Executions()).Where(e => e.Pid == victim.Pid && e.Begun > cut).OrderBy(e => e.Begun),
        ];
        TimeSpan last = after.Length == 0 ? TimeSpan.Zero : after[^1].Begun - cut;
        run.Measured($"{who}last unit started after the cut", last, LastStart);
        if (who.Length == 0)
            run.Holds("… and it would have gone on", $"{after.Length} units started after the cut", last > StillRuns);
        run.Measured($"{who}process ended after the cut", ended, End);
        run.Holds($"{who}exit code {IsolatedExit}", $"{code}", code == IsolatedExit);
    }

    private static async Task MeasureTwiceAsync(FaultRun run, RecordedJob job)
    {
        JobStatus status = await job.Handle.GetStatusAsync();
        run.Measured("units counted twice", status.Silos.Sum(s => s.Units) - job.Input.Units, 0, "");
    }
}
