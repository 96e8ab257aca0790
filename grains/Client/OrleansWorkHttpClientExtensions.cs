using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using OrleansWork;
using OrleansWork.Configuration;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds <see cref="IComputeClient"/> to a host outside the cluster's network.</summary>
public static class OrleansWorkHttpClientExtensions
{
    /// <summary>Adds <see cref="IComputeClient"/> over the HTTP API of a cluster's silos.</summary>
    /// <remarks>The section <c>OrleansWork:Client</c> of the host's configuration sets every option; what is set in code wins. Called again, or after
    /// <see cref="OrleansWorkClientExtensions.AddOrleansWorkClient"/>, it adds no other client.</remarks>
    /// <param name="services">The services of any host.</param>
    /// <param name="address">Where the cluster is, and the key to ask with.</param>
    /// <param name="configure">Changes how long the client goes on trying, or null for the defaults.</param>
    public static IServiceCollection AddOrleansWorkHttpClient(
        this IServiceCollection services,
        HttpClusterAddress address,
        Action<ComputeClientOptions>? configure = null
    )
    {
        ArgumentNullException.ThrowIfNull(address);
        services.AddConfiguredOptions<ComputeClientOptions>(ComputeClientOptions.Section);
        if (configure is not null)
            services.Configure(configure);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IComputeClient>(provider => new HttpComputeClient(
            address,
            provider.GetRequiredService<IOptions<ComputeClientOptions>>().Value,
            provider.GetRequiredService<TimeProvider>()
        ));
        return services;
    }
}
