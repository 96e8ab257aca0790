using System.Text;
using OrleansWork.Testing;

namespace OrleansWork.Abstractions.Tests;

public sealed class ItemKindsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(1000, 7)]
    public async Task Map_Locally_GivesEachResultInOrder(int items, int chunk)
    {
        IReadOnlyList<UnitResult<string>> results = await LocalRunner.RunAsync(
            new Shout(),
            new Shout.Input(items),
            new JobOptions { ChunkUnits = chunk, MaxParallel = 4 },
            cancellationToken: Token
        );
        Assert.Equal(Enumerable.Range(0, items).Select(i => new UnitResult<string>(i, $"WORD{i}")), results);
    }

    [Fact]
    public async Task Map_ItemFailsAndIsSkipped_LeavesItOut()
    {
        JobOptions options = new() { OnUnitFailure = OnUnitFailure.Skip };
        IReadOnlyList<UnitResult<string>> results = await LocalRunner.RunAsync(
            new Shout(),
            new Shout.Input(10, FailAt: 4),
            options,
            cancellationToken: Token
        );
        Assert.Equal([0, 1, 2, 3, 5, 6, 7, 8, 9], results.Select(result => result.Unit));
    }

    [Fact]
    public Task Map_OfPureItems_PassesTheChecks() => JobKindChecks.VerifyAsync(new Shout(), new Shout.Input(12), cancellationToken: Token);

    [Fact]
    public Task ItemJob_OfPureItems_PassesTheChecks() =>
        JobKindChecks.VerifyAsync(new Letters(), new Letters.Input(12), cancellationToken: Token);

    [Fact]
    public async Task ItemJob_Locally_CombinesItems() =>
        Assert.Equal(45, await LocalRunner.RunAsync(new Letters(), new Letters.Input(10), cancellationToken: Token));

    [Fact]
    public async Task Check_MapThatForgetsNothing_IsFoundOut()
    {
        JobKindCheckException found = await Assert.ThrowsAsync<JobKindCheckException>(() =>
            JobKindChecks.VerifyAsync(new Remembering(), new Shout.Input(12), cancellationToken: Token)
        );
        Assert.Contains("gives other bytes", found.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Descriptor_OfItemKinds_KnowsItemsAndOutputs()
    {
        JobKindDescriptor map = JobKindDescriptor.FromType(typeof(Shout));
        Assert.Equal((typeof(string), typeof(string), true, false), (map.ItemType, map.OutputType, map.IsMap, map.IsAsync));
        Assert.Equal("application/x-ndjson", map.MediaType);
        JobKindDescriptor combined = JobKindDescriptor.FromType(typeof(Letters));
        Assert.Equal((typeof(string), null, false, true), (combined.ItemType, combined.OutputType, combined.IsMap, combined.IsAsync));
    }

    [Fact]
    public void Descriptor_MapWithoutRunItem_NamesWhatToOverride()
    {
        JobKindDefinitionException wrong = Assert.Throws<JobKindDefinitionException>(() => JobKindDescriptor.FromType(typeof(Idle)));
        Assert.Contains("neither RunItem nor RunItemAsync", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Batch_UnitsInAnyOrder_AreReadAsWritten()
    {
        (long Unit, string Json)[] entries = [(0, "1"), (1, ""), (5, "\"five\""), (2, new string('x', 300)), (long.MaxValue / 2, "{}")];
        System.Buffers.ArrayBufferWriter<byte> output = new();
        UnitResultWriter writer = new(output);
        foreach ((long unit, string json) in entries)
            writer.Write(unit, Encoding.UTF8.GetBytes(json));
        UnitResultReader reader = new(output.WrittenMemory);
        List<(long, string)> read = [];
        while (reader.TryRead(out long unit, out ReadOnlyMemory<byte> json))
            read.Add((unit, Encoding.UTF8.GetString(json.Span)));
        Assert.Equal(entries, read);
    }

    public sealed class Shout : MapKind<Shout.Input, string, string>
    {
        public sealed record Input(int Count, int FailAt = -1);

        public override IAsyncEnumerable<string> Items(Input input, CancellationToken cancellationToken) =>
            Enumerable.Range(0, input.Count).Select(i => $"word{i}").ToAsyncEnumerable();

        public override string RunItem(Input input, string item, UnitContext context) =>
            context.Unit == input.FailAt ? throw new FormatException("no word") : item.ToUpperInvariant();
    }

    public sealed class Remembering : MapKind<Shout.Input, string, int>
    {
        private int _calls;

        public override IAsyncEnumerable<string> Items(Shout.Input input, CancellationToken cancellationToken) =>
            Enumerable.Range(0, input.Count).Select(i => $"word{i}").ToAsyncEnumerable();

        public override int RunItem(Shout.Input input, string item, UnitContext context) => Interlocked.Increment(ref _calls);
    }

    public sealed class Letters : ItemJobKind<Letters.Input, string, long, long>
    {
        public sealed record Input(int Count);

        public override IAsyncEnumerable<string> Items(Input input, CancellationToken cancellationToken) =>
            Enumerable.Range(0, input.Count).Select(i => new string('a', i)).ToAsyncEnumerable();

        public override async ValueTask<long> RunItemAsync(Input input, string item, UnitContext context)
        {
            context.CancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
            return item.Length;
        }

        public override long Combine(long left, long right) => left + right;

        public override long Finish(Input input, long partial) => partial;
    }

    public sealed class Idle : MapKind<Shout.Input, string, string>
    {
        public override IAsyncEnumerable<string> Items(Shout.Input input, CancellationToken cancellationToken) =>
            AsyncEnumerable.Empty<string>();
    }
}
