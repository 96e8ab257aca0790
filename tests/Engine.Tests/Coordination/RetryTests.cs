using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using OrleansWork.Engine.Storage;
using OrleansWork.Engine.Tests.Support;
using OrleansWork.Protocol;
using Xunit;

namespace OrleansWork.Engine.Tests.Coordination;

/// <summary>What a retry can do about a job that did not fail by its units.</summary>
public sealed class RetryTests : IAsyncLifetime
{
    private readonly string _bench = Guid.NewGuid().ToString("N");
    private TestSilos _silos = null!;

    public async ValueTask InitializeAsync() => _silos = await TestSilos.StartAsync(1, jobs: jobs => jobs.AddJob<FailingKind>());

    public ValueTask DisposeAsync() => _silos.DisposeAsync();

    [Fact]
    public async Task Retry_TheKindFailedOutsideItsUnits_IsRefusedUntilItsCodeChanges()
    {
        JobHandle job = await FailAsync("finish");
        RequestException refused = await Assert.ThrowsAnyAsync<RequestException>(() => job.RetryAsync(TestSilos.Ceiling));
        Assert.Equal(ErrorReason.Refused, refused.Reason);
        Assert.Contains("has no failed units: it is its kind that failed", refused.Message, StringComparison.Ordinal);
        Assert.EndsWith($"Job {job.Id} failed: Finish: cannot finish", refused.Message, StringComparison.Ordinal);

        // As after a start of the silos with another build of the kind.
        Serializer serializer = _silos.Cluster.Silos[0].ServiceProvider.GetRequiredService<Serializer>();
        _silos.Storage.Change(
            $"manifest/ow-job/{job.Id}",
            bytes =>
            {
                JobManifest manifest = serializer.Deserialize<JobManifest>(serializer.Deserialize<StoredDocument>(bytes)!.Content)!;
                manifest = manifest with { FailedBuild = Guid.NewGuid() };
                return serializer.SerializeToArray(StoredDocument.Of(JobManifest.CurrentSchema, serializer.SerializeToArray(manifest)));
            }
        );
        await _silos.Cluster.DeactivateAsync(_silos.Cluster.Client.GetGrain<IJobGrain>(job.Id));
        Assert.False((await job.RetryAsync(TestSilos.Ceiling)).State is JobState.Failed);
        await Assert.ThrowsAsync<JobFailedException>(() => job.ResultAsync(TestSilos.Ceiling));
    }

    [Fact]
    public async Task Retry_BeforeThereWereUnits_IsRefusedWithWhatFailed()
    {
        JobHandle job = await FailAsync("count");
        RequestException refused = await Assert.ThrowsAnyAsync<RequestException>(() => job.RetryAsync(TestSilos.Ceiling));
        Assert.Contains("failed before it had units", refused.Message, StringComparison.Ordinal);
        Assert.EndsWith("cannot count", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Retry_SilosCouldNotPrepareTheJob_TriesAgain()
    {
        JobHandle job = await FailAsync("prepare");
        Assert.False((await job.RetryAsync(TestSilos.Ceiling)).State is JobState.Failed);
        JobFailedException again = await Assert.ThrowsAsync<JobFailedException>(() => job.ResultAsync(TestSilos.Ceiling));
        Assert.Contains("cannot prepare", again.Message, StringComparison.Ordinal);
    }

    private async Task<JobHandle> FailAsync(string where)
    {
        byte[] input = Encoding.UTF8.GetBytes($$"""{"bench":"{{_bench}}","where":"{{where}}"}""");
        JobHandle job = await _silos.Client.SubmitAsync(
            "failing",
            input,
            new JobOptions { MaxAttempts = 1 },
            cancellationToken: TestSilos.Ceiling
        );
        await Assert.ThrowsAsync<JobFailedException>(() => job.ResultAsync(TestSilos.Ceiling));
        return job;
    }
}
