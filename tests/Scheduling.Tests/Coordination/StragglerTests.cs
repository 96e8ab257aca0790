using OrleansWork.Scheduling.Coordination;
using OrleansWork.Scheduling.Ledger;
using OrleansWork.Scheduling.Placement;
using Xunit;

namespace OrleansWork.Scheduling.Tests.Coordination;

public sealed class StragglerTests
{
    private static readonly JobMachineOptions Speculating = new()
    {
        ChunkUnits = 1,
        Speculates = true,
        Policy = PolicyKind.RoundRobin,
    };

    [Fact]
    public void SlowUnit_SlotsIdle_RunsASecondTimeElsewhereAndTheLoserIsDropped()
    {
        MachineBench bench = new(Speculating, units: 8, "a", "b");
        GrantLease slow = AllButOne(bench);
        Assert.Empty(bench.Granted());
        Beat(bench, slow, TimeSpan.FromMilliseconds(300));
        GrantLease second = Assert.Single(bench.StoreAndTakeGrants());
        Assert.Equal((slow.Range, 2), (second.Range, second.Attempt));
        Assert.NotEqual(slow.Silo, second.Silo);

        bench.Done(second);
        SignalLeases drop = Assert.Single(bench.Take<SignalLeases>(), signal => signal.Signal == LeaseSignal.Drop);
        Assert.Equal((slow.Silo, slow.Number), (drop.Silo, drop.Leases.Single().Number));
        Assert.Equal(JobPhase.Finishing, bench.Machine.Phase);
        Assert.Equal(1, bench.Machine.Counters.Wasted);
    }

    [Fact]
    public void SlowUnit_TheFirstComesBackFirst_TheSecondIsDropped()
    {
        MachineBench bench = new(Speculating, units: 8, "a", "b");
        GrantLease slow = AllButOne(bench);
        Beat(bench, slow, TimeSpan.FromMilliseconds(300));
        GrantLease second = Assert.Single(bench.StoreAndTakeGrants());
        bench.Done(slow);
        Assert.Contains(bench.Take<SignalLeases>(), signal => signal.Leases.Single().Number == second.Number);
        Assert.Equal(JobPhase.Finishing, bench.Machine.Phase);
    }

    [Fact]
    public void SecondRun_IsSentOnlyOnceBothItsSilosAreStored()
    {
        MachineBench bench = new(Speculating, units: 8, "a", "b");
        GrantLease slow = AllButOne(bench);
        Beat(bench, slow, TimeSpan.FromMilliseconds(300));
        Assert.Empty(bench.Granted());
        bench.Wait(TimeSpan.FromSeconds(1));
        bench.Beats(slow.Silo, (slow, slow.Range.From, TimeSpan.FromSeconds(1)));
        Assert.Empty(bench.Granted());
        Assert.Equal(["a", "b"], Silos(bench, slow.Range));
        bench.Happens(new SnapshotStored(bench.Machine.SuspectsVersion, LeasedTo: 0));
        Assert.Equal("b", Assert.Single(bench.Granted()).Silo);
        Assert.Equal(["a", "b"], Silos(bench, slow.Range));
    }

    [Fact]
    public void SecondRun_TheFirstEndedBeforeItWasStored_IsNotSent()
    {
        MachineBench bench = new(Speculating, units: 8, "a", "b");
        GrantLease slow = AllButOne(bench);
        Beat(bench, slow, TimeSpan.FromMilliseconds(300));
        bench.Fails(slow);
        bench.Happens(new SnapshotStored(bench.Machine.SuspectsVersion, LeasedTo: 0));
        Assert.DoesNotContain(bench.Granted(), lease => lease.Silo == slow.Silo);
        Assert.InRange(bench.Machine.LeasesInFlight, 0, 1);
    }

    [Theory]
    [InlineData("a", "b")]
    [InlineData("b", "a")]
    public void UnitThatRunsTwice_EndsBothProcesses_WasPresentAtTwoDeaths(string dies, string diesNext)
    {
        MachineBench bench = new(Speculating, units: 8, "a", "b");
        GrantLease slow = AllButOne(bench);
        Beat(bench, slow, TimeSpan.FromMilliseconds(300));
        Assert.Single(bench.StoreAndTakeGrants());
        bench.Join("c");
        bench.Happens(new SiloLost(dies, Planned: false));
        SuspectRecord left = Assert.Single(bench.Machine.Snapshot().Suspects);
        Assert.Equal(new SuspectRecord(slow.Range, 1, diesNext), left);
        Assert.Empty(bench.StoreAndTakeGrants());
        bench.Happens(new SiloLost(diesNext, Planned: false));
        GrantLease lone = Assert.Single(bench.StoreAndTakeGrants());
        Assert.Equal((slow.Range, "c", true), (lone.Range, lone.Silo, lone.Alone));
        bench.Happens(new SiloLost("c", Planned: false));
        bench.Take<EndJob>();
        Assert.Equal("PoisonUnit", bench.Failure?.Type);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(1, "a")]
    [InlineData(1, "b")]
    public void UnitThatRunsTwice_TheCoordinatorDiesToo_CountsTheSilosThatDied(int deaths, params string[] alive)
    {
        MachineBench bench = new(Speculating, units: 8, "a", "b");
        GrantLease slow = AllButOne(bench);
        Beat(bench, slow, TimeSpan.FromMilliseconds(300));
        bench.StoreAndTakeGrants();
        bench.Restart(bench.Machine.Snapshot(), died: null, ["c", .. alive]);
        SuspectRecord suspect = Assert.Single(bench.Machine.Snapshot().Suspects);
        Assert.Equal((slow.Range, deaths), (suspect.Range, suspect.Deaths));
        GrantLease[] again = bench.StoreAndTakeGrants();
        Assert.Equal(alive.Length == 0 ? 1 : 0, again.Length);
    }

    [Fact]
    public void SlowUnit_TheSecondsSiloDies_TheFirstGoesOnAlone()
    {
        MachineBench bench = new(Speculating, units: 8, "a", "b");
        GrantLease slow = AllButOne(bench);
        Beat(bench, slow, TimeSpan.FromMilliseconds(300));
        GrantLease second = Assert.Single(bench.StoreAndTakeGrants());
        bench.Happens(new SiloLost(second.Silo, Planned: false));
        Assert.Equal(1, bench.Machine.LeasesInFlight);
        Assert.Equal(new SuspectRecord(slow.Range, 1, slow.Silo), Assert.Single(bench.Machine.Snapshot().Suspects));
        bench.Done(slow);
        Assert.Equal(JobPhase.Finishing, bench.Machine.Phase);
    }

    [Fact]
    public void SlowUnit_OneOfTheTwoFails_TheOtherDecides()
    {
        MachineBench bench = new(Speculating, units: 8, "a", "b");
        GrantLease slow = AllButOne(bench);
        Beat(bench, slow, TimeSpan.FromMilliseconds(300));
        bench.Fails(Assert.Single(bench.StoreAndTakeGrants()), permanent: true);
        Assert.Equal(JobPhase.Running, bench.Machine.Phase);
        bench.Done(slow);
        Assert.Equal(JobPhase.Finishing, bench.Machine.Phase);
        Assert.Empty(bench.Machine.Failures);
    }

    [Theory]
    [InlineData(false, 300, 0)]
    [InlineData(true, 40, 0)]
    [InlineData(true, 300, 1)]
    public void SecondRun_OnlyWhenAllowedAndFarBeyondTheMedian(bool allowed, int millis, int seconds)
    {
        MachineBench bench = new(Speculating with { Speculates = allowed }, units: 8, "a", "b");
        GrantLease slow = AllButOne(bench);
        Beat(bench, slow, TimeSpan.FromMilliseconds(millis));
        Assert.Equal(seconds, bench.StoreAndTakeGrants().Length);
    }

    [Fact]
    public void SlowUnitWithinALease_TheTailBehindItIsTakenBackWhileTheUnitRunsOn()
    {
        MachineBench bench = new(Speculating with { ChunkUnits = 4, Speculates = false }, units: 24, "a", "b");
        GrantLease? slow = null;
        Queue<GrantLease> granted = new(bench.Granted());
        while (granted.TryDequeue(out GrantLease? lease))
        {
            if (slow is null)
                slow = lease;
            else
                bench.Done(lease);
            foreach (GrantLease next in bench.Granted())
                granted.Enqueue(next);
        }

        for (int beat = 0; beat < 12; beat++)
        {
            bench.Wait(TimeSpan.FromMilliseconds(250));
            bench.Beats(slow!.Silo, (slow, slow.Range.From + 1, TimeSpan.FromMilliseconds(250 * (beat + 1))));
        }

        GrantLease tail = Assert.Single(bench.Granted());
        Assert.Equal(slow!.Range with { From = slow.Range.From + 2 }, tail.Range);
        bench.Done(tail);
        bench.Done(slow.Silo, slow.Number, slow.Range with { To = slow.Range.From + 2 });
        Assert.Equal(JobPhase.Finishing, bench.Machine.Phase);
        Assert.Equal(0, bench.Machine.Counters.Wasted);
    }

    /// <summary>Completes all units but the first of silo a.</summary>
    private static GrantLease AllButOne(MachineBench bench)
    {
        GrantLease? kept = null;
        Queue<GrantLease> granted = new(bench.Granted());
        while (granted.TryDequeue(out GrantLease? lease))
        {
            if (kept is null && lease.Silo == "a")
                kept = lease;
            else
                bench.Done(lease);
            foreach (GrantLease next in bench.Granted())
                granted.Enqueue(next);
        }

        return kept!;
    }

    private static IEnumerable<string?> Silos(MachineBench bench, UnitRange range) =>
        bench.Machine.Snapshot().Suspects.Where(suspect => suspect.Range == range).Select(suspect => suspect.Silo).Order();

    private static void Beat(MachineBench bench, GrantLease slow, TimeSpan running)
    {
        bench.Wait(running);
        bench.Beats(slow.Silo, (slow, slow.Range.From, running));
    }
}
