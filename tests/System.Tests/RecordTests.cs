using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using System.Text;
using OrleansWork.SystemTests.Processes;

namespace OrleansWork.SystemTests;

/// <summary>What is kept of how jobs ran: on real silos of which some are killed, and after all of them were started again.</summary>
[SupportedOSPlatform("linux")]
public sealed class RecordTests
{
    private const int Silos = 3;
    private const int SlotsOfASilo = 2;
    private const double Slots = Silos * SlotsOfASilo;

    private static readonly Tried[] s_jobs =
    [
        new("synthetic", """{"units":200,"microseconds":100000,"mode":"sleep"}""", new JobOptions()) { WaitSeconds = 20 },
        new("synthetic", """{"units":200,"microseconds":100000,"mode":"sleep"}""", new JobOptions { Placement = PlacementPolicy.Random })
        {
            IsStruck = true,
        },
        new(
            "synthetic",
            """{"units":200,"microseconds":80000,"mode":"sleep","distribution":"exponential"}""",
            new JobOptions { Placement = PlacementPolicy.RoundRobin }
        ),
        new(
            "synthetic",
            """{"units":150,"microseconds":100000,"mode":"sleep","distribution":"pareto"}""",
            new JobOptions { ChunkUnits = 3, Execution = ExecutionMode.Spawned }
        ),
        // Units that wait for something hold none of the slots, but one of many permits, of which a silo tells when it has prepared the job.
        new("wait", """{"units":4000,"microseconds":100000}""", new JobOptions()) { WaitSeconds = 400, HasPermits = true },
        new("synthetic", """{"units":200,"microseconds":100000,"mode":"sleep","failUnits":[3,90],"failTimes":1}""", new JobOptions()),
        new("synthetic", """{"units":500,"microseconds":10000}""", new JobOptions { Placement = PlacementPolicy.LeastLoaded })
        {
            IsStruck = true,
        },
        new("primes", """{"to":50000000,"block":125000}""", new JobOptions()),
        new("pi", """{"samples":120000000,"block":400000}""", new JobOptions { MaxParallel = 4 }) { IsStruck = true },
        new("mandelbrot", """{"width":1200,"height":800,"iterations":6000}""", new JobOptions()),
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [SlowFact]
    public async Task TenJobs_SilosAreKilled_AllTimeIsAccountedFor_AndIsExplainedAfterARestart()
    {
        Dictionary<string, JobLeases> ran = [];
        LocalCluster cluster = await LocalCluster.UpAsync(Silos, "--slots", $"{SlotsOfASilo}");
        string directory = cluster.Directory;
        await using (cluster)
        {
            await using (ClusterConnection connection = await cluster.ConnectAsync())
            {
                for (int i = 0; i < s_jobs.Length; i++)
                    ran[$"job-{i}"] = await RunAsync(cluster, connection.Client, s_jobs[i], $"job-{i}");
            }

            await cluster.StopAsync();
            await using LocalCluster again = await LocalCluster.UpInAsync(directory, Silos, "--slots", $"{SlotsOfASilo}");
            using HttpComputeClient client = again.Description().HttpClient();
            List<double> took = [];
            foreach ((string id, JobLeases leases) in ran)
                took.AddRange(await ExplainAsync(client, id, leases));
            took.Sort();
            Figures.Say(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{took.Count} explanations of jobs that ended before the restart, by HTTP: half within {took[took.Count / 2]:0} ms, the slowest {took[^1]:0} ms"
                )
            );
        }
    }

    private static async Task<JobLeases> RunAsync(LocalCluster cluster, IComputeClient client, Tried tried, string id)
    {
        await Eventually.TrueAsync(
            () => cluster.Description().Silos.Count(silo => silo.State is null or "ready") == Silos,
            () => cluster.Console.Error
        );
        JobHandle job = await client.SubmitAsync(tried.Kind, Encoding.UTF8.GetBytes(tried.Input), tried.Options, id, Token);
        if (tried.IsStruck)
        {
            JobStatus now = await Eventually.NotNullAsync(async () =>
                await job.GetStatusAsync(Token) is var now && now.Units.Done * 4 > now.Units.Total ? now : null
            );
            // The time in which there is no coordinator is in no account.
            Signals.Send(cluster.Description().Silos.First(silo => silo.Silo != now.Coordinator).Pid, Signals.Kill);
        }

        await job.ResultAsync(Token);
        JobStatus status = await job.GetStatusAsync(Token);
        JobAccounting account = status.Accounting!;
        JobLeases leases = await job.GetLeasesAsync(new LeaseQuery(), Token);
        double parts = Parts(account).Sum();
        double slots = tried.HasPermits ? leases.Silos.Sum(silo => silo.Slots) : Slots;
        // The account ends when nothing is left to run or to combine: after the last lease, and before the result is stored.
        double ran = leases.Columns.EndedMs.Max()!.Value / 1_000;
        double wall = (status.FinishedAt!.Value - leases.Base).TotalSeconds;
        Figures.Say(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{id} {tried.Kind}{(tried.IsStruck ? ", a silo killed" : "")}: {slots * ran:0.00} to {slots * wall:0.00} s of slots, {account.SlotSeconds:0.00} accounted for, parts {parts:0.00}: {account}"
            )
        );
        Assert.InRange(parts, account.SlotSeconds * 0.99, account.SlotSeconds * 1.01);
        // With a silo Orleans now and then gives up a coordinator elsewhere, and the time until the next one is in no account.
        if (tried.IsStruck && leases.Columns.Epoch.Max() > 1)
        {
            Assert.InRange(account.SlotSeconds, 0, slots * (status.FinishedAt!.Value - status.SubmittedAt).TotalSeconds * 1.01);
            return leases;
        }

        // The slots of a silo that is killed are not there until another takes its place.
        double present =
            tried.HasPermits ? 0.9
            : tried.IsStruck ? (Slots - SlotsOfASilo) / Slots
            : 1;
        Assert.InRange(account.SlotSeconds, slots * ran * present * 0.99, slots * wall * 1.01);
        if (tried.WaitSeconds is { } waits)
            Assert.InRange(account.Compute, waits * 0.99, waits * 1.5);
        foreach (double part in Parts(account))
            Assert.True(part >= 0, $"{id}: {account}");
        return leases;
    }

    private static double[] Parts(JobAccounting account) =>
        [
            account.Compute,
            account.Queue,
            account.Transfer,
            account.Combine,
            account.OtherJobs,
            account.IdleNoWork,
            account.IdleWorkElsewhere,
            account.WastedRetry,
            account.WastedSpeculation,
        ];

    /// <summary>What is known of a job that ended before its silos were started again: the same leases, and why they ran where they did.</summary>
    private static async Task<double[]> ExplainAsync(IComputeClient client, string id, JobLeases before)
    {
        JobHandle job = client.GetJob(id);
        JobLeases after = await job.GetLeasesAsync(new LeaseQuery(Limit: 10_000), Token);
        Assert.Equal(before.Granted, after.Granted);
        Assert.NotEmpty(after.Columns.Number);
        List<double> took = [];
        int lost = -1;
        for (int i = 0; i < after.Columns.Number.Count; i++)
        {
            if (after.Columns.Outcome[i] == LeaseState.Lost)
                lost = i;
        }

        foreach (int which in lost < 0 ? [0, after.Columns.Number.Count - 1] : (int[])[0, after.Columns.Number.Count - 1, lost])
        {
            long unit = after.Columns.UnitFrom[which];
            long started = Stopwatch.GetTimestamp();
            JobExplanation why = await job.ExplainAsync(unit, Token);
            took.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            Assert.True(why.Recorded, $"{id}, unit {unit}");
            Assert.Equal((unit, JobState.Succeeded), (why.Unit, why.State));
            Assert.NotNull(why.Lease);
            // Why an earlier coordinator granted what a later one went on with, it took with it.
            if (why.Lease.Reason != LeaseReason.Adopted)
            {
                Assert.NotNull(why.Placement);
                Assert.NotNull(why.Size);
            }

            Assert.Null(why.WaitingFor);
            if (which == lost)
                Assert.Contains(why.Steps, step => step.What.Contains("lost", StringComparison.Ordinal));
        }

        return [.. took];
    }

    private sealed record Tried(string Kind, string Input, JobOptions Options)
    {
        /// <summary>Gets whether a silo is killed under it.</summary>
        public bool IsStruck { get; init; }

        /// <summary>Gets whether its units wait without a slot.</summary>
        public bool HasPermits { get; init; }

        /// <summary>Gets for how long its units wait together; null where nobody knows before.</summary>
        public double? WaitSeconds { get; init; }
    }
}
