using System.Diagnostics.Metrics;
using System.Reflection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace OrleansWork.Services;

/// <summary>The services that the kinds of one assembly are made of: those that its <see cref="IJobServices"/> register, and the host's.</summary>
internal sealed class KindServices : IAsyncDisposable, IDisposable
{
    private const string OwnSection = "OrleansWork";
    private readonly ServiceProvider? _own;

    private KindServices(IServiceProvider provider, ServiceProvider? own) => (Provider, _own) = (provider, own);

    /// <summary>Gets what kinds are made from.</summary>
    public IServiceProvider Provider { get; }

    /// <summary>Makes the services of an assembly's kinds.</summary>
    /// <param name="assembly">The assembly.</param>
    /// <param name="host">What the host offers; null for a process that has none.</param>
    /// <exception cref="JobKindDefinitionException">One of its <see cref="IJobServices"/> cannot be made, or throws.</exception>
    public static KindServices Of(Assembly assembly, IServiceProvider? host) =>
        Of(
            assembly
                .GetExportedTypes()
                .Where(type =>
                    type is { IsAbstract: false, ContainsGenericParameters: false } && type.IsAssignableTo(typeof(IJobServices))
                ),
            host
        );

    /// <summary>Makes the services that some classes register.</summary>
    /// <inheritdoc cref="Of(Assembly, IServiceProvider?)"/>
    internal static KindServices Of(IEnumerable<Type> implementations, IServiceProvider? host)
    {
        Type[] classes = [.. implementations.OrderBy(type => type.FullName, StringComparer.Ordinal)];
        if (classes.Length == 0)
            return new KindServices(host ?? NoServices.Instance, own: null);
        IConfiguration configuration =
            host?.GetService<IConfiguration>() is { } whole ? new VisibleConfiguration(whole, OwnSection)
            : host is null ? new VisibleConfiguration(new ConfigurationBuilder().AddEnvironmentVariables().Build(), OwnSection)
            : new ConfigurationBuilder().Build();
        IServiceCollection services = Offered(host, configuration);
        foreach (Type type in classes)
            Configure(type, services, configuration);
        ServiceProvider own = Build(services, classes[^1]);
        return new KindServices(host is null ? own : new LayeredServices(own, host), own);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _own?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <inheritdoc/>
    public void Dispose() => _own?.Dispose();

    // As instances: what the host made, the host ends.
    private static ServiceCollection Offered(IServiceProvider? host, IConfiguration configuration)
    {
        ServiceCollection services = new();
        services.AddSingleton(configuration);
        services.AddSingleton(host?.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance);
        services.AddSingleton(typeof(ILogger<>), typeof(Logger<>));
        services.AddSingleton(host?.GetService<TimeProvider>() ?? TimeProvider.System);
        if (host?.GetService<IMeterFactory>() is { } meters)
            services.AddSingleton(meters);
        services.AddOptions();
        return services;
    }

    private static void Configure(Type type, IServiceCollection services, IConfiguration configuration)
    {
        if (type.GetConstructor(Type.EmptyTypes) is not { } constructor)
        {
            throw new JobKindDefinitionException(
                $"{type} registers services of job kinds ({nameof(IJobServices)}) and has no public constructor without parameters; give it one."
            )
            {
                Class = type,
            };
        }

        try
        {
            ((IJobServices)constructor.Invoke(null)).ConfigureServices(services, configuration);
        }
        catch (Exception exception)
        {
            throw new JobKindDefinitionException(
                $"{type} could not register the services of the job kinds beside it. {Causes.Describe(exception)}",
                exception
            )
            {
                Class = type,
            };
        }
    }

    private static ServiceProvider Build(IServiceCollection services, Type last)
    {
        try
        {
            return services.BuildServiceProvider(new ServiceProviderOptions { ValidateScopes = true });
        }
        catch (Exception exception)
        {
            throw new JobKindDefinitionException(
                $"The services that {last.Assembly.GetName().Name} registers ({nameof(IJobServices)}) do not fit together. {Causes.Describe(exception)}",
                exception
            )
            {
                Class = last,
            };
        }
    }
}
