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
