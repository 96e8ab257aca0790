using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using OrleansWork.Engine.Cluster;
using OrleansWork.Engine.Placement;
using OrleansWork.Engine.Telemetry;
using OrleansWork.Engine.Tests.Cluster;
using OrleansWork.Protocol;
using Xunit;

namespace OrleansWork.Engine.Tests.Placement;

public sealed class LeastLoadedDirectorTests
{
    private readonly LoadTable _table = new(new FakeTimeProvider());
    private readonly SiloAddress[] _silos = [.. Enumerable.Range(1, 4).Select(LoadTableTests.Silo)];
    private readonly LeastLoadedDirector _director;

    public LeastLoadedDirectorTests()
    {
        ServiceProvider services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        _director = new LeastLoadedDirector(
            _table,
            new FakeTimeProvider(),
            new SiloInstruments(services.GetRequiredService<IMeterFactory>()),
            new Local()
        );
        foreach (SiloAddress silo in _silos)
            _table.SetMembership(silo, SiloViewState.Active);
    }

    [Fact]
    public void Choose_OneSiloIdle_TakesIt()
    {
        for (int i = 0; i < 4; i++)
            _table.Update(_silos[i], LoadTableTests.Load(1, running: i == 2 ? 0 : 2));
        Assert.Equal(_silos[2], _director.Choose(_silos));
    }

    [Fact]
    public void Choose_BurstBetweenReports_SpreadsEvenly()
    {
        for (int i = 0; i < 4; i++)
            _table.Update(_silos[i], LoadTableTests.Load(1));
        Assert.All(
            Enumerable.Range(0, 400).Select(_ => _director.Choose(_silos)).CountBy(silo => silo),
            pair => Assert.Equal(100, pair.Value)
        );
    }

    [Fact]
    public void Choose_CoordinatorsCountAsLoad()
    {
        foreach (SiloAddress silo in _silos)
            _table.Beat(new Heartbeat(silo, null, LoadTableTests.Load(1), silo.Equals(_silos[3]) ? 0 : 5, []));
        Assert.Equal(_silos[3], _director.Choose(_silos));
    }

    [Fact]
    public void Choose_LargerSilo_GetsMore()
    {
        for (int i = 0; i < 4; i++)
            _table.Update(_silos[i], LoadTableTests.Load(1, slots: i == 0 ? 6 : 2));
        Assert.InRange(Enumerable.Range(0, 400).Count(_ => _director.Choose(_silos).Equals(_silos[0])), 198, 202);
    }

    [Fact]
    public void Choose_DrainingAndDeadSilos_AreAvoidedWhileThereIsAnother()
    {
        _table.Update(_silos[0], LoadTableTests.Load(1, draining: true));
        _table.SetMembership(_silos[1], SiloViewState.Draining);
        _table.SetMembership(_silos[2], SiloViewState.Dead);
        Assert.All(Enumerable.Range(0, 20).Select(_ => _director.Choose(_silos)), silo => Assert.Equal(_silos[3], silo));
        Assert.Equal(_silos[0], _director.Choose([_silos[0]]));
    }

    private sealed class Local : ILocalSiloDetails
    {
        public string Name => "local";

        public string ClusterId => "c";

        public string DnsHostName => "localhost";

        public SiloAddress SiloAddress => LoadTableTests.Silo(1);

        public SiloAddress GatewayAddress => LoadTableTests.Silo(1);
    }
}
