using System.Text;
using OrleansWork.Engine.Tests.Support;
using Xunit;

namespace OrleansWork.Engine.Tests.Coordination;

public sealed class FailureTests : IAsyncLifetime
{
    private readonly string _bench = Guid.NewGuid().ToString("N");
    private TestSilos _silos = null!;

    public async ValueTask InitializeAsync() =>
        _silos = await TestSilos.StartAsync(
            2,
            options =>
                options.Engine(engine =>
                {
                    engine.DetachAfter = TimeSpan.FromMilliseconds(300);
                    engine.SlotLostAfter = TimeSpan.FromMilliseconds(300);
                    engine.MaxLostSlots = 1;
                }),
            jobs =>
                jobs.AddJob<BrokenKind>()
                    .AddJob<BrokenSquaresKind>()
                    .AddJob<EndlessKind>()
                    .AddJob<PickyKind>()
                    .AddJob<MoodyKind>()
                    .AddJob<ForgettingKind>()
                    .AddJob<AveragingKind>()
                    .AddJob<RoundingKind>()
        );

    public async ValueTask DisposeAsync()
    {
        Bench.Of(_bench).Gate.Set();
        await _silos.DisposeAsync();
    }

    [Fact]
    public async Task Skip_ThenRetry_TheHolesAreFilledAndTheResultIsThatOfAnUndisturbedRun()
    {
        string undisturbed = await ResultAsync(await SubmitAsync("broken", $$"""{"bench":"{{_bench}}"}"""));
        JobHandle job = await SubmitAsync(
            "broken",
            $$"""{"bench":"{{_bench}}","broken":[0,4,8]}""",
            new JobOptions { OnUnitFailure = OnUnitFailure.Skip, MaxAttempts = 2 }
        );

        Assert.Equal("\"[[(1)[(2)(3)]][(5)[(6)(7)]]]\"", await ResultAsync(job));
        JobStatus skipped = await job.GetStatusAsync(TestSilos.Ceiling);
        Assert.Equal((JobState.Succeeded, 6, 3), (skipped.State, skipped.Units.Done, skipped.Units.Failed));
        Assert.Equal(6.0 / 9, skipped.Coverage);
        Assert.Equal([0, 4, 8], skipped.Failures.Select(failure => failure.Unit));
        Assert.All(skipped.Failures, failure => Assert.Equal((2, "System.FormatException"), (failure.Attempts, failure.Type)));

        Bench.Of(_bench).Gate.Set();
        JobStatus again = await job.RetryAsync(TestSilos.Ceiling);
        Assert.False(again.State is JobState.Succeeded or JobState.Failed);
        Assert.Equal(undisturbed, await ResultAsync(job));
        JobStatus filled = await job.GetStatusAsync(TestSilos.Ceiling);
        Assert.Equal((1.0, 9, 0), (filled.Coverage, filled.Units.Done, filled.Units.Failed));
        Assert.Equal(1, (await _silos.Client.ListJobsAsync(new JobQuery(), TestSilos.Ceiling)).Items.Count(item => item.Id == job.Id));
    }

    [Theory]
    [InlineData(OnUnitFailure.Fail)]
    [InlineData(OnUnitFailure.Skip)]
    public async Task PartialsThatComeBackChanged_FailTheJobWithTheMember(OnUnitFailure onUnitFailure)
    {
        JobHandle job = await SubmitAsync("forgets", "{}", new JobOptions { OnUnitFailure = onUnitFailure, ChunkUnits = 3 });
        JobFailedException failed = await Assert.ThrowsAsync<JobFailedException>(() => job.ResultAsync(TestSilos.Ceiling));
        Assert.Contains("does not come back as it was: sum is ", failed.Message, StringComparison.Ordinal);
        Assert.Contains("and 0 when read back", failed.Message, StringComparison.Ordinal);
        Assert.Equal(JobState.Failed, failed.Status.State);
    }

    [Fact]
    public async Task CombineThatIsNotAssociative_WarnsWithEveryJob()
    {
        for (int i = 0; i < 4; i++)
        {
            JobHandle job = await SubmitAsync("averages", "{}", new JobOptions { ChunkUnits = i == 0 ? null : 4 });
            await ResultAsync(job);
            JobStatus status = await job.GetStatusAsync(TestSilos.Ceiling);
            Assert.Contains("Combine is not associative: of units ", Assert.Single(status.Warnings), StringComparison.Ordinal);
            Assert.Equal(status.Warnings, (await job.GetDetailsAsync(TestSilos.Ceiling)).Warnings);
        }
    }

    [Fact]
    public async Task CombineThatOnlyRounds_WarnsOfNothing()
    {
        JobHandle job = await SubmitAsync("rounds", "{}");
        await ResultAsync(job);
        Assert.Empty((await job.GetStatusAsync(TestSilos.Ceiling)).Warnings);
    }

    [Fact]
    public async Task Fail_ThenRetry_OnlyWhatIsMissingRuns()
    {
        JobHandle job = await SubmitAsync(
            "broken",
            $$"""{"bench":"{{_bench}}","units":200,"broken":[199]}""",
            new JobOptions { MaxAttempts = 1, ChunkUnits = 10 }
        );
        JobFailedException failed = await Assert.ThrowsAsync<JobFailedException>(() => job.ResultAsync(TestSilos.Ceiling));
        Assert.Contains("unit 199 is broken", failed.Message, StringComparison.Ordinal);
        long done = (await job.GetStatusAsync(TestSilos.Ceiling)).Units.Done;
        int executions = Bench.Of(_bench).Executions.Values.Sum();

        Bench.Of(_bench).Gate.Set();
        await job.RetryAsync(TestSilos.Ceiling);
        await ResultAsync(job);
        Assert.Equal(200 - done, Bench.Of(_bench).Executions.Values.Sum() - executions);
    }

    [Fact]
    public async Task Skip_OfAMapJob_TheFailedItemIsAnErrorUntilARetryFillsIt()
    {
        JobHandle job = await SubmitAsync(
            "broken-squares",
            $$"""{"bench":"{{_bench}}"}""",
            new JobOptions { OnUnitFailure = OnUnitFailure.Skip, MaxAttempts = 1 }
        );
        Assert.Equal("0 1 FormatException 9 16 25", await LineAsync(job));
        Bench.Of(_bench).Gate.Set();
        await job.RetryAsync(TestSilos.Ceiling);
        Assert.Equal("0 1 4 9 16 25", await LineAsync(job));
    }

    [Fact]
    public async Task Retry_NothingFailed_IsRefusedWithTheReason()
    {
        JobHandle job = await SubmitAsync("broken", $$"""{"bench":"{{_bench}}"}""");
        await ResultAsync(job);
        RequestException refused = await Assert.ThrowsAnyAsync<RequestException>(() => job.RetryAsync(TestSilos.Ceiling));
        Assert.Contains("no failed units", refused.Message, StringComparison.Ordinal);

        JobHandle canceled = await SubmitAsync("endless", $$"""{"bench":"{{_bench}}"}""");
        await canceled.CancelAsync(null, TestSilos.Ceiling);
        refused = await Assert.ThrowsAnyAsync<RequestException>(() => canceled.RetryAsync(TestSilos.Ceiling));
        Assert.Contains("was canceled", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task UnitTimeout_UnitThatHeedsIt_FailsOnEveryAttemptAndFreesItsSlot()
    {
        JobHandle job = await SubmitAsync(
            "endless",
            $$"""{"bench":"{{_bench}}"}""",
            new JobOptions
            {
                UnitTimeout = TimeSpan.FromMilliseconds(200),
                OnUnitFailure = OnUnitFailure.Skip,
                Speculation = false,
            }
        );
        Assert.Equal("45", await ResultAsync(job));
        UnitFailure failure = Assert.Single((await job.GetStatusAsync(TestSilos.Ceiling)).Failures);
        Assert.Equal((0, 3, "System.TimeoutException"), (failure.Unit, failure.Attempts, failure.Type));
        Assert.Equal(3, Bench.Of(_bench).Executions[0]);
    }

    [Fact]
    public async Task UnitTimeout_UnitInTheMiddleOfALeaseIgnoresIt_ThatUnitIsBlamedAndTheRestIsDone()
    {
        JobHandle job = await SubmitAsync(
            "endless",
            $$"""{"bench":"{{_bench}}","endless":5,"heeds":false}""",
            new JobOptions
            {
                UnitTimeout = TimeSpan.FromMilliseconds(200),
                OnUnitFailure = OnUnitFailure.Skip,
                ChunkUnits = 10,
                MaxAttempts = 1,
            }
        );
        Assert.Equal("40", await ResultAsync(job));
        Assert.Equal(5, Assert.Single((await job.GetStatusAsync(TestSilos.Ceiling)).Failures).Unit);
    }

    [Fact]
    public async Task SlotsLost_MoreThanAreReplaced_TheSiloDrainsAndTheOthersGoOn()
    {
        for (int job = 0; job < 3; job++)
        {
            JobHandle endless = await SubmitAsync(
                "endless",
                $$"""{"bench":"{{_bench}}","units":1,"heeds":false}""",
                new JobOptions { UnitTimeout = TimeSpan.FromMilliseconds(100), MaxAttempts = 1 }
            );
            await Assert.ThrowsAsync<JobFailedException>(() => endless.ResultAsync(TestSilos.Ceiling));
        }

        await _silos.UntilAsync(
            async () => (await _silos.Client.ListSilosAsync()).Any(silo => silo.State == "draining"),
            "a silo with two lost slots drains"
        );
        Assert.NotEmpty(await ResultAsync(await SubmitAsync("broken", $$"""{"bench":"{{_bench}}"}""")));
    }

    [Fact]
    public async Task BadSilo_OfARunningJob_IsShownAsQuarantinedUntilTheJobEnds()
    {
        string bad = (await _silos.Client.ListSilosAsync())[0].Silo;
        JobHandle job = await SubmitAsync(
            "picky",
            $$"""{"bench":"{{_bench}}","bad":"{{bad}}"}""",
            new JobOptions
            {
                ChunkUnits = 1,
                MaxAttempts = 20,
                Speculation = false,
            }
        );
        await _silos.UntilAsync(
            async () => (await _silos.Client.ListSilosAsync()).Any(silo => silo.State == "quarantined" && silo.Silo == bad),
            "the bad silo is quarantined"
        );
        Bench.Of(_bench).Gate.Set();
        Assert.Equal("1770", await ResultAsync(job));
        await _silos.UntilAsync(
            async () => (await _silos.Client.ListSilosAsync()).All(silo => silo.State == "active"),
            "no job speaks of it any more"
        );
    }

    [Fact]
    public async Task Probe_OfAQuarantinedSilo_IsALeaseAtOnce()
    {
        string bad = (await _silos.Client.ListSilosAsync())[0].Silo;
        JobHandle job = await SubmitAsync(
            "moody",
            $$"""{"bench":"{{_bench}}","bad":"{{bad}}"}""",
            new JobOptions
            {
                ChunkUnits = 1,
                MaxAttempts = 100,
                Speculation = false,
            }
        );
        await _silos.UntilAsync(() => IsAsync("quarantined"), "the bad silo is quarantined");
        // Each probe that fails doubles the time that the silo would be left alone: after these it is longer than any test waits.
        for (int probe = 0; probe < 4; probe++)
        {
            int failures = Bench.Of(_bench).Executions[MoodyKind.Failures];
            Assert.Equal("quarantined", (await _silos.Client.ProbeSiloAsync(bad)).State);
            await _silos.UntilAsync(
                () => Task.FromResult(Bench.Of(_bench).Executions[MoodyKind.Failures] > failures),
                "the silo has had another lease"
            );
        }

        Bench.Of(_bench).Gate.Set();
        await _silos.UntilAsync(
            async () =>
            {
                // It may be let back before it is asked for; and the last lease that failed may be on its way, which then says no.
                await Record.ExceptionAsync(() => _silos.Client.ProbeSiloAsync(bad));
                return await IsAsync("active");
            },
            "a probe that succeeds lets the silo back"
        );
        await job.CancelAsync(cancellationToken: TestSilos.Ceiling);

        async Task<bool> IsAsync(string state) =>
            (await _silos.Client.ListSilosAsync()).Any(silo => silo.Silo == bad && silo.State == state);
    }

    [Fact]
    public async Task Deadline_Passes_TheJobFailsOrIsPartial()
    {
        JobOptions options = new() { Deadline = TimeSpan.FromSeconds(3) };
        JobHandle late = await SubmitAsync("endless", $$"""{"bench":"{{_bench}}"}""", options);
        JobFailedException failed = await Assert.ThrowsAsync<JobFailedException>(() => late.ResultAsync(TestSilos.Ceiling));
        Assert.Contains("deadline", failed.Message, StringComparison.Ordinal);

        JobHandle partial = await SubmitAsync("endless", $$"""{"bench":"{{_bench}}"}""", options with { Partial = true });
        Assert.Equal("45", await ResultAsync(partial));
        JobStatus status = await partial.GetStatusAsync(TestSilos.Ceiling);
        Assert.Equal((JobState.Succeeded, 0.9), (status.State, status.Coverage));
    }

    [Fact]
    public async Task Speculation_UnitHangsOnOneSilo_ASecondRunEndsTheJob()
    {
        JobHandle job = await SubmitAsync("endless", $$"""{"bench":"{{_bench}}","units":40,"firstTimeOnly":true}""");
        Assert.Equal("780", await ResultAsync(job));
        Assert.Equal(2, Bench.Of(_bench).Executions[0]);
        Assert.Equal(1, (await job.GetStatusAsync(TestSilos.Ceiling)).Units.Wasted);
    }

    private static async Task<string> ResultAsync(JobHandle job) =>
        Encoding.UTF8.GetString((await job.ResultAsync(TestSilos.Ceiling)).Content);

    private static async Task<string> LineAsync(JobHandle job)
    {
        List<string> parts = [];
        await foreach (UnitResult result in job.UnitResultsAsync(cancellationToken: TestSilos.Ceiling))
            parts.Add(result.Error is { } error ? error.Type.Split('.')[^1] : Encoding.UTF8.GetString(result.Json.Span));
        return string.Join(' ', parts);
    }

    private Task<JobHandle> SubmitAsync(string kind, string input, JobOptions? options = null) =>
        _silos.Client.SubmitAsync(kind, Encoding.UTF8.GetBytes(input), options ?? new JobOptions(), cancellationToken: TestSilos.Ceiling);
}
