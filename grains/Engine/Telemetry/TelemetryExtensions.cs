using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace OrleansWork.Engine.Telemetry;

/// <summary>Registers what is counted and measured.</summary>
internal static class TelemetryExtensions
{
    /// <summary>Adds the instruments of silos and coordinators.</summary>
    public static IServiceCollection AddInstruments(this IServiceCollection services)
    {
        services.AddMetrics();
        services.TryAddSingleton<SiloInstruments>();
        services.TryAddSingleton<CoordinatorInstruments>();
        return services;
    }
}
