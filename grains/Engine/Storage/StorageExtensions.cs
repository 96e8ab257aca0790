using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;
using OrleansWork.Engine.Cluster;

namespace OrleansWork.Engine.Storage;

/// <summary>Registers what a silo needs to store jobs.</summary>
internal static class StorageExtensions
{
    /// <summary>Adds the store of jobs, which a grain storage named <c>jobs</c> keeps.</summary>
    public static IServiceCollection AddJobStorage(this IServiceCollection services)
    {
        services.AddSingleton(provider =>
            provider.GetKeyedService<IGrainStorage>(JobStore.StorageName) is null
                ? throw new OrleansConfigurationException(
                    $"AddOrleansWork needs a grain storage with the name {JobStore.StorageName}: add one to the silo, for a first try AddMemoryGrainStorage(\"{JobStore.StorageName}\")."
                )
                : ActivatorUtilities.CreateInstance<JobStore>(provider)
        );
        services.AddSingleton<IStorageProbe>(provider => provider.GetRequiredService<JobStore>());
        services.AddSingleton<StorageLog>();
        return services;
    }
}
