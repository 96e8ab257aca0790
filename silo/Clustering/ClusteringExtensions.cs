using System.Net;
using Orleans.Configuration;
using OrleansWork.Engine.Storage;
using OrleansWork.Silo.Settings;
using StackExchange.Redis;

namespace OrleansWork.Silo.Clustering;

/// <summary>Membership, storage and endpoints of the silo.</summary>
internal static class ClusteringExtensions
{
    /// <summary>The grain storage that the engine writes to.</summary>
    public const string JobStorage = "jobs";

    /// <summary>Configures how the silo finds others and where it keeps state.</summary>
    public static ISiloBuilder UseClustering(this ISiloBuilder silo, SiloSettings settings, SiloPorts ports)
    {
        if (settings.Clustering == Settings.Clustering.Local)
        {
            silo.UseLocalhostClustering(ports.Silo, ports.Gateway, primarySiloEndpoint: null, settings.ServiceId, settings.ClusterId);
            silo.AddMemoryGrainStorage(JobStorage);
            silo.UseInMemoryReminderService();
        }
        else
        {
            ConfigurationOptions redis = RedisOf(settings);
            silo.Configure<ClusterOptions>(o => (o.ClusterId, o.ServiceId) = (settings.ClusterId, settings.ServiceId));
            silo.UseRedisClustering(o => o.ConfigurationOptions = redis);
            silo.AddRedisGrainStorage(
                JobStorage,
                (Microsoft.Extensions.Options.OptionsBuilder<Orleans.Persistence.RedisStorageOptions> storage) =>
                    storage.Configure<Orleans.Serialization.Serializer>(
                        (o, serializer) =>
                        {
                            o.ConfigurationOptions = redis;
                            o.GrainStorageSerializer = new DocumentSerializer(serializer);
                            o.DeleteStateOnClear = true;
                        }
                    )
            );
            silo.UseRedisReminderService(o => o.ConfigurationOptions = redis);
        }

        silo.ConfigureEndpoints(IPAddress.Loopback, ports.Silo, ports.Gateway, listenOnAnyHostAddress: false);
        return silo;
    }

    /// <summary>Sets the times and bounds that the shipped defaults leave too wide for a compute cluster.</summary>
    public static ISiloBuilder UseFastFailureDetection(this ISiloBuilder silo)
    {
        // Measured with these: a frozen or cut-off silo is seen in about 10 s; a pause of 5 s is tolerated. A killed one is seen by its port sooner.
        silo.Configure<ClusterMembershipOptions>(o =>
        {
            o.ProbeTimeout = TimeSpan.FromSeconds(2);
            o.MinProbeTimeout = TimeSpan.FromSeconds(1);
            o.MaxProbeTimeout = TimeSpan.FromSeconds(3);
            o.NumMissedProbesLimit = 3;
            o.NumVotesForDeathDeclaration = 2;
            o.TableRefreshTimeout = TimeSpan.FromSeconds(5);
            o.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(5);

            // It compares another silo's clock with this one's: a silo whose clock is ahead would let nobody join. One that dies while it joins is probed
            // as any other.
            o.EvictWhenMaxJoinAttemptTimeExceeded = false;
        });

        // A mailbox is searched per turn: thousands waiting in one cost more than refusing them.
        silo.Configure<SiloMessagingOptions>(o =>
        {
            o.MaxEnqueuedRequestsSoftLimit = 2_000;
            o.MaxEnqueuedRequestsHardLimit = 10_000;
            o.MaxEnqueuedRequestsSoftLimit_StatelessWorker = 2_000;
            o.MaxEnqueuedRequestsHardLimit_StatelessWorker = 10_000;
        });
        return silo;
    }

    /// <summary>Returns where Redis is; the silo outlives a server that goes away and returns.</summary>
    public static ConfigurationOptions RedisOf(SiloSettings settings)
    {
        ConfigurationOptions options = ConfigurationOptions.Parse(settings.Redis!);
        options.AbortOnConnectFail = false;
        options.Password = settings.RedisPassword ?? options.Password;
        return options;
    }
}
