using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OrleansWork.Engine.Storage;
using OrleansWork.Engine.Tests.Support;
using OrleansWork.Protocol;
using Xunit;

namespace OrleansWork.Engine.Tests.Coordination;

/// <summary>Options that are changed while a job goes on: what was acknowledged holds, for leases to come, for coordinators to come, and for the catalogue.</summary>
public sealed class ChangeOptionsTests : IAsyncLifetime
{
    private readonly string _name = Guid.NewGuid().ToString("N");
    private TestSilos _silos = null!;

    public async ValueTask InitializeAsync() =>
        _silos = await TestSilos.StartAsync(
            2,
            options => options.Coordinator(coordinator => coordinator.MaxRunningJobsPerSilo = Keys.CatalogShards / 2),
            jobs => jobs.AddJob<GatedKind>()
        );

    public ValueTask DisposeAsync() => _silos.DisposeAsync();

    [Fact]
    public async Task Check_AsManyJobsRunAsMay_SaysThatItWouldWaitForItsTurn()
    {
        byte[] input = Encoding.UTF8.GetBytes($$"""{"bench":"{{_name}}"}""");
        JobHandle running = await _silos.Client.SubmitAsync("gated", input, cancellationToken: TestSilos.Ceiling);
        await _silos.UntilAsync(async () => (await running.GetStatusAsync()).State == JobState.Running, "the job has its place");
        int shard = Keys.CatalogShard(running.Id);
        string[] ids = [.. Enumerable.Range(0, 1_000).Select(i => $"{_name}-{i}")];
        string behind = ids.First(id => Keys.CatalogShard(id) == shard);
        string beside = ids.First(id => Keys.CatalogShard(id) != shard);

        JobCheck waits = await _silos.Client.CheckAsync("gated", input, id: behind, cancellationToken: TestSilos.Ceiling);
        JobCheck starts = await _silos.Client.CheckAsync("gated", input, id: beside, cancellationToken: TestSilos.Ceiling);

        Assert.Equal("queued", waits.WaitsFor?.Code);
        Assert.Null(starts.WaitsFor);
        JobHandle queued = await _silos.Client.SubmitAsync("gated", input, null, behind, TestSilos.Ceiling);
        WaitingFor? waiting = (await queued.ExplainAsync(cancellationToken: TestSilos.Ceiling)).WaitingFor;
        Assert.Equal(waits.WaitsFor?.Code, waiting?.Code);
        Assert.StartsWith(
            "next to start in its part of the catalogue, where 1 job of 1 that may runs",
            waiting!.Text,
            StringComparison.Ordinal
        );
        Bench.Of(_name).Gate.Set();
        await running.ResultAsync(TestSilos.Ceiling);
        await queued.ResultAsync(TestSilos.Ceiling);
    }

    [Fact]
    public async Task Running_EverythingChangedAgainAndAgain_EveryUnitRunsOnceAndTheResultIsTheSame()
    {
        JobHandle job = await _silos.Client.SubmitAsync(
            "synthetic",
            """{"units":600,"microseconds":3000}"""u8.ToArray(),
            new JobOptions { ChunkUnits = 1 },
            cancellationToken: TestSilos.Ceiling
        );
        Random random = new(4711);
        int changes = 0;
        JobStatus status = await job.GetStatusAsync();
        while (!status.IsTerminal)
        {
            JobOptionsChange change = new()
            {
                Placement = (PlacementPolicy)random.Next(4),
                Execution = (ExecutionMode)random.Next(2),
                ChunkUnits = random.Next(2) == 0 ? null : 1 + random.Next(8),
                ChunkTime = TimeSpan.FromMilliseconds(5 + random.Next(100)),
                MaxParallel = random.Next(2) == 0 ? null : 2 + random.Next(3),
                Priority = random.Next(10),
                Speculation = random.Next(2) == 0,
            };
            try
            {
                JobOptions changed = (await job.ChangeOptionsAsync(change)).Options;
                Assert.Equal(change.ApplyTo(changed), changed);
                changes++;
            }
            catch (RequestException refusal) when (refusal.Reason == ErrorReason.Refused)
            {
                Assert.True((await job.GetStatusAsync()).IsTerminal, refusal.Message);
            }

            await Task.Delay(30, TestContext.Current.CancellationToken);
            status = await job.GetStatusAsync();
        }

        Assert.Equal((JobState.Succeeded, 600), (status.State, status.Units.Done));
        // Where speculation was on for a moment, a second attempt may have been overtaken.
        LeaseColumns leases = (await job.GetLeasesAsync(new LeaseQuery(Limit: 10_000))).Columns;
        long second = leases.SpeculativeOf.Zip(leases.UnitCount, static (of, units) => of > 0 ? units : 0).Sum();
        Assert.InRange(status.Units.Wasted, 0, second);
        Assert.Equal("""{"units":600,"checksum":179700}""", Encoding.UTF8.GetString((await job.ResultAsync()).Content));
        Assert.True(changes > 5, $"Only {changes} changes.");
    }

    [Fact]
    public async Task Running_Changed_NextCoordinatorAndARepeatedSubmissionFindTheJobAsItIs()
    {
        JobOptions submitted = new() { ChunkUnits = 1 };
        JobHandle job = await GatedAsync("a", submitted);
        await _silos.UntilAsync(() => Task.FromResult(Bench.Of(Name("a")).Executions.ContainsKey(0)), "it runs");
        JobStatus changed = await job.ChangeOptionsAsync(
            new JobOptionsChange
            {
                Placement = PlacementPolicy.Random,
                ChunkUnits = 2,
                Priority = 9,
            }
        );
        Assert.Equal((PlacementPolicy.Random, 2, 9), (changed.Options.Placement, changed.Options.ChunkUnits, changed.Options.Priority));
        JobMark mark = Assert.Single((await job.GetLeasesAsync(new LeaseQuery())).Marks, mark => mark.Kind == "options");
        Assert.Equal("placement → random, chunkUnits → 2, priority → 9", mark.Text);

        await _silos.Cluster.DeactivateAsync(Grain(job));
        await _silos.UntilAsync(async () => (await job.GetStatusAsync()).State == JobState.Running, "it runs again");
        Assert.Equal(AsJson(changed.Options), AsJson((await job.GetStatusAsync()).Options));
        Assert.Equal(1, (await StoredAsync(job)).OptionsVersion);

        // The same submission is still the same, and one with the options as they are now is another.
        Assert.Equal(job.Id, (await GatedAsync("a", submitted)).Id);
        RequestException conflict = await Assert.ThrowsAnyAsync<RequestException>(() => GatedAsync("a", changed.Options));
        Assert.Equal(ErrorReason.Conflict, conflict.Reason);

        // Back to what it was, by defaults and by value; a change that changes nothing is stored by nobody.
        JobStatus back = await job.ChangeOptionsAsync(
            new JobOptionsChange
            {
                Placement = null,
                ChunkUnits = 1,
                Priority = null,
            }
        );
        Assert.Equal(AsJson(submitted), AsJson(back.Options));
        await job.ChangeOptionsAsync(new JobOptionsChange { ChunkUnits = 1 });
        await job.ChangeOptionsAsync(new JobOptionsChange());
        Assert.Equal(2, (await StoredAsync(job)).OptionsVersion);
        Bench.Of(Name("a")).Gate.Set();
        await job.ResultAsync(TestSilos.Ceiling);
    }

    [Fact]
    public async Task Ended_Changed_IsRefusedAndSoIsAJobThatIsNotThere()
    {
        JobHandle job = await GatedAsync("a");
        Bench.Of(Name("a")).Gate.Set();
        await job.ResultAsync(TestSilos.Ceiling);
        RequestException ended = await Assert.ThrowsAnyAsync<RequestException>(() =>
            job.ChangeOptionsAsync(new JobOptionsChange { Priority = 4 })
        );
        Assert.Equal(
            (ErrorReason.Refused, $"Job {job.Id} has succeeded; only the options of an open job can be changed."),
            (ended.Reason, ended.Message)
        );
        RequestException missing = await Assert.ThrowsAnyAsync<RequestException>(() =>
            _silos.Client.GetJob("nobody").ChangeOptionsAsync(new JobOptionsChange { Priority = 4 })
        );
        Assert.Equal(ErrorReason.NotFound, missing.Reason);
    }

    [Theory]
    [InlineData("""{"priority":10}""", "priority")]
    [InlineData("""{"maxAttempts":1}""", "maxAttempts")]
    [InlineData("[1]", "options")]
    [InlineData("{", "options")]
    public async Task Grain_WrongPatch_IsRefusedWhoeverSentIt(string patch, string field)
    {
        JobHandle job = await GatedAsync("a");
        DocumentReply reply = await Grain(job).ChangeOptionsAsync(Encoding.UTF8.GetBytes(patch));
        Assert.Equal((ErrorReason.WrongInput, field), (reply.Refusal!.Reason, Assert.Single(reply.Refusal.Problems).Field));
        Assert.Equal(0, (await StoredAsync(job)).OptionsVersion);
        Bench.Of(Name("a")).Gate.Set();
    }

    [Fact]
    public async Task StorageFails_IsRefusedAndTheOptionsAreAsTheyWere()
    {
        JobHandle job = await GatedAsync("a");
        _silos.Storage.BeforeWrite = key => throw new IOException($"{key} cannot be written");
        DocumentReply reply = await Grain(job).ChangeOptionsAsync("""{"priority":9}"""u8.ToArray());
        Assert.Equal(ErrorReason.Unavailable, reply.Refusal?.Reason);
        Assert.Equal(4, (await job.GetStatusAsync()).Options.Priority);
        _silos.Storage.BeforeWrite = null;
        Assert.Equal(9, (await job.ChangeOptionsAsync(new JobOptionsChange { Priority = 9 })).Options.Priority);
        Bench.Of(Name("a")).Gate.Set();
    }

    [Fact]
    public async Task StorageFailsAfterItHasWritten_TheChangeIsSeenWithTheNextWrite()
    {
        JobHandle job = await GatedAsync("a");
        _silos.Storage.AfterWrite = key => throw new IOException($"{key} was written, and nobody hears of it");
        DocumentReply reply = await Grain(job).ChangeOptionsAsync("""{"priority":9,"placement":"random"}"""u8.ToArray());
        Assert.Equal(ErrorReason.Unavailable, reply.Refusal?.Reason);
        _silos.Storage.AfterWrite = null;
        JobStatus status = await job.ChangeOptionsAsync(new JobOptionsChange { MaxParallel = 3 });
        Assert.Equal((9, PlacementPolicy.Random, 3), (status.Options.Priority, status.Options.Placement, status.Options.MaxParallel));
        Bench.Of(Name("a")).Gate.Set();
    }

    [Fact]
    public async Task ManyAtOnce_EachChangesItsOwn_AllHold()
    {
        JobHandle job = await GatedAsync("a");
        JobOptionsChange[] changes =
        [
            new() { Placement = PlacementPolicy.LeastLoaded },
            new() { Execution = ExecutionMode.Spawned },
            new() { ChunkTime = TimeSpan.FromMilliseconds(70) },
            new() { ChunkUnits = 3 },
            new() { MaxParallel = 2 },
            new() { Priority = 1 },
            new() { Speculation = false },
        ];
        JobStatus[] answers = await Task.WhenAll(changes.Select(change => job.ChangeOptionsAsync(change)));
        for (int i = 0; i < changes.Length; i++)
            Assert.Equal(answers[i].Options, changes[i].ApplyTo(answers[i].Options));
        JobOptions now = (await job.GetStatusAsync()).Options;
        Assert.Equal(now, changes.Aggregate(now, (options, change) => change.ApplyTo(options)));
        Assert.InRange((await StoredAsync(job)).OptionsVersion, 1, changes.Length);
        Bench.Of(Name("a")).Gate.Set();
        await job.ResultAsync(TestSilos.Ceiling);
    }

    /// <summary>One job a shard may run: of those that wait the one starts next whose priority was raised, though it came last.</summary>
    [Fact]
    public async Task Waiting_PriorityRaised_StartsBeforeThoseThatCameEarlier()
    {
        string[] ids =
        [
            .. Enumerable
                .Range(0, 2_000)
                .Select(number => $"{_name}-{number}")
                .GroupBy(Keys.CatalogShard)
                .First(shard => shard.Count() >= 3)
                .Take(3),
        ];
        JobHandle first = await GatedAsync("first", id: ids[0]);
        await _silos.UntilAsync(() => Task.FromResult(Bench.Of(Name("first")).Executions.ContainsKey(0)), "the first runs");
        JobHandle second = await GatedAsync("second", id: ids[1]);
        JobHandle third = await GatedAsync("third", id: ids[2]);
        Assert.Equal((JobState.Queued, JobState.Queued), ((await second.GetStatusAsync()).State, (await third.GetStatusAsync()).State));

        JobStatus raised = await third.ChangeOptionsAsync(new JobOptionsChange { Priority = 9, ChunkUnits = 2 });
        Assert.Equal((JobState.Queued, 9), (raised.State, raised.Options.Priority));
        Bench.Of(Name("first")).Gate.Set();
        await first.ResultAsync(TestSilos.Ceiling);
        await _silos.UntilAsync(() => Task.FromResult(Bench.Of(Name("third")).Executions.ContainsKey(0)), "the third runs");
        Assert.Equal(JobState.Queued, (await second.GetStatusAsync()).State);
        Assert.Equal(2, (await third.GetStatusAsync()).Options.ChunkUnits);

        Bench.Of(Name("third")).Gate.Set();
        Bench.Of(Name("second")).Gate.Set();
        await third.ResultAsync(TestSilos.Ceiling);
        await second.ResultAsync(TestSilos.Ceiling);
    }

    [Fact]
    public async Task Paused_Changed_StaysPausedAndGoesOnWithIt()
    {
        JobHandle job = await GatedAsync("a");
        await job.PauseAsync();
        JobStatus status = await job.ChangeOptionsAsync(new JobOptionsChange { Execution = ExecutionMode.Spawned });
        Assert.Equal((JobState.Paused, ExecutionMode.Spawned), (status.State, status.Options.Execution));
        await job.ResumeAsync();
        Bench.Of(Name("a")).Gate.Set();
        await job.ResultAsync(TestSilos.Ceiling);
    }

    private static string AsJson(JobOptions options) => JsonSerializer.Serialize(options, OrleansWorkJson.Documents);

    private async Task<JobManifest> StoredAsync(JobHandle job) =>
        (await _silos.Cluster.Silos[0].ServiceProvider.GetRequiredService<JobStore>().Manifest(job.Id).ReadAsync())!;

    private string Name(string job) => $"{_name}-{job}";

    private IJobGrain Grain(JobHandle job) => _silos.Cluster.Client.GetGrain<IJobGrain>(job.Id);

    private Task<JobHandle> GatedAsync(string job, JobOptions? options = null, string? id = null) =>
        _silos.Client.SubmitAsync(
            "gated",
            Encoding.UTF8.GetBytes($$"""{"bench":"{{Name(job)}}","units":6}"""),
            options,
            id ?? Name(job),
            TestSilos.Ceiling
        );
}
