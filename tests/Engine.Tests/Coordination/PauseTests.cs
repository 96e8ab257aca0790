using System.Text;
using Microsoft.Extensions.DependencyInjection;
using OrleansWork.Engine.Execution;
using OrleansWork.Engine.Tests.Support;
using OrleansWork.Protocol;
using Xunit;

namespace OrleansWork.Engine.Tests.Coordination;

/// <summary>Pause, resume and cancel while a coordinator starts, and when storage does not answer: what was acknowledged holds.</summary>
public sealed class PauseTests : IAsyncLifetime
{
    private readonly string _name = Guid.NewGuid().ToString("N");
    private TestSilos _silos = null!;

    // More than a manifest keeps: it lies in a page, which nobody but a coordinator that starts reads.
    private readonly string _large = new('x', 40_000);
    private TaskCompletionSource _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _asked;
    private int _read;

    private Bench Bench => Bench.Of(_name);

    public async ValueTask InitializeAsync() => _silos = await TestSilos.StartAsync(1, jobs: jobs => jobs.AddJob<LargeInputKind>());

    public async ValueTask DisposeAsync()
    {
        _gate.TrySetResult();
        await _silos.DisposeAsync();
    }

    [Fact]
    public async Task Resume_WhileTheCoordinatorStarts_RunsToTheEnd()
    {
        JobHandle job = await SubmitAsync();
        await _silos.UntilAsync(async () => (await job.GetStatusAsync()).Units.Done > 0, "some units are done");
        Assert.Equal(JobState.Paused, (await job.PauseAsync()).State);
        await QuietAsync();
        await MoveAsync(job);
        Assert.Equal(JobState.Paused, (await job.GetStatusAsync()).State);
        Assert.NotEqual(JobState.Paused, (await job.ResumeAsync()).State);
        _gate.SetResult();
        Assert.Equal("190", Encoding.UTF8.GetString((await job.ResultAsync(TestSilos.Ceiling)).Content));
    }

    [Fact]
    public async Task Pause_WhileTheCoordinatorStarts_NothingRunsUntilItIsResumed()
    {
        JobHandle job = await SubmitAsync();
        await _silos.UntilAsync(async () => (await job.GetStatusAsync()).Units.Done > 0, "some units are done");
        await MoveAsync(job);
        Assert.Equal(JobState.Paused, (await job.PauseAsync()).State);
        await QuietAsync();
        int executions = Bench.Executions.Values.Sum();
        _gate.SetResult();
        await _silos.UntilAsync(async () => (await job.GetStatusAsync()).Coordinator is not null, "its coordinator has started");
        JobStatus status = await job.GetStatusAsync();
        Assert.Equal(JobState.Paused, status.State);
        Assert.Equal(executions, Bench.Executions.Values.Sum());
        await job.ResumeAsync();
        Assert.Equal("190", Encoding.UTF8.GetString((await job.ResultAsync(TestSilos.Ceiling)).Content));
    }

    [Fact]
    public async Task Cancel_WhileTheCoordinatorStarts_NothingRunsAfterIt()
    {
        JobHandle job = await SubmitAsync();
        await _silos.UntilAsync(async () => (await job.GetStatusAsync()).Units.Done > 0, "some units are done");
        await MoveAsync(job);
        await QuietAsync();
        int read = Volatile.Read(ref _read);
        Assert.Equal(JobState.Canceled, (await job.CancelAsync("enough")).State);
        int executions = Bench.Executions.Values.Sum();
        _gate.SetResult();
        await _silos.UntilAsync(() => Task.FromResult(Volatile.Read(ref _read) > read), "the start goes on");
        JobHandle next = await SubmitAsync(units: 1);
        await next.ResultAsync(TestSilos.Ceiling);
        JobStatus status = await job.GetStatusAsync();
        Assert.Equal((JobState.Canceled, null), (status.State, status.Coordinator));
        Assert.Equal(executions + 1, Bench.Executions.Values.Sum());
    }

    [Fact]
    public async Task Pause_StorageFails_IsRefusedAndTheJobRunsOn()
    {
        JobHandle job = await SubmitAsync();
        await _silos.UntilAsync(async () => (await job.GetStatusAsync()).Units.Done > 0, "some units are done");
        _silos.Storage.BeforeWrite = key => throw new IOException($"{key} cannot be written");
        DocumentReply reply = await _silos.Cluster.Client.GetGrain<IJobGrain>(job.Id).PauseAsync();
        Assert.Equal(ErrorReason.Unavailable, reply.Refusal?.Reason);
        _silos.Storage.BeforeWrite = null;
        Assert.Equal("190", Encoding.UTF8.GetString((await job.ResultAsync(TestSilos.Ceiling)).Content));
    }

    private Task<JobHandle> SubmitAsync(int units = 20) =>
        _silos.Client.SubmitAsync(
            "large-input",
            Encoding.UTF8.GetBytes($$"""{"bench":"{{_name}}","units":{{units}},"large":"{{_large}}"}"""),
            cancellationToken: TestSilos.Ceiling
        );

    private Task QuietAsync() =>
        _silos.UntilAsync(
            () =>
                Task.FromResult(
                    _silos.Cluster.Silos.All(silo =>
                        silo.ServiceProvider.GetRequiredService<ComputePool>().Load().Compute is { Running: 0, Queued: 0 }
                    )
                ),
            "no pool has anything to run"
        );

    /// <summary>Has another coordinator start, and stops it where it reads the input.</summary>
    private async Task MoveAsync(JobHandle job)
    {
        int asked = Volatile.Read(ref _asked);
        _gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _silos.Storage.WhileReading = WaitForPageAsync;
        await _silos.Cluster.DeactivateAsync(_silos.Cluster.Client.GetGrain<IJobGrain>(job.Id));
        await job.GetStatusAsync();
        await _silos.UntilAsync(() => Task.FromResult(Volatile.Read(ref _asked) > asked), "its next coordinator reads the input");
    }

    private async Task WaitForPageAsync(string key)
    {
        if (!key.StartsWith("page", StringComparison.Ordinal))
            return;
        Interlocked.Increment(ref _asked);
        await _gate.Task;
        Interlocked.Increment(ref _read);
    }
}
