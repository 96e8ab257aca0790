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
