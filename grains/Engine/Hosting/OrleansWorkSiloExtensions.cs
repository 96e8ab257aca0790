using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Hosting;
using Orleans.Runtime;
using OrleansWork.Engine.Catalog;
using OrleansWork.Engine.Cluster;
using OrleansWork.Engine.Coordination;
using OrleansWork.Engine.Execution;
using OrleansWork.Engine.Placement;
using OrleansWork.Engine.Security;
using OrleansWork.Engine.Storage;
using OrleansWork.Engine.Telemetry;

namespace OrleansWork.Engine.Hosting;

/// <summary>The one way in: makes a silo part of an OrleansWork cluster.</summary>
public static class OrleansWorkSiloExtensions
{
    /// <summary>Adds coordinators, workers, the catalogue and the load table to a silo.</summary>
    /// <remarks>The host provides clustering and a grain storage named <c>jobs</c>; with a reminder service open jobs are also looked for on a timer.</remarks>
    /// <param name="silo">The silo.</param>
    /// <param name="configure">Changes how the silo works.</param>
    /// <returns>What job kinds are added to.</returns>
    public static OrleansWorkBuilder AddOrleansWork(this ISiloBuilder silo, Action<OrleansWorkOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(silo);
        OrleansWorkOptions options = new();
        configure?.Invoke(options);
        IServiceCollection services = silo.Services;
        services.TryAddSingleton(TimeProvider.System);
        foreach (Action<EngineOptions> change in options.EngineChanges)
            services.Configure(change);
        foreach (Action<CoordinatorOptions> change in options.CoordinatorChanges)
            services.Configure(change);
        services.AddInstruments().AddExecution().AddCluster().AddPlacement().AddJobStorage().AddCoordination().AddCatalog();
        services.AddSingleton<KindFindings>();
        services.AddSingleton<RefusedCalls>();
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, ExecutionLifecycle>();
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, ListeningPorts>();
        return new OrleansWorkBuilder(services);
    }
}
