using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Orleans.Hosting;
using OrleansWork.SystemTests.Faults.Driver;
using OrleansWork.SystemTests.Processes;

namespace OrleansWork.SystemTests;

/// <summary><c>scale</c>: silos come and go under a job, which notices nothing but its speed.</summary>
public sealed class ScaleTests
{
    private static readonly TimeSpan FirstUnitsBound = TimeSpan.FromSeconds(3);

    [SlowFact]
    public async Task Scale_GrowsAndDrains_UnderLongUnitsThatEndWhereTheyRun()
    {
        await using LocalCluster cluster = await LocalCluster.UpAsync(1, "--slots", "1");
        ClusterFile one = cluster.Description();
        ClusterFile two = await ScaleAsync(cluster, 2);
        Assert.Equal(one.Silos[0], two.Silos[0]);
        Assert.All(two.Silos, silo => Assert.Equal("ready", silo.State));
        Assert.True(new Uri(two.Silos[1].Http!).Port > new Uri(one.Silos[0].Http!).Port);

        // One unit of seconds on each silo: the one that goes waits for its own.
        await using ClusterConnection connection = await ConnectAsync(one);
        JobHandle job = await SubmitAsync(
            connection,
            "synthetic",
            """{"units":2,"microseconds":4000000,"mode":"sleep"}""",
            new JobOptions { ChunkUnits = 1, Placement = PlacementPolicy.RoundRobin }
        );
        await Eventually.NotNullAsync(async () =>
            (await connection.Client.ListSilosAsync()) is { Count: 2 } silos && silos.All(silo => silo.Running == 1) ? silos : null
        );
        await using RunningProgram scale = StartScale(cluster, 1);
        string leaving = two.Silos[1].Silo!;
        await Eventually.NotNullAsync(
            async () => (await connection.Client.ListSilosAsync()).FirstOrDefault(s => s.Silo == leaving && s.State == "draining"),
            () => scale.Error,
            what: $"silos to show {leaving} as draining"
        );
        Assert.Equal(["ready", "draining"], cluster.Description().Silos.Select(s => s.State));
        Assert.True(await scale.ExitCodeAsync() == 0, scale.Error);
        Assert.Contains("Silo 2 has left.", scale.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists($"/proc/{two.Silos[1].Pid}"));
        Assert.Equal(one.Silos, cluster.Description().Silos);
        JobResult result = await job.ResultAsync();
        Assert.Equal((2, 0, 0), (result.Status.Units.Done, result.Status.Units.Failed, result.Status.Units.Wasted));
        Assert.Equal(2, result.Status.Silos.Count(share => share.Units == 1));

        // The next one takes the place of the one that has left.
        ClusterFile again = await ScaleAsync(cluster, 2);
        Assert.Equal(two.Silos[1].Log, again.Silos[1].Log);
        Assert.NotEqual(two.Silos[1].Silo, again.Silos[1].Silo);
    }

    [SlowFact]
    public async Task Scale_UnitThatOutlastsTheDrainTime_RunsAgainElsewhere()
    {
        await using LocalCluster cluster = await LocalCluster.UpAsync(2, "--slots", "1");
        ClusterFile two = cluster.Description();
        await using ClusterConnection connection = await ConnectAsync(two);
        JobHandle job = await SubmitAsync(
            connection,
            "synthetic",
            """{"units":2,"microseconds":9000000,"mode":"sleep"}""",
            new JobOptions
            {
                ChunkUnits = 1,
                Placement = PlacementPolicy.RoundRobin,
                MaxAttempts = 1,
            }
        );
        await Eventually.NotNullAsync(async () =>
            (await connection.Client.ListSilosAsync()) is { Count: 2 } silos && silos.All(silo => silo.Running == 1) ? silos : null
        );
        await using RunningProgram scale = StartScale(cluster, 1, "--drain-time", "100ms");
        Assert.True(await scale.ExitCodeAsync() == 0, scale.Error);
        Assert.Contains("Silo 2 still runs units after 100ms", scale.Error, StringComparison.Ordinal);
        JobResult result = await job.ResultAsync();
        Assert.True(
            result.Status.Units is { Done: 2, Failed: 0 },
            $"{result.Status}, result {System.Text.Encoding.UTF8.GetString(result.Content)}"
        );
        Assert.Equal(1, JsonElement.Parse(result.Content).GetProperty("checksum").GetInt64());
    }

    [SlowFact]
    public async Task Scale_NewSiloThatDoesNotStart_LeavesTheClusterAsItWas()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("ow-jobs-");
        foreach (string library in Directory.EnumerateFiles(AppContext.BaseDirectory, "*.dll"))
            File.Copy(library, Path.Combine(folder.FullName, Path.GetFileName(library)));
        string jobs = Path.Combine(folder.FullName, Path.GetFileName(typeof(DigitSum).Assembly.Location));
        await using LocalCluster cluster = await LocalCluster.UpAsync(1, "--jobs", jobs);
        ClusterFile before = cluster.Description();
        await File.WriteAllTextAsync(jobs, "no assembly any more");
        await using RunningProgram scale = StartScale(cluster, 3);
        Assert.Equal(2, await scale.ExitCodeAsync());
        Assert.Contains("Last lines of", scale.Error, StringComparison.Ordinal);
        Assert.Equal(before.Silos, cluster.Description().Silos);
        folder.Delete(recursive: true);
    }

    [SlowFact]
    public async Task Scale_UnderAJobOfManyUnits_NewSilosWorkAtOnceAndNoUnitFails()
    {
        const int units = 60_000;
        await using LocalCluster cluster = await LocalCluster.UpAsync(3);
        ClusterFile three = cluster.Description();
        await using ClusterConnection connection = await ConnectAsync(three);
        ProcessorTime began = ProcessorTime.Now();
        JobHandle job = await SubmitAsync(connection, "wait", $$"""{"units":{{units}},"microseconds":20000}""");
        JobStatus status = await Eventually.NotNullAsync(
            async () => await job.GetStatusAsync() is { Units.Done: > 1_000 } running ? running : null,
            what: "1,000 units to be done"
        );

        await using RunningProgram grow = StartScale(cluster, 5);
        Dictionary<string, long> ready = [];
        Dictionary<string, TimeSpan> first = [];
        await Eventually.NotNullAsync(
            async () =>
            {
                foreach (ClusterFileProcess silo in LocalCluster.Read(cluster.Directory)?.Silos.Skip(3) ?? [])
                    ready.TryAdd(silo.Silo!, Stopwatch.GetTimestamp());
                status = await job.GetStatusAsync();
                foreach (SiloShare share in status.Silos.Where(share => share.Units > 0 && ready.ContainsKey(share.Silo)))
                    first.TryAdd(share.Silo, Stopwatch.GetElapsedTime(ready[share.Silo]));
                Assert.False(status.IsTerminal, $"The job ended before the new silos had worked: {status}");
                return first.Count == 2 ? first : null;
            },
            () => $"{status} {grow.Error}",
            TimeSpan.FromMinutes(2),
            "units of both new silos"
        );
        Assert.True(await grow.ExitCodeAsync() == 0, grow.Error);
        Assert.Equal(three.Silos, cluster.Description().Silos.Take(3));
        long doneByFive = (await job.GetStatusAsync()).Units.Done;

        long asked = Stopwatch.GetTimestamp();
        await using RunningProgram shrink = StartScale(cluster, 2);
        HashSet<string> draining = [];
        while (!shrink.HasExited)
        {
            draining.UnionWith((await connection.Client.ListSilosAsync()).Where(s => s.State == "draining").Select(s => s.Silo));
            await RequireTrueAsync(cluster);
        }

        TimeSpan shrunk = Stopwatch.GetElapsedTime(asked);
        Assert.True(await shrink.ExitCodeAsync() == 0, shrink.Error);
        Assert.DoesNotContain("exit code", shrink.Error, StringComparison.Ordinal);
        Assert.Equal(three.Silos.Take(2), cluster.Description().Silos);
        status = await job.GetStatusAsync();
        long doneByTwo = status.Units.Done;
        bool wasRunning = !status.IsTerminal;

        JobResult result = await job.ResultAsync();
        JobDetails ended = await job.GetDetailsAsync();
        string figures = string.Create(
            CultureInfo.InvariantCulture,
            $"first units of the new silos {string.Join(" and ", first.Values.Select(t => $"{t.TotalSeconds:0.0} s"))} after they were ready (limit {FirstUnitsBound.TotalSeconds:0} s); {doneByFive:N0} of {units:N0} units done then; scale 2 took {shrunk.TotalSeconds:0.0} s, {draining.Count} silos seen draining, {doneByTwo:N0} units done then; failed {ended.Units.Failed}, wasted {ended.Units.Wasted}, attempts {ended.Attempts:N0}; job {ended.ElapsedSeconds:0.0} s; machine idle {ProcessorTime.Now().IdleSince(began):P0}"
        );
        TestContext.Current.TestOutputHelper?.WriteLine(figures);
        Assert.True(wasRunning, $"The job ended before the silos had gone: {figures}");
        Assert.Equal((units, 0, 0), (ended.Units.Done, ended.Units.Failed, ended.Failures.Count));
        Assert.Equal((long)units * (units - 1) / 2, JsonElement.Parse(result.Content).GetProperty("checksum").GetInt64());
        Assert.Equal(3, draining.Count);
        Assert.All(first.Values, time => Assert.True(time <= FirstUnitsBound, figures));
    }

    /// <summary>Every process that cluster.json names runs; one that has just ended may be named for a moment.</summary>
    private static Task RequireTrueAsync(LocalCluster cluster) =>
        Eventually.TrueAsync(
            () => LocalCluster.Read(cluster.Directory) is { } file && file.Processes.All(p => Directory.Exists($"/proc/{p.Pid}")),
            ceiling: TimeSpan.FromSeconds(2),
            what: "cluster.json to name only processes that run"
        );

    private static RunningProgram StartScale(LocalCluster cluster, int silos, params IEnumerable<string> more) =>
        RunningProgram.Start(
            Programs.Console,
            ["scale", silos.ToString(CultureInfo.InvariantCulture), "--data", cluster.Directory, .. more]
        );

    private static async Task<ClusterFile> ScaleAsync(LocalCluster cluster, int silos)
    {
        await using RunningProgram scale = StartScale(cluster, silos);
        Assert.True(await scale.ExitCodeAsync() == 0, scale.Error);
        ClusterFile file = cluster.Description();
        Assert.Equal(silos, file.Silos.Count);
        Assert.All(file.Silos, silo => Assert.Contains(silo.Http!, scale.Output, StringComparison.Ordinal));
        return file;
    }

    private static Task<ClusterConnection> ConnectAsync(ClusterFile file)
    {
        IPEndPoint[] gateways = [.. file.Silos.Select(s => IPEndPoint.Parse(s.Gateway!))];
        return ClusterConnection.OpenAsync(
            new ClusterAddress
            {
                Name = file.Silos[0].Gateway!,
                Gateways = client => client.UseStaticClustering(gateways),
                ClusterId = file.ClusterId,
                ServiceId = file.ServiceId,
                Secret = file.Secret,
            }
        );
    }

    private static Task<JobHandle> SubmitAsync(ClusterConnection connection, string kind, string input, JobOptions? options = null) =>
        connection.Client.SubmitAsync(kind, Encoding.UTF8.GetBytes(input), options);
}
