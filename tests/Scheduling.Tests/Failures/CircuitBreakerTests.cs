using OrleansWork.Scheduling.Failures;
using Xunit;

namespace OrleansWork.Scheduling.Tests.Failures;

public sealed class CircuitBreakerTests
{
    [Fact]
    public void Overdue_ThreeInARow_OpensFor10Seconds()
    {
        CircuitBreaker breaker = new();
        breaker.Overdue(S(1));
        breaker.Overdue(S(2));
        Assert.Equal((CircuitState.Closed, true), (breaker.StateAt(S(2)), breaker.Allows(S(2))));
        breaker.Overdue(S(3));
        Assert.Equal((CircuitState.Open, false), (breaker.StateAt(S(3)), breaker.Allows(S(3))));
        Assert.Equal(CircuitState.Open, breaker.StateAt(S(12.99)));
        Assert.Equal((CircuitState.HalfOpen, true), (breaker.StateAt(S(13)), breaker.Allows(S(13))));
    }

    [Fact]
    public void Overdue_AnswersInBetween_StaysClosed()
    {
        CircuitBreaker breaker = new();
        for (int i = 0; i < 10; i++)
        {
            breaker.Overdue(S(i));
            breaker.Overdue(S(i));
            breaker.Answered();
        }

        Assert.True(breaker.Allows(S(10)));
    }

    [Fact]
    public void HalfOpen_OneLease_Decides()
    {
        CircuitBreaker breaker = Opened();
        breaker.Sent(S(5));
        Assert.True(breaker.Allows(S(10)));
        breaker.Sent(S(10));
        Assert.False(breaker.Allows(S(10)));
        Assert.False(breaker.Allows(S(100)));

        breaker.Overdue(S(15));
        Assert.Equal(CircuitState.Open, breaker.StateAt(S(24)));
        Assert.True(breaker.Allows(S(25)));
        breaker.Sent(S(25));
        breaker.Answered();
        Assert.Equal(CircuitState.Closed, breaker.StateAt(S(25)));
        Assert.True(breaker.Allows(S(25)));
        breaker.Overdue(S(26));
        breaker.Overdue(S(26));
        Assert.True(breaker.Allows(S(26)));
    }

    [Fact]
    public void Open_OldLeasesBecomeOverdue_DoNotProlongIt()
    {
        CircuitBreaker breaker = Opened();
        breaker.Overdue(S(9));
        Assert.True(breaker.Allows(S(10)));
        breaker.Overdue(S(11));
        Assert.True(breaker.Allows(S(11)));
    }

    [Fact]
    public void Probe_Open_LetsOneLeaseTryNow()
    {
        CircuitBreaker breaker = new();
        breaker.Probe(S(0));
        Assert.Equal(CircuitState.Closed, breaker.StateAt(S(0)));
        breaker = Opened();
        Assert.False(breaker.Allows(S(1)));
        breaker.Probe(S(1));
        Assert.Equal(CircuitState.HalfOpen, breaker.StateAt(S(1)));
        Assert.True(breaker.Allows(S(1)));
        Assert.NotEqual(0, breaker.Sent(S(1)));
        breaker.Probe(S(2));
        Assert.False(breaker.Allows(S(2)));
        breaker.Overdue(S(3));
        Assert.Equal(CircuitState.Open, breaker.StateAt(S(12.9)));
    }

    [Fact]
    public void TrialWithoutVerdict_AnotherMayBeSent()
    {
        CircuitBreaker breaker = Opened();
        int trial = breaker.Sent(S(10));
        Assert.False(breaker.Allows(S(10)));
        breaker.Unsettled(trial);
        Assert.True(breaker.Allows(S(10)));
    }

    [Fact]
    public void TrialThatHasDecided_GoneLater_LeavesTheNextAlone()
    {
        CircuitBreaker breaker = Opened();
        int first = breaker.Sent(S(10));
        breaker.Overdue(S(11));
        Assert.NotEqual(first, breaker.Sent(S(21)));
        breaker.Unsettled(first);
        Assert.False(breaker.Allows(S(21)));
    }

    private static CircuitBreaker Opened()
    {
        CircuitBreaker breaker = new();
        for (int i = 0; i < 3; i++)
            breaker.Overdue(S(0));
        return breaker;
    }

    private static TimeSpan S(double seconds) => TimeSpan.FromSeconds(seconds);
}
