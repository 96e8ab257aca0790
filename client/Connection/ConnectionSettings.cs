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

    private const string DefaultUrl = "http://127.0.0.1:8080";

    private static readonly TimeSpan LongestTimeout = TimeSpan.FromHours(1);

    /// <summary>Gets where the cluster answers by HTTP; empty when it is found another way.</summary>
    public IReadOnlyList<Uri> Urls { get; init; } = [];

    /// <summary>Gets the key to ask with by HTTP.</summary>
    /// <value>Null for that of the local cluster, or none.</value>
    public string? Key { get; init; }

    /// <summary>Gets whether the road is HTTP, and not the Orleans client.</summary>
    public bool IsHttp => Urls.Count > 0 || Directory is not null;

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

    /// <summary>Decides where to connect: HTTP, gateways, Redis or a context as the command line says, else as the environment says, else the current
    /// context, else a local cluster's file, else the default address of HTTP.</summary>
    /// <param name="given">What the command line says; null where it says nothing.</param>
    /// <param name="environment">Reads the environment; the command line wins over it.</param>
    /// <param name="saved">The clusters that the user has logged in to.</param>
    /// <exception cref="UsageException">A gateway is not host:port, an address none of HTTP, or two roads are named.</exception>
    /// <exception cref="RequestException">The directory was named and no cluster runs there, or there is no such context.</exception>
    public static ConnectionSettings Resolve(ConnectionArguments given, Func<string, string?> environment, SavedClusters saved)
    {
        string? clusterId = given.ClusterId ?? NonEmpty(environment("ORLEANSWORK_CLUSTER_ID"));
        string? serviceId = given.ServiceId ?? NonEmpty(environment("ORLEANSWORK_SERVICE_ID"));
        ConnectionSettings common = new()
        {
            ClusterId = clusterId ?? DefaultId,
            ServiceId = serviceId ?? DefaultId,
            Secret = SecretOf(NonEmpty(environment("ORLEANSWORK_SECRET"))),
            ConnectTimeout = TimeoutOf(NonEmpty(environment(TimeoutVariable))),
            Key = given.Key ?? NonEmpty(environment("ORLEANSWORK_KEY")),
        };
        if ((given.Url ?? given.Context) is not null && (given.Gateway ?? given.Redis) is not null)
            throw new UsageException("--url and --context go by HTTP, --gateway and --redis by the Orleans client; name one of them.");
        if (given.Url is not null && given.Context is not null)
            throw new UsageException("--url and --context exclude each other: a context has its address.");
        if ((given.Url ?? given.Gateway ?? given.Redis) is not null)
            return common.By(given.Url, given.Gateway, given.Redis, "--url", "--gateway");
        if (given.Context is not null)
            return common.By(saved, given.Context);
        if (given.Data is null)
        {
            string? url = NonEmpty(environment("ORLEANSWORK_URL"));
            string? gateway = NonEmpty(environment("ORLEANSWORK_GATEWAY"));
            string? redis = NonEmpty(environment("ORLEANSWORK_REDIS"));
            if ((url ?? gateway ?? redis) is not null)
                return common.By(url, gateway, redis, "ORLEANSWORK_URL", "ORLEANSWORK_GATEWAY");
            if (NonEmpty(environment("ORLEANSWORK_CONTEXT")) is { } context)
                return common.By(saved, context);
            if (NonEmpty(environment("ORLEANSWORK_DATA")) is null && saved.Current is { } current)
                return common.By(saved, current);
        }

        string? named = given.Data ?? NonEmpty(environment("ORLEANSWORK_DATA"));
        string directory = named ?? DefaultDirectory;
        if (ClusterDescription.Read(directory) is { } cluster)
        {
            return common with
            {
                Directory = directory,
                ClusterId = clusterId ?? cluster.ClusterId,
                ServiceId = serviceId ?? cluster.ServiceId,
                Secret = cluster.Secret ?? "",
            };
        }

        if (named is not null)
        {
            throw new ClusterUnreachableException(
                $"No cluster runs in {named}: there is no readable {Path.Combine(named, ClusterDescription.FileName)}. Start one with `orleanswork up --data {named}`."
            );
        }

        return common with
        {
            Urls = [new Uri(DefaultUrl)],
            IsDefault = true,
        };
    }

    private ConnectionSettings By(string? url, string? gateway, string? redis, string urlSource, string gatewaySource)
    {
        if (url is not null)
        {
            Uri[] urls = ParseUrls(urlSource, url);
            return this with { Urls = urls, Key = Key ?? KeyOfLocal(urls) };
        }

        return gateway is not null ? this with { Gateways = ParseGateways(gatewaySource, gateway) } : this with { Redis = redis };
    }

    private ConnectionSettings By(SavedClusters saved, string context)
    {
        SavedCluster cluster = saved.Find(context) ?? throw new RequestRefusedException(ErrorReason.NotFound, saved.Unknown(context));
        return this with { Urls = ParseUrls($"context {context}", string.Join(',', cluster.Urls)), Key = Key ?? cluster.Key };
    }

    /// <summary>Returns the key of the local cluster of the default directory when that is the one that is meant.</summary>
    private static string? KeyOfLocal(Uri[] urls) =>
        ClusterDescription.Read(DefaultDirectory) is { } cluster && urls.All(url => cluster.Urls.Any(own => own.Authority == url.Authority))
            ? cluster.Key
            : null;

    private static Uri[] ParseUrls(string source, string list)
    {
        string[] texts = list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (texts.Length == 0)
            throw new UsageException($"{source} is empty; write {DefaultUrl}, or several with commas.");
        return [.. texts.Select(text => ParseUrl(source, text))];
    }

    private static Uri ParseUrl(string source, string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? url)
        && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps)
        && url is { PathAndQuery: "/", UserInfo.Length: 0 }
            ? new Uri(url.GetLeftPart(UriPartial.Authority))
            : throw new UsageException($"{source} has '{text}'; write an address of HTTP without a path, such as {DefaultUrl}.");

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
                throw new UsageException($"{source} has '{gateway}'; write host:port, such as 127.0.0.1:30000.");
        }

        return gateways;
    }
}
