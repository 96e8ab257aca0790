using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Serialization;
using Orleans.Storage;
using OrleansWork.Engine.Storage;

namespace OrleansWork.Engine.Hosting;

/// <summary>The settings of Orleans that its own defaults leave too wide for a compute cluster. What the host configures itself wins.</summary>
internal static class OrleansDefaults
{
    /// <summary>Adds them before all that configures the same options.</summary>
    public static IServiceCollection AddOrleansDefaults(this IServiceCollection services)
    {
        // Measured with these: a frozen or cut-off silo is seen in about 10 s; a pause of 5 s is tolerated. A killed one is seen by its port sooner.
        Prepend<ClusterMembershipOptions>(
            services,
            options =>
            {
                options.ProbeTimeout = TimeSpan.FromSeconds(2);
                options.MinProbeTimeout = TimeSpan.FromSeconds(1);
                options.MaxProbeTimeout = TimeSpan.FromSeconds(3);
                options.NumMissedProbesLimit = 3;
                options.NumVotesForDeathDeclaration = 2;
                options.TableRefreshTimeout = TimeSpan.FromSeconds(5);
                options.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(5);

                // It compares another silo's clock with this one's: a silo whose clock is ahead would let nobody join. One that dies while it joins is
                // probed as any other.
                options.EvictWhenMaxJoinAttemptTimeExceeded = false;
            }
        );

        // A mailbox is searched per turn: thousands waiting in one cost more than refusing them.
        Prepend<SiloMessagingOptions>(
            services,
            options =>
            {
                options.MaxEnqueuedRequestsSoftLimit = 2_000;
                options.MaxEnqueuedRequestsHardLimit = 10_000;
                options.MaxEnqueuedRequestsSoftLimit_StatelessWorker = 2_000;
                options.MaxEnqueuedRequestsHardLimit_StatelessWorker = 10_000;
            }
        );

        // Providers ask for the serializer with the storage's name unless they are given one.
        services.AddKeyedSingleton<IGrainStorageSerializer>(
            JobStore.StorageName,
            (provider, _) => new DocumentSerializer(provider.GetRequiredService<Serializer>())
        );
        return services;
    }

    private static void Prepend<TOptions>(IServiceCollection services, Action<TOptions> configure)
        where TOptions : class =>
        services.Insert(
            0,
            ServiceDescriptor.Singleton<IConfigureOptions<TOptions>>(new ConfigureNamedOptions<TOptions>(Options.DefaultName, configure))
        );
}
