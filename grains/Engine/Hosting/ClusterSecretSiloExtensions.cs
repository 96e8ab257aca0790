using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Configuration;
using OrleansWork;
using OrleansWork.Engine.Security;
using OrleansWork.Protocol.Security;

namespace Orleans.Hosting;

/// <summary>Closes the ports of a silo to all who do not know the cluster's secret.</summary>
public static class ClusterSecretSiloExtensions
{
    /// <summary>Asks every connection to the silo's ports for the cluster's secret, and proves it on those that the silo opens.</summary>
    /// <remarks>
    /// All silos of the cluster need it, and all its clients, by <c>clientBuilder.UseClusterSecret</c>. It is proved when a connection begins and costs
    /// its messages nothing; it does not hide or sign them, so between machines it belongs inside TLS, which is to be added before it.
    /// </remarks>
    /// <param name="silo">The silo.</param>
    /// <param name="secret">The full secret: any text of 16 characters or more, best 32 random bytes.</param>
    /// <exception cref="ArgumentException">The secret is too short, or the client's form of one.</exception>
    /// <exception cref="InvalidOperationException">The silo has one.</exception>
    public static ISiloBuilder UseClusterSecret(this ISiloBuilder silo, string secret)
    {
        ArgumentNullException.ThrowIfNull(silo);
        ClusterSecret parsed = ClusterSecret.Parse(secret);
        return parsed.IsClientForm
            ? throw new ArgumentException("A silo needs the cluster's secret; this is the client's form of it.", nameof(secret))
            : silo.UseClusterSecret(parsed);
    }

    /// <summary>Refuses clients of a gateway all but this product's grains: for a host that has no others for them.</summary>
    internal static ISiloBuilder RefuseForeignCalls(this ISiloBuilder silo)
    {
        silo.Services.AddSingleton<ForeignCalls>();
        silo.Services.AddSingleton<IIncomingGrainCallFilter>(provider => provider.GetRequiredService<ForeignCalls>());
        return silo;
    }

    /// <summary>As <see cref="UseClusterSecret(ISiloBuilder, string)"/>, with the secret already read.</summary>
    internal static ISiloBuilder UseClusterSecret(this ISiloBuilder silo, ClusterSecret secret)
    {
        if (silo.Services.Any(service => service.ServiceType == typeof(InboundProof)))
            throw new InvalidOperationException("UseClusterSecret was called twice for one silo.");
        silo.Services.TryAddSingleton(TimeProvider.System);
        silo.Services.AddSingleton<UnprovedConnections>();
        silo.Services.AddSingleton<RefusedConnections>();
        silo.Services.AddSingleton<SecretRefusal>();
        silo.Services.AddSingleton(provider => ActivatorUtilities.CreateInstance<InboundProof>(provider, secret));
        silo.Configure<SiloConnectionOptions>(options =>
        {
            options.ConfigureSiloInboundConnection(builder => Inbound(builder, ConnectionRole.Silo));
            options.ConfigureGatewayInboundConnection(builder => Inbound(builder, ConnectionRole.Client));
            options.ConfigureSiloOutboundConnection(builder =>
                builder.UseOutboundProof(secret, ConnectionRole.Silo, builder.ApplicationServices.GetRequiredService<SecretRefusal>().Take)
            );
        });
        return silo;

        static void Inbound(Microsoft.AspNetCore.Connections.IConnectionBuilder builder, ConnectionRole role) =>
            builder.ApplicationServices.GetRequiredService<InboundProof>().AddTo(builder, role);
    }
}
