using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using OrleansWork.Configuration;
using OrleansWork.Scheduling.Recording;

namespace OrleansWork.Engine.Coordination;

/// <summary>Registers what coordinators work with.</summary>
internal static class CoordinationExtensions
{
    /// <summary>Adds their options, and what all coordinators on a silo share.</summary>
    public static IServiceCollection AddCoordination(this IServiceCollection services)
    {
        services.AddConfiguredOptions<CoordinatorOptions>(CoordinatorOptions.Section);
        services.AddSingleton(provider => new RecordBudget(provider.GetRequiredService<IOptions<CoordinatorOptions>>().Value.RecordBytes));
        services.AddSingleton<CoordinatorServices>();
        return services;
    }
}
