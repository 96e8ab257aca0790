using OrleansWork.SystemTests.Faults.Driver;
using OrleansWork.SystemTests.Processes;

namespace OrleansWork.SystemTests.Faults.Rows;

/// <summary>Clocks that are not those of the others, or not those of before.</summary>
internal static class Clocks
{
    private const int ClockBehind = 8;
    private const int Refused = 5;
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    /// <summary>F38: one silo's clock, and that of the machine between two starts of a local cluster.</summary>
    public static async Task OffAsync(FaultRun run)
    {
        if (FakeClock.SkipReason is { } reason)
            throw new FaultSkippedException(reason);
        FaultCluster cluster = await run.ClusterAsync(3);
        SiloProcess off = cluster.Silos[2];
        off.Terminate();
        await off.Program.ExitCodeAsync();
        await cluster.AllKnowEachOtherAsync();

        off.Setup = off.Setup with { Clock = -Hour };
        run.Inject("silo 3 starts with a clock that is an hour behind", () => { });
        await Assert.ThrowsAnyAsync<Xunit.Sdk.XunitException>(off.StartAsync);
        int code = await off.Program.ExitCodeAsync();
        string[] lines = off.PresentLog.TrimEnd().Split('\n');
        run.Holds(
            "an hour behind: refused, naming the clock in one line",
            $"exit {code}, {lines.Length} line{(lines.Length == 1 ? "" : "s")}",
            code == ClockBehind && lines is [var line] && line.Contains("the clock of this machine says", StringComparison.Ordinal)
        );
        run.Holds("the others go on", "2 of 2", await cluster.SeenByAsync(cluster.Silos[0]) == 2);

        off.Setup = off.Setup with { Clock = Hour };
        await off.StartAsync();
        await cluster.AllKnowEachOtherAsync();
        RecordedJob job = await run.SubmitAsync(cluster, units: 600, milliseconds: 100);
        await job.DoneAsync(50);

        // One that comes back, by the right clock, finds one ahead of it among the others.
        SiloProcess right = cluster.Silos[0];
        right.Terminate();
        await right.Program.ExitCodeAsync();
        await right.StartAsync();
        await cluster.AllKnowEachOtherAsync();
        await run.CheckAsync();
        JobStatus status = await job.Handle.GetStatusAsync();
        long ofThatSilo = status.Silos.Where(s => s.Silo == off.Address).Sum(s => s.Units);
        run.Holds("an hour ahead: joins and works", $"{ofThatSilo} of {status.Units.Done} units", ofThatSilo > 0);

        await using LocalCluster local = await LocalCluster.UpAsync(1);
        await local.StopAsync();
        run.Inject("a local cluster is started an hour before it was stopped", () => { });
        (int exit, string error) = await UpAsync(local.Directory, -Hour);
        run.Holds(
            "up, an hour behind the last stop: refused, naming the clock",
            $"exit {exit}",
            exit == Refused && error.Contains("The clock of this machine says", StringComparison.Ordinal)
        );
        (exit, error) = await UpAsync(local.Directory, -Hour, "--accept-clock");
        Assert.True(exit == 0, error);
        await DownAsync(local.Directory);
        (exit, error) = await UpAsync(local.Directory, Hour);
        run.Holds("up, an hour ahead: starts", $"exit {exit}", exit == 0);
        await DownAsync(local.Directory);
    }

    private static async Task<(int Exit, string Error)> UpAsync(string directory, TimeSpan clock, params string[] more)
    {
        await using RunningProgram up = RunningProgram.Start(
            Programs.Console,
            ["up", "--detach", "--silos", "1", "--port", LocalCluster.Port(), "--data", directory, .. more],
            FakeClock.Environment(clock)
        );
        return (await up.ExitCodeAsync(), up.Error);
    }

    private static async Task DownAsync(string directory)
    {
        await using RunningProgram down = RunningProgram.Start(Programs.Console, ["down", "--data", directory]);
        Assert.True(await down.ExitCodeAsync() == 0, down.Error);
    }
}
