using Microsoft.Extensions.DependencyInjection;
using OrleansWork.Engine.Cluster;

namespace OrleansWork.Engine.Catalog;

/// <summary>Registers what keeps the list of jobs.</summary>
internal static class CatalogExtensions
{
    /// <summary>Adds what lists jobs, and what looks for open ones without a coordinator.</summary>
    public static IServiceCollection AddCatalog(this IServiceCollection services)
    {
        services.AddSingleton<IJobLister, JobLister>();
        services.AddHostedService<CatalogScanner>();
        return services;
    }
}
