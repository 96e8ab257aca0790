using CsCheck;
using OrleansWork.Scheduling.Failures;
using Xunit;

namespace OrleansWork.Scheduling.Tests.Failures;

public sealed class IsolationWatchTests
{
    private static readonly TimeSpan Limit = S(9);
    private static readonly TimeSpan Period = S(0.25);

    [Fact]
    public void Look_NobodyAnswers_FencesAtTheLimitAndIsOverAtTwice()
    {
        IsolationWatch watch = new(Limit, Period, S(0));
        Assert.Equal(Isolation.None, LookUntil(watch, S(0), S(8.75)));
        Assert.Equal(Isolation.Fenced, LookUntil(watch, S(8.75), S(9)));
        Assert.Equal(Isolation.Fenced, LookUntil(watch, S(9), S(17.75)));
        Assert.Equal(Isolation.Over, LookUntil(watch, S(17.75), S(18)));
    }

    [Fact]
    public void Look_SomebodyAnswersInTime_TakesTheFenceBackButNotTheEnd()
    {
        IsolationWatch watch = new(Limit, Period, S(0));
        Assert.Equal(Isolation.Fenced, LookUntil(watch, S(0), S(12)));
        watch.Answered(S(12));
        Assert.Equal(Isolation.None, LookUntil(watch, S(12), S(20.75)));
        Assert.Equal(Isolation.Fenced, LookUntil(watch, S(20.75), S(21)));
        Assert.Equal(Isolation.Over, LookUntil(watch, S(21), S(31)));
        watch.Answered(S(31));
        Assert.Equal(Isolation.Over, LookUntil(watch, S(31), S(32)));
    }

    [Fact]
    public void Look_ASiloWithoutOthers_IsNeverIsolated()
    {
        IsolationWatch watch = new(Limit, Period, S(0));
        Assert.Equal(Isolation.None, LookUntil(watch, S(0), S(600), others: 0));
    }

    [Fact]
    public void Look_TheOthersLeave_EndsTheIsolation()
    {
        IsolationWatch watch = new(Limit, Period, S(0));
        Assert.Equal(Isolation.Fenced, LookUntil(watch, S(0), S(10)));
        Assert.Equal(Isolation.None, watch.Look(others: 0, S(10.25)));
    }

    [Fact]
    public void Look_AfterAPauseOfTheProcess_DoesNotCountThePause()
    {
        IsolationWatch watch = new(Limit, Period, S(0));
        Assert.Equal(Isolation.None, LookUntil(watch, S(0), S(5)));
        Assert.Equal(Isolation.None, watch.Look(1, S(65)));
        Assert.Equal(S(5.25), watch.SilenceAt(S(65)));
        Assert.Equal(Isolation.None, LookUntil(watch, S(65), S(68.5)));
        Assert.Equal(Isolation.Fenced, LookUntil(watch, S(68.5), S(68.75)));
    }

    [Fact]
    public void AsksStorage_OnlyInSilence()
    {
        IsolationWatch watch = new(Limit, Period, S(0));
        Assert.False(watch.AsksStorage(S(0.75)));
        Assert.True(watch.AsksStorage(S(1)));
        watch.Answered(S(1));
        Assert.False(watch.AsksStorage(S(1.5)));
    }

    [Fact]
    public void Look_AnyAnswers_FencesExactlyInTheSilenceBeyondTheLimit() =>
        Gen.Int[1, 60]
            .Array[0, 12]
            .Sample(gaps =>
            {
                IsolationWatch watch = new(Limit, Period, S(0));
                TimeSpan now = S(0);
                TimeSpan answered = S(0);
                bool over = false;
                foreach (int quarters in gaps)
                {
                    for (int i = 0; i < quarters; i++)
                    {
                        now += Period;
                        TimeSpan silence = now - answered;
                        over |= silence >= 2 * Limit;
                        Isolation expected =
                            over ? Isolation.Over
                            : silence >= Limit ? Isolation.Fenced
                            : Isolation.None;
                        Assert.Equal(expected, watch.Look(3, now));
                    }

                    watch.Answered(now);
                    answered = now;
                }
            });

    [Theory]
    [InlineData(1)]
    [InlineData(59.75)]
    [InlineData(60)]
    public void Look_AnsweredInAPause_CountsSilenceFromItsEndAtTheLatest(double answeredAt)
    {
        IsolationWatch watch = new(Limit, Period, S(0));
        watch.Answered(S(answeredAt));
        Assert.Equal(Isolation.None, watch.Look(1, S(60)));
        Assert.Equal(Isolation.Fenced, LookUntil(watch, S(60), S(60) + Limit));
    }

    [Fact]
    public void Look_AnyAnswersAndPauses_CountsAllSilenceButThePauses() =>
        Gen.Select(Gen.Int[1, 60], Gen.Bool)
            .Array[0, 12]
            .Sample(steps =>
            {
                IsolationWatch watch = new(Limit, Period, S(0));
                TimeSpan now = S(0);
                TimeSpan heard = S(0);
                foreach ((int quarters, bool answers) in steps)
                {
                    now += quarters * Period;
                    if (answers)
                        watch.Answered(heard = now);
                    watch.Look(1, now);
                    if (quarters > 8 && !answers)
                        heard += (quarters - 1) * Period;
                    Assert.Equal(now - heard, watch.SilenceAt(now));
                }
            });

    private static Isolation LookUntil(IsolationWatch watch, TimeSpan from, TimeSpan to, int others = 1)
    {
        Isolation last = watch.State;
        for (TimeSpan now = from + Period; now <= to; now += Period)
            last = watch.Look(others, now);
        return last;
    }

    private static TimeSpan S(double seconds) => TimeSpan.FromSeconds(seconds);
}
