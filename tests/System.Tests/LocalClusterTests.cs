using System.Net.Http.Json;
using System.Text.Json;
using OrleansWork.SystemTests.Processes;

namespace OrleansWork.SystemTests;

/// <summary><c>up</c> and <c>down</c>: what runs, what is written about it, and that nothing stays.</summary>
public sealed class LocalClusterTests
{
    private static readonly TimeSpan GoneBound = TimeSpan.FromSeconds(10);

    [LinuxFact]
    public async Task UpAndDown_LeaveNothingBehind()
    {
        await using LocalCluster cluster = await LocalCluster.UpAsync(2);
        ClusterFile file = cluster.Description();
        Assert.Equal(cluster.Console.Id, file.Supervisor.Pid);
        Assert.Equal("orleanswork", file.ServiceId);
        Assert.All(file.Processes, p => Assert.True(Directory.Exists($"/proc/{p.Pid}"), $"{p.Role} {p.Pid} does not run"));
        Assert.All(file.Silos, s => Assert.Matches(@"^127\.0\.0\.1:\d+@\d+$", s.Silo));
        Assert.All(file.Silos, s => Assert.True(File.Exists(s.Log), s.Log));
        Assert.Equal(2, file.Silos.Select(s => s.Http).Distinct().Count());

        await using RunningProgram down = RunningProgram.Start(Programs.Console, ["down", "--data", cluster.Directory, "--wipe"]);
        Assert.True(await down.ExitCodeAsync() == 0, down.Error);

        // down returns when all is over, not before.
        Assert.Empty(ProcessTable.Naming(cluster.Directory));
        Assert.False(Directory.Exists(cluster.Directory));
        Assert.True(await cluster.Console.ExitCodeAsync() == 0, cluster.Console.Error);
    }

    [LinuxFact]
    public async Task Up_KindWhoseCombineIsNotAssociative_IsWarnedOfOnceAndByEveryRun()
    {
        const string Finding = "Combine is not associative: of units ";
        await using LocalCluster cluster = await LocalCluster.UpAsync(1, "--jobs", typeof(Subtracts).Assembly.Location);
        for (int i = 0; i < 2; i++)
        {
            await using RunningProgram run = RunningProgram.Start(
                Programs.Console,
                ["run", "p-minus", "--size", "60", "--data", cluster.Directory]
            );
            Assert.True(await run.ExitCodeAsync() == 0, run.Error);
            Assert.Contains($"warning: {Finding}", run.Error, StringComparison.Ordinal);
        }

        string told = $"warning: job kind p-minus: {Finding}";
        await Eventually.TrueAsync(() => cluster.Console.Error.Contains(told, StringComparison.Ordinal), () => cluster.Console.Error);
        Assert.Equal(2, cluster.Console.Error.Split(told).Length);
    }

    [LinuxFact]
    public async Task Up_InterruptedByCtrlC_StopsEverythingAndKeepsTheData()
    {
        Assert.SkipWhen(
            Signals.IsIgnored(Signals.Interrupt),
            "Whoever started the tests has them ignore Ctrl-C, and what they start as well."
        );
        await using LocalCluster cluster = await LocalCluster.UpAsync(1);
        cluster.Console.Signal(Signals.Interrupt);
        Assert.Equal(130, await cluster.Console.ExitCodeAsync());
        Assert.Empty(ProcessTable.Naming(cluster.Directory));
        Assert.False(File.Exists(Path.Combine(cluster.Directory, "cluster.json")));
        Assert.True(Directory.Exists(Path.Combine(cluster.Directory, "store")));
    }

    [LinuxFact]
    public async Task RunLocal_InterruptedWhileItStarts_LeavesNothing()
    {
        Assert.SkipWhen(
            Signals.IsIgnored(Signals.Interrupt),
            "Whoever started the tests has them ignore Ctrl-C, and what they start as well."
        );
        string temporary = LocalCluster.NewDirectory();
        Directory.CreateDirectory(temporary);
        await using RunningProgram run = RunningProgram.Start(
            Programs.Console,
            ["run", "primes", "--to", "100", "--local", "1"],
            ("TMPDIR", temporary)
        );
        await Eventually.TrueAsync(() => ProcessTable.Naming(temporary).Any(p => p.Pid != run.Id), () => run.Error);
        run.Signal(Signals.Interrupt);
        Assert.Equal(130, await run.ExitCodeAsync());
        Assert.DoesNotContain("Ready", run.Error, StringComparison.Ordinal);
        Assert.Empty(ProcessTable.Naming(temporary));
        Assert.DoesNotContain(
            Directory.EnumerateFiles(temporary, "*", SearchOption.AllDirectories),
            file => Path.GetFileName(file) is "secret" or "supervisor.lock" or "cluster.json" or "silo-1.log"
        );
        Directory.Delete(temporary, recursive: true);
    }

    [LinuxFact]
    public async Task Up_ConsoleKilled_NothingRunsOnAndTheFolderCanBeUsedAgain()
    {
        await using LocalCluster cluster = await LocalCluster.UpAsync(2);
        Assert.True(ProcessTable.Naming(cluster.Directory).Count >= 4, "console, store and two silos name the folder");
        cluster.Console.Kill();
        await ProcessTable.NoneNamingAsync(cluster.Directory, GoneBound);

        await using RunningProgram again = RunningProgram.Start(
            Programs.Console,
            ["up", "--detach", "--silos", "1", "--port", LocalCluster.Port(), "--data", cluster.Directory]
        );
        Assert.True(await again.ExitCodeAsync() == 0, again.Error);
        await using RunningProgram down = RunningProgram.Start(Programs.Console, ["down", "--data", cluster.Directory]);
        Assert.True(await down.ExitCodeAsync() == 0, down.Error);
        Assert.Empty(ProcessTable.Naming(cluster.Directory));
    }

    [SlowFact]
    public async Task Silo_Killed_ComesBackAndClusterFileIsTrue()
    {
        await using LocalCluster cluster = await LocalCluster.UpAsync(3);
        ClusterFile before = cluster.Description();
        ClusterFileProcess victim = before.Silos[1];
        Signals.Send(victim.Pid, Signals.Kill);

        ClusterFile after = await Eventually.NotNullAsync(
            () =>
                Task.FromResult(
                    LocalCluster.Read(cluster.Directory) is { Silos.Count: 3 } file && file.Silos.All(s => s.Pid != victim.Pid)
                        ? file
                        : null
                ),
            () => cluster.Console.Error
        );
        ClusterFileProcess successor = after.Silos[1];
        Assert.NotEqual(victim.Silo, successor.Silo);
        Assert.Equal(victim.Gateway, successor.Gateway);
        Assert.True(Directory.Exists($"/proc/{successor.Pid}"));
        Assert.Equal([before.Silos[0], before.Silos[2]], [after.Silos[0], after.Silos[2]]);
        await AllReadyAsync(after);
    }

    [SlowFact]
    public async Task Store_KilledTwice_ComesBackWithoutDoubles()
    {
        await using LocalCluster cluster = await LocalCluster.UpAsync(1);
        ClusterFileProcess store = cluster.Description().Store;
        Signals.Send(store.Pid, Signals.Kill);
        ClusterFileProcess second = await NextStoreAsync(cluster, store);
        await AllReadyAsync(cluster.Description());
        Signals.Send(second.Pid, Signals.Kill);
        ClusterFileProcess third = await NextStoreAsync(cluster, second);
        await AllReadyAsync(cluster.Description());
        Assert.Equal(
            [third.Pid],
            ProcessTable
                .Naming(cluster.Directory)
                .Where(p => p.CommandLine.Contains(Path.GetFileName(Programs.Store), StringComparison.Ordinal))
                .Select(p => p.Pid)
        );
    }

    [SlowFact]
    public async Task Up_DamagedStore_NamesWhatIsGoneAndStartsWithConsentOnly()
    {
        await using LocalCluster first = await LocalCluster.UpAsync(1);
        await using (ClusterConnection connection = await first.ConnectAsync())
        {
            // What is between them keeps the last one out of the first one's pages.
            foreach (string id in (string[])["early", "between", "late"])
            {
                long[] numbers = [.. Enumerable.Range(1, 2000).Select(n => (long)n)];
                JobHandle job = await connection.Client.SubmitAsync("sum", JsonSerializer.SerializeToUtf8Bytes(new { numbers }), id: id);
                await job.ResultAsync();
            }
        }

        await first.StopAsync();
        string log = Path.Combine(first.Directory, "store", "AOF", "aof.log.0");
        byte[] bytes = await File.ReadAllBytesAsync(log);
        bytes[bytes.AsSpan().IndexOf("ow-job/late/manifest"u8) + 200] ^= 1;
        await File.WriteAllBytesAsync(log, bytes);

        await using RunningProgram refused = RunningProgram.Start(
            Programs.Console,
            ["up", "--silos", "1", "--port", LocalCluster.Port(), "--data", first.Directory]
        );
        Assert.Equal(5, await refused.ExitCodeAsync());
        Assert.Contains("is damaged, so it was not started", refused.Error, StringComparison.Ordinal);
        Assert.Contains("1 of 3 jobs acknowledged until", refused.Error, StringComparison.Ordinal);
        Assert.Contains("is gone: late.", refused.Error, StringComparison.Ordinal);
        Assert.Contains("--accept-loss", refused.Error, StringComparison.Ordinal);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(log));

        await using LocalCluster second = await LocalCluster.UpInAsync(first.Directory, 1, "--accept-loss");
        Assert.Contains("is gone: late.", second.Console.Error, StringComparison.Ordinal);
        await using (ClusterConnection connection = await second.ConnectAsync())
        {
            Assert.Equal("2001000"u8.ToArray(), (await connection.Client.GetJob("early").ResultAsync()).Content);
            RequestException gone = await Assert.ThrowsAnyAsync<RequestException>(() => connection.Client.GetJob("late").GetStatusAsync());
            Assert.Equal(ErrorReason.NotFound, gone.Reason);
        }

        string kept = Assert.Single(Directory.GetDirectories(first.Directory, "store.damaged-*"));
        Assert.Equal(bytes, await File.ReadAllBytesAsync(Path.Combine(kept, "AOF", "aof.log.0")));

        // What is damaged while the cluster runs is found when the store is started again, and stops it.
        byte[] now = await File.ReadAllBytesAsync(log);
        now[100] ^= 1;
        await using (FileStream file = new(log, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            await file.WriteAsync(now.AsMemory(0, 200));
        Signals.Send(second.Description().Store.Pid, Signals.Kill);
        Assert.Equal(5, await second.Console.ExitCodeAsync());
        Assert.Contains("aof.log.0 has other bytes than were written", second.Console.Error, StringComparison.Ordinal);
        Assert.Empty(ProcessTable.Naming(second.Directory));
    }

    [LinuxFact]
    public async Task Up_OnRunningFolder_IsRefused()
    {
        await using LocalCluster cluster = await LocalCluster.UpAsync(1);
        await using RunningProgram second = RunningProgram.Start(Programs.Console, ["up", "--silos", "1", "--data", cluster.Directory]);
        Assert.Equal(2, await second.ExitCodeAsync());
        Assert.Contains("already runs", second.Error, StringComparison.Ordinal);
        Assert.Contains(cluster.Directory, second.Error, StringComparison.Ordinal);
        Assert.Single(cluster.Description().Silos);
    }

    [LinuxFact]
    public async Task Up_SiloThatDoesNotStart_ShowsItsLastLinesAndLeavesNothing()
    {
        string directory = LocalCluster.NewDirectory();
        await using RunningProgram up = RunningProgram.Start(
            Programs.Console,
            ["up", "--silos", "2", "--port", LocalCluster.Port(), "--data", directory],
            ("OrleansWork__AsyncSlots", "many")
        );
        Assert.Equal(2, await up.ExitCodeAsync());
        Assert.Contains("OrleansWork:AsyncSlots is 'many'", up.Error, StringComparison.Ordinal);
        Assert.Contains(Path.Combine(directory, "logs", "silo-"), up.Error, StringComparison.Ordinal);
        Assert.Empty(ProcessTable.Naming(directory));
        Directory.Delete(directory, recursive: true);
    }

    [LinuxFact]
    public async Task Up_SiloKilledWhileItStarts_StartsItAgainAndSaysSo()
    {
        string directory = LocalCluster.NewDirectory();
        await using RunningProgram up = RunningProgram.Start(
            Programs.Console,
            ["up", "--detach", "--silos", "1", "--port", LocalCluster.Port(), "--data", directory]
        );
        string silo = Path.GetFileName(Programs.Silo);
        await Eventually.TrueAsync(
            () => ProcessTable.Naming(directory).Any(p => p.CommandLine.Contains(silo, StringComparison.Ordinal)),
            () => up.Error,
            what: "a silo that starts"
        );
        int victim = ProcessTable.Naming(directory).First(p => p.CommandLine.Contains(silo, StringComparison.Ordinal)).Pid;
        Signals.Send(victim, Signals.Kill);
        Assert.True(await up.ExitCodeAsync(TimeSpan.FromSeconds(90)) == 0, up.Error);
        Assert.Contains(
            $"Silo 1 (pid {victim}) ended with exit code 137 before it was ready; starting it again (2 of 3)",
            up.Error,
            StringComparison.Ordinal
        );
        await using RunningProgram down = RunningProgram.Start(Programs.Console, ["down", "--data", directory, "--wipe"]);
        Assert.True(await down.ExitCodeAsync() == 0, down.Error);
        Assert.Empty(ProcessTable.Naming(directory));
    }

    [LinuxFact]
    public async Task Down_NothingRuns_SaysSo()
    {
        await using RunningProgram down = RunningProgram.Start(Programs.Console, ["down", "--data", LocalCluster.NewDirectory()]);
        Assert.Equal(3, await down.ExitCodeAsync());
        Assert.Contains("No cluster runs", down.Error, StringComparison.Ordinal);
    }

    private static Task<ClusterFileProcess> NextStoreAsync(LocalCluster cluster, ClusterFileProcess old) =>
        Eventually.NotNullAsync(
            () =>
                Task.FromResult(LocalCluster.Read(cluster.Directory)?.Processes.FirstOrDefault(p => p.Role == "store" && p.Pid != old.Pid)),
            () => cluster.Console.Error,
            what: "another store"
        );

    private static async Task AllReadyAsync(ClusterFile file)
    {
        using HttpClient http = OwnAccess.HttpOf(file.Key);
        foreach (ClusterFileProcess silo in file.Silos)
        {
            await Eventually.NotNullAsync(
                async () =>
                {
                    using HttpResponseMessage response = await http.GetAsync(new Uri(silo.Http + "/readyz"));
                    JsonElement body = await response.Content.ReadFromJsonAsync<JsonElement>();
                    return response.IsSuccessStatusCode && body.GetProperty("activeSilos").GetInt32() == file.Silos.Count
                        ? response.StatusCode.ToString()
                        : null;
                },
                what: $"{silo.Http}/readyz to see {file.Silos.Count} silos"
            );
        }
    }
}
