using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using OrleansWork;
using OrleansWork.Protocol.Security;

namespace Orleans.Hosting;

/// <summary>Lets a client into a cluster that asks for a secret.</summary>
public static class ClusterSecretClientExtensions
{
    /// <summary>Proves the cluster's secret on every connection to a gateway, and has the gateway prove it too.</summary>
    /// <param name="client">The client.</param>
    /// <param name="secret">The full secret, or its client's form, which opens gateways only.</param>
    /// <exception cref="ArgumentException">The secret is too short, or cut.</exception>
    /// <exception cref="InvalidOperationException">The client has one.</exception>
    public static IClientBuilder UseClusterSecret(this IClientBuilder client, string secret)
    {
        ArgumentNullException.ThrowIfNull(client);
        ClusterSecret parsed = ClusterSecret.Parse(secret);
        if (client.Services.Any(service => service.ServiceType == typeof(SecretProved)))
            throw new InvalidOperationException("UseClusterSecret was called twice for one client.");
        client.Services.AddSingleton<SecretProved>();
        client.Configure<ClientConnectionOptions>(options =>
            options.ConfigureConnection(builder => builder.UseOutboundProof(parsed, ConnectionRole.Client))
        );
        return client;
    }

    /// <summary>Says that a client proves a secret.</summary>
    private sealed class SecretProved;
}
