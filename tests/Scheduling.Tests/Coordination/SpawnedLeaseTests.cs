using OrleansWork.Scheduling.Coordination;
using OrleansWork.Scheduling.Failures;
using OrleansWork.Scheduling.Ledger;
using OrleansWork.Scheduling.Placement;
using OrleansWork.Scheduling.Reduction;
using Xunit;

namespace OrleansWork.Scheduling.Tests.Coordination;

public sealed class SpawnedLeaseTests
{
    private readonly List<JobCommand> _commands = [];
    private readonly JobMachine _machine = new(
        new JobMachineOptions
        {
            Policy = PolicyKind.RoundRobin,
            Spawned = true,
            ChunkUnits = 1,
        },
        epoch: 1
    );
    private TimeSpan _now = TimeSpan.FromSeconds(100);

    [Fact]
    public void Grant_NamesNoSilo_OffersAllWithRoomAndNoMoreLeasesThanTheirRoomTogether()
    {
        Start("a", "b");
        GrantLease[] granted = Granted();
        Assert.Equal(6, granted.Length);
        Assert.All(granted, lease => Assert.Equal(("", "a b"), (lease.Silo, string.Join(' ', lease.Offered))));
    }

    [Fact]
    public void Report_PlacesTheLease_AndRoomIsWhereItWas()
    {
        Start("a", "b");
        long first = Granted()[0].Number;
        Happens(Report("b", first, LeaseOutcome.Done, unit: 0));
        SiloShareRecord share = Assert.Single(_machine.Shares());
        Assert.Equal(("b", 1, 1), (share.Silo, share.Units, share.Leases));
        Assert.Single(Granted());
    }

    [Fact]
    public void Heartbeat_PlacesTheLease_AndAFullSiloIsNoLongerOffered()
    {
        Start("a", "b");
        long[] numbers = [.. Granted().Select(lease => lease.Number)];
        Happens(new HeartbeatReceived("a", [Held(numbers[0], 0), Held(numbers[1], 1), Held(numbers[2], 2)]));
        Happens(Report("b", numbers[3], LeaseOutcome.Done, unit: 3));
        Assert.Equal("b", Assert.Single(Assert.Single(Granted()).Offered));
    }

    [Fact]
    public void Refused_TheSiloThatRefusedIsNotOfferedForAWhile()
    {
        Start("a", "b");
        long first = Granted()[0].Number;
        Happens(Report("b", first, LeaseOutcome.Refused, unit: 0));
        _machine.CheckInvariants();
        Happens(Report("a", first + 1, LeaseOutcome.Done, unit: 1));
        Happens(Report("a", first + 2, LeaseOutcome.Done, unit: 2));
        Happens(Report("a", first + 3, LeaseOutcome.Done, unit: 3));
        Assert.All(Granted(), lease => Assert.Equal("a", Assert.Single(lease.Offered)));
    }

    [Fact]
    public void UnitFailed_IsOfferedToTheOtherSilos()
    {
        Start("a", "b");
        long first = Granted()[0].Number;
        Happens(
            Report("b", first, LeaseOutcome.Done, unit: 0) with
            {
                Done = new UnitRange(0, 0),
                Nodes = [],
                Failure = new FailureRecord(null, "Bad", "bad", null, false),
            }
        );
        Granted();
        _now += TimeSpan.FromSeconds(1);
        Happens(Report("a", first + 1, LeaseOutcome.Done, unit: 1));
        GrantLease again = Assert.Single(Granted(), lease => lease.Range.From == 0);
        Assert.Equal((2, "a"), (again.Attempt, Assert.Single(again.Offered)));
    }

    [Fact]
    public void SiloLost_OnlyLeasesPlacedThereAreLeasedAgain()
    {
        Start("a", "b");
        long first = Granted()[0].Number;
        Happens(new HeartbeatReceived("b", [Held(first, 0)]));
        Happens(new SiloLost("b", Planned: false));
        _machine.CheckInvariants();
        Assert.Equal(5, _machine.LeasesInFlight);
        Assert.Empty(Granted());
    }

    [Fact]
    public void CallFailed_NeverArrived_UnitsComeBackAfterAPause()
    {
        Start("a");
        long first = Granted()[0].Number;
        Happens(new CallFailed("", [first], Ran: false));
        Assert.Empty(Granted());
        _now += TimeSpan.FromMilliseconds(250);
        Happens(new SiloChanged("a", 2, Takes: true, 0, 0, Heard: true));
        Assert.Equal(0, Assert.Single(Granted()).Range.From);
        _machine.CheckInvariants();
    }

    [Fact]
    public void CallFailed_MayRun_IsGivenBackOnlyWhenNoHeartbeatNamesIt()
    {
        Start("a");
        long[] numbers = [.. Granted().Select(lease => lease.Number)];
        Happens(new CallFailed("", [numbers[0], numbers[1]], Ran: true));
        Happens(new HeartbeatReceived("a", [Held(numbers[1], 1)]));
        Assert.Equal(3, _machine.LeasesInFlight);
        _now += TimeSpan.FromSeconds(1.5);
        Happens(new SiloChanged("a", 2, Takes: true, 0, 0, Heard: true), new TimerFired(TimeSpan.Zero));
        Assert.Equal(0, Assert.Single(Granted()).Range.From);
    }

    [Fact]
    public void NeverHeardOf_IsGivenBackWhenOverdue()
    {
        Start("a");
        Granted();
        _now += TimeSpan.FromSeconds(11);
        Happens(new SiloChanged("a", 2, Takes: true, 0, 0, Heard: true), new TimerFired(TimeSpan.Zero));
        Assert.Equal(3, Granted().Length);
        _machine.CheckInvariants();
    }

    [Fact]
    public void Cancel_NobodyKnowsWhereLeasesAre_EverySiloIsTold()
    {
        Start("a", "b");
        Granted();
        Happens(new CancelRequested("enough"));
        Assert.Equal(
            ["a", "b"],
            _commands
                .OfType<SignalLeases>()
                .Where(signal => signal.Signal == LeaseSignal.Cancel && signal.Leases.Count == 6)
                .Select(signal => signal.Silo)
        );
        Assert.Equal(["a", "b"], _machine.TouchedSilos);
    }

    private void Start(params string[] silos)
    {
        Happens([.. silos.Select(silo => new SiloChanged(silo, 2, Takes: true, 0, 0, Heard: true))]);
        Happens(new Decomposed(100), new Started());
    }

    private void Happens(params JobEvent[] events) => _machine.Apply(events, _now, _commands);

    private GrantLease[] Granted()
    {
        GrantLease[] granted = [.. _commands.OfType<GrantLease>()];
        _commands.Clear();
        return granted;
    }

    private static HeldRange Held(long number, long unit) =>
        new(new LeaseName(1, number), new UnitRange(unit, unit + 1), Started: true, unit, TimeSpan.Zero);

    private LeaseReported Report(string silo, long number, LeaseOutcome end, long unit)
    {
        bool done = end == LeaseOutcome.Done;
        return new(
            silo,
            new LeaseName(1, number),
            end,
            new UnitRange(unit, done ? unit + 1 : unit),
            done ? [(new TreeNode(0, unit), _machine.NewHandle())] : [],
            Failure: null,
            TimeSpan.FromMilliseconds(5),
            Overhead: null,
            Share: 0
        );
    }
}
