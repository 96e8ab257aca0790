using System.Text.Json;
using Xunit;

namespace OrleansWork.Console.Tests.Commands;

public sealed class JobCommandTests : IDisposable
{
    private readonly ConsoleRun _run = new();

    public void Dispose() => _run.Dispose();

    [Fact]
    public async Task Show_Stack_IsLinesIndentedAndItsControlCharactersAreEscaped()
    {
        FakeJob job = _run.Cluster.Add("j1");
        job.Fail("bad digit");
        job.Become(job.Current with { Error = job.Current.Error! with { Stack = "   at A.B()\r\n   at C.D(\u001b)\n" } });
        Assert.Equal(0, await _run.RunAsync("show", "j1"));
        string[] lines = _run.Out.Split('\n');
        int first = Array.FindIndex(lines, line => line.EndsWith("  at A.B()", StringComparison.Ordinal));
        Assert.True(first > 0, _run.Out);
        Assert.EndsWith("  at C.D(\\u001b)", lines[first + 1], StringComparison.Ordinal);
        Assert.Equal(lines[first].IndexOf("at", StringComparison.Ordinal), lines[first + 1].IndexOf("at", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Explain_Unit_SaysWhyItRanThere()
    {
        DateTimeOffset at = DateTimeOffset.UnixEpoch;
        FakeJob job = _run.Cluster.Add("j1");
        job.Explanation = new JobExplanation
        {
            Id = "j1",
            State = JobState.Succeeded,
            Unit = 17,
            Recorded = true,
            Lease = new ExplainedLease
            {
                Number = 3,
                Epoch = 1,
                Silo = "127.0.0.1:11111@1",
                Slot = 2,
                UnitFrom = 16,
                UnitCount = 4,
                Attempt = 1,
                Reason = LeaseReason.Steady,
                Outcome = LeaseState.Committed,
                GrantedAt = at,
            },
            Steps = [new ExplainedStep(at, "committed", "4 units of 4 done")],
            Placement = new ExplainedPlacement(
                PlacementPolicy.Adaptive,
                PlacementRule.OnlyOneWithRoom,
                "127.0.0.1:11111@1",
                "the only one of 2 silos that could take a lease",
                [new PlacementCandidate("127.0.0.1:11112@1", 5, 1.25, 0.02, 1, 0.1, "full", "has as many leases as it admits")],
                2
            ),
            Size = new ExplainedSize(4, [new LeaseSizeBound("share", 4)], "share", "half of the slot's fair share of the 40 units left"),
        };

        Assert.Equal(0, await _run.RunAsync("explain", "j1", "--unit", "17"));

        Assert.Equal((17L, (long?)null), job.ExplainAsked);
        Assert.Contains("3: units 16 to 19 on 127.0.0.1:11111@1, slot 2, attempt 1: committed", _run.Out, StringComparison.Ordinal);
        Assert.Contains("the only one of 2 silos that could take a lease (policy adaptive)", _run.Out, StringComparison.Ordinal);
        Assert.Contains("4 units: half of the slot's fair share of the 40 units left", _run.Out, StringComparison.Ordinal);
        Assert.Contains("has as many leases as it admits", _run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Explain_UnitAndLease_AreRefusedTogether()
    {
        _run.Cluster.Add("j1");
        Assert.Equal(2, await _run.RunAsync("explain", "j1", "--unit", "1", "--lease", "2"));
        Assert.Contains("give one of them", _run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Retry_FailedJob_SaysWhereItStands()
    {
        _run.Cluster.Add("j1").Fail("bad digit");
        Assert.Equal(0, await _run.RunAsync("retry", "j1"));
        Assert.Contains("Job j1 is", _run.Error, StringComparison.Ordinal);
        Assert.Empty(_run.Out);
    }

    [Fact]
    public async Task Retry_UnitsThatSaidThatNothingHelps_AreNamed()
    {
        FakeJob job = _run.Cluster.Add("j1");
        job.Fail("no such file");
        job.Become(
            job.Current with
            {
                Failures =
                [
                    new UnitFailure(3, 3, "System.FormatException", "a digit", null),
                    new UnitFailure(7, 1, "OrleansWork.PermanentFailureException", "There is no file x.", null),
                ],
            }
        );
        Assert.Equal(0, await _run.RunAsync("retry", "j1"));
        Assert.Contains(
            "1 of the units that are run again said that no other attempt helps, such as unit 7: There is no file x.",
            _run.Error,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Forget_EndedJob_IsGone()
    {
        FakeJob job = _run.Cluster.Add("j1");
        job.Succeed("1");
        Assert.Equal(0, await _run.RunAsync("forget", "j1"));
        Assert.True(job.Forgotten);
    }

    [Fact]
    public async Task Logs_OfAUnit_PrintsItsLinesWithoutControlCharacters()
    {
        FakeJob job = _run.Cluster.Add("j1");
        DateTimeOffset at = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
        job.Log.Add(new UnitLogLine(1, at, "information", 7, 1, "s", "read \u001b[2J 12\nlines", null));
        Assert.Equal(0, await _run.RunAsync("logs", "j1", "--unit", "7", "--follow"));
        Assert.Equal(((long?)7, true), job.LogAsked);
        Assert.StartsWith("2026-01-02T03:04:05.000Z information unit 7 attempt 1 on s: read ", _run.Out, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', _run.Out);
    }

    [Fact]
    public async Task DrainAndUndrain_KnownSilo_SayItsState()
    {
        const string silo = "127.0.0.1:11111@1";
        _run.Cluster.Silos = [new SiloStatus(silo, "active", 2, 0, 0, 0, 0, 0, 0, 0, new Dictionary<string, string>(), [])];
        Assert.Equal(0, await _run.RunAsync("drain", silo));
        Assert.Contains("draining", _run.Error, StringComparison.Ordinal);
        Assert.Equal(0, await _run.RunAsync("undrain", silo));
        Assert.Equal(4, await _run.RunAsync("drain", "127.0.0.9:1"));
        Assert.Equal(2, await _run.RunAsync("drain", ""));
    }

    [Fact]
    public async Task Show_Json_IsTheGoldenDocument()
    {
        _run.Cluster.Add("j1").Succeed("{\"words\":[]}");

        Assert.Equal(0, await _run.RunAsync("show", "j1", "--json"));

        const string Golden = """
            {"id":"j1","kind":"primes","version":1,"state":"succeeded","input":{},"options":{"placement":"adaptive","execution":"pooled","chunkUnits":null,"chunkTime":"50ms","maxParallel":null,"maxAttempts":3,"onUnitFailure":"fail","unitTimeout":null,"deadline":null,"partial":false,"priority":4,"seed":null,"speculation":true,"require":[]},"result":{"words":[]},"coverage":1,"error":null,"units":{"total":10,"done":10,"failed":0,"wasted":0},"leases":2,"attempts":4,"submittedAt":"2026-01-02T03:04:05+00:00","startedAt":"2026-01-02T03:04:05.005+00:00","finishedAt":"2026-01-02T03:04:07+00:00","elapsedSeconds":2,"etaSeconds":null,"coordinator":"127.0.0.1:11111@1","waiting":null,"failures":[],"silos":[{"silo":"127.0.0.1:11111@1","units":4,"leases":2,"busySeconds":0.25,"slots":null,"secondsPerUnit":null,"speed":null,"wastedSeconds":null,"leaseSeconds":null,"placement":null,"fairShare":null,"accounting":null}],"warnings":[],"accounting":null,"inputHash":null,"resultHash":null,"lowerBoundSeconds":null,"lastRoundSeconds":null,"balance":null,"leaseSeconds":null}

            """;
        Assert.Equal(Golden, _run.Out);
    }

    [Fact]
    public async Task Show_AsText_HasTheFactsAndNoEscape()
    {
        FakeJob job = _run.Cluster.Add("j1");
        job.Fail("bad \u001b[2J digit\r\nat 12");

        Assert.Equal(0, await _run.RunAsync("show", "j1"));

        Assert.Contains("failed", _run.Out, StringComparison.Ordinal);
        Assert.Contains("4 of 10 done", _run.Out, StringComparison.Ordinal);
        Assert.Contains(@"bad \u001b[2J digit\r\nat 12 (unit 7, silo 127.0.0.1:11112@1)", _run.Out, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', _run.Out);
        Assert.DoesNotContain('\r', _run.Out);
    }

    [Theory]
    [InlineData("show")]
    [InlineData("watch")]
    [InlineData("result")]
    [InlineData("cancel")]
    [InlineData("pause")]
    [InlineData("resume")]
    [InlineData("retry")]
    [InlineData("set", "--priority", "1")]
    [InlineData("forget")]
    [InlineData("rm")]
    [InlineData("logs")]
    public async Task JobCommand_NoSuchJob_ExitsWith4(string command, params string[] options)
    {
        Assert.Equal(4, await _run.RunAsync([command, "nope", .. options]));
        Assert.Equal("error: There is no job nope.", _run.ErrorLine);
        Assert.Empty(_run.Out);
    }

    [Theory]
    [InlineData("show")]
    [InlineData("watch")]
    [InlineData("result")]
    [InlineData("cancel")]
    public async Task JobCommand_NoId_ExitsWith2(string command)
    {
        Assert.Equal(2, await _run.RunAsync(command));
        Assert.Equal($"error: {command} needs ID: orleanswork {command} ID", _run.ErrorLine);
    }

    [Theory]
    [InlineData("Unknown option '--jsn' of show. Did you mean '--json'?", "show", "--jsn", "j1")]
    [InlineData("Unknown option '--jsn' of show. Did you mean '--json'?", "show", "j1", "--jsn")]
    [InlineData("'j2' is one word too many for show; orleanswork show --help shows its use.", "show", "j1", "j2")]
    [InlineData("Unknown command 'shw'. Did you mean 'show'?", "shw", "j1")]
    [InlineData("Unknown command 'explian'. Did you mean 'explain'?", "explian")]
    [InlineData("A command is missing.", "--json-lines")]
    public async Task Misspelling_IsNamedInOneLine(string expected, params string[] arguments)
    {
        if (arguments[0] == "--json-lines")
            arguments = [];
        Assert.Equal(2, await _run.RunAsync(arguments));
        Assert.StartsWith($"error: {expected}", _run.ErrorLine, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bench")]
    public async Task CommandOfALaterVersion_IsUnknownAndNotInTheHelp(string command)
    {
        Assert.Equal(2, await _run.RunAsync(command, "x"));
        Assert.Contains($"Unknown command '{command}'.", _run.ErrorLine, StringComparison.Ordinal);

        Assert.Equal(0, await _run.RunAsync("--help"));
        Assert.DoesNotContain($"  {command} ", _run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Result_NotFinished_ExitsWith6()
    {
        _run.Cluster.Add("j1");

        Assert.Equal(6, await _run.RunAsync("result", "j1"));
        Assert.Equal("error: Job j1 is running: 4 of 10 done.", _run.ErrorLine);
    }

    [Fact]
    public async Task Result_Failed_ExitsWith1()
    {
        _run.Cluster.Add("j1").Fail("bad");

        Assert.Equal(1, await _run.RunAsync("result", "j1"));
        Assert.Empty(_run.Out);
    }

    [Fact]
    public async Task Result_Succeeded_IsPrintedCompact()
    {
        _run.Cluster.Add("j1").Succeed("\"text\"");

        Assert.Equal(0, await _run.RunAsync("result", "j1"));
        Assert.Equal("\"text\"\n", _run.Out);
        Assert.Empty(_run.Error);
    }

    [Fact]
    public async Task Watch_Json_PrintsALinePerStatusWithoutInputAndResult()
    {
        FakeJob job = _run.Cluster.Add("j1");
        job.Become(job.Current);
        job.Succeed("1");

        Assert.Equal(0, await _run.RunAsync("watch", "j1", "--json"));

        string[] lines = _run.Out.TrimEnd('\n').Split('\n');
        Assert.Equal(2, lines.Length);
        foreach (string line in lines)
        {
            JsonElement status = JsonElement.Parse(line);
            Assert.False(status.TryGetProperty("input", out _));
            Assert.False(status.TryGetProperty("result", out _));
            Assert.True(status.TryGetProperty("etaSeconds", out _));
        }
    }

    [Fact]
    public async Task Watch_CtrlC_OnlyStopsWatching()
    {
        FakeJob job = _run.Cluster.Add("j1");
        Task<int> watching = _run.RunAsync("watch", "j1");

        _run.Interrupts.Signal();

        Assert.Equal(130, await watching.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal(0, job.Cancels);
    }

    [Fact]
    public async Task Watch_FailedJob_ExitsWith1()
    {
        _run.Cluster.Add("j1").Fail("bad");

        Assert.Equal(1, await _run.RunAsync("watch", "j1"));
        Assert.Contains("j1 failed: 4 of 10 done", _run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancel_PassesTheReasonOn()
    {
        FakeJob job = _run.Cluster.Add("j1");

        Assert.Equal(0, await _run.RunAsync("cancel", "j1", "--reason", "too dear"));

        Assert.Equal("too dear", job.CancelReason);
        Assert.Equal("Job j1 is canceled.", _run.ErrorLine);
        Assert.Empty(_run.Out);
    }

    [Fact]
    public async Task Set_ChangesWhatIsNamedAndNothingElse()
    {
        FakeJob job = _run.Cluster.Add("j1");
        JobOptions before = new()
        {
            ChunkUnits = 5,
            MaxParallel = 3,
            MaxAttempts = 7,
            Priority = 2,
        };
        job.Become(job.Current with { Options = before });

        Assert.Equal(0, await _run.RunAsync("set", "j1", "--placement", "round-robin", "--execution", "spawned", "--no-speculation"));

        Assert.Equal("Changed: placement → round-robin, execution → spawned, speculation → false.\nJob j1 is running.\n", _run.Error);
        Assert.Empty(_run.Out);
        JobOptions after = before with { Placement = PlacementPolicy.RoundRobin, Execution = ExecutionMode.Spawned, Speculation = false };
        Assert.Equal(after, job.Current.Options);

        Assert.Equal(0, await _run.RunAsync("set", "j1", "--speculation", "--priority", "9", "--chunk", "40", "--max-parallel", "8"));
        Assert.Equal(after with { Speculation = true, Priority = 9, ChunkUnits = 40, MaxParallel = 8 }, job.Current.Options);

        Assert.Equal(0, await _run.RunAsync("set", "j1", "--priority", "9"));
        Assert.Contains("Nothing has changed: the job has these options already.", _run.Error);
    }

    [Fact]
    public async Task Set_WordsForNone_PutBackToAutomaticAndUnbound()
    {
        FakeJob job = _run.Cluster.Add("j1");
        job.Become(
            job.Current with
            {
                Options = new JobOptions { ChunkUnits = 5, MaxParallel = 3 },
            }
        );

        Assert.Equal(0, await _run.RunAsync("set", "j1", "--chunk", "auto", "--max-parallel", "none"));
        Assert.Equal(new JobOptions(), job.Current.Options with { Require = new JobOptions().Require });

        job.Become(job.Current with { Options = new JobOptions { ChunkUnits = 5 } });
        Assert.Equal(0, await _run.RunAsync("set", "j1", "--chunk-time", "1s"));
        Assert.Equal((null, TimeSpan.FromSeconds(1)), (job.Current.Options.ChunkUnits, job.Current.Options.ChunkTime));
    }

    [Theory]
    [InlineData(
        "set needs what to change: --placement, --execution, --chunk-time, --chunk, --max-parallel, --priority, --speculation, --no-speculation.",
        "set",
        "j1"
    )]
    [InlineData("--chunk is '0'; it must be a whole number, 1 or more, or auto.", "set", "j1", "--chunk", "0")]
    [InlineData(
        "--max-parallel is 'auto'; it must be a whole number, from 1 to 2147483647, or none.",
        "set",
        "j1",
        "--max-parallel",
        "auto"
    )]
    [InlineData("--chunk-time: chunkTime is 2h; it must be from 1ms to 1m.", "set", "j1", "--chunk-time", "2h")]
    [InlineData(
        "--chunk and --chunk-time exclude each other: a lease has a fixed number of units or a fixed time.",
        "set",
        "j1",
        "--chunk",
        "3",
        "--chunk-time",
        "1s"
    )]
    [InlineData("--speculation and --no-speculation exclude each other.", "set", "j1", "--speculation", "--no-speculation")]
    [InlineData("Unknown option '--max-attempts' of set. orleanswork set --help lists them.", "set", "j1", "--max-attempts", "3")]
    public async Task Set_Wrong_ExitsWith2BeforeTheClusterIsAsked(string error, params string[] arguments)
    {
        _run.Cluster.Add("j1");
        Assert.Equal(2, await _run.RunAsync(arguments));
        Assert.Equal($"error: {error}", _run.ErrorLine);
        Assert.Empty(_run.Cluster.Connections);
    }

    [Fact]
    public async Task Set_EndedJob_ExitsWith5()
    {
        _run.Cluster.Add("j1").Succeed("42");
        Assert.Equal(5, await _run.RunAsync("set", "j1", "--priority", "1"));
        Assert.Contains("only the options of an open job can be changed", _run.ErrorLine, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Set_Json_PrintsTheStatus()
    {
        _run.Cluster.Add("j1");
        Assert.Equal(0, await _run.RunAsync("set", "j1", "--priority", "8", "--json"));
        Assert.Equal(8, JsonElement.Parse(_run.Out).GetProperty("options").GetProperty("priority").GetInt32());
    }

    [Theory]
    [InlineData("pause", "paused")]
    [InlineData("resume", "running")]
    public async Task Control_Json_PrintsTheStatus(string command, string state)
    {
        _run.Cluster.Add("j1");

        Assert.Equal(0, await _run.RunAsync(command, "j1", "--json"));
        Assert.Equal(state, JsonElement.Parse(_run.Out).GetProperty("state").GetString());
    }
}
