using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Runtime;
using Orleans.TestingHost;
using OrleansWork.Engine.Tests.Support;
using OrleansWork.Jobs;
using OrleansWork.Testing;
using Xunit;

namespace OrleansWork.Engine.Tests.Coordination;

public sealed class SpawnedExecutionTests : IAsyncLifetime
{
    private readonly string _bench = Guid.NewGuid().ToString("N");
    private TestSilos _silos = null!;

    public async ValueTask InitializeAsync() =>
        _silos = await TestSilos.StartAsync(
            3,
            options => options.Engine(engine => engine.DetachAfter = TimeSpan.FromMilliseconds(500)),
            jobs => jobs.AddJob<GatedKind>().AddJob<FailingKind>().AddJob<HeldKind>()
        );

    public ValueTask DisposeAsync() => _silos.DisposeAsync();

    [Fact]
    public async Task Run_EveryPolicyAndExecution_GivesTheExactResult()
    {
        Pi.Input points = new(Samples: 3_000_000, Seed: 7, Block: 100_000);
        Pi.Result pi = await LocalRunner.RunAsync(new Pi(), points, cancellationToken: TestSilos.Ceiling);
        foreach (PlacementPolicy placement in Enum.GetValues<PlacementPolicy>())
        {
            foreach (ExecutionMode execution in Enum.GetValues<ExecutionMode>())
            {
                string run = $"{placement} {execution}";
                JobOptions options = new() { Placement = placement, Execution = execution };
                JobHandle<Pi.Result> estimate = await _silos.Client.SubmitAsync(
                    Pi.Kind,
                    points,
                    options,
                    cancellationToken: TestSilos.Ceiling
                );
                Assert.True(pi == await estimate.ResultAsync(TestSilos.Ceiling), run);

                JobHandle job = await SubmitAsync("synthetic", """{"units":300,"microseconds":2000}""", options);
                JobResult result = await job.ResultAsync(TestSilos.Ceiling);
                Assert.True("""{"units":300,"checksum":44850}""" == Encoding.UTF8.GetString(result.Content), run);
                JobDetails details = await job.GetDetailsAsync(TestSilos.Ceiling);
                Assert.Equal((300, 300), (details.Units.Done, details.Silos.Sum(silo => silo.Units)));
                Assert.True(details.Silos.Count(silo => silo.Units > 0) == 3, $"{run}: {string.Join(", ", details.Silos)}");
            }
        }
    }

    [Theory]
    [InlineData(PlacementPolicy.Random)]
    [InlineData(PlacementPolicy.RoundRobin)]
    [InlineData(PlacementPolicy.LeastLoaded)]
    [InlineData(PlacementPolicy.Adaptive)]
    public async Task Run_OneUnitPerChunk_EveryChunkHasAnActivationOfItsOwnAndNoneIsLeft(PlacementPolicy placement)
    {
        using DecisionCounter decisions = new(_silos);
        Bench bench = Bench.Of(_bench);
        JobOptions options = new()
        {
            Placement = placement,
            Execution = ExecutionMode.Spawned,
            ChunkUnits = 1,
        };
        JobHandle job = await SubmitAsync("held", $$"""{"bench":"{{_bench}}","units":30}""", options);
        // Asked once: one whose lease was refused goes again.
        int waiting = 0;
        await _silos.UntilAsync(async () => (waiting = await ActivationsAsync()) >= 6, "spawned workers wait for their units");
        Assert.InRange(waiting, 6, 30);

        bench.Gate.Set();
        JobResult result = await job.ResultAsync(TestSilos.Ceiling);

        Assert.Equal("435", Encoding.UTF8.GetString(result.Content));
        Assert.InRange(result.Status.Leases, 30, 1_000);
        // One more where the coordinator was placed by the same policy; a placement that meets a race is made again. A lease that its silo refuses is
        // none, and was decided about all the same.
        long decided = decisions[placement] - decisions.Refused;
        Assert.InRange(decided, result.Status.Leases, result.Status.Leases + 5);
        await _silos.UntilAsync(async () => await ActivationsAsync() == 0, "no spawned worker is left");
    }

    [Fact]
    public async Task UnitRunsLong_IsDetached_AndItsActivationIsGoneBeforeItEnds()
    {
        Bench bench = Bench.Of(_bench);
        JobHandle job = await SubmitAsync("gated", $$"""{"bench":"{{_bench}}","units":3}""", new() { Execution = ExecutionMode.Spawned });
        await _silos.UntilAsync(
            async () => (await job.GetStatusAsync()).Units.Done == 2 && bench.Executions.ContainsKey(0),
            "two units are done and one waits"
        );
        await _silos.UntilAsync(async () => await ActivationsAsync() == 0, "the waiting unit's worker is gone");

        bench.Gate.Set();

        Assert.Equal("\"[[(0)(1)](2)]\"", Encoding.UTF8.GetString((await job.ResultAsync(TestSilos.Ceiling)).Content));
        Assert.Equal(1, bench.Executions[0]);
    }

    [Fact]
    public async Task Cancel_UnitsRunning_FreesEverySlot()
    {
        JobHandle job = await SubmitAsync(
            "held",
            $$"""{"bench":"{{_bench}}"}""",
            new() { Execution = ExecutionMode.Spawned, ChunkUnits = 1 }
        );
        await _silos.UntilAsync(() => Task.FromResult(Bench.Of(_bench).Executions.Count == 6), "every slot is taken");

        Assert.Equal(JobState.Canceled, (await job.CancelAsync("enough")).State);

        await _silos.UntilAsync(
            async () => (await _silos.Client.ListSilosAsync()).All(silo => silo.Running + silo.Queued == 0),
            "no slot is busy"
        );
        await _silos.UntilAsync(async () => await ActivationsAsync() == 0, "no spawned worker is left");
    }

    [Fact]
    public async Task UnitThrowsOnce_IsTriedAgainOnAnotherSilo()
    {
        JobHandle job = await SubmitAsync("failing", $$"""{"bench":"{{_bench}}"}""", new() { Execution = ExecutionMode.Spawned });
        JobResult result = await job.ResultAsync(TestSilos.Ceiling);
        Assert.Equal("45", Encoding.UTF8.GetString(result.Content));
        UnitFailure failure = Assert.Single(result.Status.Failures);
        Assert.Equal((3, 1, "System.FormatException"), (failure.Unit, failure.Attempts, failure.Type));
        Assert.Contains(_silos.Cluster.Silos, silo => silo.SiloAddress.ToParsableString() == failure.Silo);
    }

    [Theory]
    [InlineData(true, PlacementPolicy.Random)]
    [InlineData(true, PlacementPolicy.Adaptive)]
    [InlineData(false, PlacementPolicy.RoundRobin)]
    [InlineData(false, PlacementPolicy.LeastLoaded)]
    public async Task SiloGoesInMidJob_ResultIsExact(bool killed, PlacementPolicy placement)
    {
        JobOptions options = new() { Placement = placement, Execution = ExecutionMode.Spawned };
        JobHandle job = await SubmitAsync("synthetic", """{"units":1500,"microseconds":4000,"mode":"sleep"}""", options);
        await _silos.UntilAsync(async () => (await job.GetStatusAsync()).Units.Done > 150, "the job runs");
        string? coordinator = (await job.GetDetailsAsync(TestSilos.Ceiling)).Coordinator;
        InProcessSiloHandle victim = _silos.Cluster.Silos.First(silo => silo.SiloAddress.ToParsableString() != coordinator);

        if (killed)
            await _silos.Cluster.KillSiloAsync(victim);
        else
            await _silos.Cluster.StopSiloAsync(victim);
        JobResult result = await job.ResultAsync(TestSilos.Ceiling);

        Assert.Equal("""{"units":1500,"checksum":1124250}""", Encoding.UTF8.GetString(result.Content));
        Assert.Equal((1500, 0), (result.Status.Units.Done, result.Status.Units.Failed));
        Assert.Empty(result.Status.Failures);
    }

    private Task<JobHandle> SubmitAsync(string kind, string input, JobOptions options) =>
        _silos.Client.SubmitAsync(kind, Encoding.UTF8.GetBytes(input), options, cancellationToken: TestSilos.Ceiling);

    /// <summary>Counts the silos' placement decisions by policy.</summary>
    private sealed class DecisionCounter : IDisposable
    {
        private readonly ConcurrentDictionary<string, long> _counts = new(StringComparer.Ordinal);
        private readonly MeterListener _listener = new();

        public DecisionCounter(TestSilos silos)
        {
            HashSet<object> scopes = [.. silos.Cluster.Silos.Select(silo => silo.ServiceProvider.GetRequiredService<IMeterFactory>())];
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (
                    instrument.Name is "orleanswork.placement.decisions" or "orleanswork.leases"
                    && instrument.Meter.Scope is { } scope
                    && scopes.Contains(scope)
                )
                    listener.EnableMeasurementEvents(instrument);
            };
            _listener.SetMeasurementEventCallback<long>(
                (_, count, tags, _) =>
                {
                    foreach (KeyValuePair<string, object?> tag in tags)
                    {
                        if (tag is { Key: "policy" } or { Key: "outcome", Value: "refused" })
                            _counts.AddOrUpdate((string)tag.Value!, count, (_, before) => before + count);
                    }
                }
            );
            _listener.Start();
        }

        public long Refused => _counts.GetValueOrDefault("refused");

        public long this[PlacementPolicy placement] =>
            _counts.GetValueOrDefault(System.Text.Json.JsonNamingPolicy.KebabCaseLower.ConvertName(placement.ToString()));

        public void Dispose() => _listener.Dispose();
    }

    private async Task<int> ActivationsAsync()
    {
        IManagementGrain management = _silos.Cluster.Client.GetGrain<IManagementGrain>(0);
        SimpleGrainStatistic[] statistics = await management.GetSimpleGrainStatistics();
        return statistics
            .Where(grain => grain.GrainType.Contains("SpawnedWorkerGrain", StringComparison.Ordinal))
            .Sum(grain => grain.ActivationCount);
    }
}
