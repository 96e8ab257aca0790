using Microsoft.Extensions.DependencyInjection;
using Orleans.Hosting;
using Orleans.TestingHost;
using OrleansWork.Engine.Cluster;
using OrleansWork.Engine.Storage;

namespace OrleansWork.Testing;

/// <summary>A cluster of several silos in the test's own process, and a client of it.</summary>
/// <remarks>Its storage is in memory and outlives its silos, so that any of them may be stopped or killed by <see cref="Silos"/>.</remarks>
/// <example>
/// <code>
/// await using ComputeTestCluster cluster = await ComputeTestCluster.StartAsync&lt;CountPrimes&gt;(silos: 2);
/// JobHandle&lt;long&gt; job = await cluster.Client.SubmitAsync(CountPrimes.Kind, new CountPrimes.Input(To: 1_000));
/// </code>
/// </example>
public sealed class ComputeTestCluster : IAsyncDisposable
{
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan PollPeriod = TimeSpan.FromMilliseconds(20);

    private ComputeTestCluster(InProcessTestCluster silos)
    {
        Silos = silos;
        Client = silos.Client.ServiceProvider.GetRequiredService<IComputeClient>();
    }

    /// <summary>Gets the silos: to stop one, to kill one, to start another, to reach its services.</summary>
    public InProcessTestCluster Silos { get; }

    /// <summary>Gets a client from outside of the silos.</summary>
    public IComputeClient Client { get; }

    /// <summary>Starts a cluster that has one kind.</summary>
    /// <param name="silos">How many silos, at least one.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <inheritdoc cref="StartAsync(Action{OrleansWorkBuilder}, int, Action{OrleansWorkOptions}?, Action{ISiloBuilder}?, CancellationToken)"/>
    public static Task<ComputeTestCluster> StartAsync<TKind>(int silos = 2, CancellationToken cancellationToken = default)
        where TKind : JobKind => StartAsync(kinds => kinds.AddJob<TKind>(), silos, cancellationToken: cancellationToken);

    /// <summary>Starts a cluster.</summary>
    /// <param name="kinds">Adds the job kinds.</param>
    /// <param name="silos">How many silos, at least one.</param>
    /// <param name="configure">Changes how the silos work, or null; a silo has two slots unless this says otherwise.</param>
    /// <param name="silo">Adds what else the silos have, services that kinds ask for, say; or null.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>The cluster, when all silos know each other and their kinds.</returns>
    /// <exception cref="JobKindDefinitionException">There is no kind, or one of them cannot be run.</exception>
    /// <exception cref="TimeoutException">The silos did not come to know each other within a minute.</exception>
    public static async Task<ComputeTestCluster> StartAsync(
        Action<OrleansWorkBuilder> kinds,
        int silos = 2,
        Action<OrleansWorkOptions>? configure = null,
        Action<ISiloBuilder>? silo = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(kinds);
        ArgumentOutOfRangeException.ThrowIfLessThan(silos, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(silos, short.MaxValue);
        SharedMemoryStorage storage = new();
        return await StartAsync(
            silos,
            (_, builder) =>
            {
                builder.Services.AddKeyedSingleton(JobStore.StorageName, (services, _) => storage.For(services));
                OrleansWorkBuilder added = builder.AddOrleansWork(options =>
                {
                    options.Engine(engine => (engine.Slots, engine.StopsHost) = (2, false));
                    configure?.Invoke(options);
                });
                kinds(added);
                if (!builder.Services.Any(service => service.ServiceType == typeof(JobKindDescriptor)))
                    throw new JobKindDefinitionException("The cluster has no job kind: add one by AddJob, or public ones by AddJobsFrom.");
                silo?.Invoke(builder);
            },
            client: null,
            cancellationToken
        );
    }

    /// <summary>Starts silos that <paramref name="silo"/> makes whole, by their names.</summary>
    internal static async Task<ComputeTestCluster> StartAsync(
        int silos,
        Action<string, ISiloBuilder> silo,
        Action<IClientBuilder>? client,
        CancellationToken cancellationToken
    )
    {
        InProcessTestClusterBuilder builder = new((short)silos);
        builder.ConfigureSilo((named, added) => silo(named.SiloName, added));
        builder.ConfigureClient(added =>
        {
            client?.Invoke(added);
            added.Services.AddOrleansWorkClient();
        });
        InProcessTestCluster cluster = builder.Build();
        try
        {
            await cluster.DeployAsync(cancellationToken);
            ComputeTestCluster started = new(cluster);
            await started.ReadyAsync(silos, cancellationToken);
            return started;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Stops the silos.</summary>
    public ValueTask DisposeAsync() => Silos.DisposeAsync();

    private async Task ReadyAsync(int silos, CancellationToken cancellationToken)
    {
        using CancellationTokenSource ceiling = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        ceiling.CancelAfter(ReadyWithin);
        try
        {
            while ((await Client.ListSilosAsync(ceiling.Token)).Count(silo => silo is { State: "active", Kinds.Count: > 0 }) != silos)
                await Task.Delay(PollPeriod, ceiling.Token);
            foreach (InProcessSiloHandle silo in Silos.Silos)
            {
                LoadTable table = silo.ServiceProvider.GetRequiredService<LoadTable>();
                while (table.Snapshot().Count(view => view.Profile is not null) != silos)
                    await Task.Delay(PollPeriod, ceiling.Token);
            }
        }
        catch (OperationCanceledException late) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"The {silos} silos did not come to know each other and their kinds within a minute.", late);
        }
    }
}
