using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansWork.Configuration;
using OrleansWork.Engine.Telemetry;

namespace OrleansWork.Engine.Execution;

/// <summary>Registers what a silo needs to perform leases.</summary>
internal static class ExecutionExtensions
{
    /// <summary>Adds the pool and the kinds' registry.</summary>
    public static IServiceCollection AddExecution(this IServiceCollection services)
    {
        services.AddConfiguredOptions<EngineOptions>(EngineOptions.Section);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<EngineOptions>, EngineOptionsValidator>());
        services.TryAddSingleton(TimeProvider.System);
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
        services.TryAddSingleton(_ => new SiloHealth());
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, PoolWatch>();
        return services;
    }

    /// <summary>Adds a job kind that the silo can run.</summary>
    /// <exception cref="JobKindDefinitionException">The type is not a kind that can be run.</exception>
    public static IServiceCollection AddJobKind(this IServiceCollection services, Type kind) =>
        services.AddSingleton(JobKindDescriptor.FromType(kind));
}
