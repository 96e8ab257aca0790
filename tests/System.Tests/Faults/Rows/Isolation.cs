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
    private static readonly TimeSpan Redispatch = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan StillRuns = TimeSpan.FromSeconds(4);
    private static readonly SiloSetup s_setup = new() { DisturbsConnections = true, DisturbsStore = true };

    /// <summary>F17: a silo loses everybody, and with it a coordinator that would grant itself leases for ever.</summary>
    public static async Task CutOffFromAllAsync(FaultRun run)
    {
        run.ExpectedErrors.AddRange(Links.OfCutLines);
        run.ExpectedErrors.Add("the cluster has gone on without this silo");
        FaultCluster cluster = await run.ClusterAsync(4, s_setup);
        (RecordedJob elsewhere, RecordedJob here, SiloProcess victim) = await TwoCoordinatorsAsync(
            run,
            cluster,
            units: 120,
            milliseconds: 500
        );
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
        MeasureEnd(run, victim, cut, ended, code);
        await MeasureTwiceAsync(run, here);
    }

    /// <summary>F19: a silo hears nobody any more, neither the others nor the store; they hear it.</summary>
    /// <remarks>For Orleans a silo that speaks lives, whatever it leaves unanswered: it is given up when its fence has ended its process.</remarks>
    public static Task HearsNobodyAsync(FaultRun run) => OneWayAsync(run, "drop-in *", StoreCut.FromStore, End + Redispatch);

    /// <summary>F19: a silo is heard by nobody any more; it hears them.</summary>
    public static Task IsNotHeardAsync(FaultRun run) => OneWayAsync(run, "drop-out *", StoreCut.ToStore, Eviction);

    private static async Task OneWayAsync(FaultRun run, string rule, StoreCut store, TimeSpan eviction)
    {
        run.ExpectedErrors.AddRange(Links.OfCutLines);
        run.ExpectedErrors.Add("the cluster has gone on without this silo");
        FaultCluster cluster = await run.ClusterAsync(3, s_setup);
        RecordedJob job = await run.SubmitAsync(cluster, units: 130, milliseconds: 500, KilledSilos.OneByOne);
        await job.DoneAsync(6);
        SiloProcess victim = await cluster.CoordinatorOfAsync(job);
        SiloProcess[] others = [.. cluster.Silos.Where(s => s != victim)];
        job.Through(await cluster.ConnectAsync(others));
        DateTimeOffset cut = run.Inject($"{rule} at silo {victim.Number}, which coordinates", () => Cut(victim, rule, store));
        Task<(TimeSpan, int)> ending = EndedAsync(run, victim, cut);
        TimeSpan evicted = await cluster.AllSeeAsync(others, 2);
        (TimeSpan ended, int code) = await ending;
        await run.CheckAsync();
        run.Measured("evicted", evicted, eviction);
        MeasureEnd(run, victim, cut, ended, code);
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
        run.Inject(
            $"cut silo {victim.Number}, which coordinates, off from all others and from membership",
            () => Cut(victim, "drop *", StoreCut.Membership)
        );
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

    private static void MeasureEnd(FaultRun run, SiloProcess victim, DateTimeOffset cut, TimeSpan ended, int code)
    {
        UnitRun[] after =
        [
            .. run.Jobs.SelectMany(j => j.Executions()).Where(e => e.Pid == victim.Pid && e.Begun > cut).OrderBy(e => e.Begun),
        ];
        TimeSpan last = after.Length == 0 ? TimeSpan.Zero : after[^1].Begun - cut;
        run.Measured("last unit started after the cut", last, LastStart);
        run.Holds("… and it would have gone on", $"{after.Length} units started after the cut", last > StillRuns);
        run.Measured("process ended after the cut", ended, End);
        run.Holds($"exit code {IsolatedExit}", $"{code}", code == IsolatedExit);
    }

    private static async Task MeasureTwiceAsync(FaultRun run, RecordedJob job)
    {
        JobStatus status = await job.Handle.GetStatusAsync();
        run.Measured("units counted twice", status.Silos.Sum(s => s.Units) - job.Input.Units, 0, "");
    }
}
