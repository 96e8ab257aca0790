using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Clustering.Redis;
using Orleans.Hosting;
using Orleans.Messaging;
using OrleansWork.Protocol.Security;
using StackExchange.Redis;

namespace OrleansWork.Console.Connection;

/// <summary>Reaches clusters; tests put another in its place.</summary>
internal interface IClusterConnector
{
    /// <summary>Reaches a cluster within ten seconds.</summary>
    /// <exception cref="OrleansWorkException">It was not reached.</exception>
    Task<ClusterLink> ConnectAsync(ConnectionSettings settings, CancellationToken cancellationToken);
}

/// <summary>A cluster that was reached. Dispose it to leave.</summary>
internal sealed class ClusterLink(IComputeClient client, IAsyncDisposable? connection = null, ClusterWatch? watch = null) : IAsyncDisposable
{
    public IComputeClient Client { get; } = client;

    /// <summary>Gets a token that is cancelled when the cluster is stopped.</summary>
    public CancellationToken Stopped => watch?.Stopped ?? CancellationToken.None;

    /// <summary>Gets what became of the cluster, once it is stopped.</summary>
    public string WhyStopped => watch?.Why ?? "";

    public async ValueTask DisposeAsync()
    {
        watch?.Dispose();
        if (connection is not null)
            await connection.DisposeAsync();
    }
}

internal sealed class ClusterConnector(TimeProvider time) : IClusterConnector
{
    public async Task<ClusterLink> ConnectAsync(ConnectionSettings settings, CancellationToken cancellationToken)
    {
        Action<IClientBuilder> gateways = await GatewaysAsync(settings, cancellationToken);
        ClusterWatch? watch = ClusterWatch.Of(settings, time);
        ClusterAddress address = new()
        {
            Name = Name(settings),
            Gateways = client =>
            {
                gateways(client);
                if (watch is GatewayWatch observer)
                    client.AddClusterConnectionStatusObserver(observer);
            },
            ClusterId = settings.ClusterId,
            ServiceId = settings.ServiceId,
            Secret = SecretOf(settings),
        };
        try
        {
            ClusterConnection connection = await ClusterConnection.OpenAsync(address, cancellationToken: cancellationToken);
            return new ClusterLink(connection.Client, connection, watch);
        }
        catch (Exception exception)
        {
            watch?.Dispose();
            if (exception is not OrleansWorkException refusal || !settings.IsDefault)
                throw;
            throw new OrleansWorkException(
                refusal.Reason,
                $"{refusal.Message} Start one with `orleanswork up`, or say where it is with --gateway or --redis.",
                innerException: refusal
            );
        }
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
            throw new OrleansWorkException(ErrorReason.Unavailable, exception.Message, innerException: exception);
        }
    }

    /// <summary>Where the settings point, without a password that the connection string may hold.</summary>
    private static string Name(ConnectionSettings settings) =>
        settings.Redis is not null
            ? $"Redis {string.Join(',', ParseRedis(settings.Redis).EndPoints.Select(endpoint => endpoint.ToString()))}"
            : settings.Directory ?? string.Join(',', settings.Gateways);

    private static async Task<Action<IClientBuilder>> GatewaysAsync(ConnectionSettings settings, CancellationToken cancellationToken)
    {
        if (settings.Redis is { } redis)
        {
            ConfigurationOptions options = ParseRedis(redis);
            return client => client.UseRedisClustering((RedisClusteringOptions clustering) => clustering.ConfigurationOptions = options);
        }

        if (settings.Directory is { } directory)
            return client => client.Services.AddSingleton<IGatewayListProvider>(new ClusterFileGateways(directory));

        List<IPEndPoint> endpoints = [];
        foreach (string gateway in settings.Gateways)
            endpoints.AddRange(await GatewayName.ResolveAsync(gateway, cancellationToken));
        return client => client.UseStaticClustering([.. endpoints]);
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
