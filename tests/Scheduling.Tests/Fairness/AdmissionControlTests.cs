using CsCheck;
using OrleansWork.Scheduling.Fairness;
using Xunit;

namespace OrleansWork.Scheduling.Tests.Fairness;

public sealed class AdmissionControlTests
{
    private const long Second = 1_000_000;

    [Theory]
    [InlineData(2, 0, 50_000, 3)]
    [InlineData(2, 200, 50_000, 3)]
    [InlineData(4, 1_000, 1_000, 10)]
    [InlineData(2, 1_000, 100, 32)]
    [InlineData(2, 1_000, 10, 128)]
    [InlineData(1, 1_000_000, 1, 64)]
    public void Depth_CoversTheRoundTripAndNoMore(int slots, long roundTripMicros, double leaseMicros, int depth)
    {
        AdmissionControl control = Settled(slots, leaseMicros);
        control.ObserveRoundTrip(roundTripMicros, 100 * Second);
        Assert.Equal(depth, control.Depth(100 * Second));
    }

    [Fact]
    public void Depth_BeforeAnyLease_AssumesLeasesOfFiftyMilliseconds()
    {
        AdmissionControl control = new(4);
        Assert.Equal(50_000, control.LeaseMicros);
        Assert.Equal(5, control.Depth(0));
    }

    [Fact]
    public void Depth_RoundTripOlderThanASecond_IsForgotten()
    {
        AdmissionControl control = Settled(2, 10);
        control.ObserveRoundTrip(5_000, 100 * Second);
        control.ObserveRoundTrip(1, 100 * Second + 700_000);
        Assert.Equal(128, control.Depth(100 * Second + 800_000));
        Assert.Equal(3, control.Depth(101 * Second + 200_000));
    }

    [Fact]
    public void LeaseMicros_ShortLeases_AreBelievedAfterTenthsOfASecond()
    {
        AdmissionControl control = new(2);
        control.ObserveRoundTrip(500, 0);
        for (int i = 1; i <= 2_000; i++)
            control.ObserveLease(10, i * 50);
        Assert.InRange(control.LeaseMicros, 10, 50);
        Assert.InRange(control.Depth(100_000), 30, 128);
    }

    [Fact]
    public void LeaseMicros_ManyShortThenLong_FollowsTheTimeTheyTake()
    {
        AdmissionControl control = Settled(2, 10);
        long now = 200 * Second;
        for (int i = 0; i < 50; i++)
            control.ObserveLease(50_000, now += 25_000);
        Assert.InRange(control.LeaseMicros, 30_000, 50_000);
    }

    [Theory]
    [InlineData(1, 1, 5, 5)]
    [InlineData(1, 3, 3, 8)]
    [InlineData(10, 1, 10, 1)]
    public void Share_IsInProportionToWeight(int weightA, int weightB, int shareA, int shareB)
    {
        AdmissionControl control = new(9);
        (JobAdmission a, JobAdmission b) = (new(), new());
        control.TryAdmit(a, weightA, int.MaxValue, 0, out _);
        control.TryAdmit(b, weightB, int.MaxValue, 0, out _);
        Assert.Equal(10, control.Depth(0));
        Assert.Equal((shareA, shareB), (control.Share(a, 0), control.Share(b, 0)));
    }

    [Fact]
    public void TryAdmit_JobAlone_GetsTheWholeDepthAndNoMore()
    {
        AdmissionControl control = new(4);
        JobAdmission job = new();
        int admitted = Enumerable.Range(0, 100).Count(_ => control.TryAdmit(job, 5, int.MaxValue, 0, out _));
        Assert.Equal(5, admitted);
        control.Release(job);
        Assert.True(control.TryAdmit(job, 5, int.MaxValue, 0, out int share));
        Assert.Equal(5, share);
    }

    [Fact]
    public void TryAdmit_OwnLimit_HoldsBelowTheShare()
    {
        AdmissionControl control = new(8);
        JobAdmission job = new();
        Assert.Equal(2, Enumerable.Range(0, 100).Count(_ => control.TryAdmit(job, 5, limit: 2, 0, out _)));
    }

    [Fact]
    public void TryAdmit_SecondJobWhileTheFirstHoldsEverything_GetsRoomAtOnce()
    {
        AdmissionControl control = new(4);
        (JobAdmission a, JobAdmission b) = (new(), new());
        while (control.TryAdmit(a, 5, int.MaxValue, 0, out _)) { }
        Assert.True(control.TryAdmit(b, 5, int.MaxValue, 0, out _));
        // And the first is held to its new share until it is down to it.
        control.Release(a);
        Assert.False(control.TryAdmit(a, 5, int.MaxValue, 0, out int share));
        Assert.Equal(3, share);
    }

    [Fact]
    public void Share_JobNotSeenForASecond_NoLongerCounts()
    {
        AdmissionControl control = new(9);
        (JobAdmission a, JobAdmission b) = (new(), new());
        control.TryAdmit(a, 5, int.MaxValue, 0, out _);
        control.TryAdmit(b, 5, int.MaxValue, Second / 2, out _);
        Assert.Equal(2, control.JobsSeen(Second));
        Assert.Equal(1, control.JobsSeen(Second + 1));
        Assert.Equal(10, control.Share(b, Second + 1));
    }

    [Fact]
    public void Share_AskedOnlyAfterTheOthersWentQuiet_IsTheWholeDepth()
    {
        AdmissionControl control = new(9);
        (JobAdmission a, JobAdmission b) = (new(), new());
        control.TryAdmit(a, 5, int.MaxValue, 0, out _);
        control.TryAdmit(b, 5, int.MaxValue, Second / 2, out _);
        Assert.Equal(10, control.Share(b, Second + 1));
    }

    [Fact]
    public void Remove_JobThatEnded_LeavesItsShareToOthersAtOnce()
    {
        AdmissionControl control = new(9);
        (JobAdmission a, JobAdmission b) = (new(), new());
        control.TryAdmit(a, 5, int.MaxValue, 0, out _);
        control.TryAdmit(b, 5, int.MaxValue, 0, out _);
        control.Remove(a);
        Assert.Equal((1, 10), (control.JobsSeen(0), control.Share(b, 0)));
        control.Remove(a);
        Assert.Equal((1, 10), (control.JobsSeen(0), control.Share(b, 0)));
        Assert.True(control.TryAdmit(a, 5, int.MaxValue, 0, out int share));
        Assert.Equal((2, 5), (control.JobsSeen(0), share));
    }

    [Fact]
    public void Share_OfAJobThatHasNotAskedYet_CountsItBesideTheOthers()
    {
        AdmissionControl control = new(9);
        (JobAdmission a, JobAdmission b) = (new(), new());
        control.TryAdmit(a, 1, int.MaxValue, 0, out _);
        Assert.Equal(5, control.Share(b, 0));
    }

    [Fact]
    public void Offer_OthersHoldWhatTheyDoNotAskFor_IsWhatTheyLeave()
    {
        AdmissionControl control = new(2);
        (JobAdmission a, JobAdmission b) = (new(), new());
        while (control.TryAdmit(a, 5, int.MaxValue, 0, out _)) { }
        Assert.Equal(3, a.Held);

        // The first has units of seconds and asks no more: it does not count, but what it holds is not there.
        Assert.True(control.TryAdmit(b, 5, int.MaxValue, 2 * Second, out _));
        Assert.Equal((3, 1), (control.Share(b, 2 * Second), control.Offer(b, 2 * Second)));
        Assert.False(control.TryAdmit(b, 5, int.MaxValue, 2 * Second, out _));
        control.Release(a);
        Assert.Equal(2, control.Offer(b, 2 * Second));
        Assert.True(control.TryAdmit(b, 5, int.MaxValue, 2 * Second, out _));
    }

    [Fact]
    public void Offer_ManyThatHoldOneEach_LeavesTheRestToWhoAsks()
    {
        AdmissionControl control = new(16);
        for (int i = 0; i < 10; i++)
            control.TryAdmit(new JobAdmission(), 5, int.MaxValue, 0, out _);
        JobAdmission asks = new();
        int admitted = 0;
        while (control.Offer(asks, 2 * Second) > asks.Held && control.TryAdmit(asks, 5, int.MaxValue, 2 * Second, out _))
            admitted++;
        Assert.Equal(8, admitted);
    }

    [Fact]
    public void Offer_AnyHistory_IsTakenAndOneMoreIsNot() =>
        Gen.Select(Gen.Int[1, 8], Gen.Select(Gen.Int[0, 9], Gen.Int[1, 10], Gen.Bool, Gen.Int[0, 400_000]).Array[0, 400])
            .Sample(
                (slots, steps) =>
                {
                    AdmissionControl control = new(slots);
                    JobAdmission[] jobs = [.. Enumerable.Range(0, 10).Select(_ => new JobAdmission())];
                    long now = 0;
                    foreach ((int index, int weight, bool releases, int after) in steps)
                    {
                        JobAdmission job = jobs[index];
                        now += after;
                        if (releases && job.Held > 0)
                            control.Release(job);

                        // Once it has asked: before that its weight is not known.
                        control.TryAdmit(job, weight, int.MaxValue, now, out _);
                        int offer = control.Offer(job, now);
                        bool takesOne = control.TryAdmit(job, weight, int.MaxValue, now, out _);
                        Assert.Equal(offer > job.Held - (takesOne ? 1 : 0), takesOne || job.Held == 0);
                    }
                },
                iter: 200
            );

    [Fact]
    public void TryAdmitFirst_OthersHoldEverything_TakesOneUpToTheCap()
    {
        AdmissionControl control = new(1);
        int admitted = 0;
        for (long now = 0; now < 200; now++)
        {
            JobAdmission job = new();
            bool first = control.TryAdmit(job, 5, int.MaxValue, now * 2 * Second, out _) || control.TryAdmitFirst(job);
            admitted += first ? 1 : 0;
            Assert.False(job.Held > 0 && control.TryAdmitFirst(job));
        }

        // Only the last one asked within a second: 64 for the slot, and that one.
        Assert.Equal(65, admitted);
        Assert.Equal((65, 65), (control.PeakHeld, control.CapAtPeak));
    }

    [Theory]
    [InlineData(2, 2_400_000, 0, 3)]
    [InlineData(2, 2_500_000, 0, 2)]
    [InlineData(2, 60_000_000, 1_000, 2)]
    [InlineData(32, 3_000_000, 500, 32)]
    [InlineData(2, 3_000_000, 2_000_000, 4)]
    public void Depth_LeasesThatOutlastHalfTheQueueLimit_KeepsNoneWaiting(int slots, double leaseMicros, long roundTripMicros, int depth)
    {
        AdmissionControl control = new(slots, queueLimitMicros: 5_000_000);
        for (int i = 1; i <= 20; i++)
            control.ObserveLease(leaseMicros, i * 10 * Second);
        control.ObserveRoundTrip(roundTripMicros, 200 * Second);
        Assert.Equal(depth, control.Depth(200 * Second));
    }

    [Fact]
    public void ObserveWait_BeforeAnyLeaseHasEnded_SaysThatTheyAreLong()
    {
        AdmissionControl control = new(2);
        Assert.Equal(3, control.Depth(5 * Second));
        control.ObserveWait(5 * Second, 5 * Second);
        Assert.Equal(2, control.Depth(5 * Second));
        control.ObserveWait(1, 5 * Second);
        Assert.Equal(5 * Second, control.LeaseMicros);
        control.ObserveLease(10_000, 15 * Second);
        Assert.Equal(3, control.Depth(15 * Second));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void New_WithoutAQueueLimit_IsRefused(long limit) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new AdmissionControl(1, limit));

    [Fact]
    public void LeaseMicros_WeighsByTheTimeThatPassed()
    {
        AdmissionControl control = Settled(2, 10);
        control.ObserveLease(60_000, 60 * Second + 1);
        Assert.InRange(control.LeaseMicros, 500, 2_000);
        control.ObserveLease(20_000, 70 * Second);
        Assert.InRange(control.LeaseMicros, 19_900, 20_000);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void New_WithoutASlot_IsRefused(int slots) => Assert.Throws<ArgumentOutOfRangeException>(() => new AdmissionControl(slots));

    [Fact]
    public void Release_NothingHeld_Throws() =>
        Assert.Throws<InvalidOperationException>(() => new AdmissionControl(1).Release(new JobAdmission()));

    [Fact]
    public void AnyHistory_NeverExceedsTheCapAndCountsExactly() =>
        Gen.Select(
                Gen.Int[1, 8],
                Gen.Select(Gen.Int[0, 499], Gen.Int[1, 10], Gen.Int[0, 3], Gen.Int[0, 5_000], Gen.Int[1, 60_000]).Array[0, 3_000]
            )
            .Sample(
                (slots, steps) =>
                {
                    AdmissionControl control = new(slots);
                    JobAdmission[] jobs = [.. Enumerable.Range(0, 500).Select(_ => new JobAdmission())];
                    long now = 0;
                    foreach ((int job, int weight, int what, int round, int busy) in steps)
                    {
                        now += round;
                        if (what == 0 && jobs[job].Held > 0)
                        {
                            control.Release(jobs[job]);
                            control.ObserveLease(busy, now);
                        }
                        else if (what == 1)
                        {
                            control.Remove(jobs[job]);
                        }
                        else
                        {
                            control.ObserveRoundTrip(round, now);
                            int before = jobs[job].Held;
                            int total = control.Held;
                            bool admitted = control.TryAdmit(jobs[job], weight, int.MaxValue, now, out int share);
                            int seen = control.JobsSeen(now);
                            Assert.InRange(control.Depth(now), slots + 1, 64 * slots);
                            Assert.Equal(admitted, before < share && total < control.Depth(now) + seen);
                            Assert.True(!admitted || control.Held <= 64 * slots + seen);
                        }

                        Assert.Equal(jobs.Sum(j => j.Held), control.Held);
                    }

                    Assert.InRange(control.PeakHeld, 0, Math.Max(0, control.CapAtPeak));
                },
                iter: 50
            );

    [Fact]
    public void FiveHundredJobsAtOnce_EachGetsOneAndTheCapHolds()
    {
        AdmissionControl control = Settled(2, 10);
        control.ObserveRoundTrip(10_000, 100 * Second);
        JobAdmission[] jobs = [.. Enumerable.Range(0, 500).Select(_ => new JobAdmission())];
        int admitted = 0;
        for (int round = 0; round < 5; round++)
            admitted += jobs.Count(job => control.TryAdmit(job, 5, int.MaxValue, 100 * Second, out _));
        Assert.Equal(500, admitted);
        Assert.All(jobs, job => Assert.Equal(1, job.Held));
        Assert.InRange(control.PeakHeld, 500, 64 * 2 + 500);
    }

    private static AdmissionControl Settled(int slots, double leaseMicros)
    {
        AdmissionControl control = new(slots);
        for (int i = 1; i <= 60; i++)
            control.ObserveLease(leaseMicros, i * Second);
        return control;
    }
}
