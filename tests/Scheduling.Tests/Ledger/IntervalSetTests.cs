using System.Numerics;
using CsCheck;
using OrleansWork.Scheduling.Ledger;
using Xunit;

namespace OrleansWork.Scheduling.Tests.Ledger;

public sealed class IntervalSetTests
{
    private const int Units = 96;

    private enum Step
    {
        Add,
        Remove,
        TakeLowest,
        TakeAligned,
    }

    private static readonly Gen<(Step Step, UnitRange Range)[]> History = Gen.Select(
        Gen.Int[0, 3],
        Gen.Int[0, Units],
        Gen.Int[0, 40],
        (step, from, length) => ((Step)step, new UnitRange(from, Math.Min(Units, from + length)))
    ).Array[0, 60];

    [Fact]
    public void AnyHistory_BehavesAsABitArray() =>
        History.Sample(
            history =>
            {
                IntervalSet set = new();
                bool[] model = new bool[Units];
                foreach ((Step step, UnitRange range) in history)
                {
                    Apply(set, model, step, range);
                    AssertSame(model, set);
                }
            },
            iter: 600
        );

    [Fact]
    public void Queries_AnySetAndRange_AgreeWithABitArray() =>
        Gen.Select(Gen.Int[0, Units], Gen.Int[-3, 40])
            .Select((from, length) => new UnitRange(from, from + length))
            .Array[1, 12]
            .Sample(
                ranges =>
                {
                    UnitRange asked = ranges[^1];
                    bool[] model = new bool[Units + 60];
                    foreach (UnitRange range in ranges[..^1])
                        Fill(model, range, true);
                    IntervalSet set = IntervalSet.FromRanges(ranges[..^1]);

                    int inside = Members(asked).Count(unit => model[unit]);
                    Assert.Equal(inside, set.CountIn(asked));
                    Assert.Equal(inside == asked.Count, set.Covers(asked));
                    for (int unit = 0; unit < model.Length; unit++)
                        Assert.Equal(model[unit], set.Contains(unit));
                },
                iter: 600
            );

    [Fact]
    public void TakeLowest_NeverSpansAHole()
    {
        IntervalSet set = IntervalSet.FromRanges([new(0, 3), new(5, 9)]);

        Assert.Equal(new UnitRange(0, 3), set.TakeLowest(10));
        Assert.Equal(new UnitRange(5, 7), set.TakeLowest(2));
        Assert.Equal(new UnitRange(7, 9), set.First);
        Assert.Equal(new UnitRange(7, 9), set.TakeLowest(2));
        Assert.True(set.TakeLowest(1).IsEmpty);
        Assert.True(set.IsEmpty);
    }

    [Theory]
    [InlineData(0, 1000, 7, 7)] // too small to align
    [InlineData(0, 1000, 8, 8)] // granule 2
    [InlineData(0, 1000, 9, 8)]
    [InlineData(1, 1000, 8, 8)] // [1, 9) ends at 8
    [InlineData(0, 1000, 100, 96)] // granule 16
    [InlineData(0, 1000, 127, 112)]
    [InlineData(0, 1000, 128, 128)] // granule 32
    [InlineData(5, 1000, 128, 128)]
    [InlineData(0, 100, 100, 100)] // the whole range: nothing is cut
    [InlineData(0, 101, 127, 101)]
    public void TakeLowestAligned_CutsAtAMultipleOfAQuarterOfTheSize(long from, long to, long most, long end)
    {
        IntervalSet set = IntervalSet.FromRanges([new(from, to)]);

        Assert.Equal(new UnitRange(from, end), set.TakeLowestAligned(most));
        Assert.Equal(to - end, set.Count);
    }

    [Fact]
    public void TakeLowestAligned_AnyCut_KeepsThreeQuartersAndIsAligned() =>
        Gen.Select(Gen.Long[0, 1L << 40], Gen.Long[8, 1L << 20])
            .Sample(
                (from, most) =>
                {
                    IntervalSet set = IntervalSet.FromRanges([new(from, 1L << 62)]);
                    UnitRange taken = set.TakeLowestAligned(most);
                    Assert.Equal(from, taken.From);
                    Assert.InRange(taken.Count, most * 3 / 4, most);
                    Assert.Equal(0, taken.To % (1L << BitOperations.Log2((ulong)most / 4)));
                },
                iter: 1_000
            );

    [Fact]
    public void Add_TouchingRanges_BecomeOne()
    {
        IntervalSet set = IntervalSet.FromRanges([new(0, 2), new(4, 6), new(8, 9)]);
        Assert.Equal(3, set.IntervalCount);

        set.Add(new(2, 4));
        Assert.Equal([new UnitRange(0, 6), new UnitRange(8, 9)], set.Ranges);
        set.Add(new(1, 12));
        Assert.Equal([new UnitRange(0, 12)], set.ToArray());
        Assert.Equal(12, set.Count);
    }

    [Fact]
    public void LargestJob_DoesNotOverflow()
    {
        IntervalSet set = IntervalSet.FromRanges([new(0, 1L << 62)]);

        Assert.Equal(1, set.Remove(new((1L << 62) - 1, 1L << 62)));
        Assert.Equal((1L << 62) - 1, set.Count);
        Assert.Equal((1L << 62) - 1, set.TakeLowest(long.MaxValue).Count);
        set.Add(new(0, 1L << 62));
        Assert.Equal(1L << 62, set.TakeLowestAligned(long.MaxValue).Count);
    }

    [Fact]
    public void Frontier_ManyPiecesOutOfOrder_StaysSmall()
    {
        // Pairs of ranges commit in swapped order, as leases do: the set never holds more than two ranges.
        IntervalSet committed = new();
        for (long from = 0; from < 200_000; from += 20)
        {
            committed.Add(new(from + 10, from + 20));
            Assert.InRange(committed.IntervalCount, 1, 2);
            committed.Add(new(from, from + 10));
            Assert.Equal(1, committed.IntervalCount);
        }

        Assert.Equal(200_000, committed.Count);
    }

    [Fact]
    public void BadSizes_AreRefused()
    {
        IntervalSet set = new();
        Assert.Throws<ArgumentOutOfRangeException>(() => set.TakeLowest(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => set.TakeLowestAligned(0));
        Assert.Throws<InvalidOperationException>(() => set.First);
        Assert.True(set.TakeLowestAligned(5).IsEmpty);
    }

    private static void Apply(IntervalSet set, bool[] model, Step step, UnitRange range)
    {
        switch (step)
        {
            case Step.Add:
                set.Add(range);
                Fill(model, range, true);
                break;
            case Step.Remove:
                int inside = Members(range).Count(unit => model[unit]);
                Assert.Equal(inside, set.Remove(range));
                Fill(model, range, false);
                break;
            case Step.TakeLowest:
                int most = (int)Math.Max(1, range.Count);
                int first = Math.Max(Array.IndexOf(model, true), 0);
                int end = first;
                while (end < Units && end < first + most && model[end])
                    end++;
                UnitRange taken = set.TakeLowest(most);
                Assert.Equal(end - first, taken.Count);
                if (!taken.IsEmpty)
                    Assert.Equal(first, taken.From);
                Fill(model, taken, false);
                break;
            default:
                UnitRange aligned = set.TakeLowestAligned(Math.Max(1, range.Count));
                Assert.InRange(aligned.Count, 0, Math.Max(1, range.Count));
                Assert.Equal(aligned.IsEmpty, Array.IndexOf(model, true) < 0);
                Assert.All(Members(aligned), unit => Assert.True(model[unit]));
                if (!aligned.IsEmpty)
                    Assert.Equal(Array.IndexOf(model, true), aligned.From);
                Fill(model, aligned, false);
                break;
        }
    }

    private static void AssertSame(bool[] model, IntervalSet set)
    {
        List<UnitRange> expected = [];
        for (int unit = 0; unit < Units; unit++)
        {
            if (!model[unit])
                continue;
            int from = unit;
            while (unit < Units && model[unit])
                unit++;
            expected.Add(new(from, unit));
        }

        Assert.Equal(expected, set.ToArray());
        Assert.Equal(expected.Sum(range => range.Count), set.Count);
        Assert.Equal(expected.Count, set.IntervalCount);
        Assert.Equal(expected.Count == 0, set.IsEmpty);
    }

    private static IEnumerable<int> Members(UnitRange range)
    {
        for (long unit = range.From; unit < range.To; unit++)
            yield return (int)unit;
    }

    private static void Fill(bool[] model, UnitRange range, bool value)
    {
        foreach (int unit in Members(range))
            model[unit] = value;
    }
}
