using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Serialization;
using Orleans.Storage;
using Orleans.TestingHost;
using OrleansWork.Engine.Storage;
using OrleansWork.Jobs;
using OrleansWork.Testing;
using Xunit;

namespace OrleansWork.Engine.Tests.Support;

/// <summary>Several silos in this process with a shared storage, and a client.</summary>
internal sealed class TestSilos : IAsyncDisposable
{
    private readonly ComputeTestCluster _cluster;

    private TestSilos(ComputeTestCluster cluster, SharedGrainStorage storage)
    {
        _cluster = cluster;
        Storage = storage;
    }

    public InProcessTestCluster Cluster => _cluster.Silos;

    public SharedGrainStorage Storage { get; }

    public IComputeClient Client => _cluster.Client;

    public static CancellationToken Ceiling => new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token;

    public static async Task<TestSilos> StartAsync(
        int silos,
        Action<OrleansWorkOptions>? configure = null,
        Action<OrleansWorkBuilder>? jobs = null,
        SharedGrainStorage? storage = null,
        Action<string, OrleansWorkOptions>? configureNamed = null,
        Action<ISiloBuilder>? host = null,
        Action<IClientBuilder>? client = null
    )
    {
        SharedGrainStorage shared = storage ?? new SharedGrainStorage();
        ComputeTestCluster cluster = await ComputeTestCluster.StartAsync(
            silos,
            (name, silo) =>
            {
                OrleansWorkBuilder added = silo.AddOrleansWork(options =>
                {
                    options.Engine(engine => engine.Slots = 2);
                    configure?.Invoke(options);
                    configureNamed?.Invoke(name, options);
                });
                added.AddJobsFrom(typeof(Primes).Assembly);
                jobs?.Invoke(added);
                host?.Invoke(silo);
                silo.Services.AddKeyedSingleton<IGrainStorage>(
                    JobStore.StorageName,
                    (services, _) => shared.For(services.GetRequiredService<Serializer>())
                );
                silo.Services.Configure<SiloMessagingOptions>(options => options.ResponseTimeout = TimeSpan.FromSeconds(20));
            },
            client,
            CancellationToken.None
        );
        return new TestSilos(cluster, shared);
    }

    public async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        CancellationToken ceiling = Ceiling;
        while (!await condition())
        {
            Assert.False(ceiling.IsCancellationRequested, $"Waited a minute: {what}");
            await Task.Delay(20, CancellationToken.None);
        }
    }

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();
}
