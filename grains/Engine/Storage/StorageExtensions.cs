using Microsoft.Extensions.DependencyInjection;
using OrleansWork.Engine.Cluster;

namespace OrleansWork.Engine.Storage;

/// <summary>Registers what a silo needs to store jobs.</summary>
internal static class StorageExtensions
{
    /// <summary>Adds the store of jobs, which a grain storage named <c>jobs</c> keeps.</summary>
    public static IServiceCollection AddJobStorage(this IServiceCollection services)
    {
        services.AddSingleton<JobStore>();
        services.AddSingleton<IStorageProbe>(provider => provider.GetRequiredService<JobStore>());
        services.AddSingleton<StorageLog>();
        return services;
    }
}
