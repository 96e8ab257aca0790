using CsCheck;
using OrleansWork.Scheduling.Ledger;
using Xunit;

namespace OrleansWork.Scheduling.Tests.Ledger;

public sealed class UnitLedgerTests
{
    private const int Units = 40;

    private static readonly Gen<(int Step, UnitRange Range)[]> GenHistory = Gen.Select(
        Gen.Int[0, 3],
        Gen.Int[0, Units],
        Gen.Int[0, Units],
        (step, a, b) => (step, new UnitRange(Math.Min(a, b), Math.Max(a, b)))
    ).Array[0, 60];

    [Fact]
    public void AnyHistory_AgreesWithAStatePerUnit() =>
        GenHistory.Sample(history =>
        {
            UnitLedger ledger = new(Units);
            string[] model = [.. Enumerable.Repeat("pending", Units)];
            foreach ((int step, UnitRange range) in history)
            {
                switch (step)
                {
                    case 0:
                        ledger.Commit(range);
                        Each(range, _ => "committed");
                        break;
                    case 1:
                        UnitRange taken = ledger.Pending.TakeLowest(range.Count + 1);
                        Each(taken, _ => "leased");
                        break;
                    case 2:
                        ledger.Return(range);
                        Each(range, before => before == "leased" ? "pending" : before);
                        break;
                    default:
                        if (range.From < Units)
                        {
                            ledger.Fail(range.From);
                            Each(new UnitRange(range.From, range.From + 1), before => before == "committed" ? before : "failed");
                        }

                        break;
                }

                ledger.CheckDisjoint();
                for (int unit = 0; unit < Units; unit++)
                {
                    Assert.Equal(model[unit] == "committed", ledger.Committed.Contains(unit));
                    Assert.Equal(model[unit] == "pending", ledger.Pending.Contains(unit));
                    Assert.Equal(model[unit] == "failed", ledger.Failed.Contains(unit));
                }
            }

            void Each(UnitRange range, Func<string, string> change)
            {
                for (long unit = range.From; unit < range.To; unit++)
                    model[unit] = change(model[unit]);
            }
        });

    [Fact]
    public void New_EveryUnitIsPending()
    {
        Assert.Equal(5, new UnitLedger(5).Pending.Count);
        Assert.True(new UnitLedger(0).Pending.IsEmpty);
        Assert.Throws<ArgumentOutOfRangeException>(() => new UnitLedger(-1));
    }

    [Fact]
    public void CheckDisjoint_BrokenSets_Throws()
    {
        UnitLedger twice = new(4);
        twice.Committed.Add(new UnitRange(1, 2));
        Assert.Throws<InvalidOperationException>(twice.CheckDisjoint);
        UnitLedger beyond = new(4);
        beyond.Pending.Add(new UnitRange(4, 5));
        Assert.Throws<InvalidOperationException>(beyond.CheckDisjoint);
    }
}
