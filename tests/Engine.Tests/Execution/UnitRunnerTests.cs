using System.Collections.Immutable;
using System.Text;
using CsCheck;
using OrleansWork.Protocol;
using OrleansWork.Scheduling.Coordination;
using OrleansWork.Scheduling.Failures;
using Xunit;

namespace OrleansWork.Engine.Tests.Execution;

public sealed class UnitRunnerTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(1000)]
    [InlineData(4097)]
    public async Task Blocks_OfEight_HaveTheSameBitsAsOneByOne(long units)
    {
        await using PoolHarness pool = new();
        pool.AddJob("a", "float-mix", new FloatMixKind.Input(units), units);
        // A second attempt is run one by one at its first unit; a fresh job's first lease has no mean yet and is run one by one throughout.
        ImmutableArray<NodePartial> single = (await pool.Run("a", 0, units)).Reports[0].Nodes;
        for (int i = 0; i < 30; i++)
            await pool.Run("a", 0, units);
        ImmutableArray<NodePartial> blocks = (await pool.Run("a", 0, units)).Reports[0].Nodes;
        Assert.Equal(Show(single), Show(blocks));
        Assert.Equal(BitConverter.SingleToInt32Bits(Reference(units)), BitConverter.ToInt32(Assert.Single(blocks).Bytes));
    }

    [Fact]
    public async Task Ranges_CutAnywhere_FoldToTheBitsOfTheWhole()
    {
        await using PoolHarness pool = new();
        const long Units = 3000;
        pool.AddJob("a", "float-mix", new FloatMixKind.Input(Units), Units);
        for (int i = 0; i < 30; i++)
            await pool.Run("a", 0, Units);
        int whole = BitConverter.SingleToInt32Bits(Reference(Units));
        await Gen.Long[1, Units - 1]
            .Array[0, 6]
            .SampleAsync(
                async cuts =>
                {
                    long[] ends = [.. cuts.Append(Units).Distinct().Order()];
                    Dictionary<(int Level, long Index), float> nodes = [];
                    long from = 0;
                    foreach (long to in ends)
                    {
                        foreach (NodePartial node in (await pool.Run("a", from, to)).Reports[0].Nodes)
                            nodes.Add((node.Level, node.Index), BitConverter.ToSingle(node.Bytes));
                        from = to;
                    }

                    return BitConverter.SingleToInt32Bits(Fold(nodes, Units)) == whole;
                },
                iter: 100,
                threads: 1
            );
    }

    [Fact]
    public async Task Failure_InTheMiddleOfABlock_CommitsThePrefix()
    {
        await using PoolHarness pool = new();
        pool.AddJob("good", "float-mix", new FloatMixKind.Input(100), 100);
        pool.AddJob("a", "float-mix", new FloatMixKind.Input(100, FailAt: 43), 100);
        for (int i = 0; i < 30; i++)
            await pool.Run("a", 0, 40);
        ReportBatch good = await pool.Run("good", 0, 43);
        LeaseReport report = (await pool.Run("a", 0, 100)).Reports[0];
        Assert.Equal((LeaseOutcome.Done, 43L), (report.Outcome, report.DoneTo));
        Assert.Equal((43L, "System.FormatException", "bad digit at 43", false), Of(report.Failure!));
        Assert.NotNull(report.Failure!.Stack);
        Assert.Equal(Show(good.Reports[0].Nodes), Show(report.Nodes));
        static (long?, string, string, bool) Of(FailureRecord failure) => (failure.Unit, failure.Type, failure.Message, failure.Permanent);
    }

    [Theory]
    [InlineData("plain", "System.FormatException", false)]
    [InlineData("permanent", "OrleansWork.PermanentFailureException", true)]
    [InlineData("huge", "System.InvalidOperationException", false)]
    [InlineData("evil", "OrleansWork.Engine.Tests.Execution.FaultyKind+EvilException", false)]
    public async Task Failure_OfAnyKind_BecomesABoundedRecord(string how, string type, bool permanent)
    {
        await using PoolHarness pool = new();
        pool.AddJob("a", "faulty", new FaultyKind.Input(how), 100);
        LeaseReport report = (await pool.Run("a", 0, 100)).Reports[0];
        Assert.Equal((3L, type, permanent), (report.DoneTo, report.Failure!.Type, report.Failure.Permanent));
        Assert.InRange(Encoding.UTF8.GetByteCount(report.Failure.Message), 1, 8192);
        Assert.InRange(Encoding.UTF8.GetByteCount(report.Failure.Stack ?? ""), 0, 8192);
        Assert.NotEmpty(report.Nodes);
    }

    [Fact]
    public async Task Payload_OverTheLimit_IsRefusedBeforeItTravels()
    {
        await using PoolHarness pool = new(o => o.MaxPayloadBytes = 1 << 20);
        pool.AddJob("a", "bulky", new BulkyKind.Input([10, 10, 3 << 20, 10]), 4);
        LeaseReport report = (await pool.Run("a", 2, 3)).Reports[0];
        Assert.Equal((2L, 0), (report.DoneTo, report.Nodes.Length));
        Assert.True(report.Failure!.Permanent);
        Assert.Contains("3 MiB > limit 1 MiB", report.Failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Payloads_TooManyForOneMessage_ReturnAPrefix()
    {
        await using PoolHarness pool = new(o => o.MaxPayloadBytes = 1 << 20);
        int[] sizes = [.. Enumerable.Repeat(1, 128)];
        // The maximal nodes of [1, 127) are many; each below the limit, together above four times the limit.
        (sizes[1], sizes[2], sizes[4], sizes[8], sizes[16]) = (1_000_000, 1_000_000, 1_000_000, 1_000_000, 1_000_000);
        pool.AddJob("a", "bulky", new BulkyKind.Input(sizes), 128);
        LeaseReport report = (await pool.Run("a", 1, 127)).Reports[0];
        Assert.Null(report.Failure);
        Assert.InRange(report.DoneTo, 2, 126);
        Assert.InRange(report.Nodes.Sum(node => node.Bytes.Length), 1, 4 << 20);
        LeaseReport rest = (await pool.Run("a", report.DoneTo, 127)).Reports[0];
        Assert.Equal(127, rest.DoneTo);
    }

    [Fact]
    public async Task Combine_Throws_HandsTheLeaseBackWithTheFailure()
    {
        await using PoolHarness pool = new();
        pool.AddJob("a", "uncombinable", new UncombinableKind.Input(), 100);
        LeaseReport report = (await pool.Run("a", 0, 100)).Reports[0];
        Assert.Equal((0L, 0), (report.DoneTo, report.Nodes.Length));
        Assert.Equal("System.ArithmeticException", report.Failure!.Type);
        Assert.StartsWith("Combine, after unit", report.Failure.Message, StringComparison.Ordinal);
        // The runner is reused and must be as new.
        Assert.Equal(2, (await pool.Run("a", 0, 2)).Reports[0].DoneTo);
    }

    private static string Show(IEnumerable<NodePartial> nodes) =>
        string.Join(' ', nodes.Select(node => $"{node.Level}/{node.Index}={Convert.ToHexString(node.Bytes)}"));

    private static float Reference(long units)
    {
        FloatMixKind kind = new();
        return Value(0, units);

        float Value(long from, long to)
        {
            if (to - from == 1)
                return 1.0f / (from + 1) + new PhiloxRandom(7, (ulong)from).NextSingle();
            long half = 1;
            while (half * 2 < to - from)
                half *= 2;
            return kind.Combine(Value(from, from + half), Value(from + half, to));
        }
    }

    private static float Fold(Dictionary<(int Level, long Index), float> nodes, long units)
    {
        FloatMixKind kind = new();
        int root = 0;
        while (1L << root < units)
            root++;
        return Value(root, 0)!.Value;

        float? Value(int level, long index)
        {
            if (index << level >= units)
                return null;
            if (nodes.TryGetValue((level, index), out float value))
                return value;
            if (level == 0)
                throw new InvalidOperationException($"Unit {index} is missing.");
            float? left = Value(level - 1, index * 2);
            float? right = Value(level - 1, index * 2 + 1);
            return right is null ? left : kind.Combine(left!.Value, right.Value);
        }
    }
}
