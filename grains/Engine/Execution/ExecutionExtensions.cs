using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Placement;
using Orleans.Runtime.Hosting;
using OrleansWork.Engine.Placement;
using OrleansWork.Engine.Telemetry;

namespace OrleansWork.Engine.Execution;

/// <summary>Registers what a silo needs to perform leases and to know the others' load.</summary>
internal static class ExecutionExtensions
{
    /// <summary>Adds the pool, the kinds' registry, the load table, heartbeats, placement and instruments. An <see cref="IJobLister"/> and an <see cref="IStorageProbe"/> must be added besides.</summary>
    public static IServiceCollection AddExecution(this IServiceCollection services)
    {
        services.AddOptions<EngineOptions>().ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<EngineOptions>, EngineOptionsValidator>());
        services.TryAddSingleton(TimeProvider.System);
        services.AddMetrics();
        services.TryAddSingleton<SiloInstruments>();
        services.TryAddSingleton<IPayloadCodecProvider, OrleansPayloadCodecs>();
        services.TryAddSingleton<JobKindRegistry>();
        services.TryAddSingleton<KindVerifier>();
        services.AddHostedService(provider => provider.GetRequiredService<KindVerifier>());
        services.TryAddSingleton<ICoordinatorLink, GrainCoordinatorLink>();
        services.TryAddSingleton(provider => new UserCode(
            provider.GetRequiredService<IOptions<EngineOptions>>().Value,
            provider.GetRequiredService<TimeProvider>()
        ));
        services.TryAddSingleton<IUserCode>(provider => provider.GetRequiredService<UserCode>());
        services.TryAddSingleton<JobInstances>();
        services.TryAddSingleton(provider => new SiloVitals(
            provider.GetRequiredService<IOptions<EngineOptions>>().Value,
            provider.GetRequiredService<TimeProvider>()
        ));
        services.TryAddSingleton(provider => new ComputePool(
            provider.GetRequiredService<IOptions<EngineOptions>>(),
            provider.GetRequiredService<JobKindRegistry>(),
            provider.GetRequiredService<JobInstances>(),
            provider.GetRequiredService<ICoordinatorLink>(),
            provider.GetRequiredService<UserCode>(),
            provider.GetRequiredService<SiloVitals>(),
            provider.GetRequiredService<ILocalSiloDetails>().SiloAddress,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<ComputePool>>(),
            provider.GetRequiredService<SiloInstruments>()
        ));
        services.TryAddSingleton<IStepGate>(provider => provider.GetRequiredService<ComputePool>());
        services.TryAddSingleton<SlotLoss>();
        services.TryAddSingleton<TurnHealth>();
        services.TryAddSingleton<ClusterLoss>();
        services.TryAddSingleton<LoadTable>();
        services.TryAddSingleton<IHeartbeatLink, HeartbeatClient>();
        services.TryAddSingleton<IPortProbe, TcpPortProbe>();
        services.TryAddSingleton<CrashDetector>();
        services.TryAddSingleton<HeartbeatSender>();
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, MembershipWatcher>();
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, ExecutionLifecycle>();
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, PoolWatch>();
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, IsolationGuard>();
        services.AddGrainService<HeartbeatService>();
        services.AddPlacementFilter<WorkerSiloFilterStrategy, WorkerSiloFilter>(ServiceLifetime.Singleton);
        services.AddPlacementFilter<OfferedSilosFilterStrategy, OfferedSilosFilter>(ServiceLifetime.Singleton);
        services.AddPlacementDirector<RoundRobinPlacement, RoundRobinDirector>();
        services.AddPlacementDirector<LeastLoadedPlacement, LeastLoadedDirector>();
        services.AddPlacementDirector<AdaptivePlacement, AdaptiveDirector>();
        return services;
    }

    /// <summary>Adds a job kind that the silo can run.</summary>
    /// <exception cref="JobKindDefinitionException">The type is not a kind that can be run.</exception>
    public static IServiceCollection AddJobKind(this IServiceCollection services, Type kind) =>
        services.AddSingleton(JobKindDescriptor.FromType(kind));
}

/// <summary>Starts the pool before grains are active, and drains it before they are stopped.</summary>
internal sealed class ExecutionLifecycle(ComputePool pool, HeartbeatSender heartbeats, SlotLoss slotLoss)
    : ILifecycleParticipant<ISiloLifecycle>
{
    private readonly CancellationTokenSource _stopping = new();
    private Task _beating = Task.CompletedTask;

    /// <inheritdoc/>
    public void Participate(ISiloLifecycle observer)
    {
        observer.Subscribe(
            "OrleansWork.Pool",
            ServiceLifecycleStage.RuntimeGrainServices,
            _ =>
            {
                pool.SlotsLost += lost =>
                {
                    pool.Drain();
                    slotLoss.Report(lost);
                };
                pool.Start();
                return Task.CompletedTask;
            },
            async _ => await pool.DisposeAsync()
        );
        observer.Subscribe(
            "OrleansWork.Heartbeats",
            ServiceLifecycleStage.Active,
            _ =>
            {
                _beating = Task.Run(() => heartbeats.RunAsync(_stopping.Token), CancellationToken.None);
                return Task.CompletedTask;
            },
            async cancellationToken =>
            {
                pool.Drain();
                _ = heartbeats.BeatAsync();
                await pool.DrainAsync(cancellationToken);
                await _stopping.CancelAsync();
                await _beating;
            }
        );
    }
}
