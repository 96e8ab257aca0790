using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Runtime;
using Orleans.Storage;
using OrleansWork.Engine.Storage;
using OrleansWork.Engine.Tests.Support;
using Xunit;

namespace OrleansWork.Engine.Tests.Storage;

public sealed class StorageFaultTests : IAsyncLifetime
{
    private const int SeedsAtOnce = 8;
    private TestSilos _silos = null!;
    private ManifestHistory _history = null!;

    private static int Seeds => int.TryParse(Environment.GetEnvironmentVariable("ORLEANSWORK_STORAGE_SEEDS"), out int seeds) ? seeds : 8;

    public async ValueTask InitializeAsync()
    {
        SharedGrainStorage storage = new();
        _history = new ManifestHistory(storage);
        _silos = await TestSilos.StartAsync(
            3,
            options =>
            {
                options.Engine(engine => engine.Slots = 8);
                options.Coordinator(coordinator => coordinator.CheckpointDelay = TimeSpan.Zero);
            },
            jobs => jobs.AddJob<RollCallKind>().AddJob<SquaresKind>().AddJob<GatedKind>(),
            storage
        );
    }

    public ValueTask DisposeAsync() => _silos.DisposeAsync();

    [Fact]
    public async Task Run_TenthOfStorageCallsFails_EveryAcknowledgedJobEndsOnceWithTheExactResult()
    {
        StorageFaults faults = new StorageFaults(_silos.Storage, failing: 0.1, stale: 0.03).Inject();
        ConcurrentQueue<string> acknowledged = new();
        try
        {
            await Parallel.ForEachAsync(
                Enumerable.Range(1, Seeds),
                new ParallelOptions { MaxDegreeOfParallelism = SeedsAtOnce },
                async (seed, _) =>
                {
                    try
                    {
                        await RunSeedAsync(seed, acknowledged);
                    }
                    catch (Exception exception)
                    {
                        throw new InvalidOperationException($"Seed {seed}: {exception.Message}", exception);
                    }
                }
            );
        }
        finally
        {
            faults.IsOn = false;
        }

        Assert.Empty(_history.Violations);
        Assert.True(faults.Injected > 4 * Seeds, $"Only {faults.Injected} faults in {Seeds} seeds.");
        Assert.True(_history.Epochs > acknowledged.Count, "No coordinator ever took over.");
        await ListedAsEndedAsync(acknowledged);
        TestContext.Current.SendDiagnosticMessage(
            $"{Seeds} seeds, {acknowledged.Count} jobs acknowledged, {faults.Injected} storage faults, {_history.Epochs - acknowledged.Count} take-overs, no violation"
        );
    }

    [Fact]
    public async Task Coordinator_AnotherOneTakesTheNextEpoch_DeactivatesItselfAndTheJobEndsOnce()
    {
        Bench bench = Bench.Of(nameof(Coordinator_AnotherOneTakesTheNextEpoch_DeactivatesItselfAndTheJobEndsOnce));
        JobHandle job = await _silos.Client.SubmitAsync(
            "gated",
            JsonSerializer.SerializeToUtf8Bytes(
                new { bench = nameof(Coordinator_AnotherOneTakesTheNextEpoch_DeactivatesItselfAndTheJobEndsOnce) }
            ),
            cancellationToken: TestSilos.Ceiling
        );
        await _silos.UntilAsync(() => Task.FromResult(_history.Last(job.Id)?.Committed.Length > 0), "a checkpoint is stored");

        JobStore store = _silos.Cluster.Silos[0].ServiceProvider.GetRequiredService<JobStore>();
        JobRecord other = new(store, job.Id, NullLogger.Instance);
        int taken = await TakeEpochAsync();

        // The next thing that the first coordinator stores tells it that it is not the one any more.
        bench.Gate.Set();
        Assert.Equal("\"[[(0)(1)](2)]\"", Encoding.UTF8.GetString((await job.ResultAsync(TestSilos.Ceiling)).Content));
        Assert.True(_history.Last(job.Id)!.Epoch > taken, "No coordinator took over from the one that was stale.");
        await Assert.ThrowsAsync<InconsistentStateException>(() => other.WriteAsync((current, _) => current! with { Wasted = 1 }));
        Assert.Equal((1, JobState.Succeeded), (_history.Ends(job.Id), _history.Last(job.Id)!.State));
        Assert.Empty(_history.Violations);

        // The first coordinator may store something between the reading and the writing here.
        async Task<int> TakeEpochAsync()
        {
            while (true)
            {
                await other.LoadAsync();
                try
                {
                    return (await other.BeginEpochAsync(static manifest => manifest)).Epoch;
                }
                catch (InconsistentStateException)
                {
                    Assert.False(TestContext.Current.CancellationToken.IsCancellationRequested);
                }
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Write_FailsThoughItTookPlace_IsKnownAgainByItsWriterAlone(bool somebodyElseWrites)
    {
        JobStore store = _silos.Cluster.Silos[0].ServiceProvider.GetRequiredService<JobStore>();
        JobRecord record = new(store, $"known-again-{somebodyElseWrites}", NullLogger.Instance);
        JobManifest first = new()
        {
            JobId = $"known-again-{somebodyElseWrites}",
            Kind = "none",
            Input = StoredPayload.OfInline([1]),
            OptionsJson = [],
        };
        await record.WriteAsync((_, _) => first);
        _silos.Storage.AfterWrite = _ => throw new IOException("lost reply");
        OrleansException failed = await Assert.ThrowsAsync<OrleansException>(() =>
            record.WriteAsync((current, _) => current! with { Wasted = 5 })
        );
        Assert.Contains("lost reply", failed.Message, StringComparison.Ordinal);
        _silos.Storage.AfterWrite = null;
        Assert.Equal(0, record.Current!.Wasted);
        if (somebodyElseWrites)
            _silos.Storage.Touch(_silos.Storage.Keys.Single(key => key.EndsWith(first.JobId, StringComparison.Ordinal)));

        Task<JobManifest> next = record.WriteAsync((current, _) => current! with { Wasted = current.Wasted + 1 });
        if (somebodyElseWrites)
            await Assert.ThrowsAsync<InconsistentStateException>(() => next);
        else
            Assert.Equal(6, (await next).Wasted);
    }

    private async Task RunSeedAsync(int seed, ConcurrentQueue<string> acknowledged)
    {
        RollCallKind.Input small = new(Units: 40 + (seed % 7));
        // Its partials outgrow the manifest: they are in pages, which fail on their own.
        RollCallKind.Input paged = new(Units: 16, PadBytes: 3_000);
        SquaresKind.Input map = new($"seed-{seed}", Items: 30, PadBytes: 4_000, Microseconds: 2_000);
        await Task.WhenAll(
            RollCallAsync(StorageFaults.JobId(seed, 1), small, chunkUnits: 1 + (seed % 3)),
            RollCallAsync(StorageFaults.JobId(seed, 2), paged, chunkUnits: 2),
            SquaresAsync(StorageFaults.JobId(seed, 3), map)
        );

        async Task RollCallAsync(string id, RollCallKind.Input input, long chunkUnits)
        {
            JobHandle<string> job = await _silos.Client.SubmitAsync(
                RollCallKind.Kind,
                input,
                new JobOptions { ChunkUnits = chunkUnits },
                id,
                TestSilos.Ceiling
            );
            acknowledged.Enqueue(id);
            Assert.NotNull(_history.Last(id));
            string result = await job.ResultAsync(TestSilos.Ceiling);
            Assert.Equal(RollCallKind.Expected(input), result);
            await EndedOnceAsync(job, input.Units);
        }

        async Task SquaresAsync(string id, SquaresKind.Input input)
        {
            JobHandle<SquaresKind.Output> job = await _silos.Client.SubmitAsync(
                SquaresKind.Kind,
                input,
                new JobOptions { ChunkUnits = 3 },
                id,
                TestSilos.Ceiling
            );
            acknowledged.Enqueue(id);
            List<long> units = [];
            await foreach (UnitResult result in ((JobHandle)job).UnitResultsAsync(inOrder: true, TestSilos.Ceiling))
            {
                Assert.True(result.Error is null, $"Unit {result.Unit} failed: {result.Error?.Message}");
                Assert.Equal(result.Unit, JsonSerializer.Deserialize<JsonElement>(result.Json.Span).GetProperty("number").GetInt64());
                units.Add(result.Unit);
            }

            Assert.Equal(Enumerable.Range(0, (int)input.Items).Select(unit => (long)unit), units);
            await EndedOnceAsync(job, input.Items);
        }
    }

    private async Task EndedOnceAsync(JobHandle job, long units)
    {
        JobManifest stored = _history.Last(job.Id)!;
        Assert.Equal(JobState.Succeeded, stored.State);
        Assert.Equal(1, _history.Ends(job.Id));
        JobStatus status = await job.GetStatusAsync(TestSilos.Ceiling);
        Assert.Equal((JobState.Succeeded, units), (status.State, status.Units.Done));
    }

    private Task ListedAsEndedAsync(IReadOnlyCollection<string> ids) =>
        _silos.UntilAsync(
            async () =>
            {
                List<JobSummary> listed = [];
                string? cursor = null;
                do
                {
                    Page<JobSummary> page = await _silos.Client.ListJobsAsync(new JobQuery { Limit = 500, Cursor = cursor });
                    listed.AddRange(page.Items);
                    cursor = page.NextCursor;
                } while (cursor is not null);
                return listed.Count(job => job.State == JobState.Succeeded) == ids.Count
                    && listed.Select(job => job.Id).ToHashSet(StringComparer.Ordinal).SetEquals(ids);
            },
            "the catalogue lists every acknowledged job once, as ended"
        );
}
