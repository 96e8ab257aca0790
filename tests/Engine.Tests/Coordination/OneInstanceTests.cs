using System.Collections.Concurrent;
using System.Text;
using OrleansWork.Engine.Tests.Support;
using Xunit;

namespace OrleansWork.Engine.Tests.Coordination;

/// <summary>One instance of a kind serves a job on a silo, whatever is asked of it, and is prepared before all that.</summary>
public sealed class OneInstanceTests : IAsyncLifetime
{
    private readonly string _bench = Guid.NewGuid().ToString("N");
    private TestSilos _silos = null!;

    public async ValueTask InitializeAsync() =>
        _silos = await TestSilos.StartAsync(2, jobs: jobs => jobs.AddJob<PreparedKind>().AddJob<PreparedItems>());

    public ValueTask DisposeAsync() => _silos.DisposeAsync();

    [Theory]
    [InlineData("prepared-kind", 40, "780")]
    [InlineData("prepared-kind", 0, "-1")]
    [InlineData("prepared-items", 12, "66")]
    public async Task Job_OfAKindThatNeedsItsPreparation_SucceedsWithOneInstanceASilo(string kind, int units, string expected)
    {
        byte[] input = Encoding.UTF8.GetBytes($$"""{"bench":"{{_bench}}","units":{{units}}}""");
        JobHandle job = await _silos.Client.SubmitAsync(kind, input, new JobOptions { ChunkUnits = 1 }, null, TestSilos.Ceiling);
        JobResult result = await job.ResultAsync(TestSilos.Ceiling);
        Assert.Equal(expected, Encoding.UTF8.GetString(result.Content));
        Assert.InRange(Prepared.Instances(_bench), 1, 2);
        await _silos.UntilAsync(() => Task.FromResult(Prepared.Alive(_bench) == 0), "the instances end with the job");
    }

    [Fact]
    public async Task Prepare_FailsOnTheCoordinatorsSiloOnly_TheJobGoesElsewhere()
    {
        byte[] input = Encoding.UTF8.GetBytes($$"""{"bench":"{{_bench}}","units":20,"fails":1}""");
        JobHandle job = await _silos.Client.SubmitAsync("prepared-kind", input, new JobOptions(), null, TestSilos.Ceiling);
        JobResult result = await job.ResultAsync(TestSilos.Ceiling);
        Assert.Equal("190", Encoding.UTF8.GetString(result.Content));
    }

    [Fact]
    public async Task Prepare_FailsEverywhere_TheJobFailsAndSaysWhatAndWhere()
    {
        byte[] input = Encoding.UTF8.GetBytes($$"""{"bench":"{{_bench}}","units":20,"fails":1000}""");
        JobHandle job = await _silos.Client.SubmitAsync("prepared-kind", input, new JobOptions(), null, TestSilos.Ceiling);
        JobFailedException failure = await Assert.ThrowsAsync<JobFailedException>(() => job.ResultAsync(TestSilos.Ceiling));
        Assert.Contains("Preparing the job failed on silo", failure.Status.Error!.Message, StringComparison.Ordinal);
        Assert.Contains("no table here", failure.Status.Error.Message, StringComparison.Ordinal);
    }
}

/// <summary>What instances of the two kinds below have in common.</summary>
internal static class Prepared
{
    private static readonly ConcurrentDictionary<string, Counts> s_counts = new(StringComparer.Ordinal);

    public static int Instances(string bench) => s_counts[bench].Made;

    public static int Alive(string bench) => s_counts[bench].Alive;

    public static void Begin(string bench, int fails)
    {
        Counts counts = s_counts.GetOrAdd(bench, static _ => new Counts());
        if (Interlocked.Increment(ref counts.Tries) <= fails)
            throw new InvalidOperationException("no table here");
        Interlocked.Increment(ref counts.Made);
        Interlocked.Increment(ref counts.Alive);
    }

    public static void End(string bench) => Interlocked.Decrement(ref s_counts[bench].Alive);

    private sealed class Counts
    {
        public int Tries;
        public int Made;
        public int Alive;
    }
}

/// <summary>Every member needs what its preparation has set up.</summary>
[JobKind("prepared-kind")]
public sealed class PreparedKind : JobKind<PreparedKind.Input, long, long>, IDisposable
{
    private long[]? _table;
    private string? _bench;

    public sealed record Input(string Bench, int Units, int Fails = 0);

    public override ValueTask PrepareAsync(Input input, CancellationToken cancellationToken)
    {
        Prepared.Begin(input.Bench, input.Fails);
        (_table, _bench) = ([.. Enumerable.Range(0, input.Units).Select(unit => (long)unit)], input.Bench);
        return ValueTask.CompletedTask;
    }

    public override long CountUnits(Input input) => _table!.Length;

    public override long RunUnit(Input input, long unit, UnitContext context) => _table![unit];

    public override long Combine(long left, long right) => _table!.Length > 0 ? left + right : 0;

    public override long Finish(Input input, long partial) => _table!.Length > 0 ? partial : 0;

    public override long Empty(Input input) => _table!.Length - 1;

    public void Dispose()
    {
        if (_bench is not null)
            Prepared.End(_bench);
    }
}

/// <summary>The same with items.</summary>
[JobKind("prepared-items")]
public sealed class PreparedItems : ItemJobKind<PreparedKind.Input, long, long, long>, IDisposable
{
    private long[]? _table;
    private string? _bench;

    public override ValueTask PrepareAsync(PreparedKind.Input input, CancellationToken cancellationToken)
    {
        Prepared.Begin(input.Bench, input.Fails);
        (_table, _bench) = ([.. Enumerable.Range(0, input.Units).Select(unit => (long)unit)], input.Bench);
        return ValueTask.CompletedTask;
    }

    public override async IAsyncEnumerable<long> Items(
        PreparedKind.Input input,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        await Task.Yield();
        foreach (long item in _table!)
            yield return item;
    }

    public override long RunItem(PreparedKind.Input input, long item, UnitContext context) => _table![item];

    public override long Combine(long left, long right) => _table!.Length > 0 ? left + right : 0;

    public override long Finish(PreparedKind.Input input, long partial) => _table!.Length > 0 ? partial : 0;

    public void Dispose()
    {
        if (_bench is not null)
            Prepared.End(_bench);
    }
}
