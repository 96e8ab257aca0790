using System.Collections.Immutable;
using Microsoft.Extensions.DependencyInjection;
using OrleansWork.Engine.Catalog;
using OrleansWork.Engine.Tests.Support;
using OrleansWork.Protocol;
using Xunit;

namespace OrleansWork.Engine.Tests.Catalog;

/// <summary>One shard by itself: what it takes, starts, lists and stores. Its jobs are entries without coordinators.</summary>
public sealed class CatalogShardGrainTests : IAsyncLifetime
{
    private const int Number = 7;
    private const int MostOpen = 3;
    private const int MostRunning = 2;
    private static readonly long Now = TimeProvider.System.GetUtcNow().UtcTicks;
    private TestSilos _silos = null!;

    private ICatalogShardGrain Shard =>
        _silos.Cluster.Silos[0].ServiceProvider.GetRequiredService<IGrainFactory>().GetGrain<ICatalogShardGrain>(Number);

    public async ValueTask InitializeAsync() =>
        _silos = await TestSilos.StartAsync(
            1,
            options =>
                options.Coordinator(coordinator =>
                {
                    coordinator.MaxOpenJobs = MostOpen * Keys.CatalogShards;
                    coordinator.MaxRunningJobsPerSilo = MostRunning * Keys.CatalogShards;
                    coordinator.OpenWithoutManifest = TimeSpan.FromHours(1);
                    coordinator.CatalogCloseDelay = TimeSpan.FromMilliseconds(10);
                })
        );

    public ValueTask DisposeAsync() => _silos.DisposeAsync();

    [Fact]
    public async Task Open_BeyondTheShardsShare_IsRefusedUntilOneIsClosed()
    {
        for (int i = 0; i < MostOpen; i++)
            Assert.True((await Shard.OpenAsync(Entry(i))).Accepted);
        Assert.False((await Shard.OpenAsync(Entry(MostOpen))).Accepted);
        // The same one again is no further one.
        Assert.True((await Shard.OpenAsync(Entry(0))).Accepted);

        await Shard.CloseAsync(Entry(1));
        Assert.True((await Shard.OpenAsync(Entry(MostOpen))).Accepted);
    }

    [Fact]
    public async Task Open_NotStored_IsNotAccepted_AndNotThere()
    {
        _silos.Storage.BeforeWrite = key =>
        {
            if (key.StartsWith("catalog/", StringComparison.Ordinal))
                throw new IOException("away");
        };
        await Assert.ThrowsAnyAsync<Exception>(() => Shard.OpenAsync(Entry(0)));
        _silos.Storage.BeforeWrite = null;
        Assert.Empty(await ListAsync());

        Assert.True((await Shard.OpenAsync(Entry(0))).Accepted);
        await _silos.Cluster.DeactivateAsync(Shard);
        Assert.Equal(["job-0"], await ListAsync());
    }

    [Fact]
    public async Task Recorded_AsManyAsMayRun_RunTheRestWait_ByPriorityThenAge()
    {
        CatalogEntry[] entries = [Entry(0), Entry(1, priority: 1), Entry(2, priority: 9)];
        foreach (CatalogEntry entry in entries)
            await Shard.OpenAsync(entry);
        Assert.True(await Shard.RecordedAsync("job-0"));
        Assert.True(await Shard.RecordedAsync("job-1"));
        Assert.False(await Shard.RecordedAsync("job-2"));
        Assert.True(await Shard.RecordedAsync("job-0"), "It was told before.");
        Assert.False(await Shard.RecordedAsync("nobody"), "It was never opened.");

        await Shard.CloseAsync(entries[0]);
        await Shard.OpenAsync(Entry(3, priority: 0));
        Assert.False(await Shard.RecordedAsync("job-3"));
        Assert.Equal(["job-1", "job-2"], await RunningAsync());
        await Shard.CloseAsync(entries[2]);
        Assert.Equal(["job-1", "job-3"], await RunningAsync());
    }

    [Fact]
    public async Task Prioritize_OpenJobs_HaveTheirNewPriorityInTheNextActivation_AndNobodyStartsForIt()
    {
        foreach (int i in new[] { 0, 1 })
        {
            await Shard.OpenAsync(Entry(i));
            Assert.True(await Shard.RecordedAsync($"job-{i}"));
        }

        await Shard.OpenAsync(Entry(2));
        Assert.False(await Shard.RecordedAsync("job-2"));
        await Shard.PrioritizeAsync("job-1", 9);
        await Shard.PrioritizeAsync("job-2", 8);
        await Shard.PrioritizeAsync("nobody", 8);
        Assert.Equal(["job-0", "job-1"], await RunningAsync());
        await _silos.UntilAsync(
            async () =>
            {
                await _silos.Cluster.DeactivateAsync(Shard);
                CatalogQuery all = new(long.MaxValue, "", 1000, null, null);
                return (await Shard.ListAsync(all)).Select(entry => entry.Priority).SequenceEqual([8, 9, 4]);
            },
            "the next activation reads both priorities"
        );
    }

    [Fact]
    public async Task Scan_OpenedAndNeverRecorded_IsKeptForAWhile()
    {
        await Shard.OpenAsync(Entry(0));
        await Shard.OpenAsync(Entry(1, submitted: TimeSpan.FromHours(-2)));
        await Shard.ScanAsync();
        await _silos.UntilAsync(async () => (await ListAsync()).SequenceEqual(["job-0"]), "the older one to be dropped");
        await Shard.ScanAsync();
        Assert.Equal(["job-0"], await ListAsync());
    }

    [Fact]
    public async Task List_PagesAndTail_AreOneList_NewestFirst_ByCursorKindAndText()
    {
        CatalogEntry[] entries =
        [
            .. Enumerable.Range(0, (2 * CatalogDocument.MaxTail) + 10).Select(i => Entry(i, i % 2 == 0 ? "even" : "odd")),
        ];
        foreach (CatalogEntry entry in entries)
        {
            Assert.True((await Shard.OpenAsync(entry)).Accepted);
            await Shard.CloseAsync(entry);
        }

        string[] newestFirst = [.. entries.Reverse().Select(entry => entry.JobId)];
        for (int look = 0; look < 2; look++)
        {
            Assert.Equal(newestFirst, await ListAsync());
            List<string> paged = [];
            CatalogQuery query = new(long.MaxValue, "", 100, null, null);
            while (await Shard.ListAsync(query) is { IsEmpty: false } page)
            {
                paged.AddRange(page.Select(entry => entry.JobId));
                query = query with { BeforeTicks = page[^1].SubmittedTicks, BeforeId = page[^1].JobId };
            }

            Assert.Equal(newestFirst, paged);
            Assert.All(await Shard.ListAsync(new(long.MaxValue, "", 1000, "odd", null)), entry => Assert.Equal("odd", entry.Kind));
            Assert.Equal(
                newestFirst.Where(id => id.Contains("-40", StringComparison.Ordinal)),
                (await Shard.ListAsync(new(long.MaxValue, "", 1000, null, "JOB-40"))).Select(entry => entry.JobId)
            );

            // The same again from what is stored.
            await _silos.UntilAsync(() => Task.FromResult(_silos.Storage.Keys.Any(IsPage)), "pages to be written");
            await _silos.Cluster.DeactivateAsync(Shard);
        }

        static bool IsPage(string key) => key.Contains($"catalog-{Number}", StringComparison.Ordinal);
    }

    private static CatalogEntry Entry(int number, string kind = "sum", int priority = 4, TimeSpan submitted = default) =>
        new($"job-{number}", (ulong)number + 1, kind, 1, priority, Now + number + submitted.Ticks, Summary: null);

    private async Task<IReadOnlyList<string>> ListAsync() =>
        [.. (await Shard.ListAsync(new CatalogQuery(long.MaxValue, "", 1000, null, null))).Select(entry => entry.JobId)];

    private async Task<IReadOnlyList<string>> RunningAsync()
    {
        ImmutableArray<CatalogEntry> entries = await Shard.ListAsync(new CatalogQuery(long.MaxValue, "", 1000, null, null));
        return [.. entries.Where(entry => entry.Started).Select(entry => entry.JobId).Order(StringComparer.Ordinal)];
    }
}
