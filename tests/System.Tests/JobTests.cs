using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using OrleansWork.SystemTests.Processes;

namespace OrleansWork.SystemTests;

/// <summary>Jobs on three silo processes, from the console: right answers, whatever happens.</summary>
public sealed class JobTests(ThreeSilos silos) : IClassFixture<ThreeSilos>
{
    public static readonly TheoryData<string> Placements = ["random", "round-robin", "least-loaded", "adaptive"];

    [Theory]
    [MemberData(nameof(Placements))]
    public async Task Primes_EveryPlacement_CountsThemOnAllSilos(string placement)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Starts a local cluster: Linux only.");
        JsonElement job = await RunJsonAsync("primes", "--to", "20000000", "--placement", placement);
        Assert.Equal(1_270_607, job.GetProperty("result").GetInt64());
        Assert.Equal("succeeded", job.GetProperty("state").GetString());
        JsonElement units = job.GetProperty("units");
        Assert.Equal(units.GetProperty("total").GetInt64(), units.GetProperty("done").GetInt64());
        JsonElement[] shares = [.. job.GetProperty("silos").EnumerateArray()];
        Assert.Equal(
            silos.Cluster.Description().Silos.Select(s => s.Silo).Order(),
            shares.Select(s => s.GetProperty("silo").GetString()).Order()
        );
        Assert.All(shares, s => Assert.True(s.GetProperty("units").GetInt64() > 0, job.ToString()));
        Assert.Equal(units.GetProperty("done").GetInt64(), shares.Sum(s => s.GetProperty("units").GetInt64()));
    }

    [LinuxFact]
    public async Task Run_PrintsTheResultAloneOnStandardOutput()
    {
        await using RunningProgram run = Run("sum", "--from", "1", "--to", "1000000000000", "--block", "10000000000");
        Assert.True(await run.ExitCodeAsync() == 0, run.Error);
        Assert.Equal("500000000000500000000000", run.Output.Trim());
    }

    [LinuxFact]
    public async Task Pi_PoliciesAndChunks_GiveTheSameBits()
    {
        string[][] variants =
        [
            ["--placement", "adaptive"],
            ["--placement", "random", "--chunk", "1"],
            ["--placement", "least-loaded", "--chunk", "7"],
            ["--placement", "round-robin", "--chunk-time", "5ms"],
        ];
        HashSet<string> results = [];
        foreach (string[] variant in variants)
            results.Add(await ResultAsync(["pi", "--samples", "20000000", "--seed", "7", "--block", "100000", .. variant]));
        Assert.Single(results);
        Assert.Contains("\"samples\":20000000", results.Single().Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [LinuxFact]
    public async Task Mandelbrot_Out_WritesThePictureOnWhateverSilos()
    {
        string file = Path.Combine(silos.Cluster.Directory, "m.png");
        List<string> pictures = [];
        foreach (string chunk in (string[])["1", "50"])
        {
            await using RunningProgram run = Run("mandelbrot", "--width", "300", "--height", "200", "--chunk", chunk, "--out", file);
            Assert.True(await run.ExitCodeAsync() == 0, run.Error);
            Assert.Empty(run.Output);
            pictures.Add(Convert.ToHexString(await File.ReadAllBytesAsync(file)));
        }

        Assert.StartsWith("89504E470D0A1A0A", pictures[0], StringComparison.Ordinal);
        Assert.Equal(pictures[0], pictures[1]);
    }

    [SlowFact]
    public async Task Wait_ManyUnits_IsAtLeastEightTimesAsFastAsHoldingSlots()
    {
        double waiting = await WaitAsync();
        double holding = (await RunJsonAsync("synthetic", "--units", "5000", "--microseconds", "20000", "--mode", "sleep"))
            .GetProperty("elapsedSeconds")
            .GetDouble();

        // How long slots are held depends on the units alone, how long permits take on what else the machine does.
        if (holding < 8 * waiting)
            waiting = Math.Min(waiting, await WaitAsync());
        TestContext.Current.TestOutputHelper?.WriteLine($"wait {waiting:0.0} s, synthetic --mode sleep {holding:0.0} s");
        Assert.True(holding >= 8 * waiting, $"wait took {waiting} s, synthetic --mode sleep {holding} s");

        async Task<double> WaitAsync() =>
            (await RunJsonAsync("wait", "--units", "5000", "--microseconds", "20000")).GetProperty("elapsedSeconds").GetDouble();
    }

    [LinuxFact]
    public async Task Synthetic_SiloKilledInTheMiddle_CountsEveryUnitOnce() =>
        await KillInTheMiddleAsync(units: 4_000, microseconds: 2_000);

    [SlowFact]
    public async Task Synthetic_SiloKilledInTheMiddleOfALongJob_CountsEveryUnitOnce() =>
        await KillInTheMiddleAsync(units: 10_000, microseconds: 2_000);

    [LinuxFact]
    public async Task Silos_AllSlotsBurn_AnswerAtOnce()
    {
        string id = $"burn-{Guid.NewGuid():N}"[..20];
        await using RunningProgram burning = Run("synthetic", "--units", "200000", "--microseconds", "5000", "--id", id);
        await RunningAsync(id, done: 20);
        await Eventually.NotNullAsync(async () =>
            (await silos.Client.ListSilosAsync()).FirstOrDefault(s => s is { State: "active", Running: > 0 })
        );
        long asked = Stopwatch.GetTimestamp();
        IReadOnlyList<SiloStatus> list = await silos.Client.ListSilosAsync();
        TimeSpan answered = Stopwatch.GetElapsedTime(asked);
        Assert.Equal(
            silos.Cluster.Description().Silos.Select(s => s.Silo).Order(),
            list.Where(s => s.State == "active").Select(s => s.Silo).Order()
        );
        TestContext.Current.TestOutputHelper?.WriteLine($"silos answered in {answered.TotalMilliseconds:0} ms while all slots burn");

        await using RunningProgram cancel = Console("cancel", id);
        Assert.True(await cancel.ExitCodeAsync() == 0, cancel.Error);
        Assert.Equal(1, await burning.ExitCodeAsync());
    }

    [SlowFact]
    public async Task RunLocal_ConsoleKilled_LeavesNothing()
    {
        await using RunningProgram run = RunningProgram.Start(
            Programs.Console,
            ["run", "synthetic", "--units", "100000", "--microseconds", "5000", "--local", "2"]
        );
        string directory = "";
        await Eventually.TrueAsync(
            () => run.HasExited || (directory = ThrowAwayFolder(run.Error)).Length > 0,
            () => run.Error,
            what: "the folder of the throw-away cluster on standard error"
        );
        Assert.False(run.HasExited, run.Error);
        await Eventually.TrueAsync(() => LocalCluster.Read(directory) is { Silos.Count: 2 }, () => run.Error, what: "two silos");
        run.Kill();
        await ProcessTable.NoneNamingAsync(directory, TimeSpan.FromSeconds(10));
        Directory.Delete(directory, recursive: true);
    }

    [SlowFact]
    public async Task RunLocal_JobsOfAnotherAssembly_AreLoadedAndRun()
    {
        await using RunningProgram run = RunningProgram.Start(
            Programs.Console,
            ["run", "digit-sum", "--below", "100000", "--local", "1", "--jobs", typeof(DigitSum).Assembly.Location]
        );
        Assert.True(await run.ExitCodeAsync() == 0, run.Error);
        Assert.Equal("2250000", run.Output.Trim());
    }

    [LinuxFact]
    public async Task RunLocal_Help_PrintsTheFieldsWithoutAnyCluster()
    {
        string jobs = typeof(DigitSum).Assembly.Location;
        foreach (
            string[] run in (string[][])
                [
                    ["primes", "--local"],
                    ["digit-sum", "--local", "--jobs", jobs],
                ]
        )
        {
            await using RunningProgram help = RunningProgram.Start(Programs.Console, ["run", .. run, "--help"]);
            Assert.True(await help.ExitCodeAsync() == 0, help.Error);
            Assert.Contains(run[0] == "primes" ? "--block" : "--below", help.Output, StringComparison.Ordinal);
            Assert.Empty(help.Error);
        }

        await using RunningProgram wrong = RunningProgram.Start(
            Programs.Console,
            ["run", "digit-sum", "--local", "--jobs", Programs.Console, "--help"]
        );
        Assert.Equal(2, await wrong.ExitCodeAsync());
        Assert.Contains(Programs.Console, wrong.Error, StringComparison.Ordinal);
    }

    [SlowFact]
    public async Task RunLocal_Primes_PrintsTheCountAndRemovesItsFolder()
    {
        await using RunningProgram run = RunningProgram.Start(Programs.Console, ["run", "primes", "--to", "20000000", "--local", "3"]);
        Assert.True(await run.ExitCodeAsync(TimeSpan.FromMinutes(2)) == 0, run.Error);
        Assert.Equal("1270607", run.Output.Trim());
        string directory = ThrowAwayFolder(run.Error);
        Assert.NotEmpty(directory);
        Assert.False(Directory.Exists(directory));
        Assert.Empty(ProcessTable.Naming(directory));
    }

    [SlowFact]
    public async Task Pi_AnyNumberOfSilosAndAKill_GiveTheSameBits()
    {
        string[] job = ["pi", "--samples", "100000000", "--seed", "7"];
        HashSet<string> results = [];
        foreach (string placement in (string[])["random", "round-robin", "least-loaded", "adaptive"])
        {
            foreach (
                string[] chunk in (string[][])
                    [
                        [],
                        ["--chunk", "1"],
                        ["--chunk", "7"],
                    ]
            )
                results.Add(await ResultAsync([.. job, "--placement", placement, .. chunk]));
        }

        foreach (string count in (string[])["1", "2", "4"])
        {
            await using RunningProgram run = RunningProgram.Start(Programs.Console, ["run", .. job, "--local", count]);
            Assert.True(await run.ExitCodeAsync(TimeSpan.FromMinutes(3)) == 0, run.Error);
            results.Add(run.Output.Trim());
        }

        string id = $"pi-{Guid.NewGuid():N}"[..20];
        await using RunningProgram killed = Run([.. job, "--chunk", "1", "--max-parallel", "2", "--id", id]);
        await KillOneOfAsync(id, done: 1);
        Assert.True(await killed.ExitCodeAsync(TimeSpan.FromMinutes(3)) == 0, killed.Error);
        results.Add(killed.Output.Trim());
        Assert.Single(results);
    }

    private static string ThrowAwayFolder(string error) =>
        error
            .Split([' ', '\n', '\r', '\t'], StringSplitOptions.RemoveEmptyEntries)
            .Select(w => w.TrimEnd('.', ',', ':', ';'))
            .FirstOrDefault(w =>
                w.StartsWith(Path.Combine(Path.GetTempPath(), "orleanswork-"), StringComparison.Ordinal)
                && !w.Contains("/logs", StringComparison.Ordinal)
            )
        ?? "";

    private async Task KillInTheMiddleAsync(int units, int microseconds)
    {
        string id = $"kill-{Guid.NewGuid():N}"[..20];
        await using RunningProgram run = Run(
            "synthetic",
            "--units",
            units.ToString(CultureInfo.InvariantCulture),
            "--microseconds",
            microseconds.ToString(CultureInfo.InvariantCulture),
            "--id",
            id,
            "--json"
        );
        await KillOneOfAsync(id, done: units / 10);
        Assert.True(await run.ExitCodeAsync(TimeSpan.FromMinutes(3)) == 0, run.Error);
        JsonElement job = JsonDocument.Parse(run.Output).RootElement;
        Assert.Equal(units, job.GetProperty("units").GetProperty("done").GetInt64());
        Assert.Equal(0, job.GetProperty("units").GetProperty("failed").GetInt64());
        Assert.Equal((long)units * (units - 1) / 2, job.GetProperty("result").GetProperty("checksum").GetInt64());
        Assert.Equal(units, job.GetProperty("silos").EnumerateArray().Sum(s => s.GetProperty("units").GetInt64()));
        Assert.DoesNotContain("rror", run.Error, StringComparison.Ordinal);
        await Eventually.TrueAsync(() => LocalCluster.Read(silos.Cluster.Directory) is { Silos.Count: 3 }, what: "three silos again");
    }

    /// <summary>Kills a silo that does not coordinate the job, once some of its units are done and not all.</summary>
    private async Task KillOneOfAsync(string id, long done)
    {
        JobStatus job = await RunningAsync(id, done);
        Assert.NotNull(job.Coordinator);
        ClusterFileProcess victim = silos.Cluster.Description().Silos.First(s => s.Silo != job.Coordinator);
        Signals.Send(victim.Pid, Signals.Kill);
    }

    private async Task<JobStatus> RunningAsync(string id, long done)
    {
        JobStatus? last = null;
        return await Eventually.NotNullAsync(
            async () =>
            {
                try
                {
                    last = await silos.Client.GetJob(id).GetStatusAsync();
                }
                catch (RequestException exception) when (exception.Reason == ErrorReason.NotFound)
                {
                    return null;
                }

                Assert.False(last.IsTerminal, $"{id} ended before anything could be done to it: {last}");
                return last.Units.Done >= done ? last : null;
            },
            () => last?.ToString() ?? "",
            what: $"{done} units of {id} to be done"
        );
    }

    private async Task<string> ResultAsync(params IEnumerable<string> arguments)
    {
        await using RunningProgram run = Run([.. arguments]);
        Assert.True(await run.ExitCodeAsync(TimeSpan.FromMinutes(2)) == 0, run.Error);
        return run.Output.Trim();
    }

    private async Task<JsonElement> RunJsonAsync(params IEnumerable<string> arguments) =>
        JsonDocument.Parse(await ResultAsync([.. arguments, "--json"])).RootElement;

    private RunningProgram Run(params IEnumerable<string> arguments) => Console(["run", .. arguments]);

    private RunningProgram Console(params IEnumerable<string> arguments) =>
        RunningProgram.Start(Programs.Console, [.. arguments, "--data", silos.Cluster.Directory]);
}
