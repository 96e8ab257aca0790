using System.Text;
using OrleansWork.Configuration;
using OrleansWork.Engine.Tests.Support;
using Xunit;

namespace OrleansWork.Engine.Tests.Coordination;

public sealed class LimitTests : IAsyncLifetime
{
    private TestSilos _silos = null!;

    public async ValueTask InitializeAsync() =>
        _silos = await TestSilos.StartAsync(
            1,
            options =>
            {
                options.Engine(engine => engine.MaxPayloadBytes = 64 * 1024);
                options.Coordinator(coordinator => (coordinator.MaxOpenJobs, coordinator.MaxUnits) = (1, 1_000));
            },
            jobs => jobs.AddJob<HeldKind>().AddJob<RollCallKind>()
        );

    public ValueTask DisposeAsync() => _silos.DisposeAsync();

    [Fact]
    public async Task Submit_OneJobTooManyIsOpen_IsRefusedAndTakenOnceOneHasEnded()
    {
        string bench = Guid.NewGuid().ToString("N");
        byte[] input = Encoding.UTF8.GetBytes($$"""{"bench":"{{bench}}","units":2}""");
        // One job a shard of the catalogue: of 33 ids at least two share one.
        List<JobHandle> open = [];
        RequestException? refused = null;
        string refusedId = "";
        for (int i = 0; i < 33 && refused is null; i++)
        {
            try
            {
                refusedId = $"open-{i}";
                open.Add(await _silos.Client.SubmitAsync("held", input, null, refusedId, TestSilos.Ceiling));
            }
            catch (RequestException exception)
            {
                refused = exception;
            }
        }

        Assert.Equal(ErrorReason.LimitReached, refused?.Reason);
        Assert.Contains("MaxOpenJobs", refused!.Message, StringComparison.Ordinal);
        RequestException checkedOnly = await Assert.ThrowsAnyAsync<RequestException>(() =>
            _silos.Client.CheckAsync("held", input, null, refusedId, TestSilos.Ceiling)
        );
        Assert.Equal((refused.Reason, refused.Message), (checkedOnly.Reason, checkedOnly.Message));
        Bench.Of(bench).Gate.Set();
        foreach (JobHandle job in open)
            await job.ResultAsync(TestSilos.Ceiling);
        await _silos.Client.SubmitAsync("held", input, null, refusedId, TestSilos.Ceiling);
    }

    [Fact]
    public async Task Submit_InputOverThePayloadLimit_IsRefused()
    {
        byte[] input = Encoding.UTF8.GetBytes($$"""{"bench":"{{new string('x', 70_000)}}"}""");
        RequestException refused = await Assert.ThrowsAnyAsync<RequestException>(() =>
            _silos.Client.SubmitAsync("held", input, cancellationToken: TestSilos.Ceiling)
        );
        Assert.Equal(ErrorReason.WrongInput, refused.Reason);
        Assert.Contains("> limit 0.06 MiB (MaxPayloadBytes)", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"units":1001}""", "1,001 units > limit 1,000 (MaxUnits)")]
    [InlineData("""{"units":-1}""", "The kind says -1 units")]
    [InlineData("""{"units":1,"padBytes":100000}""", "> limit 0.06 MiB (MaxPayloadBytes)")]
    public async Task Run_OverALimit_FailsWithItsName(string input, string message)
    {
        JobHandle job = await _silos.Client.SubmitAsync("roll-call", Encoding.UTF8.GetBytes(input), cancellationToken: TestSilos.Ceiling);
        JobFailedException failed = await Assert.ThrowsAsync<JobFailedException>(() => job.ResultAsync(TestSilos.Ceiling));
        Assert.Contains(message, failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_OutOfRange_AreNamedAllAtOnce()
    {
        CoordinatorOptions coordinator = new()
        {
            MaxUnits = 0,
            MaxOpenJobs = 0,
            MaxRunningJobsPerSilo = 0,
        };
        EngineOptions engine = new() { MaxPayloadBytes = 1, MaxErrorTextBytes = 1 };
        string problems = string.Join(
            '\n',
            [
                .. new ConfiguredOptions<CoordinatorOptions>(CoordinatorOptions.Section, null).Validate(null, coordinator).Failures ?? [],
                .. new ConfiguredOptions<EngineOptions>(EngineOptions.Section, null).Validate(null, engine).Failures ?? [],
            ]
        );
        foreach (string key in (string[])["MaxUnits", "MaxOpenJobs", "MaxRunningJobsPerSilo"])
            Assert.Contains($"OrleansWork:Coordinator:{key}", problems, StringComparison.Ordinal);
        foreach (string key in (string[])["MaxPayloadBytes", "MaxErrorTextBytes"])
            Assert.Contains($"OrleansWork:Engine:{key}", problems, StringComparison.Ordinal);
    }
}
