using OrleansWork.Scheduling.Failures;
using Xunit;

namespace OrleansWork.Scheduling.Tests.Failures;

public sealed class TurnWatchTests
{
    private readonly TurnWatch _watch = new();

    [Fact]
    public void Look_WorkRunsPromptly_IsNeverStarved()
    {
        for (int i = 0; i < 1_000; i++)
            Assert.False(_watch.Look(TurnWatch.Period, answered: i % 3 > 0));
        Assert.False(_watch.IsStarved);
    }

    [Fact]
    public void Look_WorkWaitsForASecond_IsStarved()
    {
        Assert.Equal(TurnWatch.StarvedAfter, Block());
        Assert.True(_watch.IsStarved);
    }

    [Fact]
    public void Look_WorkRunsAfterASecond_IsStarvedAndTellsHowLongItWaited()
    {
        for (TimeSpan time = TurnWatch.Period; time < TurnWatch.StarvedAfter; time += TurnWatch.Period)
            _watch.Look(TurnWatch.Period, answered: false);
        Assert.True(_watch.Look(TurnWatch.Period, answered: true));
        Assert.Equal(TurnWatch.StarvedAfter, _watch.LastWaited);
        Assert.Equal(TimeSpan.Zero, _watch.Waited);
    }

    [Fact]
    public void Look_PromptAgain_IsWellAfterFiveSecondsOfThat()
    {
        Block();
        TimeSpan time = TimeSpan.Zero;
        do time += TurnWatch.Period;
        while (!_watch.Look(TurnWatch.Period, answered: true));
        Assert.False(_watch.IsStarved);
        Assert.InRange(time, TurnWatch.WellFor, TurnWatch.WellFor + TurnWatch.PromptWithin);
    }

    [Fact]
    public void Look_OneDelayWhileItRecovers_BeginsTheFiveSecondsAnew()
    {
        Block();
        for (int i = 0; i < 40; i++)
            _watch.Look(TurnWatch.Period, answered: true);
        for (int i = 0; i < 4; i++)
            _watch.Look(TurnWatch.Period, answered: false);
        for (int i = 0; i < 40; i++)
            Assert.False(_watch.Look(TurnWatch.Period, answered: true));
        Assert.True(_watch.IsStarved);
    }

    [Fact]
    public void Look_TheProcessStoodStill_TheStandingIsNotCounted()
    {
        _watch.Look(TurnWatch.Period, answered: false);
        Assert.False(_watch.Look(TimeSpan.FromMinutes(1), answered: false));
        Assert.False(_watch.Look(TurnWatch.Period, answered: true));
        Assert.False(_watch.IsStarved);
    }

    private TimeSpan Block()
    {
        TimeSpan time = TimeSpan.Zero;
        do
        {
            time += TurnWatch.Period;
            Assert.True(time < TimeSpan.FromMinutes(1), "it never became starved");
        } while (!_watch.Look(TurnWatch.Period, answered: false));

        return time;
    }
}
