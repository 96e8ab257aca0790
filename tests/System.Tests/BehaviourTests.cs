using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Messaging;
using OrleansWork.SystemTests.Faults.Driver;
using OrleansWork.SystemTests.Processes;

namespace OrleansWork.SystemTests;

/// <summary>What job code does to the process around it, on a cluster of processes.</summary>
public sealed class BehaviourTests(BehaviourCluster cluster) : IClassFixture<BehaviourCluster>
{
    [LinuxTheory]
    [InlineData("r-result", """{"how":"result","size":8}""", "8")]
    [InlineData("r-result", """{"how":"result","size":300}""", "300")]
    [InlineData("r-result", """{"how":"detached","size":100}""", "100")]
    [InlineData("r-result", """{"how":"after-detached","size":100}""", "100")]
    [InlineData("r-result", """{"how":"sleep","size":64}""", "64")]
    [InlineData("r-result", """{"how":"one-by-one","size":100}""", "100")]
    [InlineData("r-sync", """{"size":100}""", "100")]
    [InlineData("p-stdin", """{"size":1}""", "1")]
    [InlineData("p-stdin", """{"size":20}""", "20")]
    public async Task JobCode_EndsWithWhatIsRight(string kind, string input, string result)
    {
        (JobStatus status, string came) = await cluster.RunAsync(kind, input);
        Assert.Equal(result, came);
        Assert.InRange(status.Leases, 1, 1.5 * status.Attempts);
    }

    [LinuxTheory]
    [InlineData("culture")]
    [InlineData("default-culture")]
    [InlineData("async-local")]
    [InlineData("thread")]
    [InlineData("directory")]
    [InlineData("console")]
    [InlineData("environment")]
    public async Task NextJob_FindsNothingOfTheOneBefore(string how)
    {
        JobOptions one = new() { ChunkUnits = 1 };
        (_, string clean) = await cluster.RunAsync("p-seen", """{"size":16}""", one);
        Assert.StartsWith("[\"1.5 1.5  True   False /", clean, StringComparison.Ordinal);
        await cluster.RunAsync("p-dirty", $$"""{"how":"{{how}}","size":16}""", one);
        Assert.Equal(clean, (await cluster.RunAsync("p-seen", """{"size":16}""", one)).Result);
    }

    [LinuxFact]
    public async Task GermanNumbers_WhereIcuIsInstalled_AreRead()
    {
        string log = await File.ReadAllTextAsync(cluster.Logs.First());
        Assert.SkipUnless(log.Contains("cultures: those of ICU", StringComparison.Ordinal), "ICU is not installed here.");
        Assert.Equal("60", (await cluster.RunAsync("p-culture", """{"size":20}""")).Result);
    }

    [LinuxFact]
    public async Task WhatIsPrinted_ReachesTheLogEscapedAndNotTheSupervisor()
    {
        string before = string.Join(' ', cluster.Silos.Select(silo => $"{silo.Silo} {silo.State} {silo.Pid}"));
        Assert.Equal("8", (await cluster.RunAsync("p-prints", """{"size":8}""", new JobOptions { ChunkUnits = 1 })).Result);
        await Eventually.TrueAsync(() => AllLogs().Contains("drained", StringComparison.Ordinal), AllLogs, what: "the log to have it");
        Assert.Equal(before, string.Join(' ', cluster.Silos.Select(silo => $"{silo.Silo} {silo.State} {silo.Pid}")));
        string logs = AllLogs();
        Assert.DoesNotContain(logs, c => char.IsControl(c) && c != '\n');
        Assert.Contains(
            """\u001b[2J\u001b[31mred\u001b]0;title\u0007 back\rover\tthere\u0008\u009b1m\u007f\u0000""",
            logs,
            StringComparison.Ordinal
        );
        string AllLogs() => string.Concat(cluster.Logs.Select(ReadShared));
    }

    [LinuxFact]
    public async Task Silo_StartedByHand_SpeaksAloneOnItsOutputAndEndsDespiteThreadsLeft()
    {
        OwnAccess access = new();
        await using RunningProgram silo = RunningProgram.Start(
            Programs.Silo,
            [
                .. (string[])["--watch-stdin", "--silo-port", "0", "--gateway-port", "0", "--urls", "http://127.0.0.1:0"],
                .. (string[])["--slots", "2", "--jobs", typeof(Prints).Assembly.Location],
            ],
            [("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1"), ("LANG", "de_DE.UTF-8"), .. access.Environment]
        );
        await Eventually.TrueAsync(() => silo.Output.Contains('\n', StringComparison.Ordinal) || silo.HasExited, () => silo.Error);
        string ready = silo.Output;
        string gateway = JsonSerializer.Deserialize<JsonElement>(ready.AsSpan("ready ".Length)).GetProperty("gateway").GetString()!;
        await using ClusterConnection connection = await ClusterConnection.OpenAsync(
            new ClusterAddress
            {
                Name = gateway,
                Gateways = client => client.Services.AddSingleton<IGatewayListProvider>(new OneGateway(IPEndPoint.Parse(gateway))),
                ClusterId = "orleanswork",
                ServiceId = "orleanswork",
                Secret = access.Secret,
                ConnectTimeout = TimeSpan.FromSeconds(20),
                RefusedTimeout = TimeSpan.FromSeconds(20),
            }
        );
        foreach (string kind in (string[])["p-prints", "p-stdin", "p-threads"])
            Assert.Equal("4", (await BehaviourCluster.RunAsync(connection.Client, kind, """{"size":4}""", null)).Result);
        (JobStatus german, _) = await BehaviourCluster.RunAsync(connection.Client, "p-culture", """{"size":1}""", null);
        Assert.Equal("System.Globalization.CultureNotFoundException", german.Error?.Type);
        Assert.Equal(ready, silo.Output);
        Assert.DoesNotContain(silo.Error, IsUnexpected);
        Assert.Contains("drained", silo.Error, StringComparison.Ordinal);

        silo.Tell("stop");
        Assert.Equal(0, await silo.ExitCodeAsync(TimeSpan.FromSeconds(20)));
    }

    // What children print, and units past Console.Out, goes as it is to standard error: who keeps that, the supervisor, escapes it.
    private static bool IsUnexpected(char c) => char.IsControl(c) && c is not ('\n' or '\r' or '\u001b');

    private static string ReadShared(string file)
    {
        using StreamReader reader = new(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        return reader.ReadToEnd();
    }

    private sealed class OneGateway(IPEndPoint gateway) : IGatewayListProvider
    {
        public TimeSpan MaxStaleness => TimeSpan.FromMinutes(1);

        public bool IsUpdatable => false;

        public Task InitializeGatewayListProvider() => Task.CompletedTask;

        public Task<IList<Uri>> GetGateways() => Task.FromResult<IList<Uri>>([SiloAddress.New(gateway, 0).ToGatewayUri()]);
    }
}

/// <summary>A local cluster of two silos with the kinds of this assembly.</summary>
public sealed class BehaviourCluster : IAsyncLifetime
{
    private SupervisedCluster? _cluster;

    internal IReadOnlyList<ClusterFileProcess> Silos => _cluster!.Silos;

    internal IEnumerable<string> Logs => Directory.EnumerateFiles(Path.Combine(_cluster!.Directory, "logs")).Order(StringComparer.Ordinal);

    public async ValueTask InitializeAsync()
    {
        if (OperatingSystem.IsLinux())
            _cluster = await SupervisedCluster.StartAsync(2, ["--slots", "2"], [("LANG", "de_DE.UTF-8")]);
    }

    public async ValueTask DisposeAsync()
    {
        if (_cluster is null)
            return;
        Assert.Empty(_cluster.Ends);
        await _cluster.DisposeAsync();
    }

    internal Task<(JobStatus Status, string Result)> RunAsync(string kind, string input, JobOptions? options = null) =>
        RunAsync(_cluster!.Client, kind, input, options);

    internal static async Task<(JobStatus Status, string Result)> RunAsync(
        IComputeClient client,
        string kind,
        string input,
        JobOptions? options
    )
    {
        using CancellationTokenSource ceiling = new(TimeSpan.FromSeconds(90));
        JobHandle job = await client.SubmitAsync(kind, Encoding.UTF8.GetBytes(input), options, cancellationToken: ceiling.Token);
        JobStatus status = await job.GetStatusAsync(ceiling.Token);
        await foreach (JobStatus next in job.WatchAsync(ceiling.Token))
            status = next;
        return status.State == JobState.Succeeded
            ? (status, Encoding.UTF8.GetString((await job.ResultAsync(ceiling.Token)).Content))
            : (status, $"{status.State}: {status.Error}");
    }
}
