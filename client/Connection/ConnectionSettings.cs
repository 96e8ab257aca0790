using OrleansWork.Console.LocalCluster;
using OrleansWork.Protocol.Security;

namespace OrleansWork.Console.Connection;

/// <summary>Where the cluster of a command is, decided from the command line, the environment and the local cluster's file.</summary>
internal sealed record ConnectionSettings
{
    /// <summary>The id of cluster and service when nothing else is said.</summary>
    public const string DefaultId = "orleanswork";

    /// <summary>The directory of a local cluster when nothing else is said.</summary>
    public const string DefaultDirectory = ".orleanswork";

    /// <summary>The variable that says how long to try to reach a cluster.</summary>
    public const string TimeoutVariable = "ORLEANSWORK_CONNECT_TIMEOUT";

    private const string DefaultGateway = "127.0.0.1:30000";

    private static readonly TimeSpan LongestTimeout = TimeSpan.FromHours(1);

    /// <summary>Gets the gateways, as host and port; empty when they are found another way.</summary>
    public IReadOnlyList<string> Gateways { get; init; } = [];

    /// <summary>Gets the Redis that holds the membership, or null.</summary>
    public string? Redis { get; init; }

    /// <summary>Gets the directory of a local cluster, which keeps a description of itself there, or null.</summary>
    public string? Directory { get; init; }

    /// <summary>Gets whether nobody said where the cluster is.</summary>
    public bool IsDefault { get; init; }

    /// <summary>Gets whether this process started the cluster and keeps it: it is there, however long it takes to answer.</summary>
    public bool IsOwn { get; init; }

    /// <summary>Gets the cluster's id.</summary>
    public required string ClusterId { get; init; }

    /// <summary>Gets the service's id.</summary>
    public required string ServiceId { get; init; }

    /// <summary>Gets the cluster's secret, or the client's form of it.</summary>
    /// <value>Null for the user's own, which silos that were told of none have too; empty for a cluster that asks for none.</value>
    public string? Secret { get; init; }

    /// <summary>Gets how long to try to reach it.</summary>
    /// <value>Null for the default.</value>
    public TimeSpan? ConnectTimeout { get; init; }

    /// <summary>Decides where to connect: gateways, else Redis, else a local cluster's file, else the default gateway.</summary>
    /// <param name="given">What the command line says; null where it says nothing.</param>
    /// <param name="environment">Reads the environment; the command line wins over it.</param>
    /// <exception cref="UsageException">A gateway is not host:port.</exception>
    /// <exception cref="RequestException">The directory was named and no cluster runs there.</exception>
    public static ConnectionSettings Resolve(ConnectionArguments given, Func<string, string?> environment)
    {
        string? clusterId = given.ClusterId ?? NonEmpty(environment("ORLEANSWORK_CLUSTER_ID"));
        string? serviceId = given.ServiceId ?? NonEmpty(environment("ORLEANSWORK_SERVICE_ID"));
        ConnectionSettings ids = new()
        {
            ClusterId = clusterId ?? DefaultId,
            ServiceId = serviceId ?? DefaultId,
            Secret = SecretOf(NonEmpty(environment("ORLEANSWORK_SECRET"))),
            ConnectTimeout = TimeoutOf(NonEmpty(environment(TimeoutVariable))),
        };

        if (given.Gateway is not null)
            return ids with { Gateways = ParseGateways("--gateway", given.Gateway) };
        if (given.Redis is not null)
            return ids with { Redis = given.Redis };
        if (given.Data is null && NonEmpty(environment("ORLEANSWORK_GATEWAY")) is { } gateway)
            return ids with { Gateways = ParseGateways("ORLEANSWORK_GATEWAY", gateway) };
        if (given.Data is null && NonEmpty(environment("ORLEANSWORK_REDIS")) is { } redis)
            return ids with { Redis = redis };

        string? named = given.Data ?? NonEmpty(environment("ORLEANSWORK_DATA"));
        string directory = named ?? DefaultDirectory;
        if (ClusterDescription.Read(directory) is { } cluster)
        {
            return new ConnectionSettings
            {
                Directory = directory,
                ClusterId = clusterId ?? cluster.ClusterId,
                ServiceId = serviceId ?? cluster.ServiceId,
                Secret = cluster.Secret ?? "",
                ConnectTimeout = ids.ConnectTimeout,
            };
        }

        if (named is not null)
        {
            throw new ClusterUnreachableException(
                $"No cluster runs in {named}: there is no readable {Path.Combine(named, ClusterDescription.FileName)}. Start one with `orleanswork up --data {named}`."
            );
        }

        return ids with
        {
            Gateways = [DefaultGateway],
            IsDefault = true,
        };
    }

    private static string? SecretOf(string? text) =>
        text is null ? null
        : text.Equals("none", StringComparison.OrdinalIgnoreCase) ? ""
        : ClusterSecret.TryParse(text, out _, out string? problem) ? text
        : throw new UsageException($"ORLEANSWORK_SECRET is wrong: {problem}.");

    private static TimeSpan? TimeoutOf(string? text) =>
        text is null ? null
        : Duration.TryParse(text, out TimeSpan timeout) && timeout > TimeSpan.Zero && timeout <= LongestTimeout ? timeout
        : throw new UsageException($"{TimeoutVariable} is '{text}'; write a duration of up to an hour, such as 30s.");

    private static string? NonEmpty(string? value) => string.IsNullOrWhiteSpace(value) ? null : value;

    private static string[] ParseGateways(string source, string list)
    {
        string[] gateways = list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (gateways.Length == 0)
            throw new UsageException($"{source} is empty; write host:port, or several with commas.");
        foreach (string gateway in gateways)
        {
            if (!GatewayName.TryParse(gateway, out _, out _))
                throw new UsageException($"{source} has '{gateway}'; write host:port, such as {DefaultGateway}.");
        }

        return gateways;
    }
}
