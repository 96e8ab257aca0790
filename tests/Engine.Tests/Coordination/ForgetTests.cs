using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OrleansWork.Engine.Catalog;
using OrleansWork.Engine.Tests.Support;
using OrleansWork.Protocol;
using Xunit;

namespace OrleansWork.Engine.Tests.Coordination;

public sealed class ForgetTests : IAsyncLifetime
{
    private readonly string _bench = Guid.NewGuid().ToString("N");
    private TestSilos _silos = null!;

    public async ValueTask InitializeAsync() =>
        _silos = await TestSilos.StartAsync(2, jobs: jobs => jobs.AddJob<TalkingKind>().AddJob<SquaresKind>().AddJob<GatedKind>());

    public ValueTask DisposeAsync() => _silos.DisposeAsync();

    [Fact]
    public async Task Forget_AnEndedJob_LeavesNothingOfItAndItsIdIsFree()
    {
        JobHandle other = await SubmitAsync("squares", """{"items":10}""", "other");
        await EndAsync(other);
        JobHandle job = await SubmitAsync("squares", """{"items":3000,"padBytes":1000}""", "mine");
        await EndAsync(job);
        JobHandle talking = await SubmitAsync("talking", """{"units":4}""", "spoke");
        await foreach (UnitLogLine _ in talking.LogAsync(follow: true, cancellationToken: TestSilos.Ceiling)) { }
        await _silos.UntilAsync(
            () => Task.FromResult(KeysOf("spoke").Any(key => key.StartsWith("log/", StringComparison.Ordinal))),
            "the log is stored"
        );
        Assert.True(KeysOf("mine").Length > 2, "the results of the job are in pages");

        await job.ForgetAsync(TestSilos.Ceiling);
        await talking.ForgetAsync(TestSilos.Ceiling);

        Assert.Empty(KeysOf("mine"));
        Assert.Empty(KeysOf("spoke"));
        foreach (JobHandle gone in (JobHandle[])[job, talking])
        {
            RequestException refused = await Assert.ThrowsAnyAsync<RequestException>(() => gone.GetStatusAsync(TestSilos.Ceiling));
            Assert.Equal(ErrorReason.NotFound, refused.Reason);
        }

        Page<JobSummary> listed = await _silos.Client.ListJobsAsync(new JobQuery(), TestSilos.Ceiling);
        Assert.Equal(["other"], listed.Items.Select(entry => entry.Id));

        // Another job may have the id, and has nothing of the one before.
        JobHandle again = await SubmitAsync("talking", """{"units":2,"lines":1}""", "mine");
        Assert.Equal(JobState.Succeeded, (await EndAsync(again)).State);
        List<UnitLogLine> lines = [];
        await foreach (UnitLogLine line in again.LogAsync(follow: true, cancellationToken: TestSilos.Ceiling))
            lines.Add(line);
        Assert.Equal(2, lines.Count(line => line.Level == "information"));
    }

    [Fact]
    public async Task Forget_AJobThatRuns_IsRefused()
    {
        JobHandle job = await SubmitAsync("gated", $$"""{"bench":"{{_bench}}"}""", "busy");
        RequestException refused = await Assert.ThrowsAnyAsync<RequestException>(() => job.ForgetAsync(TestSilos.Ceiling));
        Assert.Equal(ErrorReason.Refused, refused.Reason);
        Assert.Contains("busy", refused.Message, StringComparison.Ordinal);
        Bench.Of(_bench).Gate.Set();
        Assert.Equal(JobState.Succeeded, (await EndAsync(job)).State);
    }

    [Fact]
    public async Task Forget_StorageFailsInBetween_CanBeRepeated()
    {
        JobHandle job = await SubmitAsync("talking", """{"units":4}""", "hard");
        await EndAsync(job);
        int failures = 2;
        _silos.Storage.BeforeWrite = key =>
        {
            if (key.StartsWith("catalog/", StringComparison.Ordinal) && Interlocked.Decrement(ref failures) >= 0)
                throw new IOException("no");
        };
        await job.ForgetAsync(TestSilos.Ceiling);
        Assert.True(failures < 0, "storage did fail");
        Assert.Empty(KeysOf("hard"));
        Assert.Empty((await _silos.Client.ListJobsAsync(new JobQuery(), TestSilos.Ceiling)).Items);
    }

    [Fact]
    public async Task Remove_FromTheCatalogue_WhereverTheEntryIs()
    {
        ICatalogShardGrain shard = _silos
            .Cluster.Silos[0]
            .ServiceProvider.GetRequiredService<IGrainFactory>()
            .GetGrain<ICatalogShardGrain>(3);
        CatalogEntry[] entries = [.. Enumerable.Range(0, CatalogDocument.MaxTail + 100).Select(i => EntryOf(i))];
        foreach (CatalogEntry entry in entries)
            await shard.OpenAsync(entry);
        await Task.WhenAll(entries.Select(shard.CloseAsync));
        CatalogEntry[] removed = [entries[0], entries[1], entries[200], entries[^1]];
        await Task.WhenAll(removed.Select(RemoveAsync));
        await RemoveAsync(entries[0]);
        await RemoveAsync(entries[2] with { Incarnation = 99 });

        for (int look = 0; look < 2; look++)
        {
            IEnumerable<CatalogEntry> left = await shard.ListAsync(new CatalogQuery(long.MaxValue, "", 1000, null, null));
            Assert.Equal(entries.Except(removed).Select(entry => entry.JobId).Order(), left.Select(entry => entry.JobId).Order());
            // The same again from what is stored.
            await _silos.Cluster.DeactivateAsync(shard);
        }

        Task RemoveAsync(CatalogEntry entry) => shard.RemoveAsync(entry.JobId, entry.Incarnation, entry.SubmittedTicks);
    }

    private static CatalogEntry EntryOf(int number) => new($"job-{number}", (ulong)number, "primes", 1, 4, 1000 + number, [1]);

    private string[] KeysOf(string job) =>
        [
            .. _silos.Storage.Keys.Where(key =>
                key.EndsWith($"/{job}", StringComparison.Ordinal) || key.Contains($"/{job}/", StringComparison.Ordinal)
            ),
        ];

    private async Task<JobHandle> SubmitAsync(string kind, string input, string id)
    {
        JsonElement json = JsonElement.Parse(input);
        if (!json.TryGetProperty("bench", out _))
            input = input.Replace("{", $$"""{"bench":"{{_bench}}",""", StringComparison.Ordinal);
        return await _silos.Client.SubmitAsync(kind, Encoding.UTF8.GetBytes(input), id: id, cancellationToken: TestSilos.Ceiling);
    }

    private static async Task<JobStatus> EndAsync(JobHandle job)
    {
        JobStatus? last = null;
        await foreach (JobStatus status in job.WatchAsync(TestSilos.Ceiling))
            last = status;
        return last!;
    }
}
