using System.Runtime.Versioning;
using OrleansWork.SystemTests.Processes;

namespace OrleansWork.SystemTests;

/// <summary>The console and programs by HTTP, at real silos.</summary>
[SupportedOSPlatform("linux")]
public sealed class HttpRoadTests(ThreeSilos silos) : IClassFixture<ThreeSilos>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [LinuxFact]
    public async Task Console_ByHttp_LoadsNothingOfOrleans()
    {
        string id = $"maps-{Guid.NewGuid():N}";
        await silos.Client.SubmitAsync(
            "wait",
            """{"units": 100000, "microseconds": 50000}"""u8.ToArray(),
            id: id,
            cancellationToken: Token
        );
        await using RunningProgram watch = RunningProgram.Start(
            Programs.Console,
            ["watch", id, "--json", "--data", silos.Cluster.Directory]
        );
        await Eventually.TrueAsync(() => watch.Output.Contains("running", StringComparison.Ordinal) || watch.HasExited, () => watch.Error);
        string maps = await File.ReadAllTextAsync($"/proc/{watch.Id}/maps", Token);
        Assert.Contains("OrleansWork.Client.dll", maps, StringComparison.Ordinal);
        Assert.DoesNotContain("/Orleans.", maps, StringComparison.Ordinal);
        Assert.DoesNotContain("StackExchange.Redis", maps, StringComparison.Ordinal);
        await silos.Client.GetJob(id).CancelAsync(cancellationToken: Token);
        Assert.Equal(1, await watch.ExitCodeAsync());
    }

    [LinuxFact]
    public async Task Console_EveryRoad_SaysTheSame()
    {
        ClusterFile file = silos.Cluster.Description();
        string[] byGateway =
        [
            "--gateway",
            string.Join(',', file.Silos.Select(silo => silo.Gateway)),
            "--cluster-id",
            file.ClusterId,
            "--service-id",
            file.ServiceId,
        ];
        string[] byUrl = ["--url", string.Join(',', file.Silos.Select(silo => silo.Http))];
        foreach (
            string[] command in (string[][])
                [
                    ["kinds", "--json"],
                    ["show", "no-such-job"],
                    ["kinds", "no-such-kind"],
                ]
        )
        {
            (int code, string output, string error) = await RunAsync([.. command, .. byUrl], ("ORLEANSWORK_KEY", file.Key));
            Assert.Equal((code, output, error), await RunAsync([.. command, .. byGateway], ("ORLEANSWORK_SECRET", file.Secret)));
        }

        (int refused, _, string why) = await RunAsync(["silos", .. byUrl], ("ORLEANSWORK_KEY", "wrong"));
        Assert.Equal(5, refused);
        Assert.Contains("The key is wrong", why, StringComparison.Ordinal);
    }

    [LinuxFact]
    public async Task Top_OnATerminal_FollowsKeysAndSize_AndGivesItBackHoweverItEnds()
    {
        string id = $"top-{Guid.NewGuid():N}"[..12];
        await silos.Client.SubmitAsync(
            "wait",
            """{"units": 100000, "microseconds": 50000}"""u8.ToArray(),
            id: id,
            cancellationToken: Token
        );
        foreach ((string name, int code, Func<PseudoTerminal, Task> leave) in Endings())
        {
            await using PseudoTerminal terminal = PseudoTerminal.Start(80, 24, ["top", "--data", silos.Cluster.Directory]);
            await terminal.ShowsAsync(id);
            await terminal.ShowsAsync("3 silos of 3 active");
            await leave(terminal);
            Assert.Equal((name, code), (name, await terminal.ExitCodeAsync()));
            Assert.True(terminal.IsAsBefore, $"After {name} the terminal's mode is another.");
            string shown = terminal.Output;
            Assert.True(
                shown.LastIndexOf("\e[?1049l", StringComparison.Ordinal) > shown.LastIndexOf("\e[?1049h", StringComparison.Ordinal),
                name
            );
            Assert.True(
                shown.LastIndexOf("\e[?25h", StringComparison.Ordinal) > shown.LastIndexOf("\e[?25l", StringComparison.Ordinal),
                name
            );
        }

        await silos.Client.GetJob(id).CancelAsync(cancellationToken: Token);

        IEnumerable<(string, int, Func<PseudoTerminal, Task>)> Endings()
        {
            yield return (
                "q",
                0,
                async terminal =>
                {
                    terminal.Type("?");
                    await terminal.ShowsAsync("any key goes back");
                    terminal.Type("x/no-such");
                    await terminal.ShowsAsync("/no-such");
                    terminal.Type("\e");
                    await terminal.ResizeAsync(60, 20);
                    await terminal.ShowsAsync("top needs 80×24, this is 60×20");
                    await terminal.ResizeAsync(120, 40);
                    terminal.Type("sp");
                    await terminal.ShowsAsync("paused at");
                    terminal.Type("q");
                }
            );
            yield return ("Ctrl-C", 130, terminal => Task.Run(() => terminal.Type("\u0003"), Token));
            yield return ("SIGTERM", 130, terminal => Task.Run(() => Signals.Send(terminal.ProgramId, Signals.Terminate), Token));
        }
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(
        IEnumerable<string> arguments,
        params IEnumerable<(string Name, string Value)> environment
    )
    {
        await using RunningProgram console = RunningProgram.Start(Programs.Console, arguments, environment);
        int code = await console.ExitCodeAsync();
        return (code, console.Output, console.Error);
    }
}
