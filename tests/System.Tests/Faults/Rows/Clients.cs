using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using OrleansWork.SystemTests.Faults.Driver;
using OrleansWork.SystemTests.Processes;

namespace OrleansWork.SystemTests.Faults.Rows;

/// <summary>What becomes of clients and by clients.</summary>
internal static class Clients
{
    /// <summary>F41: a console is killed after its submission; the job goes on and another client fetches the result.</summary>
    public static async Task ConsoleKilledAsync(FaultRun run)
    {
        FaultCluster cluster = await run.ClusterAsync(3);
        await ConsoleKilledAsync(run, cluster);
        await DuplicatesAsync(run, cluster);
        await GatewayKilledAsync(run, cluster);
    }

    private static async Task ConsoleKilledAsync(FaultRun run, FaultCluster cluster)
    {
        string id = $"F41-{Guid.NewGuid():N}"[..12];
        await using RunningProgram console = Console(
            cluster,
            ["run", "synthetic", "--units", "200", "--microseconds", "40000", "--mode", "sleep", "--id", id]
        );
        JobHandle job = cluster.Client.GetJob(id);
        await Eventually.NotNullAsync(
            async () => await StatusAsync(job) is { Units.Done: > 0 } status ? status : null,
            () => console.Error,
            what: $"units of {id}"
        );
        run.Inject("kill -9 the console", console.Kill);
        JobResult result = await run.History.DoAsync("result by another client", () => job.ResultAsync());
        long checksum = JsonDocument.Parse(result.Content).RootElement.GetProperty("checksum").GetInt64();
        run.Holds("F41: the job ends, its result is there", $"checksum {checksum}", checksum == 200 * 199 / 2);
    }

    /// <summary>F44: one id, 50 at once.</summary>
    private static async Task DuplicatesAsync(FaultRun run, FaultCluster cluster)
    {
        string id = $"F44-{Guid.NewGuid():N}"[..12];
        string folder = Directory.CreateDirectory(Path.Combine(cluster.Directory, id)).FullName;
        RecordedWork.Input input = new(folder, 40, 20);

        // As consoles do it: a client each, through different gateways.
        List<IComputeClient> clients = [cluster.Client];
        foreach (SiloProcess silo in cluster.Silos)
            clients.Add(await cluster.ConnectAsync(silo));
        JobHandle<RecordedWork.Result>[] handles = await Task.WhenAll(
            Enumerable.Range(0, 50).Select(i => clients[i % clients.Count].SubmitAsync(RecordedWork.Kind, input, options: null, id))
        );
        RecordedWork.Result[] results = await Task.WhenAll(handles.Select(h => h.ResultAsync()));
        Page<JobSummary> page = await cluster.Client.ListJobsAsync(new JobQuery(Text: id));
        run.Measured("F44: jobs of 50 submissions at once", page.Items.Count, 1, "");
        run.Measured("F44: different results", results.Distinct().Count(), 1, "");
        run.Measured("F44: executions", UnitRun.Read(folder).Count, 40, "");
        RequestException conflict = await Assert.ThrowsAnyAsync<RequestException>(() =>
            cluster.Client.SubmitAsync(RecordedWork.Kind, input with { Units = 41 }, options: null, id)
        );
        run.Holds("F44: another input under the id is refused", conflict.Reason.ToString(), conflict.Reason == ErrorReason.Conflict);

        List<RunningProgram> consoles = [];
        try
        {
            for (int i = 0; i < 4; i++)
                consoles.Add(Console(cluster, ["run", "sum", "--from", "1", "--to", "1000", "--id", id + "-c", "--json"]));
            foreach (RunningProgram console in consoles)
                Assert.True(await console.ExitCodeAsync() == 0, console.Error);
            int ids = consoles
                .Select(c => JsonDocument.Parse(c.Output).RootElement.GetProperty("submittedAt").GetString())
                .Distinct()
                .Count();
            run.Measured("F44: jobs of 4 consoles at once", ids, 1, "");
        }
        finally
        {
            foreach (RunningProgram console in consoles)
                await console.DisposeAsync();
        }
    }

    /// <summary>F42: the gateway of a client dies; it goes on through another.</summary>
    private static async Task GatewayKilledAsync(FaultRun run, FaultCluster cluster)
    {
        RecordedJob job = await run.SubmitAsync(cluster, units: 300, milliseconds: 60);
        await job.DoneAsync(20);
        SiloProcess coordinator = await cluster.CoordinatorOfAsync(job);
        SiloProcess victim = cluster.Silos.First(s => s != coordinator);
        string gateways = string.Join(',', new[] { victim }.Concat(cluster.Silos.Where(s => s != victim)).Select(s => s.Gateway));
        await using RunningProgram watch = RunningProgram.Start(
            Programs.Console,
            ["watch", job.Id, "--json", .. Ids(cluster), "--gateway", gateways],
            ("ORLEANSWORK_SECRET", cluster.Access.Secret),
            ("ORLEANSWORK_CONNECT_TIMEOUT", "1m")
        );
        job.Through(await cluster.ConnectAsync([victim, coordinator]));
        await Eventually.TrueAsync(() => watch.Output.Contains('\n', StringComparison.Ordinal), () => watch.Error);
        run.Inject($"kill -9 silo {victim.Number}, a gateway", victim.Kill);
        TimeSpan slowest = TimeSpan.Zero;
        int errors = 0;
        while (true)
        {
            long asked = Stopwatch.GetTimestamp();
            JobStatus? status = await run.History.TryAsync("status", () => job.Handle.GetStatusAsync());
            TimeSpan took = Stopwatch.GetElapsedTime(asked);
            slowest = took > slowest ? took : slowest;
            errors += status is null ? 1 : 0;
            if (status is { IsTerminal: true })
                break;
            await Task.Delay(20);
        }

        int code = await watch.ExitCodeAsync();
        await run.CheckAsync();
        run.Measured("F42: errors of status calls", errors, 0, "");
        run.Measured("F42: slowest status call", slowest, TimeSpan.FromSeconds(10));
        run.Holds("F42: a watching console goes on to the end", $"exit {code}", code == 0);
    }

    private static async Task<JobStatus?> StatusAsync(JobHandle job)
    {
        try
        {
            return await job.GetStatusAsync();
        }
        catch (RequestException exception) when (exception.Reason == ErrorReason.NotFound)
        {
            return null;
        }
    }

    private static string[] Ids(FaultCluster cluster) => ["--cluster-id", cluster.ClusterId, "--service-id", cluster.ClusterId];

    private static RunningProgram Console(FaultCluster cluster, IEnumerable<string> arguments) =>
        RunningProgram.Start(
            Programs.Console,
            [.. arguments, .. Ids(cluster), "--gateway", string.Join(',', cluster.Silos.Select(s => s.Gateway))],
            ("ORLEANSWORK_SECRET", cluster.Access.Secret),
            ("ORLEANSWORK_CONNECT_TIMEOUT", "1m")
        );
}
