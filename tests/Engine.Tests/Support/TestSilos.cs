using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Serialization;
using Orleans.Storage;
using Orleans.TestingHost;
using OrleansWork.Engine.Cluster;
using OrleansWork.Engine.Storage;
using OrleansWork.Jobs;
using Xunit;

namespace OrleansWork.Engine.Tests.Support;

/// <summary>Several silos in this process with a shared storage, and a client.</summary>
internal sealed class TestSilos : IAsyncDisposable
{
    private TestSilos(InProcessTestCluster cluster, SharedGrainStorage storage)
    {
        Cluster = cluster;
        Storage = storage;
        Client = cluster.Client.ServiceProvider.GetRequiredService<IComputeClient>();
    }

    public InProcessTestCluster Cluster { get; }

    public SharedGrainStorage Storage { get; }

    public IComputeClient Client { get; }

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
        InProcessTestClusterBuilder builder = new((short)silos);
        builder.ConfigureSilo(
            (named, silo) =>
            {
                OrleansWorkBuilder added = silo.AddOrleansWork(options =>
                {
                    options.Engine(engine => engine.Slots = 2);
                    configure?.Invoke(options);
                    configureNamed?.Invoke(named.SiloName, options);
                });
                added.AddJobsFrom(typeof(Primes).Assembly);
                jobs?.Invoke(added);
                host?.Invoke(silo);
                silo.Services.AddKeyedSingleton<IGrainStorage>(
                    JobStore.StorageName,
                    (services, _) => shared.For(services.GetRequiredService<Serializer>())
                );
                silo.Services.Configure<SiloMessagingOptions>(options => options.ResponseTimeout = TimeSpan.FromSeconds(20));
            }
        );
        builder.ConfigureClient(inCluster =>
        {
            client?.Invoke(inCluster);
            inCluster.Services.AddOrleansWorkClient();
        });
        InProcessTestCluster cluster = builder.Build();
        await cluster.DeployAsync();
        TestSilos started = new(cluster, shared);
        await started.UntilAsync(
            async () => (await started.Client.ListSilosAsync()).Count(silo => silo.State == "active" && silo.Kinds.Count > 0) == silos,
            "all silos know each other"
        );
        foreach (InProcessSiloHandle silo in cluster.Silos)
        {
            LoadTable table = silo.ServiceProvider.GetRequiredService<LoadTable>();
            await started.UntilAsync(
                () => Task.FromResult(table.Snapshot().Count(view => view.Profile is not null) == silos),
                "every silo has heard of the others' kinds"
            );
        }

        return started;
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

    public async ValueTask DisposeAsync() => await Cluster.DisposeAsync();
}
