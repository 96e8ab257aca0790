using System.Text;
using System.Text.Json;
using OrleansWork.Jobs;

namespace OrleansWork.Silo.Tests.Api;

/// <summary>What <see cref="IComputeClient"/> promises, whatever the road.</summary>
public abstract class ComputeClientContract(ApiHost host)
{
    protected ApiHost Host { get; } = host;

    protected abstract IComputeClient Client { get; }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static string NewId => $"c-{Guid.NewGuid():N}";

    [Fact]
    public async Task Submit_Typed_GivesItsResult()
    {
        JobHandle<System.Numerics.BigInteger> job = await Client.SubmitAsync(
            Sum.Kind,
            new Sum.Input(From: 1, To: 100),
            cancellationToken: Token
        );
        Assert.Equal(5050, await job.ResultAsync(Token));
        JobDetails details = await job.GetDetailsAsync(Token);
        Assert.Equal((JobState.Succeeded, "sum", 1.0), (details.State, details.Kind, details.Coverage));
        Assert.Equal("5050", details.Result!.Value.GetRawText());
        Assert.Equal(100, details.Input.GetProperty("to").GetInt64());
    }

    [Fact]
    public async Task Submit_OptionsOfAllSorts_Arrive()
    {
        JobOptions options = new()
        {
            Placement = PlacementPolicy.LeastLoaded,
            Execution = ExecutionMode.Spawned,
            ChunkUnits = 2,
            ChunkTime = TimeSpan.FromMilliseconds(20),
            MaxParallel = 3,
            MaxAttempts = 5,
            OnUnitFailure = OnUnitFailure.Skip,
            UnitTimeout = TimeSpan.FromSeconds(30),
            Deadline = TimeSpan.FromHours(2),
            Partial = true,
            Priority = 7,
            Seed = -4,
            Speculation = false,
        };
        JobHandle job = await Client.SubmitAsync("talk", "{}"u8.ToArray(), options, cancellationToken: Token);
        Assert.Equal(Json(options), Json((await job.GetStatusAsync(Token)).Options));
        await job.ResultAsync(Token);
    }

    [Fact]
    public async Task Submit_SameIdAgain_IsTheSameJobAndAnotherSpecAConflict()
    {
        string id = NewId;
        await Client.SubmitAsync(Sum.Kind, new Sum.Input(From: 1, To: 10), id: id, cancellationToken: Token);
        JobHandle<System.Numerics.BigInteger> again = await Client.SubmitAsync(
            Sum.Kind,
            new Sum.Input(From: 1, To: 10),
            id: id,
            cancellationToken: Token
        );
        Assert.Equal(id, again.Id);
        RequestException conflict = await RefusedAsync(
            ErrorReason.Conflict,
            () => Client.SubmitAsync(Sum.Kind, new Sum.Input(From: 1, To: 11), id: id, cancellationToken: Token)
        );
        Assert.Equal($"Job {id} exists with another kind, input or options; choose another id.", conflict.Message);
        Assert.Equal("id", Assert.Single(conflict.Problems).Field);

        // A kind whose newest version is another one.
        RequestException otherKind = await RefusedAsync(
            ErrorReason.Conflict,
            () => Client.SubmitAsync(Wait.Kind, new Wait.Input(Units: 1), id: id, cancellationToken: Token)
        );
        Assert.Equal(conflict.Message, otherKind.Message);
    }

    [Theory]
    [InlineData("sums", "{}", "kind", "sum")]
    [InlineData("talk", """{"untis": 3}""", "untis", "units")]
    [InlineData("talk", """{"units": "three"}""", "units", "integer")]
    [InlineData("talk", """{"units": 3, "units": 4}""", null, "units")]
    [InlineData("wait", """{"units": -1}""", "units", "2^62")]
    [InlineData("talk", "[]", "", "object")]
    [InlineData("talk", "null", "", "null")]
    [InlineData("talk", "{", "", "JSON")]
    [InlineData("talk", "", "", "empty")]
    [InlineData("talk", "{} {}", "", "JSON")]
    public async Task Submit_WrongInput_NamesTheField(string kind, string input, string? field, string says)
    {
        RequestException refusal = await RefusedAsync(
            ErrorReason.WrongInput,
            () => Client.SubmitAsync(kind, Encoding.UTF8.GetBytes(input), cancellationToken: Token)
        );
        Assert.Contains(says, refusal.Message, StringComparison.Ordinal);
        if (field is not null)
            Assert.Equal(field, Assert.Single(refusal.Problems).Field);
    }

    [Fact]
    public async Task Submit_OptionOutOfRange_NamesIt()
    {
        RequestException refusal = await RefusedAsync(
            ErrorReason.WrongInput,
            () => Client.SubmitAsync("talk", "{}"u8.ToArray(), new JobOptions { Priority = 10 }, cancellationToken: Token)
        );
        Assert.Equal("priority is 10; it must be from 0 to 9.", refusal.Message);
        Assert.Equal("priority", Assert.Single(refusal.Problems).Field);
    }

    [Fact]
    public async Task Check_AcceptableJob_SaysWhatWouldComeOfItAndRecordsNothing()
    {
        string id = NewId;
        JobCheck check = await Client.CheckAsync(Sum.Kind, new Sum.Input(From: 1, To: 100, Block: 10), id: id, cancellationToken: Token);
        Assert.Equal((10L, 2, 4), (check.Units, check.Silos, check.Slots));
        Assert.Null(check.WaitsFor);
        Assert.Empty(check.Warnings);
        await RefusedAsync(ErrorReason.NotFound, () => Client.GetJob(id).GetStatusAsync(Token));
        Assert.DoesNotContain((await Client.ListJobsAsync(new JobQuery(Text: id), Token)).Items, job => job.Id == id);

        JobCheck bare = await Client.CheckAsync("talk", "{}"u8.ToArray(), cancellationToken: Token);
        Assert.NotNull(bare.Units);
    }

    [Fact]
    public async Task Check_JobThatWouldWait_NamesTheCauseAsItsExplanationDoes()
    {
        JobOptions options = new() { Require = ["gpu"] };
        JobCheck check = await Client.CheckAsync("synthetic", "{}"u8.ToArray(), options, cancellationToken: Token);
        Assert.Equal((0, 0), (check.Silos, check.Slots));
        JobHandle job = await Client.SubmitAsync("synthetic", "{}"u8.ToArray(), options, cancellationToken: Token);
        WaitingFor real = await WaitOfAsync(job, unit: 3);
        Assert.Equal((real.Code, real.Text), (check.WaitsFor!.Code, check.WaitsFor.Text));
        await job.CancelAsync(cancellationToken: Token);
    }

    [Theory]
    [InlineData("sums", "{}", 4)]
    [InlineData("talk", """{"untis": 3}""", 4)]
    [InlineData("talk", """{"units": "three"}""", 4)]
    [InlineData("wait", """{"units": -1}""", 4)]
    [InlineData("talk", "[]", 4)]
    [InlineData("talk", "{", 4)]
    [InlineData("talk", "{}", 10)]
    public async Task Check_JobThatIsRefused_IsRefusedInTheSameWords(string kind, string input, int priority)
    {
        JobOptions options = new() { Priority = priority };
        byte[] json = Encoding.UTF8.GetBytes(input);
        RequestException real = await RefusedAsync(
            ErrorReason.WrongInput,
            () => Client.SubmitAsync(kind, json, options, cancellationToken: Token)
        );
        RequestException dry = await RefusedAsync(
            ErrorReason.WrongInput,
            () => Client.CheckAsync(kind, json, options, cancellationToken: Token)
        );
        Assert.Equal(real.Message, dry.Message);
        Assert.Equal(real.Problems, dry.Problems);
    }

    [Fact]
    public async Task Check_IdThatIsTaken_IsAConflictOrSaysThatItIsThere()
    {
        string id = NewId;
        JobHandle<System.Numerics.BigInteger> job = await Client.SubmitAsync(
            Sum.Kind,
            new Sum.Input(From: 1, To: 10),
            id: id,
            cancellationToken: Token
        );
        JobCheck same = await Client.CheckAsync(Sum.Kind, new Sum.Input(From: 1, To: 10), id: id, cancellationToken: Token);
        Assert.StartsWith($"Job {id} is there already", Assert.Single(same.Warnings), StringComparison.Ordinal);
        RequestException conflict = await RefusedAsync(
            ErrorReason.Conflict,
            () => Client.CheckAsync(Sum.Kind, new Sum.Input(From: 1, To: 11), id: id, cancellationToken: Token)
        );
        Assert.Equal($"Job {id} exists with another kind, input or options; choose another id.", conflict.Message);
        await job.ResultAsync(Token);
    }

    [Fact]
    public async Task Check_UnitsThatAreNotCounted_AreNullAndTheReasonIsSaid()
    {
        JobCheck items = await Client.CheckAsync("squares", "{}"u8.ToArray(), cancellationToken: Token);
        Assert.Null(items.Units);
        Assert.Empty(items.Warnings);
        JobCheck throws = await Client.CheckAsync("uncounted", """{"throws": true}"""u8.ToArray(), cancellationToken: Token);
        Assert.Null(throws.Units);
        Assert.Contains("the units are beyond counting", Assert.Single(throws.Warnings), StringComparison.Ordinal);
        JobCheck slow = await Client.CheckAsync("uncounted", "{}"u8.ToArray(), cancellationToken: Token);
        Assert.Null(slow.Units);
        Assert.Equal("The units are not counted: uncounted takes longer than 1s to do so.", Assert.Single(slow.Warnings));
    }

    [Fact]
    public async Task Check_WhatLeavesSlotsIdle_IsWarnedOf()
    {
        JobCheck chunks = await Client.CheckAsync(
            "synthetic",
            """{"units": 100}"""u8.ToArray(),
            new JobOptions { ChunkUnits = 50 },
            cancellationToken: Token
        );
        Assert.Equal(
            "With 50 units a lease (chunkUnits) the 100 units make 2 leases: at most so many of 4 slots have work.",
            Assert.Single(chunks.Warnings)
        );
        JobCheck parallel = await Client.CheckAsync(
            "synthetic",
            "{}"u8.ToArray(),
            new JobOptions { MaxParallel = 1 },
            cancellationToken: Token
        );
        Assert.Equal("At most 1 lease of the job run at once (maxParallel), on 4 slots.", Assert.Single(parallel.Warnings));
    }

    [Fact]
    public async Task Explain_UnitOfAnEndedJob_SaysWhereItRanAndWhy()
    {
        JobHandle job = await Client.SubmitAsync(
            "synthetic",
            """{"units": 40, "microseconds": 3000, "mode": "sleep"}"""u8.ToArray(),
            new JobOptions { ChunkUnits = 2 },
            cancellationToken: Token
        );
        await job.ResultAsync(Token);

        JobExplanation explanation = await job.ExplainAsync(17, Token);

        Assert.Equal((true, 17L, JobState.Succeeded), (explanation.Recorded, explanation.Unit, explanation.State));
        Assert.Null(explanation.WaitingFor);
        ExplainedLease lease = explanation.Lease!;
        Assert.InRange(17, lease.UnitFrom, lease.UnitFrom + lease.UnitCount - 1);
        Assert.Equal((LeaseReason.Fixed, LeaseState.Committed, 1), (lease.Reason, lease.Outcome, lease.Attempt));
        Assert.Contains(await Client.ListSilosAsync(Token), silo => silo.Silo == lease.Silo);
        Assert.NotNull(lease.Slot);
        Assert.True(lease.GrantedAt <= lease.StartedAt && lease.StartedAt < lease.EndedAt);
        Assert.Equal(lease.Silo, explanation.Placement!.Chosen);
        Assert.Equal("chosen", explanation.Placement.Candidates[0].Verdict);
        Assert.Equal(("fixed", 2L), (explanation.Size!.Won, explanation.Size.Units));
        Assert.True(explanation.Waits!.Compute >= 0.006);
        Assert.Contains(explanation.Steps, step => step.What == "committed");
        Assert.Equal(Json(explanation), Json((await job.ExplainLeaseAsync(lease.Number, Token)) with { Unit = 17 }));

        JobExplanation whole = await job.ExplainAsync(cancellationToken: Token);
        Assert.Equal(40, whole.Silos.Sum(silo => silo.Units));
        Assert.Equal(20, whole.Silos.Sum(silo => silo.Leases));
        RequestException unknown = await RefusedAsync(ErrorReason.NotFound, () => job.ExplainAsync(40, Token));
        Assert.Equal($"Job {job.Id} has no unit 40; it has 40, from 0.", unknown.Message);
    }

    [Fact]
    public async Task Explain_JobThatWaits_NamesTheCause()
    {
        JobHandle labelled = await Client.SubmitAsync(
            "synthetic",
            "{}"u8.ToArray(),
            new JobOptions { Require = ["gpu"] },
            cancellationToken: Token
        );
        JobHandle paused = await Client.SubmitAsync(
            "synthetic",
            """{"units": 100000, "microseconds": 1000, "mode": "sleep"}"""u8.ToArray(),
            new JobOptions { MaxParallel = 1 },
            cancellationToken: Token
        );

        WaitingFor label = await WaitOfAsync(labelled, unit: 3);
        Assert.Equal(("no-label", "waits for a silo with label gpu; none of 2 silos has it"), (label.Code, label.Text));
        WaitingFor parallel = await WaitOfAsync(paused, unit: 99_999);
        Assert.Equal(("max-parallel", "as many leases are in flight as maxParallel allows: 1"), (parallel.Code, parallel.Text));
        await paused.PauseAsync(Token);
        Assert.Equal("paused", (await WaitOfAsync(paused, unit: 99_999)).Code);

        await labelled.CancelAsync(cancellationToken: Token);
        await paused.CancelAsync(cancellationToken: Token);
    }

    [Fact]
    public async Task Attempts_OfAUnitThatFailedOnce_AreBothThereAlsoAfterTheEnd()
    {
        JobHandle job = await Client.SubmitAsync(
            "synthetic",
            """{"units": 20, "microseconds": 3000, "mode": "sleep", "failUnits": [7], "failTimes": 1}"""u8.ToArray(),
            new JobOptions { ChunkUnits = 4 },
            cancellationToken: Token
        );
        await job.ResultAsync(Token);
        UnitFailure failure = Assert.Single((await job.GetStatusAsync(Token)).Failures);

        UnitAttempts attempts = await job.GetAttemptsAsync(7, Token);

        Assert.Equal((7L, 2L, true, null), (attempts.Unit, attempts.Total, attempts.Recorded, attempts.NextCursor));
        UnitAttempt first = attempts.Items[0];
        UnitAttempt second = attempts.Items[1];
        Assert.Equal((1, 2), (first.Attempt, second.Attempt));
        Assert.Equal(
            (failure.Type, failure.Message, 7L, failure.Silo),
            (first.Error!.Type, first.Error.Message, first.Error.Unit, first.Silo)
        );
        Assert.StartsWith("it was tried again ", first.Then, StringComparison.Ordinal);
        Assert.Null(second.Error);
        Assert.Equal(("its result was committed", 1L), (second.Then, second.LeaseUnits));
        Assert.True(first.StartedAt < second.StartedAt);
        Assert.All(attempts.Items, attempt => Assert.True(attempt.Seconds > 0));
        // The units before it in the lease were committed, those after it ran in another one.
        UnitAttempt before = Assert.Single((await job.GetAttemptsAsync(6, Token)).Items);
        Assert.Equal((first.Lease, "its result was committed"), (before.Lease, before.Then));
        UnitAttempts untroubled = await job.GetAttemptsAsync(0, Token);
        Assert.Equal((1, true), (Assert.Single(untroubled.Items).Attempt, untroubled.Recorded));

        RequestException unknown = await RefusedAsync(ErrorReason.NotFound, () => job.GetAttemptsAsync(20, Token));
        Assert.Equal($"Job {job.Id} has no unit 20; it has 20, from 0.", unknown.Message);
        await RefusedAsync(ErrorReason.NotFound, () => Client.GetJob(NewId).GetAttemptsAsync(0, Token));
    }

    [Theory]
    [InlineData(OnUnitFailure.Fail, "it was given up, and the job failed")]
    [InlineData(OnUnitFailure.Skip, "it was given up, and left out of the result")]
    public async Task Attempts_OfAUnitThatIsGivenUp_SayWhatEachFailedWith(OnUnitFailure then, string last)
    {
        JobHandle job = await Client.SubmitAsync(
            "synthetic",
            """{"units": 4, "failUnits": [2]}"""u8.ToArray(),
            new JobOptions { MaxAttempts = 3, OnUnitFailure = then },
            cancellationToken: Token
        );
        await Record.ExceptionAsync(() => job.ResultAsync(Token));
        UnitAttempts attempts = await job.GetAttemptsAsync(2, Token);
        Assert.True(attempts.Recorded);
        Assert.Equal([1, 2, 3], attempts.Items.Select(attempt => attempt.Attempt));
        Assert.All(attempts.Items, attempt => Assert.NotNull(attempt.Error));
        Assert.Equal(last, attempts.Items[^1].Then);
    }

    [Fact]
    public async Task Attempts_OfAUnitThatRuns_AreThere()
    {
        JobHandle job = await Client.SubmitAsync(
            "wait",
            """{"units": 100000, "microseconds": 10000000}"""u8.ToArray(),
            new JobOptions { ChunkUnits = 1, MaxParallel = 1 },
            cancellationToken: Token
        );
        UnitAttempts attempts;
        do
        {
            attempts = await job.GetAttemptsAsync(0, Token);
        } while (attempts.Items is not [{ StartedAt: not null }]);
        Assert.Equal(
            (1, "it runs, or waits for units before it in the lease", true),
            (attempts.Items[0].Attempt, attempts.Items[0].Then, attempts.Recorded)
        );
        Assert.Null(attempts.Items[0].Seconds);
        UnitAttempts waiting = await job.GetAttemptsAsync(99_999, Token);
        Assert.Equal((0L, true), (waiting.Total, waiting.Recorded));
        await job.CancelAsync(cancellationToken: Token);
    }

    [Fact]
    public async Task Leases_OfAJob_AreListedPageByPage()
    {
        JobHandle job = await Client.SubmitAsync(
            "synthetic",
            """{"units": 30, "microseconds": 2000, "mode": "sleep"}"""u8.ToArray(),
            new JobOptions { ChunkUnits = 1 },
            cancellationToken: Token
        );
        await job.ResultAsync(Token);

        List<long> units = [];
        string? cursor = null;
        do
        {
            JobLeases page = await job.GetLeasesAsync(new LeaseQuery(Limit: 7, Cursor: cursor), Token);
            Assert.InRange(page.Columns.Number.Count, 1, 7);
            Assert.All(page.Columns.Outcome, outcome => Assert.Equal(LeaseState.Committed, outcome));
            Assert.All(page.Columns.Silo, silo => Assert.InRange(silo, 0, page.Silos.Count - 1));
            units.AddRange(page.Columns.UnitFrom);
            cursor = page.NextCursor;
        } while (cursor is not null);

        Assert.Equal(Enumerable.Range(0, 30).Select(unit => (long)unit), units.Order());
    }

    [Fact]
    public async Task Explain_AUnitThatFailedTwice_SaysOfEachAttemptWhatItFailedWith_AndWhen()
    {
        JobHandle job = await Client.SubmitAsync(
            "synthetic",
            """{"units": 20, "microseconds": 1000, "mode": "sleep", "failUnits": [5], "failTimes": 2}"""u8.ToArray(),
            new JobOptions { ChunkUnits = 1, MaxAttempts = 4 },
            cancellationToken: Token
        );
        await job.ResultAsync(Token);
        JobStatus status = await job.GetStatusAsync(Token);

        JobExplanation explanation = await job.ExplainAsync(5, Token);

        string[] failed = [.. explanation.Steps.Where(static step => step.What == "a unit failed").Select(static step => step.Why!)];
        Assert.Equal(2, failed.Length);
        Assert.Contains("attempt 1", failed[0], StringComparison.Ordinal);
        Assert.Contains("attempt 2", failed[1], StringComparison.Ordinal);
        Assert.All(
            explanation.Steps,
            step => Assert.InRange(step.At, status.SubmittedAt.AddSeconds(-1), status.FinishedAt!.Value.AddSeconds(1))
        );
    }

    [Fact]
    public async Task Explain_WhatHasNotBeen_SaysSo()
    {
        JobHandle job = await Client.SubmitAsync(
            "synthetic",
            """{"units": 100000, "microseconds": 1000, "mode": "sleep"}"""u8.ToArray(),
            new JobOptions { MaxParallel = 1 },
            cancellationToken: Token
        );
        await WaitOfAsync(job, unit: 99_999);

        JobExplanation waits = await job.ExplainAsync(99_999, Token);
        RequestException none = await RefusedAsync(ErrorReason.NotFound, () => job.ExplainLeaseAsync(1_000_000, Token));
        await job.CancelAsync(cancellationToken: Token);
        JobExplanation ended = await job.ExplainAsync(99_999, Token);

        Assert.Equal((true, "it is in no lease"), (waits.Recorded, waits.Steps[^1].What));
        Assert.Matches($"^Job {job.Id} has had no lease 1000000; it has had [0-9,]+, from 1\\.$", none.Message);
        Assert.Equal("it is in no lease", ended.Steps[^1].What);
        Assert.Equal("the job ended before it came to it", ended.Steps[^1].Why);
    }

    [Fact]
    public async Task Leases_WithOthers_HaveThoseOfAJobOnTheSameSlots()
    {
        byte[] input = """{"units": 40, "microseconds": 20000, "mode": "sleep"}"""u8.ToArray();
        JobHandle job = await Client.SubmitAsync("synthetic", input, new JobOptions { ChunkUnits = 1 }, cancellationToken: Token);
        JobHandle other = await Client.SubmitAsync("synthetic", input, new JobOptions { ChunkUnits = 1 }, cancellationToken: Token);
        await Task.WhenAll(job.ResultAsync(Token), other.ResultAsync(Token));

        JobLeases alone = await job.GetLeasesAsync(new LeaseQuery(), Token);
        JobLeases both = await job.GetLeasesAsync(new LeaseQuery(Others: true), Token);

        Assert.All(alone.Columns.Own, static own => Assert.Equal(1, own));
        Assert.Empty(alone.OtherJobs);
        Assert.Contains(other.Id, both.OtherJobs);
        Assert.DoesNotContain(job.Id, both.OtherJobs);
        Assert.Equal(alone.Columns.Number.Count, both.Columns.Own.Count(static own => own == 1));
        int place = both.OtherJobs.ToList().IndexOf(other.Id);
        Assert.Contains(both.Columns.OtherJob, of => of == place);
        Assert.All(both.Columns.Silo, silo => Assert.InRange(silo, 0, both.Silos.Count - 1));
    }

    [Fact]
    public async Task Accounting_OfAnEndedJob_AddsUp()
    {
        JobHandle job = await Client.SubmitAsync(
            "synthetic",
            """{"units": 60, "microseconds": 5000, "mode": "sleep"}"""u8.ToArray(),
            cancellationToken: Token
        );
        await job.ResultAsync(Token);

        JobAccounting account = (await job.GetStatusAsync(Token)).Accounting!;

        Assert.True(account.Compute >= 0.3, $"{account}");
        double parts =
            account.Compute
            + account.Queue
            + account.Transfer
            + account.Combine
            + account.OtherJobs
            + account.IdleNoWork
            + account.IdleWorkElsewhere
            + account.WastedRetry
            + account.WastedSpeculation;
        Assert.Equal(account.SlotSeconds, parts, 4);
    }

    [Fact]
    public async Task Details_OfAnEndedJob_SayHowItRan()
    {
        byte[] input = """{"units": 60, "microseconds": 5000, "mode": "sleep"}"""u8.ToArray();
        JobHandle job = await Client.SubmitAsync("synthetic", input, cancellationToken: Token);
        JobHandle again = await Client.SubmitAsync("synthetic", input, cancellationToken: Token);
        await Task.WhenAll(job.ResultAsync(Token), again.ResultAsync(Token));

        JobDetails details = await job.GetDetailsAsync(Token);
        JobDetails same = await again.GetDetailsAsync(Token);

        Assert.Equal((64, 64), (details.InputHash!.Length, details.ResultHash!.Length));
        Assert.Equal((details.InputHash, details.ResultHash), (same.InputHash, same.ResultHash));
        double makespan = (details.FinishedAt!.Value - details.StartedAt!.Value).TotalSeconds;
        Assert.InRange(details.LowerBoundSeconds!.Value, 0.005, makespan + 0.5);
        Assert.InRange(details.LastRoundSeconds!.Value, 0, makespan + 0.5);
        Assert.True(details.Balance >= 0, $"{details}");
        Assert.True(details.LeaseSeconds!.Max >= details.LeaseSeconds.P50, $"{details.LeaseSeconds}");
        Assert.Equal(60, details.Silos.Sum(static silo => silo.Units));
        Assert.All(
            details.Silos.Where(static silo => silo.Units > 0),
            static silo =>
            {
                Assert.True(silo is { Slots: > 0, Speed: > 0, WastedSeconds: >= 0, Accounting.SlotSeconds: > 0 }, $"{silo}");
                Assert.True(silo.SecondsPerUnit >= 0.005, $"{silo}");
                Assert.InRange(silo.FairShare!.Value, 0, 1);
                Assert.True(silo.Placement!.Values.Sum() > 0, $"{silo}");
            }
        );
        Assert.Null((await job.GetStatusAsync(Token)).Silos.OfType<SiloShareDetails>().FirstOrDefault()?.Speed);
    }

    /// <summary>Asks until the job has a coordinator that says what it waits for.</summary>
    private static async Task<WaitingFor> WaitOfAsync(JobHandle job, long unit)
    {
        while (true)
        {
            if (
                (await job.ExplainAsync(unit, Token)).WaitingFor is
                { Code: not ("decomposing" or "queued" or "no-silo" or "unheard" or "next") } cause
            )
                return cause;
            await Task.Delay(50, Token);
        }
    }

    [Fact]
    public async Task Job_ThatIsNotThere_IsNotFoundByAllCalls()
    {
        string id = NewId;
        JobHandle job = Client.GetJob(id);
        Func<Task>[] calls =
        [
            () => job.GetStatusAsync(Token),
            () => job.GetDetailsAsync(Token),
            () => job.ExplainAsync(cancellationToken: Token),
            () => job.GetLeasesAsync(new LeaseQuery(), Token),
            () => job.ResultAsync(Token),
            () => job.OpenResultAsync(Token),
            () => AllAsync(job.WatchAsync(Token)),
            () => AllAsync(job.UnitResultsAsync(cancellationToken: Token)),
            () => AllAsync(job.LogAsync(cancellationToken: Token)),
            () => AllAsync(job.LogAsync(follow: true, cancellationToken: Token)),
            () => job.CancelAsync(cancellationToken: Token),
            () => job.PauseAsync(Token),
            () => job.ResumeAsync(Token),
            () => job.ChangeOptionsAsync(new JobOptionsChange { Priority = 1 }, Token),
            () => job.ChangeOptionsAsync(new JobOptionsChange(), Token),
            () => job.RetryAsync(Token),
            () => job.ForgetAsync(Token),
        ];
        foreach (Func<Task> call in calls)
            Assert.Equal($"There is no job {id}.", (await RefusedAsync(ErrorReason.NotFound, call)).Message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("../x")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("ä")]
    public async Task Job_IdThatIsNone_IsWrongInputAtOnce(string id)
    {
        Assert.Equal("id", Assert.Single(Assert.Throws<RequestRefusedException>(() => Client.GetJob(id)).Problems).Field);
        await RefusedAsync(ErrorReason.WrongInput, () => Client.SubmitAsync("talk", "{}"u8.ToArray(), id: id, cancellationToken: Token));
    }

    [Fact]
    public async Task Watch_RunningJob_ShowsItsWayToTheEnd()
    {
        JobHandle job = await Client.SubmitAsync(Wait.Kind, new Wait.Input(Units: 60, Microseconds: 30_000), cancellationToken: Token);
        List<JobStatus> seen = [];
        await foreach (JobStatus status in job.WatchAsync(Token))
            seen.Add(status);
        Assert.Equal(JobState.Succeeded, seen[^1].State);
        Assert.True(seen[^1].IsTerminal && seen.Take(seen.Count - 1).All(status => !status.IsTerminal));
        Assert.Equal(60, seen[^1].Units.Done);
        Assert.True(seen.Zip(seen.Skip(1)).All(pair => pair.First.Units.Done <= pair.Second.Units.Done));
    }

    [Fact]
    public async Task Watch_JobThatHasEnded_IsItsEndAlone()
    {
        JobHandle job = await Client.SubmitAsync("talk", "{}"u8.ToArray(), cancellationToken: Token);
        await job.ResultAsync(Token);
        List<JobStatus> seen = [];
        await foreach (JobStatus status in job.WatchAsync(Token))
            seen.Add(status);
        Assert.Equal(JobState.Succeeded, Assert.Single(seen).State);
    }

    [Fact]
    public async Task Result_OfAFailedJob_IsItsFailure()
    {
        JobHandle<long> job = await Client.SubmitAsync(Talk.Kind, new Talk.Input(Fails: 1), cancellationToken: Token);
        JobFailedException failure = await Assert.ThrowsAsync<JobFailedException>(() => job.ResultAsync(Token));
        Assert.Equal(1, failure.Status.Error!.Unit);
        Assert.Contains("unit 1 fails", failure.Message, StringComparison.Ordinal);
        Assert.Equal(1, Assert.Single(failure.Status.Failures).Unit);
        await Assert.ThrowsAsync<JobFailedException>(() => job.OpenResultAsync(Token));
    }

    [Fact]
    public async Task Cancel_RunningJob_EndsItAndRepeatingChangesNothing()
    {
        JobHandle job = await Client.SubmitAsync(Wait.Kind, new Wait.Input(Units: 10_000, Microseconds: 50_000), cancellationToken: Token);
        Task<JobResult> result = job.ResultAsync(Token);
        await job.CancelAsync("no \"more\" of it", Token);
        JobCanceledException canceled = await Assert.ThrowsAsync<JobCanceledException>(() => result);
        Assert.Contains("no \"more\" of it", canceled.Message, StringComparison.Ordinal);
        Assert.Equal(JobState.Canceled, (await job.CancelAsync(cancellationToken: Token)).State);
        RequestException refusal = await RefusedAsync(ErrorReason.Refused, () => job.RetryAsync(Token));
        Assert.Contains("was canceled; only failed units can be retried", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pause_RunningJob_HoldsItUntilItIsResumed()
    {
        JobHandle job = await Client.SubmitAsync(Wait.Kind, new Wait.Input(Units: 200, Microseconds: 20_000), cancellationToken: Token);
        Assert.Equal(JobState.Paused, (await job.PauseAsync(Token)).State);
        Assert.Equal(JobState.Paused, (await job.PauseAsync(Token)).State);
        await RefusedAsync(ErrorReason.Refused, () => job.ForgetAsync(Token));
        Assert.NotEqual(JobState.Paused, (await job.ResumeAsync(Token)).State);
        await job.ResultAsync(Token);
    }

    [Fact]
    public async Task ChangeOptions_RunningJob_ChangesWhatIsSetAndLeavesTheRest()
    {
        JobOptions options = new()
        {
            Placement = PlacementPolicy.Random,
            ChunkUnits = 4,
            MaxParallel = 2,
            MaxAttempts = 5,
            Speculation = false,
        };
        JobHandle job = await Client.SubmitAsync(
            Wait.Kind,
            new Wait.Input(Units: 400, Microseconds: 20_000),
            options,
            cancellationToken: Token
        );
        JobStatus status = await job.ChangeOptionsAsync(
            new JobOptionsChange
            {
                Placement = PlacementPolicy.LeastLoaded,
                Execution = ExecutionMode.Spawned,
                ChunkTime = TimeSpan.FromMilliseconds(120),
                ChunkUnits = null,
                Priority = 8,
                Speculation = null,
            },
            Token
        );
        JobOptions changed = options with
        {
            Placement = PlacementPolicy.LeastLoaded,
            Execution = ExecutionMode.Spawned,
            ChunkTime = TimeSpan.FromMilliseconds(120),
            ChunkUnits = null,
            Priority = 8,
            Speculation = true,
        };
        Assert.Equal(Json(changed), Json(status.Options));
        Assert.Equal(Json(changed), Json((await job.GetDetailsAsync(Token)).Options));
        Assert.Equal(Json(changed), Json((await job.ChangeOptionsAsync(new JobOptionsChange(), Token)).Options));
        JobStatus unbound = await job.ChangeOptionsAsync(new JobOptionsChange { MaxParallel = null }, Token);
        Assert.Null(unbound.Options.MaxParallel);
        Assert.Equal(400, (await job.ResultAsync(Token)).Status.Units.Done);

        RequestException refusal = await RefusedAsync(
            ErrorReason.Refused,
            () => job.ChangeOptionsAsync(new JobOptionsChange { Priority = 1 }, Token)
        );
        Assert.Equal($"Job {job.Id} has succeeded; only the options of an open job can be changed.", refusal.Message);
    }

    [Fact]
    public async Task ChangeOptions_OutOfRange_NamesThemAsASubmissionDoes()
    {
        JobHandle job = await Client.SubmitAsync("talk", "{}"u8.ToArray(), cancellationToken: Token);
        RequestException refusal = await RefusedAsync(
            ErrorReason.WrongInput,
            () => job.ChangeOptionsAsync(new JobOptionsChange { Priority = 10, ChunkTime = TimeSpan.Zero }, Token)
        );
        Assert.Equal("chunkTime is 0s; it must be from 1ms to 1m. priority is 10; it must be from 0 to 9.", refusal.Message);
        Assert.Equal(["chunkTime", "priority"], refusal.Problems.Select(problem => problem.Field));
    }

    [Fact]
    public async Task Retry_JobWithSkippedUnits_RunsThemAgain()
    {
        JobHandle job = await Client.SubmitAsync(
            "synthetic",
            """{"units": 5, "microseconds": 0, "failUnits": [2], "failTimes": 1}"""u8.ToArray(),
            new JobOptions { MaxAttempts = 1, OnUnitFailure = OnUnitFailure.Skip },
            cancellationToken: Token
        );
        Assert.Equal(0.8, (await job.ResultAsync(Token)).Status.Coverage);
        await job.RetryAsync(Token);
        Assert.Equal(JobState.Succeeded, (await job.ResultAsync(Token)).Status.State);
    }

    [Fact]
    public async Task UnitResults_OfAMapJob_ComeInOrderWithErrors()
    {
        JobHandle<int> job = await Client.SubmitAsync(
            Squares.Kind,
            new Squares.Input(Count: 200, Fails: 7),
            new JobOptions { OnUnitFailure = OnUnitFailure.Skip },
            cancellationToken: Token
        );
        List<UnitResult<int>> results = [];
        await foreach (UnitResult<int> result in job.UnitResultsAsync(cancellationToken: Token))
            results.Add(result);
        Assert.Equal(Enumerable.Range(0, 200).Select(i => (long)i), results.Select(result => result.Unit));
        Assert.All(results, result => Assert.Equal(result.Unit == 7 ? 0 : (int)(result.Unit * result.Unit), result.Value));
        Assert.Contains(
            "item 7 is bad",
            Assert.Single(results, result => result.Error is not null).Error!.Message,
            StringComparison.Ordinal
        );

        List<long> stored = [];
        await foreach (UnitResult<int> result in job.UnitResultsAsync(inOrder: false, Token))
            stored.Add(result.Unit);
        Assert.Equal(200, stored.Distinct().Count());

        JobResult lines = await ((JobHandle)job).ResultAsync(Token);
        Assert.True(lines.IsOfUnits);
        Assert.Equal("application/x-ndjson", lines.MediaType);
        string[] texts = Encoding.UTF8.GetString(lines.Content).TrimEnd('\n').Split('\n');
        Assert.Equal(200, texts.Length);
        Assert.Equal("""{"unit":3,"result":9}""", texts[3]);
        RequestRefusedException refused = await Assert.ThrowsAsync<RequestRefusedException>(() => job.ResultAsync(Token));
        Assert.Contains("UnitResultsAsync", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task UnitResults_OfAFailedJob_EndWithItsFailure()
    {
        JobHandle<int> job = await Client.SubmitAsync(Squares.Kind, new Squares.Input(Count: 5, Fails: 2), cancellationToken: Token);
        await Assert.ThrowsAsync<JobFailedException>(() => AllAsync(job.UnitResultsAsync(cancellationToken: Token)));
    }

    [Fact]
    public async Task UnitResults_OfAKindThatCombines_AreRefused()
    {
        JobHandle job = await Client.SubmitAsync("talk", "{}"u8.ToArray(), cancellationToken: Token);
        await RefusedAsync(ErrorReason.Refused, () => AllAsync(job.UnitResultsAsync(cancellationToken: Token)));
    }

    [Fact]
    public async Task Result_OfBytes_IsWholeWithItsMediaType()
    {
        JobHandle<byte[]> job = await Client.SubmitAsync(Blob.Kind, new Blob.Input(), cancellationToken: Token);
        Assert.Equal(Blob.Of(3_000_000), await job.ResultAsync(Token));
        JobResultStream stream = await job.OpenResultAsync(Token);
        Assert.Equal("image/png", stream.MediaType);
        using MemoryStream content = new();
        await foreach (ReadOnlyMemory<byte> piece in stream.Pieces)
            content.Write(piece.Span);
        Assert.Equal(Blob.Of(3_000_000), content.ToArray());
        Assert.Null((await job.GetDetailsAsync(Token)).Result);
    }

    [Fact]
    public async Task Log_OfAJob_IsWhatItsUnitsSaid()
    {
        JobHandle job = await Client.SubmitAsync("talk", "{}"u8.ToArray(), cancellationToken: Token);
        List<UnitLogLine> followed = [];
        await foreach (UnitLogLine line in job.LogAsync(follow: true, cancellationToken: Token))
            followed.Add(line);
        Assert.Equal([0, 1, 2], followed.Select(line => line.Unit).Order());
        Assert.All(
            followed,
            line => Assert.Equal(($"unit {line.Unit} <b>speaks</b>", "information", 1), (line.Text, line.Level, line.Attempt))
        );
        List<UnitLogLine> read = [];
        await foreach (UnitLogLine line in job.LogAsync(cancellationToken: Token))
            read.Add(line);
        Assert.Equal(followed, read);
        List<UnitLogLine> ofOne = [];
        await foreach (UnitLogLine line in job.LogAsync(unit: 1, cancellationToken: Token))
            ofOne.Add(line);
        Assert.Equal(1, Assert.Single(ofOne).Unit);
    }

    [Fact]
    public async Task Jobs_ByKindTextAndState_AreListedPageByPage()
    {
        string mark = $"list-{Guid.NewGuid():N}";
        for (int i = 0; i < 5; i++)
        {
            JobHandle job = await Client.SubmitAsync(
                "talk",
                Encoding.UTF8.GetBytes($$"""{"fails": {{(i == 0 ? 1 : -1)}}}"""),
                id: $"{mark}-{i}",
                cancellationToken: Token
            );
            await foreach (JobStatus _ in job.WatchAsync(Token)) { }
        }

        Page<JobSummary> first = await Client.ListJobsAsync(new JobQuery(Text: mark, Limit: 2), Token);
        Assert.Equal([$"{mark}-4", $"{mark}-3"], first.Items.Select(job => job.Id));
        Page<JobSummary> second = await Client.ListJobsAsync(new JobQuery(Text: mark, Limit: 2, Cursor: first.NextCursor), Token);
        Assert.Equal([$"{mark}-2", $"{mark}-1"], second.Items.Select(job => job.Id));
        Assert.Equal($"{mark}-0", Assert.Single((await Client.ListJobsAsync(new JobQuery(JobState.Failed, "talk", mark), Token)).Items).Id);
        Assert.Empty((await Client.ListJobsAsync(new JobQuery(Kind: "sum", Text: mark), Token)).Items);
        RequestException refusal = await RefusedAsync(
            ErrorReason.WrongInput,
            () => Client.ListJobsAsync(new JobQuery(Cursor: "no cursor & none"), Token)
        );
        Assert.Equal("cursor", Assert.Single(refusal.Problems).Field);
    }

    [Fact]
    public async Task Silos_AreListedAndDrainedByTheirNames()
    {
        IReadOnlyList<SiloStatus> silos = await Client.ListSilosAsync(Token);
        Assert.Equal(2, silos.Count);
        Assert.All(silos, silo => Assert.Equal(2, silo.Slots));
        SiloStatus drained = await Client.DrainSiloAsync(silos[1].Silo, Token);
        Assert.Equal((silos[1].Silo, "draining"), (drained.Silo, drained.State));
        Assert.Equal("active", (await Client.UndrainSiloAsync(silos[1].Silo, Token)).State);
        RequestException refusal = await RefusedAsync(ErrorReason.NotFound, () => Client.DrainSiloAsync("127.0.0.1:1@1", Token));
        Assert.Contains("There is no silo 127.0.0.1:1@1.", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Probe_OfASiloThatIsNotQuarantined_IsRefused()
    {
        string silo = (await Client.ListSilosAsync(Token))[1].Silo;
        RequestException active = await RefusedAsync(ErrorReason.Refused, () => Client.ProbeSiloAsync(silo, Token));
        Assert.Equal($"Silo {silo} is not quarantined: there is nothing to probe.", active.Message);
        await Client.DrainSiloAsync(silo, Token);
        RequestException draining = await RefusedAsync(ErrorReason.Refused, () => Client.ProbeSiloAsync(silo, Token));
        Assert.Equal($"Silo {silo} drains: it takes no leases, and so no probe. Undrain it first.", draining.Message);
        await Client.UndrainSiloAsync(silo, Token);
        RequestException unknown = await RefusedAsync(ErrorReason.NotFound, () => Client.ProbeSiloAsync("127.0.0.1:1@1", Token));
        Assert.Contains("There is no silo 127.0.0.1:1@1.", unknown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Kinds_AreListedWithTheirSchemas()
    {
        KindStatus kind = Assert.Single(await Client.ListKindsAsync(Token), known => known.Kind == "squares");
        Assert.True(kind.IsMap);
        Assert.Equal(2, kind.Silos);
        Assert.Equal(10, kind.InputSchema.GetProperty("properties").GetProperty("count").GetProperty("default").GetInt32());
    }

    [Fact]
    public async Task Forget_EndedJob_FreesItsId()
    {
        string id = NewId;
        JobHandle job = await Client.SubmitAsync("talk", "{}"u8.ToArray(), id: id, cancellationToken: Token);
        await job.ResultAsync(Token);
        await job.ForgetAsync(Token);
        await RefusedAsync(ErrorReason.NotFound, () => job.GetStatusAsync(Token));
        await Client.SubmitAsync("talk", """{"units": 4}"""u8.ToArray(), id: id, cancellationToken: Token);
    }

    [Fact]
    public async Task Waiting_IsEndedByItsToken_AndTheJobGoesOn()
    {
        JobHandle job = await Client.SubmitAsync(Wait.Kind, new Wait.Input(Units: 400, Microseconds: 20_000), cancellationToken: Token);
        using CancellationTokenSource patience = new();
        Task<JobResult> result = job.ResultAsync(patience.Token);
        await foreach (JobStatus status in job.WatchAsync(Token))
        {
            if (status.Units.Done > 0)
                break;
        }

        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => result);
        await job.ResultAsync(Token);
    }

    private static string Json<T>(T value) => JsonSerializer.Serialize(value, OrleansWorkJson.Documents);

    private static async Task AllAsync<T>(IAsyncEnumerable<T> items)
    {
        await foreach (T _ in items) { }
    }

    private static async Task<RequestException> RefusedAsync(ErrorReason reason, Func<Task> call)
    {
        RequestException refusal = await Assert.ThrowsAnyAsync<RequestException>(call);
        Assert.Equal(reason, refusal.Reason);
        return refusal;
    }
}
