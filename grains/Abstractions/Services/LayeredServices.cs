using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace OrleansWork.Services;

/// <summary>A container in front of another: what the first one does not know, the second one gives.</summary>
/// <param name="own">The first one.</param>
/// <param name="host">The second one.</param>
internal sealed class LayeredServices(IServiceProvider own, IServiceProvider host)
    : IKeyedServiceProvider,
        IServiceProviderIsKeyedService,
        IServiceScopeFactory
{
    private static readonly Type[] OfOptions =
    [
        typeof(IOptions<>),
        typeof(IOptionsSnapshot<>),
        typeof(IOptionsMonitor<>),
        typeof(IOptionsFactory<>),
    ];

    private readonly IServiceProviderIsKeyedService _knowsOwn = own.GetRequiredService<IServiceProviderIsKeyedService>();
    private readonly IServiceProviderIsKeyedService? _knowsHost = host.GetService<IServiceProviderIsKeyedService>();

    public object? GetService(Type serviceType) =>
        IsItself(serviceType) ? this
        : IsOwn(serviceType, key: null) ? own.GetService(serviceType)
        : host.GetService(serviceType);

    public object? GetKeyedService(Type serviceType, object? serviceKey) =>
        IsOwn(serviceType, serviceKey) ? own.GetKeyedService(serviceType, serviceKey)
        : host is IKeyedServiceProvider keyed ? keyed.GetKeyedService(serviceType, serviceKey)
        : null;

    public object GetRequiredKeyedService(Type serviceType, object? serviceKey) =>
        IsOwn(serviceType, serviceKey)
            ? own.GetRequiredKeyedService(serviceType, serviceKey)
            : host.GetRequiredKeyedService(serviceType, serviceKey);

    public bool IsService(Type serviceType) =>
        IsItself(serviceType) || _knowsOwn.IsService(serviceType) || _knowsHost?.IsService(serviceType) == true;

    public bool IsKeyedService(Type serviceType, object? serviceKey) =>
        _knowsOwn.IsKeyedService(serviceType, serviceKey) || _knowsHost?.IsKeyedService(serviceType, serviceKey) == true;

    public IServiceScope CreateScope() => new Scope(own.CreateAsyncScope(), host.CreateAsyncScope());

    private static bool IsItself(Type type) =>
        type == typeof(IServiceProvider)
        || type == typeof(IKeyedServiceProvider)
        || type == typeof(IServiceProviderIsService)
        || type == typeof(IServiceProviderIsKeyedService)
        || type == typeof(IServiceScopeFactory);

    private bool IsOwn(Type type, object? key)
    {
        if (type.IsConstructedGenericType)
        {
            Type definition = type.GetGenericTypeDefinition();

            // Any list is known, and any options are: they belong to who has something to put there.
            if (definition == typeof(IEnumerable<>))
                return Knows(type.GenericTypeArguments[0]);
            if (key is null && OfOptions.Contains(definition) && _knowsHost is not null)
            {
                Type configures = typeof(IConfigureOptions<>).MakeGenericType(type.GenericTypeArguments[0]);
                return _knowsOwn.IsService(configures) || !_knowsHost.IsService(configures);
            }
        }

        return Knows(type);

        bool Knows(Type known) => key is null ? _knowsOwn.IsService(known) : _knowsOwn.IsKeyedService(known, key);
    }

    private sealed class Scope(AsyncServiceScope own, AsyncServiceScope host) : IServiceScope, IAsyncDisposable
    {
        public IServiceProvider ServiceProvider { get; } = new LayeredServices(own.ServiceProvider, host.ServiceProvider);

        public void Dispose()
        {
            own.Dispose();
            host.Dispose();
        }

        public async ValueTask DisposeAsync()
        {
            await own.DisposeAsync();
            await host.DisposeAsync();
        }
    }
}
