using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Clustering.Redis;
using Orleans.Hosting;
using OrleansWork.Protocol.Security;
using StackExchange.Redis;

namespace OrleansWork.Console.Connection;

/// <summary>The road by the Orleans client: over gateways, or a Redis that holds the membership.</summary>
/// <param name="settings">Where the cluster is.</param>
/// <param name="time">The time.</param>
internal sealed class OrleansOpener(ConnectionSettings settings, TimeProvider time)
    // Silos that come and go in a Redis may all be new ones: there is nothing to watch.
    : ClusterOpener(settings.Redis is null ? new GatewayWatch(settings.Gateways, time) : null)
{
    public override string Name =>
        settings.Redis is { } redis
            ? $"Redis {string.Join(',', ParseRedis(redis).EndPoints.Select(endpoint => endpoint.ToString()))}"
            : string.Join(',', settings.Gateways);

    public override async Task<ClusterLink> OpenAsync(TimeSpan? patience, CancellationToken cancellationToken)
    {
        Action<IClientBuilder> gateways = await GatewaysAsync(cancellationToken);
        ClusterAddress address = new()
        {
            Name = Name,
            Gateways = client =>
            {
                gateways(client);
                if (Watch is GatewayWatch observer)
                    client.AddClusterConnectionStatusObserver(observer);
            },
            ClusterId = settings.ClusterId,
            ServiceId = settings.ServiceId,
            Secret = SecretOf(settings),
        };
        if (patience is { } all)
            address = address with { ConnectTimeout = all, RefusedTimeout = all };
        else if (settings.ConnectTimeout is { } timeout)
            address = address with { ConnectTimeout = timeout };
        ClusterConnection connection = await ClusterConnection.OpenAsync(address, cancellationToken: cancellationToken);
        return new ClusterLink(connection.Client, connection, Watch);
    }

    private async Task<Action<IClientBuilder>> GatewaysAsync(CancellationToken cancellationToken)
    {
        if (settings.Redis is { } redis)
        {
            ConfigurationOptions options = ParseRedis(redis);
            return client => client.UseRedisClustering((RedisClusteringOptions clustering) => clustering.ConfigurationOptions = options);
        }

        List<IPEndPoint> endpoints = [];
        foreach (string gateway in settings.Gateways)
            endpoints.AddRange(await GatewayName.ResolveAsync(gateway, cancellationToken));
        return client => client.UseStaticClustering([.. endpoints]);
    }

    private static string? SecretOf(ConnectionSettings settings)
    {
        if (settings.Secret is { } known)
            return known.Length == 0 ? null : known;

        // Without a secret of the user no silo of theirs has started; any other one is refused.
        if (SecretFile.PathOfUser() is not { } path || !File.Exists(path))
            return ClusterSecret.Create();
        try
        {
            return SecretFile.ReadOrMake(path);
        }
        catch (SecretFileException exception)
        {
            throw new ClusterUnreachableException(exception.Message, innerException: exception);
        }
    }

    private static ConfigurationOptions ParseRedis(string text)
    {
        try
        {
            ConfigurationOptions options = ConfigurationOptions.Parse(text);
            options.AbortOnConnectFail = true;
            options.ConnectTimeout = Math.Min(options.ConnectTimeout, 4000);
            options.ConnectRetry = 1;
            return options;
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException)
        {
            throw new UsageException("--redis is not a connection string; write host:port, with options after commas.");
        }
    }
}
