using Microsoft.Extensions.DependencyInjection;
using OrleansWork.Configuration;

namespace OrleansWork.Engine.Coordination;

/// <summary>Registers what coordinators work with.</summary>
internal static class CoordinationExtensions
{
    /// <summary>Adds their options, and what all coordinators on a silo share.</summary>
    public static IServiceCollection AddCoordination(this IServiceCollection services)
    {
        services.AddConfiguredOptions<CoordinatorOptions>(CoordinatorOptions.Section);
        services.AddSingleton<CoordinatorServices>();
        return services;
    }
}
