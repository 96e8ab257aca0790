using System.Text.Json;
using OrleansWork.Console.Commands;
using Xunit;

namespace OrleansWork.Console.Tests.Commands;

public sealed class UpCommandTests : IDisposable
{
    private readonly ConsoleRun _run = new();

    public void Dispose() => _run.Dispose();

    [Fact]
    public async Task Up_CtrlC_StopsTheCluster()
    {
        Task<int> up = _run.RunAsync("up", "--silos", "2", "--data", "d");
        Assert.False(up.IsCompleted);

        _run.Interrupts.Signal();

        Assert.Equal(130, await up.WaitAsync(TimeSpan.FromSeconds(30)));
        FakeLocalCluster cluster = Assert.Single(_run.LocalClusters.Started);
        Assert.True(cluster.Stopped);
        Assert.Contains("http://127.0.0.1:8080", _run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Up_Detach_LeavesItRunning()
    {
        Assert.Equal(
            0,
            await _run.RunAsync(
                "up",
                "--detach",
                "--slots",
                "4",
                "--port",
                "9000",
                "--label",
                "1:gpu=yes",
                "--jobs",
                "a.dll",
                "--jobs",
                "b",
                "--allow-crash"
            )
        );

        FakeLocalCluster cluster = Assert.Single(_run.LocalClusters.Started);
        Assert.True(cluster.Detached);
        Assert.False(cluster.Stopped);
        LocalClusterRequest request = cluster.Request;
        Assert.Equal((3, 4, 9000, ".orleanswork"), (request.Silos, request.Slots, request.HttpPort, request.Directory));
        Assert.Equal(["1:gpu=yes"], request.Labels);
        Assert.Equal(["a.dll", "b"], request.Jobs);
        Assert.True(request.AllowCrash);
        Assert.False(request.AllowExec);
    }

    [Fact]
    public async Task Up_DirectoryOfTheEnvironment_IsUsed()
    {
        _run.Environment["ORLEANSWORK_DATA"] = "elsewhere";

        Assert.Equal(0, await _run.RunAsync("up", "--detach"));

        Assert.Equal("elsewhere", Assert.Single(_run.LocalClusters.Started).Request.Directory);
    }

    [Fact]
    public async Task Down_StopsTheClusterOfTheDirectory()
    {
        Assert.Equal(0, await _run.RunAsync("down", "--data", "d", "--wipe"));
        Assert.Equal("d", _run.LocalClusters.StoppedDirectory);
        Assert.True(_run.LocalClusters.Wiped);
    }

    [Theory]
    [InlineData("up")]
    [InlineData("up", "--detach")]
    [InlineData("run", "primes", "--local", "1")]
    public async Task Start_WhatCanBeKnownIsWrong_IsRefusedBeforeAWordOfStarting(params string[] arguments)
    {
        _run.LocalClusters.Wrong = new UsageException("--jobs names 'nope', which is no file or folder.");
        Assert.Equal(2, await _run.RunAsync(arguments));
        Assert.Equal("error: --jobs names 'nope', which is no file or folder.", _run.ErrorLine);
    }

    [Fact]
    public async Task Down_NothingRuns_ExitsWith3()
    {
        _run.LocalClusters.Runs = false;
        Assert.Equal(3, await _run.RunAsync("down"));
        Assert.Equal("error: No cluster runs in .orleanswork.", _run.ErrorLine);
    }

    [Fact]
    public async Task Scale_RunningCluster_PrintsItsAddresses()
    {
        Assert.Equal(0, await _run.RunAsync("scale", "5", "--data", "d", "--drain-time", "90s"));
        Assert.Equal(("d", 5, TimeSpan.FromSeconds(90)), _run.LocalClusters.Scaled);
        Assert.Contains("http://127.0.0.1:8080", _run.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("scale", "4")]
    [InlineData("up", "--detach", "--silos", "4")]
    public async Task UpAndScale_Json_PrintTheDocumentOfTheClusterAlone(params string[] arguments)
    {
        Assert.Equal(0, await _run.RunAsync([.. arguments, "--json"]));
        using JsonDocument document = JsonDocument.Parse(_run.Out);
        JsonElement[] silos = [.. document.RootElement.GetProperty("processes").EnumerateArray()];
        Assert.Equal(4, silos.Length);
        Assert.Equal("ready", silos[3].GetProperty("state").GetString());
        Assert.Equal("http://127.0.0.1:8083", silos[3].GetProperty("http").GetString());
    }

    [Fact]
    public async Task Up_Output_HasNoPassword()
    {
        Assert.Equal(0, await _run.RunAsync("up", "--detach", "--json"));
        using JsonDocument document = JsonDocument.Parse(_run.Out);
        Assert.Equal("127.0.0.1:1", document.RootElement.GetProperty("redis").GetString());
        Assert.Equal(0, await _run.RunAsync("up", "--detach"));
        Assert.DoesNotContain("hidden", _run.Out + _run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task Up_WhatIsAccepted_ReachesTheStore(bool loss, bool clock)
    {
        string[] flags = [.. loss ? (string[])["--accept-loss"] : [], .. clock ? (string[])["--accept-clock"] : []];
        Assert.Equal(0, await _run.RunAsync(["up", "--detach", .. flags]));
        LocalClusterRequest request = Assert.Single(_run.LocalClusters.Started).Request;
        Assert.Equal((loss, clock), (request.AcceptLoss, request.AcceptClock));
    }

    [Fact]
    public async Task Up_RefusedStart_ExitsWithItsCodeAndPrintsAllLines()
    {
        _run.LocalClusters.StartFailure = new StartFailedException("The store in d is damaged.\n2 of 3 jobs are gone: a, b.")
        {
            ExitCode = 5,
        };
        Assert.Equal(5, await _run.RunAsync("up", "--data", "d"));
        Assert.Contains("error: The store in d is damaged.\n2 of 3 jobs are gone: a, b.\n", _run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Up_ClusterThatMustNotGoOn_EndsWithTheMessage()
    {
        Task<int> up = _run.RunAsync("up", "--data", "d");
        FakeLocalCluster cluster = Assert.Single(_run.LocalClusters.Started);
        cluster.Ended.SetException(new StartFailedException("The store in d is damaged.") { ExitCode = 5 });
        Assert.Equal(5, await up.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Contains("error: The store in d is damaged.", _run.Error, StringComparison.Ordinal);
        Assert.True(cluster.Stopped);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("65")]
    [InlineData("-1")]
    [InlineData("three")]
    [InlineData(null)]
    public async Task Scale_WrongNumber_ExitsWith2(string? number)
    {
        Assert.Equal(2, await _run.RunAsync(number is null ? ["scale"] : ["scale", number]));
        Assert.Contains("SILOS", _run.ErrorLine, StringComparison.Ordinal);
        Assert.Null(_run.LocalClusters.Scaled);
    }

    [Fact]
    public async Task Scale_NothingRuns_ExitsWith3AndSaysWhatToDo()
    {
        _run.LocalClusters.Runs = false;
        Assert.Equal(3, await _run.RunAsync("scale", "2"));
        Assert.Contains("orleanswork up", _run.ErrorLine, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new[] { "run", "primes", "--local" }, new[] { "run", "primes", "--local=3" })]
    [InlineData(new[] { "run", "--local", "primes" }, new[] { "run", "--local=3", "primes" })]
    [InlineData(new[] { "run", "--local", "2", "primes" }, new[] { "run", "--local", "2", "primes" })]
    [InlineData(new[] { "run", "primes", "--local", "--to", "5" }, new[] { "run", "primes", "--local=3", "--to", "5" })]
    [InlineData(new[] { "run", "primes", "--local=4" }, new[] { "run", "primes", "--local=4" })]
    public void WithLocalCount_FillsInTheNumber(string[] arguments, string[] expected) =>
        Assert.Equal(expected, ConsoleCommands.WithLocalCount(arguments));
}
