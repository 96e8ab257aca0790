using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using OrleansWork.SystemTests.Faults.Driver;
using OrleansWork.SystemTests.Processes;

namespace OrleansWork.SystemTests.Faults.Rows;

/// <summary>The store is killed, or does not answer.</summary>
internal static class Storage
{
    private const int Rounds = 20;
    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(10);

    // What Orleans says while its membership and storage do not answer.
    private static readonly string[] s_ofLostStorage =
    [
        "Redis",
        "StorageException",
        "MembershipService",
        "Orleans.Runtime.MembershipService",
    ];

    /// <summary>F28: 20 times under continuous submission.</summary>
    public static async Task KilledAsync(FaultRun run)
    {
        run.ExpectedErrors.AddRange(s_ofLostStorage);
        FaultCluster cluster = await run.ClusterAsync(3);
        using CancellationTokenSource ending = new();
        Task submitting = Task.WhenAll(Enumerable.Range(0, 3).Select(_ => SubmitAsync()));
        List<TimeSpan> recoveries = [];
        for (int round = 1; round <= Rounds; round++)
        {
            int before = run.Jobs.Count;
            await Eventually.TrueAsync(() => run.Jobs.Count >= before + 3, () => run.Story(), what: "submissions to be acknowledged");
            run.Inject($"round {round}: kill -9 the store", () => { });
            await cluster.Store.KillAsync();
            await cluster.Store.StartAsync();
            run.History.Note($"round {round}: the store answers again");
            long back = Stopwatch.GetTimestamp();
            int acknowledged = run.Jobs.Count;
            await Eventually.TrueAsync(
                () => run.Jobs.Count > acknowledged,
                () => run.Story(),
                what: "a submission to be acknowledged again"
            );
            recoveries.Add(Stopwatch.GetElapsedTime(back));
        }

        await ending.CancelAsync();
        await submitting;
        await run.CheckAsync();
        run.Measured($"slowest recovery of {Rounds}", recoveries.Max(), Recovery);
        run.Noted("… and the median", $"{recoveries.Order().ElementAt(Rounds / 2).TotalSeconds:0.0} s");
        run.Holds("acknowledged jobs lost 0", $"0 of {run.Jobs.Count}", held: true);
        int unknown = run.History.Operations.Count(o => o.Outcome != OperationOutcome.Ok);
        run.Noted("submissions not acknowledged", $"{unknown}");

        async Task SubmitAsync()
        {
            while (!ending.IsCancellationRequested)
            {
                await run.TrySubmitAsync(cluster, units: 20, milliseconds: 10);
                await Task.Delay(50);
            }
        }
    }

    /// <summary>F30: 35 seconds without an answer, though connections stay open.</summary>
    public static async Task FrozenAsync(FaultRun run)
    {
        run.ExpectedErrors.AddRange(s_ofLostStorage);
        StoreKind kind = StoreProcess.RedisServer is null ? StoreKind.Garnet : StoreKind.Redis;
        FaultCluster cluster = await run.ClusterAsync(3, store: kind);
        RecordedJob job = await run.SubmitAsync(cluster, units: 700, milliseconds: 400);
        await job.DoneAsync(20);
        int lines = Lines();
        int[] threads = [.. cluster.Silos.Select(s => Threads(s))];
        run.Inject($"SIGSTOP {kind}", cluster.Store.Freeze);
        long frozen = Stopwatch.GetTimestamp();
        Task<RecordedJob?> submitted = run.TrySubmitAsync(cluster, units: 20, milliseconds: 10);
        await Task.Delay(TimeSpan.FromSeconds(30));
        long done = (await job.Handle.GetStatusAsync()).Units.Done;
        bool early = submitted.IsCompleted && await submitted is not null;
        await Task.Delay(TimeSpan.FromSeconds(35) - Stopwatch.GetElapsedTime(frozen));
        int most = cluster.Silos.Select(s => Threads(s)).Zip(threads, (now, before) => now - before).Max();
        run.Inject($"SIGCONT {kind}", cluster.Store.Thaw);
        int written = Lines() - lines;
        long thawed = Stopwatch.GetTimestamp();
        await Eventually.NotNullAsync(
            async () => await run.TrySubmitAsync(cluster, units: 20, milliseconds: 10),
            () => run.Story(),
            what: "a submission to be acknowledged"
        );
        TimeSpan recovered = Stopwatch.GetElapsedTime(thawed);
        await submitted;
        await run.CheckAsync();
        run.Holds("acknowledged while storage was frozen 0", early ? "1" : "0", !early);
        run.Holds("the job ran on", $"{done} units after 30 s", done > 300);
        run.Measured("recovery", recovered, Recovery);
        run.Measured("log lines a second and silo", written / 35.0 / 3, 10, "");
        run.Measured("threads more, of any silo", most, 50, "");

        int Lines() => cluster.Silos.Sum(s => s.Log.Count(c => c == '\n'));
    }

    /// <summary>F31: no silo reaches the store; they reach each other.</summary>
    public static async Task UnreachableAsync(FaultRun run)
    {
        run.ExpectedErrors.AddRange(s_ofLostStorage);
        TimeSpan away = FaultSuite.IsFull ? TimeSpan.FromMinutes(5) : TimeSpan.FromSeconds(30);
        FaultCluster cluster = await run.ClusterAsync(3, new SiloSetup { DisturbsStore = true });

        // Six slots have work for a while longer than that.
        RecordedJob job = await run.SubmitAsync(cluster, units: (long)((away.TotalSeconds + 10) * 6 / 0.4), milliseconds: 400);
        await job.DoneAsync(20);
        int lines = Lines();
        run.Inject($"the store is unreachable for {away.TotalSeconds:0} s", () => CutAll(StoreCut.All));
        long cut = Stopwatch.GetTimestamp();
        long before = (await job.Handle.GetStatusAsync()).Units.Done;
        Task<RecordedJob?> submitted = run.TrySubmitAsync(cluster, units: 20, milliseconds: 10);
        await Task.Delay(away - TimeSpan.FromSeconds(2));
        long done = (await job.Handle.GetStatusAsync()).Units.Done - before;
        bool early = submitted.IsCompleted && await submitted is not null;
        await Task.Delay(away - Stopwatch.GetElapsedTime(cut));
        int written = Lines() - lines;
        run.Inject("the store can be reached again", () => CutAll(StoreCut.None));
        long whole = Stopwatch.GetTimestamp();
        await Eventually.NotNullAsync(
            async () => await run.TrySubmitAsync(cluster, units: 20, milliseconds: 10),
            () => run.Story(),
            what: "a submission to be acknowledged"
        );
        TimeSpan recovered = Stopwatch.GetElapsedTime(whole);
        await submitted;
        await run.CheckAsync();
        double expected = away.TotalSeconds * 6 / 0.4;
        run.Holds("acknowledged while the store was unreachable 0", early ? "1" : "0", !early);
        run.Holds("silos ended 0", "0 of 3", cluster.Silos.All(s => s.IsRunning));
        run.AtLeast($"units in {away.TotalSeconds:0} s, of what the slots can do", 100 * done / expected, 50, "%");
        run.Measured("recovery", recovered, Recovery);
        run.Measured("log lines a second and silo", written / away.TotalSeconds / 3, 10, "");

        int Lines() => cluster.Silos.Sum(s => s.Log.Count(c => c == '\n'));
        void CutAll(StoreCut how) => cluster.Silos.ToList().ForEach(s => s.CutFromStore(how));
    }

    /// <summary>F35: a tenth of all storage calls fails before or after it took place, and others write in between; in one process, because only there each call can be chosen by seed.</summary>
    public static async Task LostUpdatesAsync(FaultRun run)
    {
        const int Seeds = 100;
        await using RunningProgram tests = RunningProgram.Start(
            Programs.EngineTests,
            ["-noColor", "-class", "*.StorageFaultTests"],
            ("ORLEANSWORK_STORAGE_SEEDS", Seeds.ToString(CultureInfo.InvariantCulture))
        );
        int code = await tests.ExitCodeAsync(TimeSpan.FromMinutes(5));
        Match summary = Regex.Match(tests.Output, @"Total: (?<total>\d+), Errors: \d+, Failed: \d+", RegexOptions.CultureInvariant);
        Assert.True(code == 0 && summary.Success, tests.Output + tests.Error);
        run.Holds(
            $"every job of {Seeds} seeds ends once with its exact result",
            summary.Value,
            summary.Groups["total"].Value != "0" && summary.Value.EndsWith("Failed: 0", StringComparison.Ordinal)
        );
    }

    private static int Threads(SiloProcess silo) => Directory.GetDirectories($"/proc/{silo.Pid}/task").Length;
}
