using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Orleans.Runtime;
using Orleans.Runtime.Placement;
using OrleansWork.Engine.Cluster;
using OrleansWork.Engine.Placement;
using OrleansWork.Engine.Telemetry;
using OrleansWork.Engine.Tests.Cluster;
using OrleansWork.Protocol;
using Xunit;

namespace OrleansWork.Engine.Tests.Placement;

public sealed class PolicyDirectorTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly LoadTable _table;
    private readonly SiloInstruments _instruments;
    private readonly SiloAddress[] _silos = [.. Enumerable.Range(1, 4).Select(LoadTableTests.Silo)];

    public PolicyDirectorTests()
    {
        _table = new LoadTable(_time);
        _instruments = new SiloInstruments(new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>());
        foreach (SiloAddress silo in _silos)
            Beat(silo, running: 0);
    }

    [Fact]
    public void RoundRobin_AnyOrderOfSilos_GoesRoundInOne()
    {
        PolicyDirector director = RoundRobin();
        SiloAddress[] first = [.. Enumerable.Range(0, 4).Select(_ => director.Choose(_silos))];
        SiloAddress[] second = [.. Enumerable.Range(0, 4).Select(turn => director.Choose([.. _silos.Skip(turn), .. _silos.Take(turn)]))];
        Assert.Equal(4, first.Distinct().Count());
        Assert.Equal(first, second);
    }

    [Fact]
    public void RoundRobin_SomeSilosNotOffered_KeepsItsPlace()
    {
        PolicyDirector director = RoundRobin();
        while (!director.Choose(_silos).Equals(_silos[0])) { }

        Assert.Equal(_silos[2], director.Choose([_silos[3], _silos[2]]));
        Assert.Equal(_silos[3], director.Choose(_silos));
        Assert.Equal(_silos[1], director.Choose([_silos[1], _silos[2]]));
    }

    [Fact]
    public void RoundRobin_SiloNotKnownYet_HasItsTurn()
    {
        SiloAddress unknown = SiloAddress.New(new IPEndPoint(IPAddress.Loopback, 2), 99);
        PolicyDirector director = RoundRobin();
        SiloAddress[] all = [.. _silos, unknown];
        Assert.All(Enumerable.Range(0, 50).Select(_ => director.Choose(all)).CountBy(silo => silo), pair => Assert.Equal(10, pair.Value));
    }

    [Fact]
    public void AnyPolicy_FullSilo_IsChosenOnlyWhenAllAreFull()
    {
        foreach (PolicyDirector director in Directors())
        {
            Beat(_silos[1], running: 3);
            Assert.DoesNotContain(_silos[1], Enumerable.Range(0, 200).Select(_ => director.Choose(_silos)));
            Assert.Equal(_silos[1], director.Choose([_silos[1]]));
            foreach (SiloAddress silo in _silos)
                Beat(silo, running: 3);
            Assert.Contains(_silos[1], Enumerable.Range(0, 200).Select(_ => director.Choose(_silos)));
            foreach (SiloAddress silo in _silos)
                Beat(silo, running: 0);
        }
    }

    [Fact]
    public void AnyPolicy_SiloWithoutMemory_IsPassedOver()
    {
        foreach (PolicyDirector director in Directors())
        {
            _table.Update(_silos[2], LoadTableTests.Load(++_sequence) with { IsMemoryFull = true });
            Assert.DoesNotContain(_silos[2], Enumerable.Range(0, 200).Select(_ => director.Choose(_silos)));
        }
    }

    [Fact]
    public void AnyPolicy_DrainingSilo_IsPassedOver()
    {
        _table.SetMembership(_silos[0], SiloViewState.Draining);
        foreach (PolicyDirector director in Directors())
            Assert.DoesNotContain(_silos[0], Enumerable.Range(0, 200).Select(_ => director.Choose(_silos)));
    }

    [Fact]
    public void Adaptive_AsLoadedButFourTimesSlower_GetsLessThanLeastLoadedGivesIt()
    {
        SiloAddress slow = _silos[0];
        PolicyDirector adaptive = new AdaptiveDirector(_table, _time, _instruments, new Local());
        PolicyDirector leastLoaded = new LeastLoadedDirector(_table, _time, _instruments, new Local());
        Assert.InRange(ToSlow(leastLoaded), 95, 105);
        Assert.InRange(ToSlow(adaptive), 1, 60);

        int ToSlow(PolicyDirector director)
        {
            foreach (SiloAddress silo in _silos)
                Beat(silo, running: 1, unitsPerSecond: silo.Equals(slow) ? 25 : 100);
            return Enumerable.Range(0, 400).Count(_ => director.Choose(_silos).Equals(slow));
        }
    }

    [Fact]
    public void Filter_Offer_LeavesOnlyTheSilosOffered()
    {
        GrainId grain = GrainId.Create("any", "key");
        Dictionary<string, object> offer = new() { [OfferedSilosFilter.OfferKey] = new[] { _silos[1], LoadTableTests.Silo(9), _silos[3] } };
        OfferedSilosFilter filter = new();
        Assert.Equal(
            [_silos[1], _silos[3]],
            filter.Filter(new OfferedSilosFilterStrategy(), new PlacementTarget(grain, offer, default, 0), _silos)
        );
        Assert.Equal(_silos, filter.Filter(new OfferedSilosFilterStrategy(), new PlacementTarget(grain, [], default, 0), _silos));
    }

    private long _sequence;

    private void Beat(SiloAddress silo, int running, float unitsPerSecond = 0) =>
        _table.Beat(new Heartbeat(silo, null, LoadTableTests.Load(++_sequence, running) with { UnitsPerSecond = unitsPerSecond }, 0, []));

    private RoundRobinDirector RoundRobin() => new(_table, _time, _instruments, new Local());

    private IEnumerable<PolicyDirector> Directors() =>
        [
            RoundRobin(),
            new LeastLoadedDirector(_table, _time, _instruments, new Local()),
            new AdaptiveDirector(_table, _time, _instruments, new Local()),
        ];

    private sealed class Local : ILocalSiloDetails
    {
        public string Name => "local";

        public string ClusterId => "c";

        public string DnsHostName => "localhost";

        public SiloAddress SiloAddress => LoadTableTests.Silo(1);

        public SiloAddress GatewayAddress => LoadTableTests.Silo(1);
    }
}
