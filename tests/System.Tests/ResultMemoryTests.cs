using System.Globalization;
using OrleansWork.SystemTests.Processes;

namespace OrleansWork.SystemTests;

/// <summary>The memory of every process while a map job has many results: it does not grow with their number.</summary>
public sealed class ResultMemoryTests(ThreeCountingSilos silos) : IClassFixture<ThreeCountingSilos>
{
    private const int Few = 200_000;
    private const int Many = 1_000_000;
    private const int Length = 200;

    // A silo without a job has some 160 MB, and the record of its jobs up to 32. Buffers of results that are kept, or read again and again, were 600 MB more.
    private const long SiloLimit = 540 * MemoryWatch.MegaByte;
    private const long SiloGrowth = 220 * MemoryWatch.MegaByte;
    private const long ConsoleLimit = 200 * MemoryWatch.MegaByte;
    private const long ConsoleGrowth = 40 * MemoryWatch.MegaByte;

    [SlowFact]
    public async Task Results_FiveTimesAsMany_TakeNoMoreMemory()
    {
        string file = Path.Combine(silos.Cluster.Directory, "results");
        (long fewSilo, long fewConsole) = await RunAsync(Few);
        (long manySilo, long manyConsole) = await RunAsync(Many);
        Assert.InRange(manySilo, 0, SiloLimit);
        Assert.InRange(manySilo - fewSilo, long.MinValue, SiloGrowth);
        Assert.InRange(manyConsole, 0, ConsoleLimit);
        Assert.InRange(manyConsole - fewConsole, long.MinValue, ConsoleGrowth);

        async Task<(long Silo, long Console)> RunAsync(int results)
        {
            MemoryWatch watch = WatchCluster();
            await using RunningProgram console = RunningProgram.Start(Programs.Console, [.. Arguments(results), "--out", file]);
            watch.Add("console", console.Id);
            await Eventually.TrueAsync(
                () =>
                {
                    watch.Look();
                    return console.HasExited;
                },
                () => console.Error,
                TimeSpan.FromMinutes(4),
                $"{results:N0} results"
            );
            Assert.True(await console.ExitCodeAsync() == 0, console.Error);
            long lines = 0;
            await foreach (string _ in File.ReadLinesAsync(file))
                lines++;
            Assert.Equal(results, lines);
            Print($"{results:N0} results read into a file", watch);
            return (HighestSilo(watch), watch.PeakOf("console"));
        }
    }

    [SlowFact]
    public async Task Results_OfAConsoleWhoseOutputNobodyReads_AreKeptByNobody()
    {
        string id = $"unread-{Guid.NewGuid():N}"[..16];
        MemoryWatch watch = WatchCluster();
        await using RunningProgram pipe = RunningProgram.StartProgram(
            "/bin/sh",
            ["-c", "\"$@\" | sleep 600", "sh", Programs.Dotnet, Programs.Console, .. Arguments(Many), "--id", id]
        );
        int console = 0;
        await Eventually.TrueAsync(
            () =>
                (
                    console = ProcessTable
                        .Naming(id)
                        .FirstOrDefault(p => p.CommandLine.StartsWith(Programs.Dotnet, StringComparison.Ordinal))
                        .Pid
                ) != 0,
            () => pipe.Error,
            what: "the console"
        );
        watch.Add("console", console);
        JobStatus? status = null;
        await Eventually.NotNullAsync(
            async () => (status = await StatusAsync(id)) is { IsTerminal: true } ? status : null,
            () => $"{status} {pipe.Error}",
            TimeSpan.FromMinutes(4),
            "the end of the job"
        );
        Assert.Equal(JobState.Succeeded, status!.State);
        Print($"{Many:N0} results done, their console stands still", watch);
        Assert.NotEqual(0, MemoryWatch.PeakOf(console));
        Assert.InRange(watch.PeakOf("console"), 0, ConsoleLimit);
        Assert.InRange(HighestSilo(watch), 0, SiloLimit);
    }

    private MemoryWatch WatchCluster()
    {
        MemoryWatch watch = new();
        ClusterFile file = silos.Cluster.Description();
        foreach ((int number, ClusterFileProcess silo) in file.Silos.Index())
            watch.Add($"silo {number + 1}", silo.Pid);
        watch.Add("store", file.Store.Pid);
        return watch;
    }

    private long HighestSilo(MemoryWatch watch) =>
        silos.Cluster.Description().Silos.Index().Max(silo => watch.PeakOf($"silo {silo.Index + 1}"));

    private async Task<JobStatus?> StatusAsync(string id)
    {
        try
        {
            return await silos.Client.GetJob(id).GetStatusAsync();
        }
        catch (RequestException exception) when (exception.Reason == ErrorReason.NotFound)
        {
            return null;
        }
    }

    private IEnumerable<string> Arguments(int results) =>
        [
            .. (string[])["run", "number-lines", "--data", silos.Cluster.Directory],
            .. (string[])["--below", results.ToString(CultureInfo.InvariantCulture)],
            .. (string[])["--length", Length.ToString(CultureInfo.InvariantCulture)],
        ];

    private static void Print(string what, MemoryWatch watch) => TestContext.Current.TestOutputHelper?.WriteLine($"{what}: {watch}");
}
