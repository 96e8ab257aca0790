using CsCheck;
using OrleansWork.Scheduling.Coordination;
using OrleansWork.Scheduling.Fairness;
using Xunit;

namespace OrleansWork.Scheduling.Tests.Fairness;

public sealed class QuickTurnTests
{
    [Fact]
    public void MayRun_BeforeEnoughUnitsHaveRun_No()
    {
        QuickTurn turn = new();
        Assert.False(turn.MayRun(0));
        turn.Observe(QuickTurn.AfterUnits - 1, 1);
        Assert.False(turn.MayRun(1));
        turn.Observe(1, 1);
        Assert.True(turn.MayRun(1));
    }

    [Fact]
    public void MayRun_AnyPace_SaysWhetherAllUnitsTogetherStayBelowTheLimit() =>
        Gen.Select(Gen.Double[1, 1e6], Gen.Long[0, 100_000])
            .Sample(
                (nanos, units) =>
                {
                    QuickTurn turn = new();
                    turn.Observe(QuickTurn.AfterUnits, nanos * QuickTurn.AfterUnits);
                    Assert.Equal(units * turn.NanosPerUnit < LeaseMerging.QuickBelow.TotalNanoseconds, turn.MayRun(units));
                }
            );

    [Fact]
    public void Ran_LongerThanASurprise_IsOffForGood()
    {
        QuickTurn turn = new();
        turn.Observe(1_000, 1_000);
        turn.Ran(QuickTurn.Surprise.TotalMicroseconds);
        Assert.True(turn is { IsOn: true } && turn.MayRun(1));
        turn.Ran(QuickTurn.Surprise.TotalMicroseconds + 1);
        turn.Observe(1_000_000, 1);
        Assert.False(turn.IsOn || turn.MayRun(1));
    }

    [Fact]
    public void Observe_FollowsThePace_AndNothingOfNothing()
    {
        QuickTurn turn = new();
        turn.Observe(0, 1e9);
        Assert.Equal(double.NaN, turn.NanosPerUnit);
        turn.Observe(10, 1_000);
        Assert.Equal(100, turn.NanosPerUnit);
        for (int i = 0; i < 30; i++)
            turn.Observe(1, 500);
        Assert.InRange(turn.NanosPerUnit, 499, 500);
    }
}
