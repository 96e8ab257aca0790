using System.Text.Json;
using OrleansWork.Engine.Tests.Support;
using Xunit;

namespace OrleansWork.Engine.Tests.Placement;

public sealed class DrainTests : IAsyncLifetime
{
    private readonly string _bench = Guid.NewGuid().ToString("N");
    private TestSilos _silos = null!;

    public async ValueTask InitializeAsync() => _silos = await TestSilos.StartAsync(2, jobs: jobs => jobs.AddJob<HeldKind>());

    public ValueTask DisposeAsync() => _silos.DisposeAsync();

    [Fact]
    public async Task Drain_ABusySilo_LetsItsUnitsEndAndGivesItNoMore_UntilUndrained()
    {
        JobHandle job = await SubmitAsync(units: 40);
        await _silos.UntilAsync(async () => (await SilosAsync()).All(silo => silo.Running == 2), "both silos are busy");
        string drained = (await SilosAsync())[0].Silo;
        SiloStatus answer = await _silos.Client.DrainSiloAsync(drained, TestSilos.Ceiling);
        Assert.Equal((drained, "draining", 2), (answer.Silo, answer.State, answer.Running));
        await _silos.UntilAsync(
            async () => (await SilosAsync())[0] is { State: "draining", Queued: 0, Running: 2 },
            "its queue is handed back"
        );

        Bench.Of(_bench).Gate.Set();
        JobStatus ended = await EndAsync(job);
        Assert.Equal((JobState.Succeeded, 40, 0), (ended.State, ended.Units.Done, ended.Units.Failed));
        Assert.Equal(2, Assert.Single(ended.Silos, share => share.Silo == drained).Units);
        Assert.Equal(40, Bench.Of(_bench).Executions.Values.Sum());

        Assert.Equal("active", (await _silos.Client.UndrainSiloAsync(drained, TestSilos.Ceiling)).State);
        string second = Guid.NewGuid().ToString("N");
        job = await SubmitAsync(units: 10, second);
        await _silos.UntilAsync(async () => (await SilosAsync())[0].Running == 2, "the silo runs units again");
        Bench.Of(second).Gate.Set();
        Assert.Equal(JobState.Succeeded, (await EndAsync(job)).State);
    }

    [Fact]
    public async Task Drain_EverySilo_LetsTheJobWaitUntilOneIsUndrained()
    {
        Bench.Of(_bench).Gate.Set();
        SiloStatus[] silos = await SilosAsync();
        foreach (SiloStatus silo in silos)
            await _silos.Client.DrainSiloAsync(silo.Silo, TestSilos.Ceiling);
        JobHandle job = await SubmitAsync(units: 10);
        await _silos.UntilAsync(async () => (await job.GetStatusAsync()).Waiting is not null, "the job says that it waits");
        Assert.Equal(0, (await job.GetStatusAsync()).Units.Done);
        await _silos.Client.UndrainSiloAsync(silos[1].Silo, TestSilos.Ceiling);
        Assert.Equal(JobState.Succeeded, (await EndAsync(job)).State);
    }

    [Fact]
    public async Task Drain_AnAddressWithoutGeneration_IsTheSiloThatHasItNow()
    {
        SiloStatus silo = (await SilosAsync())[1];
        SiloStatus drained = await _silos.Client.DrainSiloAsync(silo.Silo.Split('@')[0], TestSilos.Ceiling);
        Assert.Equal((silo.Silo, "draining"), (drained.Silo, drained.State));
        Assert.Equal("draining", (await _silos.Client.DrainSiloAsync(silo.Silo, TestSilos.Ceiling)).State);
    }

    [Fact]
    public async Task Drain_NoSuchSilo_IsNotFoundAndNamesTheNearest()
    {
        SiloStatus silo = (await SilosAsync())[0];
        RequestException missing = await Assert.ThrowsAnyAsync<RequestException>(() =>
            _silos.Client.DrainSiloAsync(silo.Silo + "1", TestSilos.Ceiling)
        );
        Assert.Equal(ErrorReason.NotFound, missing.Reason);
        Assert.Contains($"Did you mean '{silo.Silo}'?", missing.Message, StringComparison.Ordinal);
    }

    private async Task<SiloStatus[]> SilosAsync() => [.. await _silos.Client.ListSilosAsync(TestSilos.Ceiling)];

    private async Task<JobHandle> SubmitAsync(int units, string? bench = null) =>
        await _silos.Client.SubmitAsync(
            "held",
            JsonSerializer.SerializeToUtf8Bytes(new HeldKind.Input(bench ?? _bench, units), OrleansWorkJson.Payloads),
            new JobOptions { ChunkUnits = 1, Speculation = false },
            cancellationToken: TestSilos.Ceiling
        );

    private static async Task<JobStatus> EndAsync(JobHandle job)
    {
        JobStatus? last = null;
        await foreach (JobStatus status in job.WatchAsync(TestSilos.Ceiling))
            last = status;
        return last!;
    }
}
