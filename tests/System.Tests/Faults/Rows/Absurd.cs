using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using OrleansWork.SystemTests.Faults.Driver;
using OrleansWork.SystemTests.Processes;

namespace OrleansWork.SystemTests.Faults.Rows;

/// <summary>F86: jobs of absurd and legal sizes, in a cluster that others use.</summary>
internal static class Absurd
{
    private const long Most = 1L << 62;
    private const int Rounds = 40;
    private static readonly TimeSpan Answer = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan BetweenRounds = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Long = TimeSpan.FromHours(10_000);

    public static async Task SizesAsync(FaultRun run)
    {
        FaultCluster cluster = await run.ClusterAsync(2);
        await run.SubmitAsync(cluster, units: 400, milliseconds: 25);
        JobOptions once = new()
        {
            ChunkUnits = Most,
            UnitTimeout = Long,
            Deadline = Long,
        };
        Dictionary<string, (string Kind, double Microseconds, JobOptions Options)> jobs = new()
        {
            ["F86-chunk"] = ("synthetic", 1000, once),
            ["F86-more"] = ("synthetic", 1000, once with { ChunkUnits = long.MaxValue, MaxParallel = int.MaxValue, MaxAttempts = 100 }),
            ["F86-spawned"] = (
                "synthetic",
                1000,
                once with
                {
                    Execution = ExecutionMode.Spawned,
                    ChunkTime = TimeSpan.FromMilliseconds(1),
                }
            ),
            ["F86-long"] = ("wait", 1e12, once with { ChunkUnits = 1, Partial = true }),
            ["F86-skips"] = ("wait", 1000, once with { OnUnitFailure = OnUnitFailure.Skip, Placement = PlacementPolicy.Random }),
        };
        run.Inject($"{jobs.Count} jobs of 2^62 units", () => { });
        foreach ((string id, (string kind, double microseconds, JobOptions options)) in jobs)
        {
            string input = string.Create(CultureInfo.InvariantCulture, $$"""{"units":{{Most}},"microseconds":{{microseconds}}}""");
            await run.History.DoAsync($"submit {id}", () => cluster.Client.SubmitAsync(kind, Encoding.UTF8.GetBytes(input), options, id));
        }

        int errors = 0;
        int asked = 0;
        bool estimated = false;
        TimeSpan slowest = TimeSpan.Zero;
        for (int round = 0; round < Rounds; round++)
        {
            Page<JobSummary>? page = await AskAsync("list", () => cluster.Client.ListJobsAsync(new JobQuery()));
            if (page is not null && jobs.Keys.Except(page.Items.Select(j => j.Id)).Any())
                errors++;
            foreach (string id in jobs.Keys)
            {
                await AskAsync($"status of {id}", () => cluster.Client.GetJob(id).GetStatusAsync());
                JobDetails? details = await AskAsync($"details of {id}", () => cluster.Client.GetJob(id).GetDetailsAsync());
                estimated |= details?.EtaSeconds is { High: >= 1e9 };

                // As a web application of somebody else's would write it.
                if (
                    details is not null
                    && JsonSerializer.SerializeToElement(details).GetProperty("State").ValueKind != JsonValueKind.String
                )
                    errors++;
            }

            await Task.Delay(BetweenRounds);
        }

        run.Holds("one of the jobs has an estimate of more than 30 years", estimated ? "yes" : "none", estimated);
        await using RunningProgram list = Console(cluster, ["jobs", "--json"]);
        Assert.True(await list.ExitCodeAsync() == 0, list.Error);
        string[] listed =
        [
            .. JsonDocument
                .Parse(list.Output)
                .RootElement.GetProperty("items")
                .EnumerateArray()
                .Select(j => j.GetProperty("id").GetString()!)
                .Where(id => id.StartsWith("F86-", StringComparison.Ordinal) && jobs.ContainsKey(id)),
        ];
        run.Holds("the console lists them", string.Join(' ', listed.Order()), listed.Length == jobs.Count);
        foreach (
            string[] arguments in (string[][])
                [
                    ["jobs"],
                    ["show", "F86-chunk"],
                    ["show", "F86-chunk", "--json"],
                ]
        )
        {
            await using RunningProgram console = Console(cluster, arguments);
            Assert.True(await console.ExitCodeAsync() == 0, console.Error);
        }

        foreach (string id in listed.Skip(1))
        {
            JobStatus? canceled = await AskAsync($"cancel {id}", () => cluster.Client.GetJob(id).CancelAsync());
            errors += canceled?.State == JobState.Canceled ? 0 : 1;
        }

        await using RunningProgram cancel = Console(cluster, ["cancel", listed[0], "--json"]);
        int code = await cancel.ExitCodeAsync();
        run.Holds("the console cancels what its list shows", $"exit {code}", code == 0);
        await run.CheckAsync();
        run.Measured($"errors of {asked} answers", errors, 0, "");
        run.Measured("the slowest answer", slowest, Answer);

        async Task<T?> AskAsync<T>(string what, Func<Task<T>> ask)
            where T : class
        {
            long started = Stopwatch.GetTimestamp();
            T? answer = await run.History.TryAsync(what, ask);
            TimeSpan took = Stopwatch.GetElapsedTime(started);
            slowest = took > slowest ? took : slowest;
            asked++;
            errors += answer is null ? 1 : 0;
            return answer;
        }
    }

    private static RunningProgram Console(FaultCluster cluster, IEnumerable<string> arguments) =>
        RunningProgram.Start(
            Programs.Console,
            [
                .. arguments,
                "--cluster-id",
                cluster.ClusterId,
                "--service-id",
                cluster.ClusterId,
                "--gateway",
                string.Join(',', cluster.Silos.Select(s => s.Gateway)),
            ],
            ("ORLEANSWORK_SECRET", cluster.Access.Secret),
            ("ORLEANSWORK_CONNECT_TIMEOUT", "1m")
        );
}
