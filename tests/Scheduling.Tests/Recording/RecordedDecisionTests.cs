using OrleansWork.Scheduling.Coordination;
using OrleansWork.Scheduling.Placement;
using OrleansWork.Scheduling.Recording;
using OrleansWork.Scheduling.Reduction;
using OrleansWork.Scheduling.Sizing;
using OrleansWork.Scheduling.Tests.Coordination;
using Xunit;

namespace OrleansWork.Scheduling.Tests.Recording;

public sealed class RecordedDecisionTests
{
    [Fact]
    public void Grant_WithRoomOnOneSilo_SaysWhyTheOthersAreOut()
    {
        MachineBench bench = new(new JobMachineOptions { ChunkUnits = 1, Policy = PolicyKind.LeastLoaded }, units: 10);
        bench.Happens(
            new SiloChanged("drains", 1, Takes: false, 0, 0, Heard: true) { Obstacle = Obstacle.Draining },
            new SiloChanged("unlabelled", 1, Takes: false, 0, 0, Heard: true) { Obstacle = Obstacle.NoLabel },
            new SiloChanged("takes", 1, Takes: true, 0, 0, Heard: true)
        );

        GrantLease lease = bench.Granted()[0];

        DecisionEntry decision = DecisionOf(bench, lease.Number);
        Assert.Equal(ChoiceRule.OnlyOneWithRoom, decision.Rule);
        Assert.Equal(SizeBound.Fixed, decision.Size.Won);
        Assert.Equal(
            [
                ("takes", CandidateVerdict.Chosen, Obstacle.None),
                ("drains", CandidateVerdict.TakesNone, Obstacle.Draining),
                ("unlabelled", CandidateVerdict.TakesNone, Obstacle.NoLabel),
            ],
            Silos(bench, decision)
        );
    }

    [Fact]
    public void Grant_AmongSilosWithRoom_SaysByWhichRule()
    {
        foreach (
            (PolicyKind policy, ChoiceRule rule) in new[]
            {
                (PolicyKind.Random, ChoiceRule.Random),
                (PolicyKind.RoundRobin, ChoiceRule.NextInTurn),
                (PolicyKind.LeastLoaded, ChoiceRule.FewestPerSlot),
            }
        )
        {
            MachineBench bench = new(new JobMachineOptions { ChunkUnits = 1, Policy = policy }, units: 10, "a", "b");
            Assert.Equal(rule, DecisionOf(bench, bench.Granted()[0].Number).Rule);
        }
    }

    [Fact]
    public void Lease_ThatIsDone_IsKeptWithItsTimes()
    {
        MachineBench bench = new(new JobMachineOptions { ChunkUnits = 1 }, units: 1, "a");
        GrantLease lease = bench.Granted()[0];
        TimeSpan sent = bench.Now;
        bench.Wait(TimeSpan.FromMilliseconds(30));

        bench.Happens(
            new LeaseReported(
                "a",
                new LeaseName(1, lease.Number),
                LeaseOutcome.Done,
                lease.Range,
                [(new TreeNode(0, 0), bench.Machine.NewHandle())],
                null,
                TimeSpan.FromMilliseconds(10),
                null,
                Share: 1
            )
            {
                Slot = 3,
                Queued = TimeSpan.FromMilliseconds(5),
                Ago = TimeSpan.FromMilliseconds(2),
            }
        );

        LeaseEntry entry = bench.Machine.Record.Leases[0];
        Assert.Equal(LeaseEnd.Committed, entry.End);
        Assert.Equal(3, entry.Slot);
        Assert.Equal(
            [0.0, 13, 18, 28, 30],
            new[] { entry.Granted, entry.Arrived, entry.Started, entry.Ended, entry.Heard }.Select(time => (time - sent).TotalMilliseconds)
        );
    }

    [Fact]
    public void Unit_ThatFailed_IsLeasedAgainAsARetryAwayFromItsSilo()
    {
        MachineBench bench = new(new JobMachineOptions { ChunkUnits = 1, Policy = PolicyKind.LeastLoaded }, units: 2, "a", "b");
        GrantLease[] first = bench.Granted();
        GrantLease failing = first.First(lease => lease.Silo == "a");
        bench.Fails(failing);
        Assert.Equal(WaitCode.BacksOff, bench.Machine.WaitOf(failing.Range.From, bench.Now).Code);
        Assert.Equal("a", bench.Machine.WaitOf(failing.Range.From, bench.Now).Avoids);
        bench.Done(first.First(lease => lease.Silo == "b"));
        bench.Wait(TimeSpan.FromSeconds(1));

        GrantLease again = bench.Granted().Single(lease => lease.Range == failing.Range);

        DecisionEntry decision = DecisionOf(bench, again.Number);
        Assert.Equal(GrantReason.Retry, EntryOf(bench, again.Number).Reason);
        Assert.Equal(
            [("b", CandidateVerdict.Chosen, Obstacle.None), ("a", CandidateVerdict.Avoided, Obstacle.None)],
            Silos(bench, decision)
        );
        Assert.Equal(LeaseEnd.Failed, EntryOf(bench, failing.Number).End);
    }

    [Fact]
    public void Lease_OfASiloThatDies_IsLostAndAccountedFor()
    {
        MachineBench bench = new(new JobMachineOptions { ChunkUnits = 1 }, units: 2, "a", "b");
        GrantLease lease = bench.Granted().First(granted => granted.Silo == "a");
        bench.Wait(TimeSpan.FromMilliseconds(300));
        bench.Beats("a", (lease, lease.Range.From, TimeSpan.FromMilliseconds(250)));
        bench.Wait(TimeSpan.FromMilliseconds(100));

        bench.Happens(new SiloLost("a", Planned: false));

        Assert.Equal(LeaseEnd.Lost, EntryOf(bench, lease.Number).End);
        Assert.Equal(MarkKind.Lost, Assert.Single(bench.Machine.Record.Marks).Kind);
        Assert.Equal(TimeSpan.FromMilliseconds(350), bench.Machine.AccountAt(bench.Now).WastedRetry);
    }

    [Fact]
    public void Waits_AreToldByTheirCause()
    {
        MachineBench bench = new(new JobMachineOptions { ChunkUnits = 1, MaxParallel = 3 }, units: 10);
        bench.Happens(new SiloChanged("a", 1, Takes: false, 0, 0, Heard: true) { Obstacle = Obstacle.NoKind });
        Assert.Equal(WaitCode.NoSilo, bench.Machine.WaitOf(5, bench.Now).Code);
        bench.Join("b");
        Assert.Equal(WaitCode.NoRoom, bench.Machine.WaitOf(9, bench.Now).Code);
        Assert.Equal(UnitPlace.Leased, bench.Machine.PlaceOf(0));
        Assert.Equal(WaitCode.None, bench.Machine.WaitOf(0, bench.Now).Code);
        bench.Happens(new SiloChanged("b", 1, Takes: true, 2, 3, Heard: true));
        Assert.Equal(WaitCode.FairShare, bench.Machine.WaitOf(9, bench.Now).Code);
        bench.Join("c", "d");
        Assert.Equal(WaitCode.MaxParallel, bench.Machine.WaitOf(9, bench.Now).Code);
        bench.Happens(new PauseRequested());
        Assert.Equal(WaitCode.Paused, bench.Machine.WaitOf(9, bench.Now).Code);
    }

    [Fact]
    public void LeasesUnderAMillisecond_AreSampledAndAllCounted()
    {
        MachineBench bench = new(new JobMachineOptions { ChunkUnits = 1 }, units: 2_000, "a");
        for (int i = 0; i < 1_000; i++)
        {
            foreach (GrantLease lease in bench.Granted())
                bench.Done(lease.Silo, lease.Number, lease.Range, TimeSpan.FromMicroseconds(50));
            bench.Wait(TimeSpan.FromMilliseconds(1));
        }

        RunRecorder record = bench.Machine.Record;
        Assert.InRange(record.Leases.Next, 20, 60);
        Assert.Equal(record.Granted, record.Leases.Next + record.Folded);
        Assert.True(record.Silos.Values.Single().Durations.Count >= 1_000);
    }

    private static LeaseEntry EntryOf(MachineBench bench, long number)
    {
        Ring<LeaseEntry> leases = bench.Machine.Record.Leases;
        for (long entry = leases.First; entry < leases.Next; entry++)
        {
            if (leases[entry].Number == number)
                return leases[entry];
        }

        throw new InvalidOperationException($"Lease {number} is not kept.");
    }

    private static DecisionEntry DecisionOf(MachineBench bench, long number) =>
        bench.Machine.Record.Decisions[EntryOf(bench, number).Decision];

    private static (string, CandidateVerdict, Obstacle)[] Silos(MachineBench bench, DecisionEntry decision) =>
        [
            .. Enumerable
                .Range(0, decision.Count)
                .Select(place => decision.Of[place])
                .Select(of => (bench.Machine.SiloNumbers.First(silo => silo.Number == of.Silo).Address, of.Verdict, of.Obstacle)),
        ];
}
