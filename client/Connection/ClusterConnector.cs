using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Clustering.Redis;
using Orleans.Hosting;
using Orleans.Messaging;
using OrleansWork.Protocol.Security;
using StackExchange.Redis;

namespace OrleansWork.Console.Connection;

/// <summary>Reaches clusters by a client of its own for each; one that this process keeps is given longer.</summary>
/// <param name="time">The time.</param>
/// <param name="say">Takes what the user should know while they wait, a line at a time.</param>
internal sealed class ClusterConnector(TimeProvider time, Action<string> say) : IClusterConnector
{
    /// <summary>Gets how long to try to reach a cluster that this process keeps.</summary>
    /// <value>The default is a minute: on a machine that is busy with other things a connection can take far longer than over a network.</value>
    public TimeSpan PatienceWithOwn { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Gets after which time it is said that such a cluster is still waited for.</summary>
    /// <value>The default is 5 seconds.</value>
    public TimeSpan FirstWord { get; init; } = TimeSpan.FromSeconds(5);

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
        if (settings.ConnectTimeout is { } timeout)
            address = address with { ConnectTimeout = timeout };

        try
        {
            ClusterConnection connection = watch is DirectoryWatch { Supervisor: { } supervisor } living
                ? await OpenLivingAsync(Patient(address, settings), living, supervisor, cancellationToken)
                : await ClusterConnection.OpenAsync(address, cancellationToken: cancellationToken);
            return new ClusterLink(connection.Client, connection, watch);
        }
        catch (Exception exception)
        {
            watch?.Dispose();
            if (exception is not RequestException refusal || Advice(refusal, settings) is not { Length: > 0 } advice)
                throw;
            throw RequestException.Of(refusal.Reason, $"{refusal.Message}{advice}", innerException: refusal);
        }
    }

    private static string Advice(RequestException refusal, ConnectionSettings settings)
    {
        string start = settings.IsDefault
            ? " Start one with `orleanswork up`, or say where it is: with --data, the folder of one that runs on this machine, with --gateway or --redis."
            : "";
        return ConnectAttempts.IsLate(refusal.InnerException)
            ? $"{start} If it is there and this machine is busy, give it longer: {ConnectionSettings.TimeoutVariable}=30s."
            : start;
    }

    /// <summary>Its silos may refuse for a while, because the supervisor starts them again.</summary>
    private ClusterAddress Patient(ClusterAddress address, ConnectionSettings settings) =>
        settings.IsOwn ? address with { ConnectTimeout = PatienceWithOwn, RefusedTimeout = PatienceWithOwn } : address;

    /// <summary>Reaches a cluster whose supervisor runs: an answer that is long in coming says of the machine that it is busy, and of the cluster
    /// nothing.</summary>
    private async Task<ClusterConnection> OpenLivingAsync(
        ClusterAddress address,
        DirectoryWatch watch,
        int supervisor,
        CancellationToken cancellationToken
    )
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, watch.Stopped);
        await using ITimer word = time.CreateTimer(
            _ => say($"Still waiting for the cluster in {address.Name} to answer: it runs (supervisor pid {supervisor}) …"),
            null,
            FirstWord,
            Timeout.InfiniteTimeSpan
        );
        try
        {
            return await ClusterConnection.OpenAsync(address, cancellationToken: either.Token);
        }
        catch (OperationCanceledException) when (watch.Stopped.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new ClusterUnreachableException(watch.Why);
        }
        catch (RequestException refusal)
        {
            throw RequestException.Of(
                refusal.Reason,
                $"{refusal.Message} It runs (supervisor pid {supervisor}): if this machine is busy, try again when it is less so; what its silos say is in {Path.Combine(address.Name, "logs")}.",
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
            throw new ClusterUnreachableException(exception.Message, innerException: exception);
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
