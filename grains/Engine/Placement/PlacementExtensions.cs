using Microsoft.Extensions.DependencyInjection;
using Orleans.Placement;
using Orleans.Runtime.Hosting;

namespace OrleansWork.Engine.Placement;

/// <summary>Registers what chooses silos for grains.</summary>
internal static class PlacementExtensions
{
    /// <summary>Adds the directors of the product's placements, and the filters of its workers.</summary>
    public static IServiceCollection AddPlacement(this IServiceCollection services)
    {
        services.AddPlacementFilter<WorkerSiloFilterStrategy, WorkerSiloFilter>(ServiceLifetime.Singleton);
        services.AddPlacementFilter<OfferedSilosFilterStrategy, OfferedSilosFilter>(ServiceLifetime.Singleton);
        services.AddPlacementDirector<RoundRobinPlacement, RoundRobinDirector>();
        services.AddPlacementDirector<LeastLoadedPlacement, LeastLoadedDirector>();
        services.AddPlacementDirector<AdaptivePlacement, AdaptiveDirector>();
        return services;
    }
}
