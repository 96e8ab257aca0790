using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using OrleansWork.Engine.Catalog;
using OrleansWork.Engine.Storage;
using OrleansWork.Engine.Tests.Support;
using OrleansWork.Protocol;
using Xunit;

namespace OrleansWork.Engine.Tests.Catalog;

/// <summary>What cannot be read costs its own row of a list, and is told; the rest is listed.</summary>
public sealed class JobListerTests : IAsyncLifetime
{
    private TestSilos _silos = null!;

    public async ValueTask InitializeAsync() => _silos = await TestSilos.StartAsync(1);

    public ValueTask DisposeAsync() => _silos.DisposeAsync();

    [Fact]
    public async Task List_RecordsThatCannotBeRead_CostTheirOwnRows()
    {
        // Two jobs in one shard, one elsewhere.
        string[] ids = [.. Enumerable.Range(0, 400).Select(i => $"job-{i}")];
        IGrouping<int, string> shared = ids.GroupBy(Keys.CatalogShard).First(group => group.Count() >= 4);
        string[] inShard = [.. shared.Take(4)];
        string other = ids.First(id => Keys.CatalogShard(id) != shared.Key);
        foreach (string id in inShard.Append(other))
        {
            JobHandle job = await _silos.Client.SubmitAsync("sum", """{"numbers":[1,2]}"""u8.ToArray(), null, id, TestSilos.Ceiling);
            await job.ResultAsync(TestSilos.Ceiling);
        }

        await _silos.UntilAsync(async () => (await ListAsync()).Items.All(job => job.State == JobState.Succeeded), "all are closed");
        (string unreadable, string lost, string timeless) = (inShard[0], inShard[1], inShard[2]);
        await _silos.UntilAsync(() => Task.FromResult(Tail(shared.Key).Count == 4), "the shard has stored its ended jobs");
        _silos.Storage.Change($"manifest/ow-job/{lost}", _ => "gone"u8.ToArray());
        await ChangeAsync(
            shared.Key,
            document =>
                document with
                {
                    Tail =
                    [
                        .. document.Tail.Select(entry =>
                            entry.JobId == timeless ? entry with { SubmittedTicks = -5, Summary = null }
                            : entry.JobId == unreadable || entry.JobId == lost ? entry with { Summary = "{\"state\":17"u8.ToArray() }
                            : entry
                        ),
                    ],
                    Pages = [new CatalogPage(77, 3, long.MaxValue)],
                }
        );
        await _silos.Cluster.DeactivateAsync(_silos.Cluster.Client.GetGrain<IJobGrain>(lost));

        Page<JobSummary> page = await ListAsync();
        Assert.Equal(inShard.Append(other).Order(), page.Items.Select(job => job.Id).Order());
        Dictionary<string, JobSummary> rows = page.Items.ToDictionary(job => job.Id);
        Assert.Equal((JobState.Succeeded, null), (rows[inShard[3]].State, rows[inShard[3]].Error));

        // Its coordinator knows what the catalogue does not.
        Assert.Equal((JobState.Succeeded, null), (rows[unreadable].State, rows[unreadable].Error));
        Assert.Contains($"Job {lost} cannot be shown whole: JsonException", rows[lost].Error!.Message, StringComparison.Ordinal);
        Assert.Equal(DateTimeOffset.MinValue, rows[timeless].SubmittedAt);
        Assert.Contains(
            $"3 ended jobs of catalogue shard {shared.Key} cannot be listed: The stored page 0/77",
            Assert.Single(page.Warnings!),
            StringComparison.Ordinal
        );

        // A job beside the page that is gone can still be forgotten.
        await _silos.Client.GetJob(inShard[3]).ForgetAsync(TestSilos.Ceiling);
        Assert.DoesNotContain(inShard[3], (await ListAsync()).Items.Select(job => job.Id));
    }

    [Fact]
    public async Task List_AShardThatCannotBeRead_CostsItsOwnJobs()
    {
        string[] ids = ["a", "b", "c", "d", "e"];
        foreach (string id in ids)
            await (await _silos.Client.SubmitAsync("sum", """{"numbers":[1]}"""u8.ToArray(), null, id, TestSilos.Ceiling)).ResultAsync(
                TestSilos.Ceiling
            );
        int shard = Keys.CatalogShard("a");
        await _silos.UntilAsync(() => Task.FromResult(Tail(shard).Count > 0), "the shard has stored its ended jobs");
        _silos.Storage.Change(KeyOf(shard), _ => "no document"u8.ToArray());
        await _silos.Cluster.DeactivateAsync(_silos.Cluster.Client.GetGrain<ICatalogShardGrain>(shard));

        Page<JobSummary> page = await ListAsync();
        Assert.Equal(ids.Where(id => Keys.CatalogShard(id) != shard), page.Items.Select(job => job.Id).Order());
        Assert.StartsWith(
            $"The jobs of catalogue shard {shard} cannot be listed: ",
            Assert.Single(page.Warnings!),
            StringComparison.Ordinal
        );
    }

    private Serializer Serializer => _silos.Cluster.Silos[0].ServiceProvider.GetRequiredService<Serializer>();

    private Task<Page<JobSummary>> ListAsync() => _silos.Client.ListJobsAsync(new JobQuery(Limit: 1000), TestSilos.Ceiling);

    private string KeyOf(int shard) => $"catalog/{_silos.Cluster.Client.GetGrain<ICatalogShardGrain>(shard).GetGrainId()}";

    private IReadOnlyList<CatalogEntry> Tail(int shard) => Parse(_silos.Storage.Read(KeyOf(shard))).Tail;

    private CatalogDocument Parse(byte[] stored) =>
        Serializer.Deserialize<CatalogDocument>(Serializer.Deserialize<StoredDocument>(stored)!.Content)!;

    private async Task ChangeAsync(int shard, Func<CatalogDocument, CatalogDocument> change)
    {
        _silos.Storage.Change(
            KeyOf(shard),
            bytes =>
                Serializer.SerializeToArray(
                    StoredDocument.Of(CatalogDocument.CurrentSchema, Serializer.SerializeToArray(change(Parse(bytes))))
                )
        );
        await _silos.Cluster.DeactivateAsync(_silos.Cluster.Client.GetGrain<ICatalogShardGrain>(shard));
    }
}
