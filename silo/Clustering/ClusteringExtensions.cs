using System.Net;
using Orleans.Configuration;
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
            silo.AddRedisGrainStorage(JobStorage, o => (o.ConfigurationOptions, o.DeleteStateOnClear) = (redis, true));
            silo.UseRedisReminderService(o => o.ConfigurationOptions = redis);
        }

        silo.ConfigureEndpoints(IPAddress.Loopback, ports.Silo, ports.Gateway, listenOnAnyHostAddress: false);
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
