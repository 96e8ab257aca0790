using CsCheck;
using OrleansWork.Scheduling.Coordination;
using OrleansWork.Scheduling.Ledger;
using OrleansWork.Scheduling.Placement;
using OrleansWork.Scheduling.Recording;
using OrleansWork.Scheduling.Reduction;
using Xunit;

namespace OrleansWork.Scheduling.Tests.Coordination;

/// <summary>Options that change while a job runs: the next lease follows them, and what is in flight stays as it is.</summary>
public sealed class ChangedOptionsTests
{
    private static readonly OptionsChanged Plain = new(
        PolicyKind.RoundRobin,
        Spawned: false,
        ChunkUnits: 1,
        TimeSpan.FromMilliseconds(50),
        MaxParallel: null,
        Speculates: true
    );

    private static readonly JobMachineOptions Beginning = new()
    {
        Policy = PolicyKind.RoundRobin,
        ChunkUnits = 1,
        Speculates = true,
    };

    private static readonly Gen<OptionsChanged> Changes = Gen.Select(
        Gen.Enum<PolicyKind>(),
        Gen.Bool,
        Gen.Long[1, 9].Nullable(),
        Gen.Int[1, 1_000],
        Gen.Int[1, 4].Nullable(),
        Gen.Bool,
        (policy, spawned, chunk, millis, parallel, speculates) =>
            new OptionsChanged(policy, spawned, chunk, TimeSpan.FromMilliseconds(millis), parallel, speculates)
    );

    [Fact]
    public void Chunk_Changed_NextLeasesHaveIt_ThoseInFlightStay()
    {
        MachineBench bench = new(Beginning, units: 100, "a", "b");
        GrantLease[] first = bench.Granted();
        Assert.All(first, lease => Assert.Equal(1, lease.Range.Count));
        bench.Happens(Plain with { ChunkUnits = 7, ChunkTime = TimeSpan.FromSeconds(1) });
        Assert.Empty(bench.Take<JobCommand>());
        Assert.Equal(first.Length, bench.Machine.LeasesInFlight);

        bench.Done(first[0]);
        GrantLease next = Assert.Single(bench.Granted());
        Assert.Equal((7, TimeSpan.FromSeconds(1)), (next.Range.Count, next.Budget));
    }

    [Fact]
    public void Changed_IsNotedOnce_WithWhatPeopleAreTold()
    {
        MachineBench bench = new(Beginning, units: 100, "a");
        bench.Happens(Plain with { Policy = PolicyKind.Random, What = "placement → random, priority → 9" });
        bench.Happens(Plain with { Policy = PolicyKind.Random });
        Mark mark = Assert.Single(bench.Machine.Record.Marks, mark => mark.Kind == MarkKind.Options);
        Assert.Equal(("placement → random, priority → 9", null, bench.Now), (mark.Text, mark.Silo, mark.At));
    }

    [Fact]
    public void Chunk_AutomaticAgain_KnowsWhatFixedLeasesHaveShown()
    {
        MachineBench bench = new(Beginning, units: 10_000, "a");
        GrantLease lease = bench.Granted()[0];
        // Ten milliseconds are far above the overhead, so the silo needs no probes.
        bench.Done(lease);
        lease = bench.Granted()[0];
        bench.Happens(Plain with { ChunkUnits = null });
        bench.Done(lease);
        Assert.Equal(5, Assert.Single(bench.Granted()).Range.Count);
    }

    [Fact]
    public void MaxParallel_Less_NothingIsTakenBackAndNothingGrantedUntilThereIsRoom()
    {
        MachineBench bench = new(Beginning, units: 100, "a", "b");
        GrantLease[] first = bench.Granted();
        Assert.Equal(4, first.Length);
        bench.Happens(Plain with { MaxParallel = 2 });
        bench.Done(first[0]);
        bench.Done(first[1]);
        Assert.Empty(bench.Granted());
        bench.Done(first[2]);
        Assert.Single(bench.Granted());
        bench.Happens(Plain);
        Assert.Equal(2, bench.Granted().Length);
    }

    [Fact]
    public void Execution_SpawnedAndBack_LeasesOfBothSortsAreFollowedToTheirEnd()
    {
        MachineBench bench = new(Beginning, units: 12, "a", "b");
        GrantLease[] pooled = bench.Granted();
        bench.Happens(Plain with { Spawned = true });
        bench.Done(pooled[0]);
        GrantLease spawned = Assert.Single(bench.Granted());
        Assert.Equal(("", true), (spawned.Silo, spawned.Offered.Contains("a")));
        bench.Happens(Plain);
        bench.Done(pooled[1]);
        GrantLease again = Assert.Single(bench.Granted());
        Assert.Equal(("a", 0), (again.Silo, again.Offered.Count));
        Assert.Equal(["a", "b"], bench.Machine.TouchedSilos);

        bench.Done(spawned, "b");
        Queue<GrantLease> open = new([.. pooled[2..], again, .. bench.Granted()]);
        while (open.TryDequeue(out GrantLease? lease))
        {
            bench.Done(lease);
            foreach (GrantLease next in bench.Granted())
                open.Enqueue(next);
        }

        Assert.Equal(JobPhase.Finishing, bench.Machine.Phase);
        Assert.Equal((12, 0), (bench.Machine.DoneUnits, bench.Machine.Counters.Wasted));
    }

    [Fact]
    public void Execution_NoLongerSpawned_EverySiloIsToldOfTheEnd()
    {
        MachineBench bench = new(Beginning with { Spawned = true }, units: 100, "a", "b");
        bench.Granted();
        bench.Happens(Plain);
        bench.Happens(new CancelRequested("enough"));
        Assert.Equal(["a", "b"], bench.Machine.TouchedSilos);
        Assert.Equal(["a", "b"], bench.Take<SignalLeases>().Select(signal => signal.Silo));
    }

    [Fact]
    public void Policy_Changed_ChoosesFromThenOn()
    {
        MachineBench bench = new(Beginning, units: 1_000, "a", "b");
        Queue<GrantLease> open = new(bench.Granted());
        bench.Happens(Plain with { Policy = PolicyKind.LeastLoaded });
        // Of two silos the one with fewer leases per slot is the one that has just ended one.
        for (int i = 0; i < 20; i++)
        {
            GrantLease ended = open.Dequeue();
            bench.Done(ended);
            GrantLease next = Assert.Single(bench.Granted());
            Assert.Equal(ended.Silo, next.Silo);
            open.Enqueue(next);
        }
    }

    [Fact]
    public void Speculation_Off_ASecondRunThatIsNotSentYetIsNotSent()
    {
        MachineBench bench = new(Beginning, units: 8, "a", "b");
        GrantLease? slow = null;
        Queue<GrantLease> open = new(bench.Granted());
        while (open.TryDequeue(out GrantLease? lease))
        {
            if (slow is null)
                slow = lease;
            else
                bench.Done(lease);
            foreach (GrantLease next in bench.Granted())
                open.Enqueue(next);
        }

        TimeSpan runs = TimeSpan.FromMilliseconds(300);
        bench.Beats(slow!.Silo, (slow, slow.Range.From, TimeSpan.Zero));
        bench.Wait(runs);
        bench.Beats(slow.Silo, (slow, slow.Range.From, runs));
        Assert.Single(bench.Take<StoreSuspects>());
        bench.Happens(Plain with { Speculates = false });
        bench.Happens(new SnapshotStored(bench.Machine.SuspectsVersion, LeasedTo: 0));
        bench.Wait(runs);
        bench.Beats(slow.Silo, (slow, slow.Range.From, runs));
        Assert.Empty(bench.StoreAndTakeGrants());
        bench.Done(slow);
        Assert.Equal(JobPhase.Finishing, bench.Machine.Phase);
    }

    [Fact]
    public void Paused_Changed_LeasesFollowOnceItGoesOn()
    {
        MachineBench bench = new(Beginning, units: 100, "a");
        foreach (GrantLease lease in bench.Granted())
            bench.Done(lease);
        foreach (GrantLease lease in bench.Granted())
            bench.Done(lease);
        bench.Happens(new PauseRequested());
        foreach (GrantLease lease in bench.Granted())
            bench.Done(lease);
        bench.Happens(Plain with { ChunkUnits = 3 });
        Assert.Empty(bench.Granted());
        bench.Happens(new ResumeRequested());
        Assert.All(bench.Granted(), lease => Assert.Equal(3, lease.Range.Count));
    }

    /// <summary>Changes between any other events: every lease is granted by the options of its moment, a change alone commands nothing of leases in flight,
    /// and all units are committed once, whatever was changed when.</summary>
    [Fact]
    public void AnyChanges_LeasesFollowAndNothingIsLostOrDoneTwice() =>
        Gen.Select(Gen.Int[1, 400], Gen.Select(Gen.Int[0, 9], Changes).Array[0, 60], Gen.Int)
            .Sample(
                (units, history, seed) =>
                {
                    OptionsChanged present = Plain;
                    MachineBench bench = new(Beginning with { Seed = seed }, units, "a", "b", "c");
                    Random random = new(seed);
                    List<GrantLease> open = [];
                    Follow(bench, open, present);
                    foreach ((int what, OptionsChanged change) in history)
                    {
                        if (what < 5)
                        {
                            present = change;
                            bench.Happens(change);
                            Assert.DoesNotContain(
                                bench.Peek<SignalLeases>(),
                                signal => signal.Signal is LeaseSignal.Cancel or LeaseSignal.Drop
                            );
                        }
                        else if (open.Count > 0)
                            Perform(bench, open, random);
                        Follow(bench, open, present);
                    }

                    for (int step = 0; bench.Machine.Phase == JobPhase.Running; step++)
                    {
                        Assert.True(step < 10_000, $"The job stands still with {open.Count} leases out.");
                        if (open.Count > 0)
                            Perform(bench, open, random);
                        else
                            bench.Wait(TimeSpan.FromSeconds(1));
                        Follow(bench, open, present);
                    }

                    Assert.Equal(JobPhase.Finishing, bench.Machine.Phase);
                    Assert.Equal((units, 0), (bench.Machine.DoneUnits, bench.Machine.Counters.Wasted));
                },
                iter: 2_000
            );

    /// <summary>A silo performs one of the leases, or its first units.</summary>
    private static void Perform(MachineBench bench, List<GrantLease> open, Random random)
    {
        int at = random.Next(open.Count);
        GrantLease lease = open[at];
        open.RemoveAt(at);
        string silo = lease.Silo.Length > 0 ? lease.Silo : lease.Offered[random.Next(lease.Offered.Count)];
        bench.Done(silo, lease.Number, lease.Range with { To = lease.Range.From + 1 + random.NextInt64(lease.Range.Count) });
        // What it says of itself: nothing of another job, and what it has of this.
        bench.Happens(new SiloChanged(silo, 1, Takes: true, 0, open.Count(other => other.Silo == silo), Heard: true));
    }

    private static void Follow(MachineBench bench, List<GrantLease> open, OptionsChanged present)
    {
        foreach (GrantLease lease in bench.Granted())
        {
            Assert.Equal(present.Spawned, lease.Silo.Length == 0);
            Assert.Equal(present.Spawned, lease.Offered.Count > 0);
            Assert.InRange(lease.Range.Count, 1, present.ChunkUnits ?? long.MaxValue);
            Assert.True(lease.Budget <= present.ChunkTime, $"A lease may take {lease.Budget}, and {present.ChunkTime} was asked for.");
            open.Add(lease);
            Assert.True(open.Count <= (present.MaxParallel ?? int.MaxValue), $"{open.Count} leases are out: {present}.");
        }
    }
}
