using OrleansWork.Scheduling.Coordination;
using OrleansWork.Scheduling.Ledger;
using Xunit;

namespace OrleansWork.Scheduling.Tests.Coordination;

public sealed class RefusedLeaseTests
{
    [Fact]
    public void Refused_IsNoLeaseAndTheUnitRunsElsewhere()
    {
        MachineBench bench = new(new JobMachineOptions { ChunkUnits = 1, MaxParallel = 1 }, units: 2, "a", "b");
        GrantLease first = Assert.Single(bench.Granted());
        Refuse(bench, first, share: 1);
        Assert.Equal(1, bench.Machine.Counters.Leases);
        GrantLease second = Assert.Single(bench.Granted());
        Assert.NotEqual(first.Silo, second.Silo);
        Assert.Equal(first.Range, second.Range);
        bench.Done(second);
        bench.Done(Assert.Single(bench.Granted()));
        Assert.Equal((2, 2), (bench.Machine.Counters.Leases, bench.Machine.Counters.Attempts));
        SiloShareRecord share = Assert.Single(bench.Machine.Shares());
        Assert.Equal((second.Silo, 2, 2), (share.Silo, share.Units, share.Leases));
    }

    [Fact]
    public void Refused_AgainAndAgain_IsAskedForAfterLongerAndLongerPauses()
    {
        MachineBench bench = new(new JobMachineOptions { ChunkUnits = 1, MaxParallel = 1 }, units: 2, "a");
        GrantLease lease = Assert.Single(bench.Granted());
        List<double> pauses = [];
        for (int i = 0; i < 12; i++)
        {
            Refuse(bench, lease, share: 1);
            pauses.Add(UntilGranted(bench, out lease));
        }

        Assert.InRange(pauses[0], 20, 105);
        Assert.InRange(pauses[2], 80, 405);
        Assert.All(pauses[6..], pause => Assert.InRange(pause, 990, 1_005));

        // What was taken ends the row.
        bench.Done(lease);
        Refuse(bench, Assert.Single(bench.Granted()), share: 1);
        Assert.InRange(UntilGranted(bench, out _), 20, 105);
    }

    [Fact]
    public void Share_ToldBetweenReports_Counts()
    {
        MachineBench bench = new(new JobMachineOptions { ChunkUnits = 1 }, units: 100, "a");
        GrantLease[] first = bench.Granted();
        Assert.Equal(2, first.Length);
        bench.Happens(new ShareTold("a", 5));
        Assert.Equal(3, bench.Granted().Length);
        bench.Happens(new ShareTold("a", 1));
        bench.Done(first[0]);
        Assert.Empty(bench.Granted());
    }

    [Fact]
    public void SiloThatHasNotSaidAShare_IsBelievedToHaveWhatOthersLeave()
    {
        MachineBench bench = new(new JobMachineOptions { ChunkUnits = 1 }, units: 100);
        bench.Happens(new SiloChanged("full", 8, Takes: true, Running: 8, Queued: 1, Heard: true));
        Assert.Single(bench.Granted());
        bench.Happens(new SiloChanged("half", 8, Takes: true, Running: 4, Queued: 0, Heard: true));
        Assert.Equal(5, bench.Granted().Length);
        bench.Happens(new SiloChanged("idle", 8, Takes: true, Running: 0, Queued: 0, Heard: true));
        Assert.Equal(9, bench.Granted().Length);
    }

    private static void Refuse(MachineBench bench, GrantLease lease, int share)
    {
        UnitRange none = new(lease.Range.From, lease.Range.From);
        bench.Happens(
            new LeaseReported(lease.Silo, new LeaseName(1, lease.Number), LeaseOutcome.Refused, none, [], null, TimeSpan.Zero, null, share)
        );
    }

    /// <summary>Lets time pass until the next lease.</summary>
    /// <returns>How long, in milliseconds.</returns>
    private static double UntilGranted(MachineBench bench, out GrantLease lease)
    {
        TimeSpan began = bench.Now;
        while (true)
        {
            bench.Wait(TimeSpan.FromMilliseconds(1));
            bench.Beats("a");
            if (bench.Granted() is [{ } granted, ..])
            {
                lease = granted;
                return (bench.Now - began).TotalMilliseconds;
            }

            Assert.True(bench.Now - began < TimeSpan.FromSeconds(5), "No lease for five seconds.");
        }
    }
}
