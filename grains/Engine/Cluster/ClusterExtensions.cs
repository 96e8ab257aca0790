using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Runtime.Hosting;

namespace OrleansWork.Engine.Cluster;

/// <summary>Registers what a silo needs to know the others.</summary>
internal static class ClusterExtensions
{
    /// <summary>Adds the load table, heartbeats, and what watches membership. An <see cref="IJobLister"/> and an <see cref="IStorageProbe"/> must be added besides.</summary>
    public static IServiceCollection AddCluster(this IServiceCollection services)
    {
        services.TryAddSingleton<LoadTable>();
        services.TryAddSingleton<IHeartbeatLink, HeartbeatClient>();
        services.TryAddSingleton<IPortProbe, TcpPortProbe>();
        services.TryAddSingleton<CrashDetector>();
        services.TryAddSingleton<HeartbeatSender>();
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, MembershipWatcher>();
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, IsolationGuard>();
        services.AddGrainService<HeartbeatService>();
        return services;
    }
}
