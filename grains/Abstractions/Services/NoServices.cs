using Microsoft.Extensions.DependencyInjection;

namespace OrleansWork.Services;

/// <summary>The services of a process that has none.</summary>
internal sealed class NoServices : IServiceProvider, IServiceScopeFactory, IServiceScope, IServiceProviderIsService
{
    public static readonly NoServices Instance = new();

    public IServiceProvider ServiceProvider => this;

    public object? GetService(Type serviceType) => IsService(serviceType) ? this : null;

    public bool IsService(Type serviceType) =>
        serviceType == typeof(IServiceScopeFactory)
        || serviceType == typeof(IServiceProvider)
        || serviceType == typeof(IServiceProviderIsService);

    public IServiceScope CreateScope() => this;

    public void Dispose() { }
}
