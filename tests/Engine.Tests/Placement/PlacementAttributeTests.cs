using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Runtime;
using Orleans.Runtime.Placement;
using Orleans.TestingHost;
using OrleansWork.Engine.Cluster;
using OrleansWork.Engine.Placement;
using OrleansWork.Engine.Tests.Support;
using OrleansWork.Protocol;
using Xunit;

namespace OrleansWork.Engine.Tests.Placement;

/// <summary>A grain that knows nothing of jobs and says where it is.</summary>
[Alias("ow.tests.IPlacedGrain")]
public interface IPlacedGrain : IGrainWithGuidKey
{
    [Alias("GetSilo")]
    Task<SiloAddress> GetSiloAsync();
}

public abstract class PlacedGrain(ILocalSiloDetails local) : Grain, IPlacedGrain
{
    public Task<SiloAddress> GetSiloAsync() => Task.FromResult(local.SiloAddress);
}

[GrainType("ow.tests.round-robin"), RoundRobinPlacement]
public sealed class RoundRobinPlacedGrain(ILocalSiloDetails local) : PlacedGrain(local);

[GrainType("ow.tests.least-loaded"), LeastLoadedPlacement]
public sealed class LeastLoadedPlacedGrain(ILocalSiloDetails local) : PlacedGrain(local);

[GrainType("ow.tests.adaptive"), AdaptivePlacement]
public sealed class AdaptivePlacedGrain(ILocalSiloDetails local) : PlacedGrain(local);

public sealed class PlacementAttributeTests : IAsyncLifetime
{
    private const int Activations = 300;
    private readonly string _bench = Guid.NewGuid().ToString("N");
    private TestSilos _silos = null!;
    private InProcessSiloHandle _full = null!;

    public async ValueTask InitializeAsync()
    {
        string? first = null;
        _silos = await TestSilos.StartAsync(
            3,
            options => options.Engine(engine => engine.QueueLimit = TimeSpan.FromSeconds(30)),
            jobs => jobs.AddJob<HeldKind>(),
            configureNamed: (name, options) =>
            {
                if (name == Interlocked.CompareExchange(ref first, name, null) || first == name)
                    options.Engine(engine => engine.Labels["target"] = "yes");
            }
        );
        SiloStatus target = Assert.Single(await _silos.Client.ListSilosAsync(), silo => silo.Labels.ContainsKey("target"));
        _full = _silos.Cluster.Silos.Single(silo => silo.SiloAddress.ToParsableString() == target.Silo);
    }

    public async ValueTask DisposeAsync()
    {
        Bench.Of(_bench).Gate.Set();
        await _silos.DisposeAsync();
    }

    [Fact]
    public async Task RoundRobin_IdleSilos_EverySiloGetsAsMany()
    {
        Dictionary<SiloAddress, int> placed = await ActivateAsync("ow.tests.round-robin");

        Assert.Equal(3, placed.Count);
        Assert.All(placed.Values, count => Assert.InRange(count, (Activations / 3) - 1, (Activations / 3) + 1));
    }

    [Theory]
    [InlineData("ow.tests.round-robin")]
    [InlineData("ow.tests.least-loaded")]
    [InlineData("ow.tests.adaptive")]
    public async Task OneSiloFull_GetsLessThanATenth(string grainType)
    {
        await FillAsync();

        Dictionary<SiloAddress, int> placed = await ActivateAsync(grainType);

        Assert.True(IsFull(), "The silo was no longer full when the last grain was placed.");
        int onFull = placed.GetValueOrDefault(_full.SiloAddress);
        Assert.True(onFull < Activations / 10, $"{onFull} of {Activations} grains went to the full silo.");
        Assert.All(
            placed.Where(pair => !pair.Key.Equals(_full.SiloAddress)),
            pair => Assert.InRange(pair.Value, Activations / 5, Activations)
        );
    }

    [Theory]
    [InlineData("ow.tests.round-robin")]
    [InlineData("ow.tests.least-loaded")]
    [InlineData("ow.tests.adaptive")]
    public async Task Hint_Wins(string grainType)
    {
        foreach (InProcessSiloHandle silo in _silos.Cluster.Silos)
        {
            for (int i = 0; i < 5; i++)
                Assert.Equal(silo.SiloAddress, await HintedAsync(grainType, silo.SiloAddress));
        }

        async Task<SiloAddress> HintedAsync(string type, SiloAddress hint)
        {
            RequestContext.Set(IPlacementDirector.PlacementHintKey, hint);
            return await Grain(type).GetSiloAsync();
        }
    }

    /// <summary>Activates grains from one silo, so that one director decides.</summary>
    private async Task<Dictionary<SiloAddress, int>> ActivateAsync(string grainType)
    {
        SiloAddress[] silos = await Task.WhenAll(Enumerable.Range(0, Activations).Select(_ => Grain(grainType).GetSiloAsync()));
        return silos.CountBy(silo => silo).ToDictionary();
    }

    private IPlacedGrain Grain(string grainType) =>
        Placing
            .ServiceProvider.GetRequiredService<IGrainFactory>()
            .GetGrain<IPlacedGrain>(GrainId.Create(GrainType.Create(grainType), GrainIdKeyExtensions.CreateGuidKey(Guid.NewGuid())));

    private InProcessSiloHandle Placing => _silos.Cluster.Silos.First(silo => silo != _full);

    private async Task FillAsync()
    {
        byte[] input = Encoding.UTF8.GetBytes($$"""{"bench":"{{_bench}}"}""");
        JobOptions options = new() { Require = ["target"], ChunkUnits = 1 };
        await _silos.Client.SubmitAsync("held", input, options, cancellationToken: TestSilos.Ceiling);
        await _silos.UntilAsync(() => Task.FromResult(IsFull()), "a silo is full, and the placing one knows");
    }

    private bool IsFull() =>
        Placing.ServiceProvider.GetRequiredService<LoadTable>().Find(_full.SiloAddress)?.Load is { Compute: var load }
        && load.Running + load.Queued >= load.Depth;
}
