using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace OrleansWork.Engine.Coordination;

/// <summary>Registers what coordinators work with.</summary>
internal static class CoordinationExtensions
{
    /// <summary>Adds their options, and what all coordinators on a silo share.</summary>
    public static IServiceCollection AddCoordination(this IServiceCollection services)
    {
        services.AddOptions<CoordinatorOptions>().ValidateOnStart();
        services.AddSingleton<IValidateOptions<CoordinatorOptions>, CoordinatorOptionsValidator>();
        services.AddSingleton<CoordinatorServices>();
        return services;
    }
}
