using System.Diagnostics;
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

    private static int Threads(SiloProcess silo) => Directory.GetDirectories($"/proc/{silo.Pid}/task").Length;
}
