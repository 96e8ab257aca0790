using System.Text.Json;
using OrleansWork.Console.Commands;
using OrleansWork.Console.LocalCluster;
using Xunit;

namespace OrleansWork.Console.Tests.Commands;

public sealed class RunCommandTests : IDisposable
{
    private readonly ConsoleRun _run = new();

    public void Dispose() => _run.Dispose();

    [Fact]
    public async Task Run_JobThatSucceeds_PrintsTheBareResultAloneOnTheOutput()
    {
        _run.Cluster.OnSubmit = job => job.Succeed("1270607");

        int exit = await _run.RunAsync("run", "primes", "--to", "20000000");

        Assert.Equal(0, exit);
        Assert.Equal("1270607\n", _run.Out);
        FakeJob job = Assert.Single(_run.Cluster.Submitted);
        Assert.Equal("""{"to":20000000}""", job.Input);
        Assert.Matches("^[0-9a-f]{16}$", job.Id);
    }

    [Theory]
    [InlineData("run", "prims")]
    [InlineData("run", "primes", "--upto", "5")]
    [InlineData("run", "primes", "--to", "abc")]
    [InlineData("run", "primes", "--to")]
    [InlineData("run", "primes", "--to", "1", "--to", "2")]
    [InlineData("run", "primes", "5")]
    [InlineData("run", "--to", "5", "primes")]
    [InlineData("run", "primes", "--input", "{")]
    [InlineData("run", "primes", "--input", "[1]")]
    [InlineData("run", "primes", "--input", "{\"tow\":1}")]
    [InlineData("run", "primes", "--input", "@/no/such/file")]
    [InlineData("run", "primes", "--set", "to")]
    [InlineData("run", "primes", "--set", "upto=1")]
    [InlineData("run", "primes", "--placement", "nearest")]
    [InlineData("run", "primes", "--chunk", "0")]
    [InlineData("run", "primes", "--chunk", "7", "--chunk-time", "50ms")]
    [InlineData("run", "primes", "--chunk-time", "50")]
    [InlineData("run", "primes", "--chunk-time", "2h")]
    [InlineData("run", "primes", "--priority", "10")]
    [InlineData("run", "primes", "--max-attempts", "0")]
    [InlineData("run", "primes", "--id", "no spaces")]
    [InlineData("run", "primes", "--jobs", "kinds.dll")]
    [InlineData("run", "primes", "--local", "0")]
    [InlineData("run", "primes", "--local", "--detach")]
    [InlineData("run", "primes", "--local", "--gateway", "127.0.0.1:1")]
    public async Task Run_WrongInput_ExitsWith2AndOneLineAndSubmitsNothing(params string[] arguments)
    {
        int exit = await _run.RunAsync(arguments);

        Assert.Equal(2, exit);
        Assert.StartsWith("error: ", _run.ErrorLine, StringComparison.Ordinal);
        Assert.Empty(_run.Out);
        Assert.Empty(_run.Cluster.Submitted);
        Assert.Empty(_run.LocalClusters.Started);
    }

    [Theory]
    [InlineData("Did you mean 'primes'?", "run", "prims")]
    [InlineData("Did you mean '--to'?", "run", "primes", "--too", "5")]
    [InlineData("Did you mean '--placement'?", "run", "primes", "--placment", "random")]
    [InlineData("Did you mean 'round-robin'?", "run", "primes", "--placement", "roundrobin")]
    [InlineData("Did you mean 'exponential'?", "run", "synthetic", "--distribution", "exponentail")]
    [InlineData("one of random, round-robin, least-loaded, adaptive", "run", "primes", "--placement", "nearest")]
    public async Task Run_Misspelling_NamesTheNearest(string expected, params string[] arguments)
    {
        await _run.RunAsync(arguments);

        Assert.Contains(expected, _run.ErrorLine, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunLocal_UnknownKind_IsRefusedBeforeAClusterIsStarted()
    {
        _run.LocalClusters.Has = name => name == "primes";
        _run.LocalClusters.Kinds = _run.Cluster.Kinds;
        Assert.Equal(2, await _run.RunAsync("run", "prmes", "--local", "1"));
        Assert.Equal("error: Unknown kind 'prmes'. Did you mean 'primes'?", _run.ErrorLine);
        Assert.Empty(_run.LocalClusters.Started);
    }

    [Fact]
    public async Task RunLocal_KindThatOnlyTheProgramKnows_IsRun()
    {
        _run.LocalClusters.Has = _ => false;
        _run.LocalClusters.Kinds = _run.Cluster.Kinds;
        Assert.Equal(0, await _run.RunAsync("run", "primes", "--local", "1"));
        Assert.Single(_run.LocalClusters.Started);
    }

    [Fact]
    public void ReadyMadeKinds_AreThoseOfTheAssemblyBesideTheSilo()
    {
        string[] names =
        [
            .. typeof(OrleansWork.Jobs.Primes)
                .Assembly.GetTypes()
                .Where(type => type.IsDefined(typeof(JobKindAttribute), inherit: false))
                .Select(type => JobKindDescriptor.FromType(type).Name)
                .Order(),
        ];
        Assert.Contains("primes", names);
        Assert.Equal(names, ReadyMadeKinds.Read(typeof(RunCommandTests).Assembly.Location).Order());
        Assert.Empty(ReadyMadeKinds.Read("/no/such/program"));
    }

    [Fact]
    public async Task Run_SeveralWrongFields_EachHasItsLine()
    {
        string[] wrong = ["--input", """{"tow":1,"form":2}""", "--to", "abc", "--set", "upto=1"];
        Assert.Equal(2, await _run.RunAsync(["run", "primes", .. wrong]));
        string[] lines = _run.Error.TrimEnd('\n').Split('\n');
        Assert.Equal(4, lines.Length);
        Assert.StartsWith("error: Unknown field 'tow'", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("       Unknown field 'form'", lines[1], StringComparison.Ordinal);
        Assert.StartsWith("       --to is 'abc'", lines[2], StringComparison.Ordinal);
        Assert.StartsWith("       Unknown field 'upto'", lines[3], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_InputThatTheKindRefuses_NamesEachFieldInALineOfItsOwn()
    {
        InputProblem[] problems = [new("currencies[1]", "Write three letters."), new("days", "days is 0; it must be 1 or more.")];
        _run.Cluster.SubmitFailure = new RequestRefusedException(
            ErrorReason.WrongInput,
            "Write three letters. days is 0; it must be 1 or more.",
            problems
        );
        Assert.Equal(2, await _run.RunAsync("run", "primes"));
        Assert.Equal("error: currencies[1]: Write three letters.\n       days is 0; it must be 1 or more.\n", _run.Error);
    }

    [Fact]
    public async Task Run_OptionsOfFailuresAndTime_ReachTheJob()
    {
        string[] options = ["--on-unit-failure", "skip", "--unit-timeout", "5s", "--deadline", "2m", "--partial", "--no-speculation"];

        Assert.Equal(0, await _run.RunAsync(["run", "primes", .. options]));

        JobOptions sent = Assert.Single(_run.Cluster.Submitted).Options;
        Assert.Equal(
            (OnUnitFailure.Skip, TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(2), true, false),
            (sent.OnUnitFailure, sent.UnitTimeout, sent.Deadline, sent.Partial, sent.Speculation)
        );
    }

    [Fact]
    public async Task Run_PartialWithoutDeadline_IsRefused()
    {
        Assert.Equal(2, await _run.RunAsync("run", "primes", "--partial"));
        Assert.Contains("--deadline", _run.ErrorLine, StringComparison.Ordinal);
        Assert.Empty(_run.Cluster.Submitted);
    }

    [Theory]
    [InlineData("random", PlacementPolicy.Random)]
    [InlineData("round-robin", PlacementPolicy.RoundRobin)]
    [InlineData("least-loaded", PlacementPolicy.LeastLoaded)]
    [InlineData("adaptive", PlacementPolicy.Adaptive)]
    public async Task Run_SpawnedExecutionWithAnyPlacement_ReachesTheJob(string name, PlacementPolicy placement)
    {
        Assert.Equal(0, await _run.RunAsync("run", "primes", "--execution", "spawned", "--placement", name));

        JobOptions options = Assert.Single(_run.Cluster.Submitted).Options;
        Assert.Equal((ExecutionMode.Spawned, placement), (options.Execution, options.Placement));
    }

    [Fact]
    public async Task Run_JobOptions_ReachTheJob()
    {
        int exit = await _run.RunAsync(
            "run",
            "primes",
            "--placement",
            "round-robin",
            "--execution",
            "pooled",
            "--chunk-time",
            "100ms",
            "--max-parallel",
            "5",
            "--max-attempts",
            "7",
            "--priority",
            "9",
            "--job-seed",
            "-3",
            "--require",
            "gpu",
            "--require",
            "zone=a",
            "--on-unit-failure",
            "fail"
        );

        Assert.Equal(0, exit);
        JobOptions options = Assert.Single(_run.Cluster.Submitted).Options;
        JobOptions expected = new()
        {
            Placement = PlacementPolicy.RoundRobin,
            ChunkTime = TimeSpan.FromMilliseconds(100),
            MaxParallel = 5,
            MaxAttempts = 7,
            Priority = 9,
            Seed = -3,
        };
        Assert.Equal(expected with { Require = options.Require }, options);
        Assert.Equal(["gpu", "zone=a"], options.Require);
    }

    [Fact]
    public async Task Run_FieldsOverInput_AndSetOverBoth()
    {
        _run.StandardInput = """{"from": 1, "to": 2, "block": 3}""";

        int exit = await _run.RunAsync("run", "primes", "--input", "-", "--to", "20", "--block=30", "--set", "block=300");

        Assert.Equal(0, exit);
        Assert.Equal("""{"from":1,"to":20,"block":300}""", Assert.Single(_run.Cluster.Submitted).Input);
    }

    [Theory]
    [InlineData(null, """{"items":["a b","","c,d"],"command":"echo {}"}""")]
    [InlineData("""{"command":"echo {}","items":["other"]}""", """{"command":"echo {}","items":["a b","","c,d"]}""")]
    public async Task Run_ItemsFrom_AreTheLinesOfTheInput(string? input, string expected)
    {
        _run.StandardInput = "a b\n\nc,d\r\n";
        string[] document = input is null ? ["--command", "echo {}"] : ["--input", input];
        Assert.Equal(0, await _run.RunAsync(["run", "exec", .. document, "--items-from", "-", "--detach"]));
        Assert.Equal(expected, Assert.Single(_run.Cluster.Submitted).Input);
    }

    [Theory]
    [InlineData("run", "exec", "--command", "echo {}", "--items-from", "/no/such/file")]
    [InlineData("run", "primes", "--items-from", "-")]
    public async Task Run_ItemsFromNowhereOrForNothing_ExitsWith2(params string[] arguments)
    {
        Assert.Equal(2, await _run.RunAsync(arguments));
        Assert.Contains("items", _run.ErrorLine, StringComparison.Ordinal);
        Assert.Empty(_run.Cluster.Submitted);
    }

    [Fact]
    public async Task Run_ResultsOfItems_ArePrintedAsLines()
    {
        const string Lines = "{\"unit\":0,\"result\":1}\n{\"unit\":1,\"result\":2}\n";
        _run.Cluster.OnSubmit = job => job.Succeed(System.Text.Encoding.UTF8.GetBytes(Lines), "application/x-ndjson");
        Assert.Equal(0, await _run.RunAsync("run", "primes"));
        Assert.Equal(Lines, _run.Out);
    }

    [Fact]
    public async Task Run_Json_PrintsOneDocumentWithTheContractsMembersInOrder()
    {
        int exit = await _run.RunAsync("run", "primes", "--json", "--id", "job-1");

        Assert.Equal(0, exit);
        using JsonDocument document = JsonDocument.Parse(_run.Out);
        Assert.Equal(
            [
                "id",
                "kind",
                "version",
                "state",
                "input",
                "options",
                "result",
                "coverage",
                "error",
                "units",
                "leases",
                "attempts",
                "submittedAt",
                "startedAt",
                "finishedAt",
                "elapsedSeconds",
                "etaSeconds",
                "coordinator",
                "waiting",
                "failures",
                "silos",
                "warnings",
                "accounting",
                "inputHash",
                "resultHash",
                "lowerBoundSeconds",
                "lastRoundSeconds",
                "balance",
                "leaseSeconds",
            ],
            document.RootElement.EnumerateObject().Select(member => member.Name)
        );
        Assert.Equal("42", document.RootElement.GetProperty("result").GetRawText());
        Assert.Single(_run.Out.TrimEnd('\n').Split('\n'));
    }

    [Fact]
    public async Task Run_JobThatFails_ExitsWith1AndNamesUnitAndSilo()
    {
        _run.Cluster.OnSubmit = job => job.Fail("unit 7 failed on all 3 attempts");

        int exit = await _run.RunAsync("run", "primes", "--id", "f1");

        Assert.Equal(1, exit);
        Assert.Empty(_run.Out);
        Assert.Contains(
            "Job f1 failed: unit 7 failed on all 3 attempts (unit 7, silo 127.0.0.1:11112@1)",
            _run.Error,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Run_JsonOfAJobThatFails_StillPrintsTheDocument()
    {
        _run.Cluster.OnSubmit = job => job.Fail("bad");

        int exit = await _run.RunAsync("run", "primes", "--json");

        Assert.Equal(1, exit);
        using JsonDocument document = JsonDocument.Parse(_run.Out);
        Assert.Equal("failed", document.RootElement.GetProperty("state").GetString());
        Assert.Equal(JsonValueKind.Null, document.RootElement.GetProperty("result").ValueKind);
    }

    [Fact]
    public async Task Run_SkippedUnits_ExitsWith0AndWarns()
    {
        _run.Cluster.OnSubmit = job => job.Succeed("41", coverage: 0.9);

        int exit = await _run.RunAsync("run", "primes");

        Assert.Equal(0, exit);
        Assert.Equal("41\n", _run.Out);
        Assert.Contains("warning: 1 of 10 units are not in the result (coverage 90%)", _run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_CanceledByAnother_ExitsWith1()
    {
        _run.Cluster.OnSubmit = job => _ = job.CancelAsync("not needed");

        Assert.Equal(1, await _run.RunAsync("run", "primes"));
    }

    [Fact]
    public async Task Run_CtrlC_CancelsTheJobWaitsAndExitsWith130()
    {
        _run.Cluster.OnSubmit = _ => { };
        Task<int> running = _run.RunAsync("run", "primes");
        Assert.False(running.IsCompleted);

        _run.Interrupts.Signal();

        Assert.Equal(130, await running.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal(1, Assert.Single(_run.Cluster.Submitted).Cancels);
        Assert.False(_run.Left);
        _run.Interrupts.Signal();
        Assert.True(_run.Left);
    }

    [Fact]
    public async Task Run_Detach_PrintsTheIdAlone()
    {
        _run.Cluster.OnSubmit = _ => { };

        int exit = await _run.RunAsync("run", "primes", "--detach", "--id", "mine");

        Assert.Equal(0, exit);
        Assert.Equal("mine\n", _run.Out);
    }

    [Fact]
    public async Task Run_Local_StartsACluster_AndStopsIt()
    {
        int exit = await _run.RunAsync("run", "--local", "primes", "--to", "5");

        Assert.Equal(0, exit);
        FakeLocalCluster cluster = Assert.Single(_run.LocalClusters.Started);
        Assert.Equal(3, cluster.Request.Silos);
        Assert.Null(cluster.Request.HttpPort);
        Assert.Null(cluster.Request.Directory);
        Assert.True(cluster.Stopped);
        Assert.Equal(cluster.Connection, Assert.Single(_run.Cluster.Connections));
        Assert.Contains(cluster.Directory, _run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_LocalClusterThatMustNotGoOn_EndsWithTheMessage()
    {
        _run.Cluster.OnSubmit = _ => { };
        Task<int> running = _run.RunAsync("run", "--local", "primes");
        FakeLocalCluster cluster = Assert.Single(_run.LocalClusters.Started);
        cluster.Ended.SetException(new Console.Commands.StartFailedException("The store in d is damaged.") { ExitCode = 5 });
        Assert.Equal(5, await running.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Contains("error: The store in d is damaged.", _run.Error, StringComparison.Ordinal);
        Assert.True(cluster.Stopped && cluster.KeepLogs);
    }

    [Theory]
    [InlineData(ErrorReason.WrongInput, 2)]
    [InlineData(ErrorReason.NotFound, 4)]
    [InlineData(ErrorReason.Refused, 5)]
    [InlineData(ErrorReason.Conflict, 5)]
    [InlineData(ErrorReason.Busy, 3)]
    [InlineData(ErrorReason.Unavailable, 3)]
    public async Task Run_RefusedSubmission_ExitsByItsReason(ErrorReason reason, int expected)
    {
        _run.Cluster.SubmitFailure = RequestException.Of(reason, "Not so.", [new InputProblem("to", "to is too small.")]);

        int exit = await _run.RunAsync("run", "primes", "--local", "2");

        Assert.Equal(expected, exit);
        string fields = reason == ErrorReason.Unavailable ? "" : "       to is too small.\n";
        Assert.Contains($"error: Not so.\n{fields}", _run.Error, StringComparison.Ordinal);
        Assert.True(Assert.Single(_run.LocalClusters.Started).Stopped);
    }

    [Fact]
    public async Task Run_Out_WritesTheBytes()
    {
        byte[] content = [1, 2, 3, 255];
        _run.Cluster.OnSubmit = job => job.Succeed(content, "image/png");
        string file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            Assert.Equal(0, await _run.RunAsync("run", "primes", "--out", file));

            Assert.Equal(content, await File.ReadAllBytesAsync(file));
            Assert.Empty(_run.Out);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task Run_BytesToAPipe_AreWrittenAsTheyAre()
    {
        _run.Cluster.OnSubmit = job => job.Succeed([0, 10, 255], "application/octet-stream");

        Assert.Equal(0, await _run.RunAsync("run", "primes"));

        Assert.Equal([0, 10, 255], _run.OutBytes);
    }

    [Fact]
    public async Task Run_Terminal_ShowsProgressOnTheErrorStreamOnly()
    {
        using ConsoleRun run = new(terminal: true);
        run.Cluster.OnSubmit = job =>
        {
            job.Become(job.Current);
            job.Succeed("42");
        };

        Assert.Equal(0, await run.RunAsync("run", "primes"));

        Assert.Equal("42\n", run.Out);
        Assert.Contains("10 of 10 done", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_HelpOfAKind_PrintsItsFields()
    {
        int exit = await _run.RunAsync("run", "primes", "--help");

        Assert.Equal(0, exit);
        Assert.Contains("--block", _run.Out, StringComparison.Ordinal);
        Assert.Contains("20000", _run.Out, StringComparison.Ordinal);
        Assert.Contains("--placement", _run.Out, StringComparison.Ordinal);
        Assert.Empty(_run.Cluster.Submitted);
    }

    [Theory]
    [InlineData("--local")]
    [InlineData("--local", "2", "--jobs", "mine.dll")]
    [InlineData("--jobs", "mine.dll")]
    public async Task Run_HelpOfALocalKind_AsksNoCluster(params string[] options)
    {
        _run.LocalClusters.Kinds = _run.Cluster.Kinds;
        _run.Cluster.ConnectFailure = new ClusterUnreachableException("Nobody there.");

        Assert.Equal(0, await _run.RunAsync(["run", "primes", .. options, "--help"]));

        Assert.Contains("--block", _run.Out, StringComparison.Ordinal);
        Assert.Equal(options.Contains("--jobs", StringComparer.Ordinal) ? ["mine.dll"] : [], _run.LocalClusters.JobsListed);
        Assert.Empty(_run.LocalClusters.Started);
        Assert.Empty(_run.Cluster.Connections);
    }

    [Fact]
    public async Task Run_HelpOfAKindWithoutACluster_NamesTheWayWithoutOne()
    {
        _run.Cluster.ConnectFailure = new ClusterUnreachableException("Nobody there.");

        Assert.Equal(0, await _run.RunAsync("run", "primes", "--help"));

        Assert.Contains("Nobody there.", _run.ErrorLine, StringComparison.Ordinal);
        Assert.Contains("--local", _run.ErrorLine, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_LocalAllows_ReachTheSilos()
    {
        Assert.Equal(0, await _run.RunAsync("run", "primes", "--local", "--allow-exec", "--allow-crash"));
        LocalClusterRequest request = Assert.Single(_run.LocalClusters.Started).Request;
        Assert.True(request.AllowExec);
        Assert.True(request.AllowCrash);
    }

    [Theory]
    [InlineData("--allow-exec")]
    [InlineData("--allow-crash")]
    public async Task Run_AllowsWithoutLocal_AreRefused(string option)
    {
        Assert.Equal(2, await _run.RunAsync("run", "primes", option));
        Assert.Contains($"{option} goes with --local", _run.ErrorLine, StringComparison.Ordinal);
        Assert.Empty(_run.Cluster.Submitted);
    }
}
