using System.Text;
using OrleansWork.Engine.Tests.Support;
using Xunit;

namespace OrleansWork.Engine.Tests.Coordination;

/// <summary>What caused an exception of user code, wherever it was thrown, arrives at whoever asks for the job.</summary>
public sealed class CausesTests : IAsyncLifetime
{
    private TestSilos _silos = null!;

    public async ValueTask InitializeAsync() =>
        _silos = await TestSilos.StartAsync(1, jobs: jobs => jobs.AddJob<CausesKind>().AddJob<ItemCausesKind>());

    public async ValueTask DisposeAsync() => await _silos.DisposeAsync();

    [Fact]
    public async Task Job_ThrowsAnywhere_ErrorFailuresAndListHaveTheCauses()
    {
        foreach (string part in CausesKind.Parts.Except(["validate"]))
            await FailsAsync("causes", part);
        await FailsAsync("item-causes", "items");
        await FailsAsync("item-causes", "item");
    }

    [Fact]
    public async Task Submit_ValidateThrows_TheRefusalHasTheCauses()
    {
        RequestException refused = await Assert.ThrowsAnyAsync<RequestException>(() => SubmitAsync("causes", "validate", new JobOptions()));
        Assert.EndsWith(CausesKind.Text, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Submit_ConstructorThrows_TheRefusalHasTheCauses()
    {
        CausesKind.IsBroken = true;
        try
        {
            RequestException refused = await Assert.ThrowsAnyAsync<RequestException>(() => SubmitAsync("causes", "unit", new JobOptions()));
            Assert.EndsWith(CausesKind.Text, refused.Message, StringComparison.Ordinal);
        }
        finally
        {
            CausesKind.IsBroken = false;
        }
    }

    [Fact]
    public async Task MapJob_SkipsAFailedItem_ItsErrorHasTheCauses()
    {
        JobOptions skips = new() { MaxAttempts = 1, OnUnitFailure = OnUnitFailure.Skip };
        JobHandle job = await SubmitAsync("item-causes", "item", skips);
        UnitResult? only = null;
        await Assert.ThrowsAsync<JobFailedException>(async () =>
        {
            await foreach (UnitResult result in job.UnitResultsAsync(cancellationToken: TestSilos.Ceiling))
                only = result;
        });
        Assert.EndsWith(
            CausesKind.Text,
            only?.Error?.Message ?? (await job.GetStatusAsync(TestSilos.Ceiling)).Error!.Message,
            StringComparison.Ordinal
        );
    }

    private async Task FailsAsync(string kind, string part)
    {
        JobHandle job = await SubmitAsync(kind, part, new JobOptions { MaxAttempts = 2 });
        JobStatus? ended = null;
        await foreach (JobStatus status in job.WatchAsync(TestSilos.Ceiling))
            ended = status;

        Assert.True(ended?.Error is not null, $"{kind} {part}: {ended?.State}");

        // What does not come back from its codec is told with what to do about it.
        bool told =
            part == "decode"
                ? ended!.Error!.Message.Contains($"({CausesKind.Text})", StringComparison.Ordinal)
                : ended!.Error!.Message.EndsWith(CausesKind.Text, StringComparison.Ordinal);
        Assert.True(ended.State == JobState.Failed && told, $"{part}: {ended.Error}");
        Assert.All(ended.Failures, failure => Assert.Contains(CausesKind.Text, failure.Message, StringComparison.Ordinal));
        if (part is "unit" or "item" or "encode")
            Assert.NotEmpty(ended.Failures);
        JobSummary listed = (await _silos.Client.ListJobsAsync(new JobQuery(), TestSilos.Ceiling)).Items.Single(summary =>
            summary.Id == job.Id
        );
        Assert.Equal(ended.Error, listed.Error);
    }

    private Task<JobHandle> SubmitAsync(string kind, string part, JobOptions options) =>
        _silos.Client.SubmitAsync(
            kind,
            Encoding.UTF8.GetBytes($$"""{"where":"{{part}}"}"""),
            options,
            cancellationToken: TestSilos.Ceiling
        );
}
