using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using Orleans.Runtime;

namespace OrleansWork;

/// <summary>Where a cluster is and how long to try to reach it.</summary>
public sealed record ClusterAddress
{
    /// <summary>Gets where it is, for messages: <c>127.0.0.1:30000</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Gets how its gateways are found: adds a gateway list provider to the client.</summary>
    public required Action<IClientBuilder> Gateways { get; init; }

    /// <summary>Gets the cluster's id.</summary>
    public string ClusterId { get; init; } = "orleanswork";

    /// <summary>Gets the service's id.</summary>
    public string ServiceId { get; init; } = "orleanswork";

    /// <summary>Gets the cluster's secret, or the client's form of it.</summary>
    /// <value>Null for a cluster that asks for none.</value>
    public string? Secret { get; init; }

    /// <summary>Gets how long to try to reach it.</summary>
    /// <value>The default is 8 seconds.</value>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>Gets how long to go on while every gateway refuses the connection at once.</summary>
    /// <value>The default is 2 seconds: nothing listens there, which a cluster that is just starting soon mends.</value>
    public TimeSpan RefusedTimeout { get; init; } = TimeSpan.FromSeconds(2);
}
