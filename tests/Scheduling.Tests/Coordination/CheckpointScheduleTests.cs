using CsCheck;
using OrleansWork.Scheduling.Coordination;
using Xunit;

namespace OrleansWork.Scheduling.Tests.Coordination;

public sealed class CheckpointScheduleTests
{
    private static readonly TimeSpan Delay = TimeSpan.FromSeconds(1);
    private readonly CheckpointSchedule _schedule = new(Delay, maxUnsaved: TimeSpan.FromSeconds(10));

    [Fact]
    public void NothingChanged_NothingIsWritten() => Assert.False(_schedule.TryBegin(S(1_000), isFull: true));

    [Fact]
    public void Changed_IsWrittenAfterTheDelayOfTheFirstChange()
    {
        _schedule.Progressed(0.1, S(1));
        _schedule.Progressed(0.1, S(1.9));
        Assert.False(_schedule.TryBegin(S(1.99), isFull: false));
        Assert.True(_schedule.TryBegin(S(2), isFull: false));
        _schedule.Stored();
        Assert.False(_schedule.TryBegin(S(9), isFull: false));
    }

    [Fact]
    public void MuchUnsaved_IsWrittenAtOnce()
    {
        _schedule.Progressed(9.9, S(1));
        Assert.False(_schedule.TryBegin(S(1), isFull: false));
        _schedule.Progressed(0.1, S(1));
        Assert.True(_schedule.TryBegin(S(1), isFull: false));
        _schedule.Stored();
        _schedule.Progressed(9.9, S(1));
        Assert.False(_schedule.TryBegin(S(1), isFull: false));
        Assert.True(_schedule.TryBegin(S(1), isFull: true));
    }

    [Fact]
    public void Wanted_IsWrittenAtOnce_AndAgainAfterTheWriteUnderWay()
    {
        _schedule.Wanted(S(1));
        Assert.True(_schedule.TryBegin(S(1), isFull: false));
        _schedule.Wanted(S(1.1));
        Assert.False(_schedule.TryBegin(S(1.1), isFull: true));
        _schedule.Stored();
        Assert.True(_schedule.TryBegin(S(1.2), isFull: false));
    }

    [Fact]
    public void Leased_OnlyBeyondWhatIsStored_Counts()
    {
        _schedule.Reaches(100);
        _schedule.Leased(100, S(1));
        Assert.False(_schedule.TryBegin(S(9), isFull: false));
        _schedule.Leased(101, S(9));
        Assert.True(_schedule.TryBegin(S(10), isFull: false));
    }

    [Fact]
    public void Refused_IsTriedAgainLaterAndLater_AndStoredEndsThat()
    {
        _schedule.Wanted(S(1));
        TimeSpan now = S(1);
        foreach (double pause in new[] { 0.2, 0.4, 0.8, 1.6, 2, 2 })
        {
            Assert.True(_schedule.TryBegin(now, isFull: false));
            _schedule.Failed(now);
            // Whoever waits for it does not make storage answer.
            _schedule.Wanted(now);
            Assert.False(_schedule.TryBegin(now + S(pause - 0.001), isFull: true));
            now += S(pause);
        }

        Assert.True(_schedule.TryBegin(now, isFull: false));
        _schedule.Stored();
        _schedule.Wanted(now);
        Assert.True(_schedule.TryBegin(now, isFull: false));
        _schedule.Failed(now);
        _schedule.Wanted(now);
        Assert.True(_schedule.TryBegin(now + S(0.2), isFull: false));
    }

    /// <summary>Whatever happens: what has changed is not kept from storage for longer than the delay, once that takes writes again.</summary>
    [Fact]
    public void AnyHistory_WhatHasChangedIsWrittenInTime() =>
        Gen.Select(Gen.Int[0, 5], Gen.Double[0, 3])
            .Array[0, 60]
            .Sample(history =>
            {
                CheckpointSchedule schedule = new(Delay, TimeSpan.FromSeconds(10));
                TimeSpan now = S(100);
                bool isUnsaved = false;
                foreach ((int what, double seconds) in history)
                {
                    now += S(seconds);
                    switch (what)
                    {
                        case 0:
                            schedule.Progressed(seconds, now);
                            isUnsaved = true;
                            break;
                        case 1:
                            schedule.Wanted(now);
                            isUnsaved = true;
                            break;
                        case 2 when schedule.IsWriting:
                            schedule.Stored();
                            break;
                        case 3 when schedule.IsWriting:
                            schedule.Failed(now);
                            isUnsaved = true;
                            break;
                        default:
                            bool wasWriting = schedule.IsWriting;
                            if (schedule.TryBegin(now, isFull: false))
                            {
                                Assert.False(wasWriting);
                                Assert.True(isUnsaved);
                                isUnsaved = false;
                            }

                            break;
                    }
                }

                if (schedule.IsWriting)
                    schedule.Stored();
                Assert.Equal(isUnsaved, schedule.TryBegin(now + Delay + S(2), isFull: false));
            });

    private static TimeSpan S(double seconds) => TimeSpan.FromSeconds(seconds);
}
