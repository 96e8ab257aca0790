using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace OrleansWork.Configuration;

/// <summary>Registers options that the host's configuration sets.</summary>
internal static class ConfiguredOptionsExtensions
{
    /// <summary>Has options taken from a section of the host's configuration and checked at the start of the host; once, however often it is called.</summary>
    /// <remarks>What code configures wins, whether it was registered before or after.</remarks>
    public static IServiceCollection AddConfiguredOptions<TOptions>(this IServiceCollection services, string section)
        where TOptions : class
    {
        if (services.Any(service => service.ServiceType == typeof(ConfiguredOptions<TOptions>)))
            return services;
        services.AddOptions<TOptions>().ValidateOnStart();
        services.AddSingleton(provider => new ConfiguredOptions<TOptions>(section, provider.GetService<IConfiguration>()));
        services.Insert(
            0,
            ServiceDescriptor.Singleton<IConfigureOptions<TOptions>>(provider => provider.GetRequiredService<ConfiguredOptions<TOptions>>())
        );
        services.AddSingleton<IValidateOptions<TOptions>>(provider => provider.GetRequiredService<ConfiguredOptions<TOptions>>());
        return services;
    }
}
