using OrleansWork.Scheduling.Coordination;
using OrleansWork.Scheduling.Ledger;
using Xunit;

namespace OrleansWork.Scheduling.Tests.Coordination;

public sealed class SuspectTests
{
    private static readonly JobMachineOptions OneByOne = new() { ChunkUnits = 1 };

    [Fact]
    public void SiloLost_WhatRanThere_RunsAgainOnlyOnceItIsStoredAsSuspect()
    {
        MachineBench bench = new(OneByOne, units: 10, "a");
        GrantLease[] first = bench.Granted();
        Assert.Equal([0, 1], first.Select(lease => lease.Range.From));
        bench.Happens(new SiloLost("a", Planned: false));
        bench.Join("b");

        StoreSuspects store = Assert.Single(bench.Take<StoreSuspects>());
        Assert.Equal([new SuspectRecord(new UnitRange(0, 1), 1, "b"), new SuspectRecord(new UnitRange(1, 2), 1, null)], Suspects(bench));
        bench.Happens(new SnapshotStored(store.Version, LeasedTo: 0));
        Assert.Contains(bench.Granted(), lease => lease.Range == new UnitRange(0, 1));
    }

    [Fact]
    public void SiloLost_LeavingInOrder_SuspectsNothing()
    {
        MachineBench bench = new(OneByOne, units: 10, "a");
        bench.Granted();
        bench.Happens(new SiloLost("a", Planned: true));
        bench.Join("b");
        Assert.Empty(Suspects(bench));
        Assert.Equal([0, 1], bench.Granted().Select(lease => lease.Range.From));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(1_000)]
    public void PoisonUnit_AnyLeaseSize_IsFoundWithinThreeDeaths(long chunk)
    {
        const long Poison = 333;
        JobMachineOptions options = new() { ChunkUnits = chunk };
        MachineBench bench = new(options, units: 1_000, "silo-0", "silo-1");
        int silos = 2;
        int deaths = 0;
        Queue<GrantLease> granted = new(bench.Granted());
        while (bench.Machine.Phase == JobPhase.Running && granted.TryDequeue(out GrantLease? lease))
        {
            if (lease.Range.From <= Poison && Poison < lease.Range.To)
            {
                Assert.True(++deaths <= 3, "the unit ended a fourth process");
                bench.Happens(new SiloLost(lease.Silo, Planned: false));
                granted = new(granted.Where(other => other.Silo != lease.Silo));
                bench.Join($"silo-{silos++}");
            }
            else
            {
                bench.Done(lease);
            }

            foreach (GrantLease next in bench.StoreAndTakeGrants())
                granted.Enqueue(next);
        }

        Assert.Equal(JobPhase.Failed, bench.Machine.Phase);
        bench.Take<EndJob>();
        Assert.Equal(("PoisonUnit", Poison), (bench.Failure!.Type, bench.Failure.Unit));
        Assert.Equal(3, deaths);
    }

    [Theory]
    [InlineData(400, 1)]
    [InlineData(400, 16)]
    [InlineData(400, 400)]
    [InlineData(20_000, 1)]
    [InlineData(20_000, 6_000)]
    [InlineData(20_000, 20_000)]
    public void PoisonUnit_EndsTheCoordinatorEveryTime_IsFoundWithinThreeDeaths(long units, long chunk)
    {
        const long Poison = 150;
        JobMachineOptions options = new() { ChunkUnits = chunk };
        JobSnapshot stored = new MachineBench(options, units).Machine.Snapshot().Begun(chunk);
        MachineBench bench = new(options with { MayLeaseTo = stored.MayLeaseTo }, units, "silo-0");
        int deaths = 0;
        int done = 0;
        Queue<GrantLease> granted = new(bench.Granted());
        while (bench.Machine.Phase == JobPhase.Running && granted.TryDequeue(out GrantLease? lease))
        {
            if (lease.Range.From <= Poison && Poison < lease.Range.To)
            {
                Assert.True(++deaths <= 3, "the unit ended a fourth process");
                bench.Restart(stored, died: lease.Silo, $"silo-{deaths}");
                granted.Clear();
            }
            else
            {
                bench.Done(lease);
                // As a coordinator does that has stored nothing for a while.
                if (++done % 8 == 0)
                    bench.Stores();
            }

            foreach (GrantLease next in bench.StoreAndTakeGrants())
                granted.Enqueue(next);
            stored = bench.Stored ?? stored;
        }

        Assert.Equal(JobPhase.Failed, bench.Machine.Phase);
        Assert.Equal(3, deaths);
    }

    [Theory]
    [InlineData(40)]
    [InlineData(5_000)]
    public void CoordinatorDied_WhatItMayHaveLeased_RunsAgainAsCanariesOnly(long units)
    {
        MachineBench bench = new(new JobMachineOptions { ChunkUnits = units }, units, "a");
        bench.Granted();
        bench.Restart(bench.Machine.Snapshot(), died: "a", "b");
        Assert.Equal(units, Suspects(bench).Sum(suspect => suspect.Range.Count));
        Assert.All(Suspects(bench), suspect => Assert.Equal(1, suspect.Deaths));
        GrantLease canary = Assert.Single(bench.StoreAndTakeGrants());
        Assert.Equal((true, (long)Math.Sqrt(units)), (canary.Canary, canary.Range.Count));
    }

    [Theory]
    [InlineData("home", "other")]
    [InlineData("home")]
    public void Canary_GoesElsewhereThanItsCoordinatorWhereItCan(params string[] alive)
    {
        MachineBench bench = new(new JobMachineOptions { ChunkUnits = 1, Home = "home" }, units: 10, "a");
        bench.Granted();
        bench.Happens(new SiloLost("a", Planned: false));
        bench.Join(alive);
        bench.Wait(TimeSpan.FromSeconds(3));
        Assert.All(bench.StoreAndTakeGrants().Where(lease => lease.Canary), lease => Assert.Equal(alive[^1], lease.Silo));
        Assert.Contains(Suspects(bench), suspect => suspect.Silo == alive[^1]);
    }

    [Fact]
    public void CoordinatorDied_BeforeItsSuspectsWereStored_CountsNoSecondDeathForThem()
    {
        MachineBench bench = new(new JobMachineOptions { ChunkUnits = 100 }, units: 100, "a");
        bench.Granted();
        bench.Restart(bench.Machine.Snapshot(), died: "a", "b");
        bench.Restart(bench.Stored!, died: "b", "c");
        Assert.Equal(100, Suspects(bench).Sum(suspect => suspect.Range.Count));
        Assert.All(Suspects(bench), suspect => Assert.Equal(1, suspect.Deaths));
    }

    [Fact]
    public void PoisonUnit_Skipped_TheRestIsDoneAndTheResultHasAHole()
    {
        JobMachineOptions options = new() { ChunkUnits = 1, SkipsFailedUnits = true };
        MachineBench bench = new(options, units: 3, "a", "b", "c");
        for (int death = 1; death <= 3; death++)
        {
            GrantLease poison = bench.StoreAndTakeGrants().Single(lease => lease.Range.From == 0);
            bench.Join($"new-{death}");
            bench.Happens(new SiloLost(poison.Silo, Planned: false));
        }

        bench.StoreAndTakeGrants();
        UnitFailureRecord failed = Assert.Single(bench.Machine.Failures);
        Assert.Equal((0, 3, "PoisonUnit", true), (failed.Unit, failed.Attempts, failed.Type, failed.ForGood));
        Assert.Equal(JobPhase.Running, bench.Machine.Phase);
    }

    [Fact]
    public void Canary_ItsSiloDied_CountsWhereverTheCoordinatorDied()
    {
        MachineBench bench = new(OneByOne, units: 10, "a");
        bench.Granted();
        bench.Join("b");
        bench.Happens(new SiloLost("a", Planned: false));
        bench.StoreAndTakeGrants();
        JobSnapshot stored = bench.Machine.Snapshot();
        bench.Restart(stored, died: "home", "b");
        Assert.All(Suspects(bench), suspect => Assert.Equal(1, suspect.Deaths));
        foreach (string? died in (string?[])["home", "b", null])
        {
            bench.Restart(stored, died, "c");
            Assert.Contains(Suspects(bench), suspect => suspect.Deaths == 2);
        }
    }

    [Fact]
    public void Canary_ItsSiloLivesWhenTheCoordinatorDied_RunsNowhereElseUntilThatSiloSpeaks()
    {
        (MachineBench bench, SuspectRecord canary) = CoordinatorDiesBesideACanary();
        Assert.DoesNotContain(bench.StoreAndTakeGrants(), lease => lease.Range.Intersect(canary.Range).Count > 0);
        bench.Happens(new HeartbeatReceived("b", []));
        Assert.Contains(canary, Suspects(bench));
        bench.Happens(new Adopted("b", []));
        Assert.Contains(bench.StoreAndTakeGrants(), lease => lease.Range == canary.Range && lease.Canary);
    }

    [Fact]
    public void Canary_ItsSiloDiesAfterTheCoordinator_HasBeenPresentAtThatDeath()
    {
        (MachineBench bench, SuspectRecord canary) = CoordinatorDiesBesideACanary();
        bench.Happens(new SiloLost("b", Planned: false));
        Assert.Contains(Suspects(bench), suspect => suspect.Range == canary.Range && suspect.Deaths == canary.Deaths + 1);
    }

    [Fact]
    public void Canary_ItsSiloIsAdopted_RunsOnUnderItsOldName()
    {
        (MachineBench bench, SuspectRecord canary) = CoordinatorDiesBesideACanary();
        bench.Happens(
            new Adopted("b", [new HeldRange(new LeaseName(1, 77), canary.Range, Started: true, canary.Range.From, TimeSpan.Zero)])
        );
        bench.StoreAndTakeGrants();
        Assert.Contains(canary, Suspects(bench));
        bench.Happens(new SiloLost("b", Planned: false));
        Assert.Contains(Suspects(bench), suspect => suspect.Range == canary.Range && suspect.Deaths == canary.Deaths + 1);
    }

    [Fact]
    public void Canary_ItsSiloStaysSilentToTheNewCoordinator_RunsElsewhereInTheEnd()
    {
        (MachineBench bench, SuspectRecord canary) = CoordinatorDiesBesideACanary();
        bench.Wait(bench.Options.SuspectPatience + TimeSpan.FromSeconds(1));
        bench.Join("c");
        Assert.Contains(bench.StoreAndTakeGrants(), lease => lease.Range == canary.Range && lease.Silo == "c");
    }

    [Fact]
    public void Canary_ItsSiloIsSilentToTheNewCoordinator_DoesNotRunElsewhereBeforeMembershipDecides()
    {
        (MachineBench bench, SuspectRecord canary) = CoordinatorDiesBesideACanary();
        bench.Wait(bench.Options.SiloSilence + TimeSpan.FromSeconds(1));
        bench.Join("c");
        Assert.DoesNotContain(bench.StoreAndTakeGrants(), lease => lease.Range == canary.Range);
    }

    [Fact]
    public void TakenBackFromASilentSilo_WhichTurnsOutDead_CountsForTheSiloThatHasTheUnitNow()
    {
        MachineBench bench = new(OneByOne, units: 1, "a");
        Assert.Equal("a", Assert.Single(bench.Granted()).Silo);
        bench.Wait(bench.Options.SiloSilence + TimeSpan.FromSeconds(1));
        bench.Join("b");
        Assert.Equal("b", Assert.Single(bench.Granted()).Silo);
        bench.Happens(new SiloLost("a", Planned: false));
        Assert.Equal([new SuspectRecord(new UnitRange(0, 1), 1, "b")], Suspects(bench));
        bench.Happens(new SiloLost("b", Planned: false));
        Assert.Equal([new SuspectRecord(new UnitRange(0, 1), 2, null)], Suspects(bench));
    }

    [Fact]
    public void TakenBackFromASilentSilo_WhichTurnsOutDeadAfterTheNextOne_CountsToo()
    {
        MachineBench bench = new(OneByOne, units: 1, "a");
        bench.Granted();
        bench.Wait(bench.Options.SiloSilence + TimeSpan.FromSeconds(1));
        bench.Join("b");
        Assert.Equal("b", Assert.Single(bench.Granted()).Silo);
        bench.Happens(new SiloLost("b", Planned: false));
        bench.Happens(new SiloLost("a", Planned: false));
        Assert.Equal([new SuspectRecord(new UnitRange(0, 1), 2, null)], Suspects(bench));
    }

    [Fact]
    public void LoneCanary_ItsSiloIsNotClear_IsNotStoredThere()
    {
        MachineBench bench = TwoDeaths();
        Assert.Equal("c", Assert.Single(bench.Take<ClearSilo>()).Silo);
        bench.Happens(new SiloCleared("c", IsClear: false));
        Assert.DoesNotContain(Suspects(bench), suspect => suspect is { Deaths: 2, Silo: not null });
        Assert.Empty(bench.Take<ClearSilo>());
        bench.Wait(TimeSpan.FromSeconds(1));
        Assert.Single(bench.Take<ClearSilo>());
        bench.Happens(new SiloCleared("c", IsClear: true));
        Assert.Contains(Suspects(bench), suspect => suspect is { Deaths: 2, Silo: "c" });
        GrantLease lone = Assert.Single(bench.StoreAndTakeGrants(), lease => lease.Canary);
        Assert.True(lone.Alone);
    }

    [Fact]
    public void LoneCanary_StoredTooLate_ItsSiloIsAskedAgain()
    {
        MachineBench bench = TwoDeaths();
        bench.Happens(new SiloCleared("c", IsClear: true));
        bench.Wait(TimeSpan.FromSeconds(3));
        bench.Take<ClearSilo>();
        bench.Happens(new SnapshotStored(bench.Machine.SuspectsVersion, LeasedTo: 0));
        Assert.DoesNotContain(bench.Granted(), lease => lease.Alone);
        bench.Wait(TimeSpan.FromSeconds(1));
        Assert.Contains(bench.StoreAndTakeGrants(), lease => lease.Alone);
    }

    [Fact]
    public void LoneCanaries_OneAfterTheOther_TheSiloIsAskedOnce()
    {
        MachineBench bench = TwoDeaths(chunk: 4);
        Assert.Single(bench.Take<ClearSilo>());
        bench.Happens(new SiloCleared("c", IsClear: true));
        for (int canary = 0; canary < 2; canary++)
        {
            GrantLease lone = Assert.Single(bench.StoreAndTakeGrants(), lease => lease.Alone);
            bench.Done(lone);
            Assert.Empty(bench.Take<ClearSilo>());
            bench.Happens(new SnapshotStored(bench.Machine.SuspectsVersion, LeasedTo: 0));
        }
    }

    [Fact]
    public void LoneCanary_ItsSiloDiesBeforeItBegan_IsNotGivenUp()
    {
        MachineBench bench = TwoDeaths(chunk: 1);
        bench.Begins = false;
        for (int death = 0; death < 3; death++)
        {
            GrantLease lone = Assert.Single(bench.StoreAndTakeGrants(), lease => lease.Alone);
            bench.Happens(new SiloLost(lone.Silo, Planned: false));
            Assert.Null(bench.Failure);
            bench.Join($"next-{death}");
        }

        bench.Begins = true;
        GrantLease last = Assert.Single(bench.StoreAndTakeGrants(), lease => lease.Alone);
        bench.Happens(new SiloLost(last.Silo, Planned: false));
        bench.Take<EndJob>();
        Assert.Equal("PoisonUnit", bench.Failure?.Type);
    }

    [Fact]
    public void LoneCanary_BeginsOnlyWhenThatIsStored()
    {
        MachineBench bench = TwoDeaths(chunk: 1);
        bench.Begins = false;
        GrantLease lone = Assert.Single(bench.StoreAndTakeGrants(), lease => lease.Alone);
        Assert.Contains(Suspects(bench), suspect => suspect is { Silo: "c", Deaths: 2, RanAlone: false });
        bench.AsksToBegin(lone);
        JobSnapshot begun = bench.Machine.Snapshot();
        Assert.Contains(begun.Suspects, suspect => suspect is { Silo: "c", RanAlone: true });
        (StoreSuspects[] store, bool answered) = (bench.Take<StoreSuspects>(), false);
        bench.Happens(new SnapshotStored(Assert.Single(store).Version, LeasedTo: 0));
        foreach (AnswerBegin answer in bench.Take<AnswerBegin>())
            answered |= answer is { Begins: true } && answer.Name == new LeaseName(1, lone.Number);
        Assert.True(answered);
    }

    [Fact]
    public void LoneCanary_GivenBackBeforeItBegan_MayNotBegin()
    {
        MachineBench bench = TwoDeaths(chunk: 1);
        bench.Begins = false;
        GrantLease lone = Assert.Single(bench.StoreAndTakeGrants(), lease => lease.Alone);
        bench.AsksToBegin(lone);
        bench.Happens(new CallFailed(lone.Silo, [lone.Number], Ran: false));
        Assert.False(Assert.Single(bench.Take<AnswerBegin>()).Begins);
        bench.AsksToBegin(lone);
        Assert.False(Assert.Single(bench.Take<AnswerBegin>()).Begins);
    }

    [Fact]
    public void LoneCanary_ItsCoordinatorDiesWithItsSilo_CountsOnlyWhenItHadBegun()
    {
        foreach (bool begins in new[] { false, true })
        {
            MachineBench bench = TwoDeaths(chunk: 1);
            bench.Begins = begins;
            GrantLease lone = Assert.Single(bench.StoreAndTakeGrants(), lease => lease.Alone);
            bench.Restart(bench.Stored!, died: lone.Silo, "d");
            bench.Take<EndJob>();
            Assert.Equal(begins ? "PoisonUnit" : null, bench.Failure?.Type);
        }
    }

    [Theory]
    [InlineData(0, 3)]
    [InlineData(3, 3)]
    [InlineData(4, 4)]
    [InlineData(8, 5)]
    [InlineData(50, 6)]
    public void LoneCanary_WhileOthersEndToo_IsGivenUpAfterMoreDeaths(int others, int deaths)
    {
        foreach (bool coordinatorDies in new[] { false, true })
        {
            MachineBench bench = TwoDeaths(chunk: 1);
            List<SiloLost> lost = [new("a", Planned: false), new("b", Planned: false), .. OthersDied(others)];
            bench.Happens([.. lost]);
            for (int death = 3; death <= deaths; death++)
            {
                GrantLease lone = Assert.Single(bench.StoreAndTakeGrants(), lease => lease.Alone);
                Assert.Null(bench.Failure);
                Assert.Equal(0, lone.Range.From);
                lost.Add(new SiloLost(lone.Silo, Planned: false));
                if (coordinatorDies)
                    bench.Restart(bench.Stored!, died: lone.Silo, [.. lost], $"next-{death}");
                else
                    bench.Happens(lost[^1]);
                bench.Join($"next-{death}");
            }

            bench.Take<EndJob>();
            Assert.Equal(("PoisonUnit", 0L), (bench.Failure?.Type, bench.Failure?.Unit));
            Assert.Contains($"{deaths} processes ended", bench.Failure!.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void LoneCanary_OthersEndedLongAgo_IsGivenUpAtTheThirdDeath()
    {
        MachineBench bench = TwoDeaths(chunk: 1);
        bench.Happens([.. OthersDied(50).Select(lost => lost with { Ago = TimeSpan.FromMinutes(6) })]);
        GrantLease lone = Assert.Single(bench.StoreAndTakeGrants(), lease => lease.Alone);
        bench.Happens(new SiloLost(lone.Silo, Planned: false));
        bench.Take<EndJob>();
        Assert.Equal("PoisonUnit", bench.Failure?.Type);
    }

    /// <summary>A death at which it ran beside others takes nothing from those that it was alone at.</summary>
    [Fact]
    public void LoneCanary_PlannedAgainWhenTheSiloItWasTakenBackFromDies_KeepsItsDeaths()
    {
        MachineBench bench = TwoDeaths(chunk: 1);
        bench.Happens(OthersDied(50));
        GrantLease lone = Assert.Single(bench.StoreAndTakeGrants(), lease => lease.Alone);
        bench.Happens(new SiloLost(lone.Silo, Planned: false));
        bench.Join("d");
        GrantLease again = Assert.Single(bench.StoreAndTakeGrants(), lease => lease.Alone);
        Assert.Contains(Suspects(bench), suspect => suspect is { Range.From: 0, Deaths: 3 });
        bench.Wait(TimeSpan.FromSeconds(61));
        bench.Join("e", "f", "g");
        bench.Happens([.. bench.Take<ClearSilo>().Select(clear => new SiloCleared(clear.Silo, IsClear: true))]);
        Assert.Contains(Suspects(bench), suspect => suspect is { Range.From: 0, Silo: not null });
        bench.Happens(new SiloLost(again.Silo, Planned: false));
        Assert.Contains(Suspects(bench), suspect => suspect is { Range.From: 0, Deaths: 3 });
    }

    private static SiloLost[] OthersDied(int count) =>
        [.. Enumerable.Range(0, count).Select(silo => new SiloLost($"other-{silo}", Planned: false))];

    /// <summary>Units of silos a and b, which died, are to run alone on silo c.</summary>
    private static MachineBench TwoDeaths(long chunk = 1)
    {
        MachineBench bench = new(new JobMachineOptions { ChunkUnits = chunk }, units: 40, "a");
        bench.Granted();
        bench.Happens(new SiloLost("a", Planned: false));
        bench.Join("b");
        Assert.Contains(bench.StoreAndTakeGrants(), lease => lease is { Canary: true, Alone: false });
        bench.Happens(new SiloLost("b", Planned: false));
        bench.Join("c");
        return bench;
    }

    private static (MachineBench Bench, SuspectRecord Canary) CoordinatorDiesBesideACanary()
    {
        MachineBench bench = new(OneByOne, units: 4, "a");
        bench.Granted();
        bench.Join("b");
        bench.Happens(new SiloLost("a", Planned: false));
        bench.StoreAndTakeGrants();
        SuspectRecord canary = Suspects(bench).First(suspect => suspect.Silo == "b");
        bench.Restart(bench.Machine.Snapshot(), died: "home", "b", "d");
        return (bench, canary);
    }

    [Fact]
    public void Restart_TwiceBeforeAnythingIsStored_AllThatMayHaveBeenOutIsSuspect()
    {
        MachineBench bench = new(OneByOne, units: 10, "a", "b");
        bench.Granted();
        JobSnapshot stored = bench.Machine.Snapshot() with { LeasedTo = 3 };
        bench.Restart(stored, died: "a", "b");
        Assert.Equal(3, Suspects(bench).Sum(suspect => suspect.Range.Count));
        bench.Restart(bench.Stored!, died: "b", "c");
        Assert.Equal(10, Suspects(bench).Sum(suspect => suspect.Range.Count));
    }

    [Fact]
    public void Restart_BeforeTheFirstSnapshotOfItsRun_OnlyWhatItMightLeaseUntilThenIsSuspect()
    {
        JobSnapshot begun = new MachineBench(new JobMachineOptions(), units: 2_500).Machine.Snapshot().Begun(leaseUnits: 1);
        MachineBench bench = new(new JobMachineOptions { MayLeaseTo = begun.MayLeaseTo }, units: 2_500, "a", "b");
        bench.Done(bench.Granted()[0]);
        bench.Restart(begun, died: "a", "b");
        Assert.Equal(64, Suspects(bench).Sum(suspect => suspect.Range.Count));
    }

    [Fact]
    public void Grants_BeforeAnythingIsStored_StopAtTheMarkAndGoOnOnceTheyAreStored()
    {
        MachineBench bench = new(OneByOne with { MayLeaseTo = 64 }, units: 1_000, [.. Enumerable.Range(0, 40).Select(silo => $"s{silo}")]);
        Assert.Single(bench.Peek<StoreReach>());
        Assert.Equal(64, bench.Granted().Max(lease => lease.Range.To));
        bench.Stores();
        Assert.Equal(80, bench.Granted().Max(lease => lease.Range.To));
    }

    /// <summary>Storage that is slow or away costs a run no time once it is known how far half a second reaches.</summary>
    [Fact]
    public void Grants_OnceASnapshotIsStoredThatKnowsTheTimeOfAUnit_WaitForNoStore()
    {
        MachineBench bench = new(OneByOne with { MayLeaseTo = 64 }, units: 10_000, "a", "b");
        Queue<GrantLease> granted = new(bench.Granted());
        for (int done = 0; done < 5_000; done++)
        {
            GrantLease lease = granted.Dequeue();
            bench.Done(lease);
            if (done is 10 or 20)
                bench.Stores();
            foreach (GrantLease next in bench.StoreAndTakeGrants())
                granted.Enqueue(next);
            Assert.NotEmpty(granted);
            Assert.True(done < 21 || bench.Stored is { LeasedTo: < 300 });
        }
    }

    private static SuspectRecord[] Suspects(MachineBench bench) =>
        [.. bench.Machine.Snapshot().Suspects.OrderBy(suspect => suspect.Range.From)];
}
