using System.Text;
using Orleans.Runtime;
using OrleansWork.Engine.Tests.Support;
using OrleansWork.Protocol;
using Xunit;

namespace OrleansWork.Engine.Tests.Coordination;

public sealed class CoordinatorMoveTests : IAsyncLifetime
{
    private readonly string _bench = Guid.NewGuid().ToString("N");
    private TestSilos _silos = null!;

    public async ValueTask InitializeAsync() =>
        _silos = await TestSilos.StartAsync(
            3,
            options => options.Engine(engine => engine.DetachAfter = TimeSpan.FromMilliseconds(200)),
            jobs => jobs.AddJob<GatedKind>().AddJob<FailingKind>().AddJob<SlowFinishKind>()
        );

    public ValueTask DisposeAsync() => _silos.DisposeAsync();

    [Fact]
    public async Task Deactivated_LongUnitRunsOn_ResultReachesTheNextCoordinatorAndTheUnitRanOnce()
    {
        Bench bench = Bench.Of(_bench);
        JobHandle job = await SubmitAsync("gated", $$"""{"bench":"{{_bench}}","units":3}""");
        await _silos.UntilAsync(
            async () => (await job.GetStatusAsync()).Units.Done == 2 && bench.Executions.ContainsKey(0),
            "two units are done and one waits"
        );
        await _silos.UntilAsync(() => Task.FromResult(_silos.Storage.Writes >= 3), "a checkpoint is stored");

        for (int move = 0; move < 2; move++)
        {
            await DeactivateAsync(job.Id);
            await _silos.UntilAsync(async () => (await job.GetStatusAsync()).State == JobState.Running, "the job runs again");
        }

        bench.Gate.Set();
        JobResult result = await job.ResultAsync(TestSilos.Ceiling);
        Assert.Equal("\"[[(0)(1)](2)]\"", Encoding.UTF8.GetString(result.Content));
        Assert.Equal(1, bench.Executions[0]);
        Assert.All(bench.Executions, execution => Assert.InRange(execution.Value, 1, 2));
    }

    [Fact]
    public async Task Cancel_LongUnitDetached_IsCancelledAndTheJobEnds()
    {
        Bench bench = Bench.Of(_bench);
        JobHandle job = await SubmitAsync("gated", $$"""{"bench":"{{_bench}}","units":1}""");
        await _silos.UntilAsync(() => Task.FromResult(bench.Executions.ContainsKey(0)), "the unit runs");
        JobStatus status = await job.CancelAsync("enough");
        Assert.Equal(JobState.Canceled, status.State);
        Assert.Contains("enough", status.Error!.Message, StringComparison.Ordinal);
        await _silos.UntilAsync(async () => (await _silos.Client.ListSilosAsync()).All(silo => silo.Running == 0), "no slot is busy");
        JobCanceledException failure = await Assert.ThrowsAsync<JobCanceledException>(() => job.ResultAsync(TestSilos.Ceiling));
        Assert.Equal(JobState.Canceled, failure.Status.State);
    }

    [Fact]
    public async Task Deactivated_AsItEnds_TheRecordSaysAllThatCameOfIt()
    {
        JobOptions options = new() { OnUnitFailure = OnUnitFailure.Skip };
        for (int round = 0; round < 12; round++)
        {
            string name = $"{_bench}-{round}";
            Bench bench = Bench.Of(name);
            byte[] input = Encoding.UTF8.GetBytes($$"""{"bench":"{{name}}"}""");
            JobHandle job = await _silos.Client.SubmitAsync("slow-finish", input, options, null, TestSilos.Ceiling);
            await _silos.UntilAsync(() => Task.FromResult(bench.Executions.ContainsKey(SlowFinishKind.Begun)), "the result is being made");
            Task deactivating = DeactivateAsync(job.Id);
            bench.Gate.Set();
            await deactivating;
            JobResult result = await job.ResultAsync(TestSilos.Ceiling);
            Assert.Equal("42", Encoding.UTF8.GetString(result.Content));
            JobStatus status = await job.GetStatusAsync();
            Assert.Equal(3, Assert.Single(status.Failures).Unit);
            Assert.Equal((9, 1, 0.9), (status.Units.Done, status.Units.Failed, status.Coverage));
        }
    }

    [Fact]
    public async Task Pause_Resumed_RunsEveryUnitToTheEnd()
    {
        JobHandle job = await SubmitAsync("synthetic", """{"units":400,"microseconds":5000}""");
        await _silos.UntilAsync(async () => (await job.GetStatusAsync()).Units.Done > 20, "some units are done");
        Assert.Equal(JobState.Paused, (await job.PauseAsync()).State);
        await _silos.UntilAsync(
            async () => (await _silos.Client.ListSilosAsync()).All(silo => silo.Running + silo.Queued == 0),
            "nothing runs"
        );
        long done = (await job.GetStatusAsync()).Units.Done;
        Assert.InRange(done, 21, 399);
        await DeactivateAsync(job.Id);
        Assert.Equal(JobState.Paused, (await job.GetStatusAsync()).State);
        await job.ResumeAsync();
        JobResult result = await job.ResultAsync(TestSilos.Ceiling);
        Assert.Equal("""{"units":400,"checksum":79800}""", Encoding.UTF8.GetString(result.Content));
    }

    [Fact]
    public async Task UnitThrowsOnce_IsTriedAgain_AndTheJobSucceeds()
    {
        JobHandle job = await SubmitAsync("failing", $$"""{"bench":"{{_bench}}"}""");
        JobResult result = await job.ResultAsync(TestSilos.Ceiling);
        Assert.Equal("45", Encoding.UTF8.GetString(result.Content));
        UnitFailure failure = Assert.Single(result.Status.Failures);
        Assert.Equal((3, 1, "System.FormatException"), (failure.Unit, failure.Attempts, failure.Type));
        Assert.Equal(0, result.Status.Units.Failed);
    }

    [Theory]
    [InlineData("\"failTimes\":99", 3, "failed on all 3 attempts")]
    [InlineData("\"failTimes\":99,\"permanent\":true", 1, "never works")]
    public async Task UnitThrowsForGood_TheJobFailsWithItsError(string field, int attempts, string message)
    {
        JobHandle job = await SubmitAsync("failing", $$"""{"bench":"{{_bench}}",{{field}}}""");
        JobFailedException failure = await Assert.ThrowsAsync<JobFailedException>(() => job.ResultAsync(TestSilos.Ceiling));
        Assert.Contains(message, failure.Message, StringComparison.Ordinal);
        Assert.Equal(3, failure.Status.Error!.Unit);
        Assert.NotNull(failure.Status.Error.Silo);
        Assert.Equal(attempts, Bench.Of(_bench).Executions[3]);
        Assert.Equal(1, failure.Status.Units.Failed);
    }

    [Theory]
    [InlineData("count", "cannot count")]
    [InlineData("prepare", "cannot prepare")]
    [InlineData("finish", "cannot finish")]
    public async Task UserCodeOutsideUnitsThrows_TheJobFailsWithItsError(string where, string message)
    {
        JobHandle job = await SubmitAsync("failing", $$"""{"bench":"{{_bench}}","where":"{{where}}"}""");
        JobFailedException failure = await Assert.ThrowsAsync<JobFailedException>(() => job.ResultAsync(TestSilos.Ceiling));
        Assert.Contains(message, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Submit_SameIdFiftyTimesAtOnce_IsOneJob()
    {
        byte[] input = """{"units":10,"microseconds":10}"""u8.ToArray();
        JobHandle[] jobs = await Task.WhenAll(
            Enumerable.Range(0, 50).Select(_ => _silos.Client.SubmitAsync("synthetic", input, null, "same-id", TestSilos.Ceiling))
        );
        Assert.All(jobs, job => Assert.Equal("same-id", job.Id));
        await jobs[0].ResultAsync(TestSilos.Ceiling);
        Page<JobSummary> listed = await _silos.Client.ListJobsAsync(new JobQuery());
        Assert.Single(listed.Items, job => job.Id == "same-id");
        RequestException refused = await Assert.ThrowsAnyAsync<RequestException>(() =>
            _silos.Client.SubmitAsync("synthetic", """{"units":11}"""u8.ToArray(), null, "same-id", TestSilos.Ceiling)
        );
        Assert.Equal(ErrorReason.Conflict, refused.Reason);
    }

    [Theory]
    [InlineData("syntetic", "{}", "synthetic")]
    [InlineData("synthetic", """{"unitz":3}""", "units")]
    [InlineData("synthetic", """{"units":-3}""", "units")]
    [InlineData("synthetic", """{"units":""", "")]
    public async Task Submit_WrongInput_IsRefusedAndNothingIsRecorded(string kind, string input, string names)
    {
        RequestException refused = await Assert.ThrowsAnyAsync<RequestException>(() =>
            _silos.Client.SubmitAsync(kind, Encoding.UTF8.GetBytes(input), null, "wrong", TestSilos.Ceiling)
        );
        Assert.Equal(ErrorReason.WrongInput, refused.Reason);
        Assert.Contains(names, refused.Message, StringComparison.Ordinal);
        RequestException missing = await Assert.ThrowsAnyAsync<RequestException>(() => _silos.Client.GetJob("wrong").GetStatusAsync());
        Assert.Equal(ErrorReason.NotFound, missing.Reason);
        Assert.Empty((await _silos.Client.ListJobsAsync(new JobQuery())).Items);
    }

    private Task<JobHandle> SubmitAsync(string kind, string input) =>
        _silos.Client.SubmitAsync(kind, Encoding.UTF8.GetBytes(input), cancellationToken: TestSilos.Ceiling);

    private Task DeactivateAsync(string jobId) => _silos.Cluster.DeactivateAsync(_silos.Cluster.Client.GetGrain<IJobGrain>(jobId));
}
