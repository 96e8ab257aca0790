using System.Text;
using System.Text.Json;
using OrleansWork.Engine.Storage;
using OrleansWork.Engine.Tests.Support;
using OrleansWork.Protocol;
using Xunit;

namespace OrleansWork.Engine.Tests.Coordination;

public sealed class ItemJobTests : IAsyncLifetime
{
    private readonly string _bench = Guid.NewGuid().ToString("N");
    private TestSilos _silos = null!;

    public async ValueTask InitializeAsync() =>
        _silos = await TestSilos.StartAsync(3, jobs: jobs => jobs.AddJob<SquaresKind>().AddJob<LengthsKind>());

    public ValueTask DisposeAsync() => _silos.DisposeAsync();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(300)]
    public async Task Map_InOrder_GivesEachResultOnce(int items)
    {
        JobHandle<SquaresKind.Output> job = await SubmitAsync(new(_bench, items));
        List<UnitResult<SquaresKind.Output>> results = await ReadAsync(job, inOrder: true);
        Assert.Equal(Enumerable.Range(0, items).Select(i => (long)i), results.Select(result => result.Unit));
        Assert.All(results, result => Assert.Equal(result.Unit * result.Unit, long.Parse(result.Value!.Square)));
        Assert.Equal(1, Listings);
        JobResult lines = await ((JobHandle)job).ResultAsync(TestSilos.Ceiling);
        Assert.Equal("application/x-ndjson", lines.MediaType);
        Assert.Equal(
            items,
            Encoding
                .UTF8.GetString(lines.Content)
                .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => JsonDocument.Parse(line))
                .Count()
        );
    }

    [Fact]
    public async Task Map_WhileItRuns_StreamsWhatIsStored_AndInOrderWaitsForTheMissingOne()
    {
        Bench bench = Bench.Of(_bench);
        JobHandle<SquaresKind.Output> job = await SubmitAsync(new(_bench, 50, GateAt: 20), new JobOptions { ChunkUnits = 1 });
        List<long> unordered = [];
        List<long> ordered = [];
        await foreach (UnitResult<SquaresKind.Output> result in job.UnitResultsAsync(inOrder: false, TestSilos.Ceiling))
        {
            unordered.Add(result.Unit);
            if (unordered.Count == 49)
                break;
        }

        await foreach (UnitResult<SquaresKind.Output> result in job.UnitResultsAsync(inOrder: true, TestSilos.Ceiling))
        {
            ordered.Add(result.Unit);
            if (result.Unit == 19)
                bench.Gate.Set();
        }

        Assert.DoesNotContain(20, unordered);
        Assert.Equal(49, unordered.Distinct().Count());
        Assert.Equal(Enumerable.Range(0, 50).Select(i => (long)i), ordered);
    }

    [Fact]
    public async Task Map_CoordinatorDeactivatedInTheMiddle_GivesEachResultOnceAndListsOnce()
    {
        JobHandle<SquaresKind.Output> job = await SubmitAsync(new(_bench, 1500, PadBytes: 300, Microseconds: 3000));
        Task<List<UnitResult<SquaresKind.Output>>> ordered = ReadAsync(job, inOrder: true);
        Task<List<UnitResult<SquaresKind.Output>>> stored = ReadAsync(job, inOrder: false);
        for (long done = 200; done <= 800; done += 300)
        {
            long wanted = done;
            await _silos.UntilAsync(async () => (await job.GetStatusAsync()).Units.Done >= wanted, $"{wanted} units are done");
            await _silos.Cluster.DeactivateAsync(_silos.Cluster.Client.GetGrain<IJobGrain>(job.Id));
        }

        Assert.Equal(Enumerable.Range(0, 1500).Select(i => (long)i), (await ordered).Select(result => result.Unit));
        Assert.Equal(Enumerable.Range(0, 1500).Select(i => (long)i), (await stored).Select(result => result.Unit).Order());
        Assert.Equal(1, Listings);
    }

    [Fact]
    public async Task Map_AHundredThousandResults_StaysInSmallDocuments()
    {
        const int Items = 100_000;
        JobHandle<SquaresKind.Output> job = await SubmitAsync(new(_bench, Items, PadBytes: 40));
        long next = 0;
        await foreach (UnitResult<SquaresKind.Output> result in job.UnitResultsAsync(inOrder: true, TestSilos.Ceiling))
        {
            Assert.Equal(next, result.Unit);
            Assert.Equal(next, result.Value!.Number);
            next++;
        }

        Assert.Equal(Items, next);
        HashSet<long> stored = [];
        await foreach (UnitResult result in ((JobHandle)job).UnitResultsAsync(inOrder: false, TestSilos.Ceiling))
            Assert.True(stored.Add(result.Unit));
        Assert.Equal(Items, stored.Count);
        Assert.InRange(_silos.Storage.LargestDocument, 1, JobStore.MaxPageBytes + 1024);
        Assert.InRange(_silos.Storage.LargestOf("manifest"), 1, 256 * 1024);
    }

    [Fact]
    public async Task Map_ItemFailsForGood_KeepsTheOtherResultsAndSaysWhy()
    {
        JobHandle<SquaresKind.Output> job = await SubmitAsync(new(_bench, 30, FailAt: 29));
        List<UnitResult<SquaresKind.Output>> results = [];
        JobFailedException failure = await Assert.ThrowsAsync<JobFailedException>(async () =>
        {
            await foreach (UnitResult<SquaresKind.Output> result in job.UnitResultsAsync(inOrder: true, TestSilos.Ceiling))
                results.Add(result);
        });
        Assert.Contains("never works", failure.Message, StringComparison.Ordinal);
        Assert.Equal(results.Select(result => result.Unit).Order(), results.Select(result => result.Unit));
        UnitResult<SquaresKind.Output> failed = Assert.Single(results, result => result.Error is not null);
        Assert.Equal((29L, "never works"), (failed.Unit, failed.Error!.Message));
    }

    [Fact]
    public async Task Map_ListingThrows_TheJobFailsWithItsError()
    {
        JobHandle<SquaresKind.Output> job = await SubmitAsync(new(_bench, 30, FailListingAt: 5));
        JobFailedException failure = await Assert.ThrowsAsync<JobFailedException>(() => ReadAsync(job, inOrder: true));
        Assert.Contains("cannot list", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, -1)]
    [InlineData(1, 0)]
    [InlineData(200, 199 * 200 / 2)]
    public async Task ItemJob_ThatWaits_CombinesItsItems(int words, long letters)
    {
        JobHandle job = await _silos.Client.SubmitAsync(
            "lengths",
            Encoding.UTF8.GetBytes($$"""{"words":{{words}}}"""),
            cancellationToken: TestSilos.Ceiling
        );
        JobResult result = await job.ResultAsync(TestSilos.Ceiling);
        Assert.Equal($$"""{"letters":{{letters}}}""", Encoding.UTF8.GetString(result.Content));
        RequestException refused = await Assert.ThrowsAnyAsync<RequestException>(async () =>
            await job.UnitResultsAsync().FirstAsync(TestSilos.Ceiling)
        );
        Assert.Equal(ErrorReason.Refused, refused.Reason);
    }

    private int Listings => Bench.Of(_bench).Executions[SquaresKind.Listings];

    private Task<JobHandle<SquaresKind.Output>> SubmitAsync(SquaresKind.Input input, JobOptions? options = null) =>
        _silos.Client.SubmitAsync(SquaresKind.Kind, input, options, cancellationToken: TestSilos.Ceiling);

    private static async Task<List<UnitResult<SquaresKind.Output>>> ReadAsync(JobHandle<SquaresKind.Output> job, bool inOrder)
    {
        List<UnitResult<SquaresKind.Output>> results = [];
        await foreach (UnitResult<SquaresKind.Output> result in job.UnitResultsAsync(inOrder, TestSilos.Ceiling))
            results.Add(result);
        return results;
    }
}
