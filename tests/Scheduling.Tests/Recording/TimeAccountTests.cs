using CsCheck;
using OrleansWork.Scheduling.Recording;
using Xunit;

namespace OrleansWork.Scheduling.Tests.Recording;

public sealed class TimeAccountTests
{
    private static TimeSpan Ms(double ms) => TimeSpan.FromMilliseconds(ms);

    [Fact]
    public void SlotOfOneLease_IsDividedByWhatTheLeaseWentThrough()
    {
        TimeAccount account = new();
        account.Join(0, slots: 1, Ms(0));
        account.Waits(waits: true, Ms(0));
        account.Open(Ms(0));
        TimeSpan waited = account.WaitedAt(Ms(10));
        account.Waits(waits: false, Ms(10));

        account.Ran(
            new SlotUse
            {
                Sent = Ms(30),
                Arrived = Ms(33),
                Started = Ms(40),
                Ended = Ms(100),
                WaitedWhenSent = waited,
                CountedPart = 0.75,
            },
            Ms(101)
        );
        account.Finishing(Ms(110));

        Assert.Equal(
            new AccountTotals
            {
                Slots = Ms(130),
                IdleWorkElsewhere = Ms(10),
                IdleNoWork = Ms(20) + Ms(10),
                Transfer = Ms(3),
                Queue = Ms(7),
                Compute = Ms(45),
                WastedRetry = Ms(15),
                Combine = Ms(20),
            },
            account.Totals(Ms(130))
        );
    }

    [Fact]
    public void TimeOfOtherJobs_IsTakenFromWhatLooksIdle()
    {
        TimeAccount account = new();
        account.Join(0, slots: 2, Ms(0));
        account.Open(Ms(0));
        account.Busy(0, Ms(5_000));
        account.Ran(
            new SlotUse
            {
                Started = Ms(10),
                Ended = Ms(50),
                CountedPart = 1,
            },
            Ms(50)
        );
        account.Busy(0, Ms(5_000 + 40 + 100));

        AccountTotals totals = account.Totals(Ms(100));

        Assert.Equal((Ms(200), Ms(40), Ms(100)), (totals.Slots, totals.Compute, totals.OtherJobs));
        Assert.Equal(totals.Slots, Sum(totals));
    }

    [Fact]
    public void NothingWaitsSince_IsTheLastTimeThatSomeDid_AndNoEarlierThanTheFirstLease()
    {
        TimeAccount account = new();
        account.Waits(waits: false, Ms(1));
        Assert.Null(account.NothingWaitsSince);
        account.Open(Ms(5));
        Assert.Equal(Ms(5), account.NothingWaitsSince);
        account.Waits(waits: true, Ms(10));
        Assert.Null(account.NothingWaitsSince);
        account.Waits(waits: false, Ms(30));
        account.Finishing(Ms(70));
        Assert.Equal(Ms(30), account.NothingWaitsSince);
    }

    [Fact]
    public void BusyBySlot_OutlivesTheSilo_AndCountsUnknownSlotsAsThoseIdleForLongest()
    {
        TimeAccount account = new();
        account.Join(0, slots: 2, Ms(0));
        account.Open(Ms(0));
        account.Ran(
            new SlotUse
            {
                Slot = 1,
                Started = Ms(10),
                Ended = Ms(40),
            },
            Ms(40)
        );
        account.Ran(
            new SlotUse
            {
                Slot = -1,
                Started = Ms(20),
                Ended = Ms(25),
            },
            Ms(40)
        );
        account.Leave(0, Ms(50));
        account.Join(0, slots: 3, Ms(60));
        account.Ran(
            new SlotUse
            {
                Slot = 2,
                Started = Ms(70),
                Ended = Ms(71),
            },
            Ms(80)
        );

        Assert.Equal([Ms(5), Ms(30), Ms(1)], account.BusyBySlot(0).ToArray());
        Assert.Empty(account.BusyBySlot(1).ToArray());
    }

    [Fact]
    public void SiloThatLeaves_CountsAsLongAsItWasThere()
    {
        TimeAccount account = new();
        account.Join(0, slots: 2, Ms(0));
        account.Open(Ms(0));
        account.Join(1, slots: 3, Ms(100));
        account.Leave(0, Ms(150));

        Assert.Equal(Ms((2 * 150) + (3 * 900)), account.Totals(Ms(1_000)).Slots);
    }

    [Fact]
    public void AnyHistory_PartsAddUpToSlotsTimesWall() =>
        Gen.Select(
                Gen.Int[1, 4],
                Gen.Select(
                    Gen.Int[0, 2],
                    Gen.Int[-1, 5],
                    Gen.Double[0, 50],
                    Gen.Double[0, 20],
                    Gen.Double[0, 20],
                    Gen.Double[0, 80],
                    Gen.Double[0, 1],
                    Gen.Int[0, 9]
                ).Array[0, 60]
            )
            .Sample(
                (slots, history) =>
                {
                    TimeAccount account = new()
                    {
                        Former = new AccountTotals { Slots = Ms(7), Compute = Ms(7) },
                    };
                    TimeSpan now = Ms(1_000);
                    for (int silo = 0; silo < 2; silo++)
                        account.Join(silo, slots, now);
                    account.Open(now);
                    foreach ((int silo, int slot, double idle, double way, double queue, double busy, double counted, int what) in history)
                    {
                        account.Waits(what % 2 == 0, now);
                        TimeSpan sent = now + Ms(idle);
                        TimeSpan waited = account.WaitedAt(sent);
                        SlotUse use = new()
                        {
                            Silo = silo,
                            Slot = slot,
                            Sent = sent,
                            Arrived = sent + Ms(way),
                            Started = sent + Ms(way + queue),
                            Ended = sent + Ms(way + queue + busy),
                            WaitedWhenSent = waited,
                            CountedPart = counted,
                            IsSpeculation = what > 6,
                        };
                        now += Ms(idle / 2);
                        account.Ran(use, use.Ended > now ? use.Ended : now);
                        account.Busy(silo, Ms(busy * 3));
                        if (what == 8)
                            account.Leave(silo, now);
                        if (what == 9)
                            account.Join(silo, slots, now);
                    }

                    account.Finishing(now);
                    AccountTotals totals = account.Totals(now + Ms(30));
                    Assert.Equal(totals.Slots, Sum(totals));
                    Assert.All(Parts(totals), part => Assert.True(part >= TimeSpan.Zero));
                },
                iter: 2_000
            );

    private static TimeSpan Sum(AccountTotals totals) => Parts(totals).Aggregate((left, right) => left + right);

    private static TimeSpan[] Parts(AccountTotals totals) =>
        [
            totals.Compute,
            totals.Queue,
            totals.Transfer,
            totals.Combine,
            totals.OtherJobs,
            totals.IdleNoWork,
            totals.IdleWorkElsewhere,
            totals.WastedRetry,
            totals.WastedSpeculation,
        ];
}
