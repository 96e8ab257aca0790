using System.Text;
using OrleansWork.SystemTests.Faults.Driver;
using OrleansWork.SystemTests.Processes;

namespace OrleansWork.SystemTests.Faults.Rows;

/// <summary>Job code that does to its process what only an own process could bear.</summary>
internal static class BadManners
{
    private const int Silos = 2;
    private const int Slots = 2;

    // Of each silo, when the units of a job wait.
    private const int Permits = 16 * Slots;

    // How long a unit may ignore its cancellation (SlotLostAfter), and the look that finds it.
    private static readonly TimeSpan GivenUp = TimeSpan.FromSeconds(11);

    private static readonly (string Kind, string Input, string Result)[] s_right =
    [
        ("r-result", """{"how":"result","size":8}""", "8"),
        ("r-result", """{"how":"result","size":300}""", "300"),
        ("r-result", """{"how":"detached","size":100}""", "100"),
        ("r-result", """{"how":"after-detached","size":100}""", "100"),
        ("r-result", """{"how":"sleep","size":100}""", "100"),
        ("r-result", """{"how":"one-by-one","size":100}""", "100"),
        ("r-sync", """{"size":200}""", "200"),
        ("p-stdin", """{"size":8}""", "8"),
        ("p-prints", """{"size":8}""", "8"),
        ("p-threads", """{"size":8}""", "8"),
    ];

    private static readonly string[] s_traces =
    [
        "culture",
        "default-culture",
        "async-local",
        "thread",
        "directory",
        "console",
        "environment",
    ];

    /// <summary>F91: units block their threads, ignore their cancellation, leave traces, read standard input, print, and start threads.</summary>
    public static async Task BehaveAsync(FaultRun run)
    {
        SupervisedCluster cluster = await run.SupervisedAsync(Silos, ["--slots", $"{Slots}"], ("LANG", "de_DE.UTF-8"));
        string pids = Pids(cluster);
        await run.SubmitAsync(cluster, units: 600, milliseconds: 50);

        (long Leases, long Attempts) total = default;
        foreach ((string kind, string input, string result) in s_right)
        {
            (JobStatus status, string came) = await BehaviourCluster.RunAsync(cluster.Client, kind, input, null);
            Assert.True(came == result, $"{kind} {input} came to {came}, not {result}.{Environment.NewLine}{run.Story()}");
            total = (total.Leases + status.Leases, total.Attempts + status.Attempts);
        }

        run.Holds("blocked jobs end right", $"{s_right.Length} of {s_right.Length}", held: true);
        run.Measured("leases an execution", (double)total.Leases / total.Attempts, 1.5, "");

        JobOptions one = new() { ChunkUnits = 1 };
        string clean = await SeenAsync(cluster, one);
        List<string> leaks = [];
        foreach (string how in s_traces)
        {
            await BehaviourCluster.RunAsync(cluster.Client, "p-dirty", $$"""{"how":"{{how}}","size":16}""", one);
            if (await SeenAsync(cluster, one) != clean)
                leaks.Add(how);
        }

        run.Measured("leaks", leaks.Count, 0, string.Join(' ', leaks));

        // Twice as many as permits, three times over: more than the slots that a silo may lose (four a slot).
        for (int round = 0; round < 3; round++)
            await CancelAsync(cluster, run);
        await Task.Delay(GivenUp);
        (_, string after) = await BehaviourCluster.RunAsync(cluster.Client, "r-result", """{"how":"result","size":300}""", null);
        run.Holds("after three canceled jobs that ignore it, the next ends right", after, after == "300");
        await run.CheckAsync();

        run.Measured("silo exits", cluster.Ends.Count, 0, "");
        run.Holds("the same processes", pids, Pids(cluster) == pids);
        int raw = cluster.Logs.Where(log => log.Silo != "supervisor").Sum(log => log.Text.Count(c => char.IsControl(c) && c != '\n'));
        run.Measured("raw control characters in logs", raw, 0, "");
    }

    private static async Task CancelAsync(SupervisedCluster cluster, FaultRun run)
    {
        JobHandle job = await cluster.Client.SubmitAsync(
            "r-result",
            Encoding.UTF8.GetBytes($$"""{"how":"ignores","size":{{2 * Silos * Permits}}}""")
        );
        await Eventually.NotNullAsync(
            async () => (await cluster.Client.ListSilosAsync()).Sum(silo => silo.Running) >= Silos * Permits ? "" : null,
            () => run.Story(),
            what: "all permits to be taken"
        );
        await run.History.DoAsync($"cancel {job.Id}", () => job.CancelAsync());
        await Eventually.NotNullAsync(
            async () => (await cluster.Client.ListSilosAsync()).Sum(silo => silo.Running) < Silos * Permits / 2 ? "" : null,
            () => run.Story(),
            TimeSpan.FromSeconds(40),
            "the permits to be free again"
        );
    }

    private static async Task<string> SeenAsync(SupervisedCluster cluster, JobOptions options) =>
        (await BehaviourCluster.RunAsync(cluster.Client, "p-seen", """{"size":16}""", options)).Result;

    private static string Pids(SupervisedCluster cluster) => string.Join(", ", cluster.Silos.Select(silo => silo.Pid).Order());
}
