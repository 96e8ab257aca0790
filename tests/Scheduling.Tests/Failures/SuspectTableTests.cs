using CsCheck;
using OrleansWork.Scheduling.Failures;
using OrleansWork.Scheduling.Ledger;
using Xunit;

namespace OrleansWork.Scheduling.Tests.Failures;

public sealed class SuspectTableTests
{
    private const int Units = 64;

    private enum Step
    {
        Add,
        Remove,
        Take,
    }

    private static readonly Gen<(Step Step, UnitRange Range, int Deaths)[]> History = Gen.Select(
            Gen.Int[0, 2],
            Gen.Int[0, Units],
            Gen.Int[0, 40],
            Gen.Int[1, 3]
        )
        .Select((step, from, length, deaths) => ((Step)step, new UnitRange(from, Math.Min(Units, from + length)), deaths))
        .Array[0, 40];

    [Fact]
    public void AnyHistory_BehavesAsANumberOfDeathsForEachUnit() =>
        History.Sample(
            history =>
            {
                SuspectTable table = new();
                int[] model = new int[Units];
                foreach ((Step step, UnitRange range, int deaths) in history)
                {
                    switch (step)
                    {
                        case Step.Add:
                            table.Add(range, deaths);
                            foreach (int unit in Members(range))
                                model[unit] = Math.Max(model[unit], deaths);
                            break;
                        case Step.Remove:
                            table.Remove(range);
                            foreach (int unit in Members(range))
                                model[unit] = 0;
                            break;
                        default:
                            Take(table, model);
                            break;
                    }

                    AssertSame(model, table);
                }
            },
            iter: 2_000
        );

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void Add_WithoutADeath_IsRefused(int deaths) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new SuspectTable().Add(new UnitRange(0, 1), deaths));

    [Fact]
    public void TryTake_AfterOneDeath_AsManyCanariesAsEachHasUnits_ClearAll()
    {
        SuspectTable table = new();
        table.Add(new UnitRange(0, 100), deaths: 1);
        Assert.True(table.TryTake(out UnitRange first, out _));
        Assert.Equal(new UnitRange(0, 10), first);
        int canaries = 1;
        while (table.TryTake(out _, out _))
            canaries++;
        Assert.InRange(canaries, 10, 20);
    }

    private static void Take(SuspectTable table, int[] model)
    {
        int most = model.Max();
        bool taken = table.TryTake(out UnitRange range, out int deaths);
        Assert.Equal(most > 0, taken);
        Assert.Equal(most, deaths);
        if (!taken)
            return;
        Assert.Equal(Array.IndexOf(model, most), range.From);
        Assert.All(Members(range), unit => Assert.Equal(most, model[unit]));
        int all = model.Count(d => d == most);
        Assert.InRange(range.Count, 1, most == 1 ? Math.Max(1, (long)Math.Sqrt(all)) : 1);
        foreach (int unit in Members(range))
            model[unit] = 0;
    }

    private static void AssertSame(int[] model, SuspectTable table)
    {
        Assert.Equal(model.All(deaths => deaths == 0), table.IsEmpty);
        Assert.Equal(model.Max(), table.MostDeaths);
        int[] waiting = new int[Units];
        foreach ((UnitRange range, int deaths) in table.Waiting)
        {
            foreach (int unit in Members(range))
            {
                Assert.Equal(0, waiting[unit]);
                waiting[unit] = deaths;
            }
        }

        Assert.Equal(model, waiting);
        foreach (UnitRange range in new[] { new UnitRange(0, Units), new UnitRange(5, 20), new UnitRange(20, 21), new UnitRange(7, 7) })
        {
            int[] inside = [.. Members(range).Select(unit => model[unit])];
            Assert.Equal(inside.Count(deaths => deaths > 0), table.CountIn(range));
            Assert.Equal(inside.DefaultIfEmpty().Max(), table.DeathsIn(range));
        }
    }

    private static IEnumerable<int> Members(UnitRange range) => Enumerable.Range((int)range.From, (int)range.Count);
}
