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
    private static readonly TimeSpan s_probe = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_shortestProbe = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_longestProbe = TimeSpan.FromSeconds(3);

    /// <summary>Adds them before all that configures the same options.</summary>
    public static IServiceCollection AddOrleansDefaults(this IServiceCollection services)
    {
        // Measured with these: a frozen or cut-off silo is seen in about 10 s; a pause of 5 s is tolerated. A killed one is seen by its port sooner.
        Prepend<ClusterMembershipOptions>(
            services,
            options =>
            {
                (options.ProbeTimeout, options.MinProbeTimeout, options.MaxProbeTimeout) = (s_probe, s_shortestProbe, s_longestProbe);
                options.NumMissedProbesLimit = 3;
                options.NumVotesForDeathDeclaration = 2;
                options.TableRefreshTimeout = TimeSpan.FromSeconds(5);
                options.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(5);

                // It compares another silo's clock with this one's: a silo whose clock is ahead would let nobody join. One that dies while it joins is
                // probed as any other.
                options.EvictWhenMaxJoinAttemptTimeExceeded = false;
            }
        );

        // Orleans takes both bounds from the time that the host has set, unless it sets them too.
        services.PostConfigure<ClusterMembershipOptions>(options =>
        {
            if (options.ProbeTimeout == s_probe)
                return;
            if (options.MinProbeTimeout == s_shortestProbe)
                options.MinProbeTimeout = options.ProbeTimeout / 2;
            if (options.MaxProbeTimeout == s_longestProbe)
                options.MaxProbeTimeout = options.ProbeTimeout * 4;
        });

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
