using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using OrleansWork;
using OrleansWork.Engine.Catalog;
using OrleansWork.Engine.Cluster;
using OrleansWork.Engine.Coordination;
using OrleansWork.Engine.Execution;
using OrleansWork.Engine.Hosting;
using OrleansWork.Engine.Placement;
using OrleansWork.Engine.Security;
using OrleansWork.Engine.Storage;
using OrleansWork.Engine.Telemetry;

namespace Orleans.Hosting;

/// <summary>The one way in: makes a silo part of an OrleansWork cluster.</summary>
public static class OrleansWorkSiloExtensions
{
    /// <summary>Adds coordinators, workers, the catalogue and the load table to a silo, and all that they need of Orleans: how soon silos that are gone are
    /// given up, bounds of mailboxes, the serializer of the storage <c>jobs</c>, and the end of the host where only a new process helps.</summary>
    /// <remarks>
    /// The host provides clustering and a grain storage named <c>jobs</c>; with a reminder service open jobs are also looked for on a timer. The
    /// sections <c>OrleansWork:Engine</c> and <c>OrleansWork:Coordinator</c> of the host's configuration set every option; what is set in code wins, and what
    /// the host configures of Orleans itself does too. Called again it adds nothing, and applies <paramref name="configure"/> besides.
    /// </remarks>
    /// <param name="silo">The silo.</param>
    /// <param name="configure">Changes how the silo works.</param>
    /// <returns>What job kinds are added to.</returns>
    public static OrleansWorkBuilder AddOrleansWork(this ISiloBuilder silo, Action<OrleansWorkOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(silo);
        silo.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<EngineOptions>, UnknownSections>());
        return silo.AddOrleansWorkCore(configure);
    }

    /// <summary>As <see cref="AddOrleansWork"/>, for a host that has more settings in the section <c>OrleansWork</c> and looks for unknown ones itself.</summary>
    internal static OrleansWorkBuilder AddOrleansWorkCore(this ISiloBuilder silo, Action<OrleansWorkOptions>? configure)
    {
        OrleansWorkOptions options = new();
        configure?.Invoke(options);
        IServiceCollection services = silo.Services;
        foreach (Action<EngineOptions> change in options.EngineChanges)
            services.Configure(change);
        foreach (Action<CoordinatorOptions> change in options.CoordinatorChanges)
            services.Configure(change);
        if (services.Any(service => service.ServiceType == typeof(KindFindings)))
            return new OrleansWorkBuilder(services);
        services.TryAddSingleton(TimeProvider.System);
        services.AddOrleansDefaults();
        services.AddInstruments().AddExecution().AddCluster().AddPlacement().AddJobStorage().AddCoordination().AddCatalog();
        services.AddSingleton<KindFindings>();
        services.AddSingleton<RefusedCalls>();
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, ExecutionLifecycle>();
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, ListeningPorts>();
        services.AddHostedService<HostEnd>();
        return new OrleansWorkBuilder(services);
    }
}
