using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using OrleansWork;
using OrleansWork.Configuration;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds <see cref="IComputeClient"/> to a host that already talks to a cluster.</summary>
public static class OrleansWorkClientExtensions
{
    /// <summary>Adds <see cref="IComputeClient"/> over the host's Orleans client; a silo's own client will do.</summary>
    /// <remarks>The section <c>OrleansWork:Client</c> of the host's configuration sets every option; what is set in code wins. Called again it adds nothing, and
    /// applies <paramref name="configure"/> besides.</remarks>
    /// <param name="services">The services of a host on which UseOrleansClient or UseOrleans was called.</param>
    /// <param name="configure">Changes how long the client goes on trying, or null for the defaults.</param>
    public static IServiceCollection AddOrleansWorkClient(this IServiceCollection services, Action<ComputeClientOptions>? configure = null)
    {
        services.AddConfiguredOptions<ComputeClientOptions>(ComputeClientOptions.Section);
        if (configure is not null)
            services.Configure(configure);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IComputeClient>(provider => new ComputeClient(
            provider.GetRequiredService<IGrainFactory>(),
            provider.GetRequiredService<IOptions<ComputeClientOptions>>().Value,
            provider.GetRequiredService<TimeProvider>()
        ));
        return services;
    }
}
