using System.Reflection;
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

/// <summary>How a silo works for OrleansWork.</summary>
public sealed class OrleansWorkOptions
{
    internal List<Action<EngineOptions>> EngineChanges { get; } = [];

    internal List<Action<CoordinatorOptions>> CoordinatorChanges { get; } = [];

    /// <summary>Changes how the silo performs units.</summary>
    public void Engine(Action<EngineOptions> change) => EngineChanges.Add(change);

    /// <summary>Changes how jobs are recorded and started.</summary>
    public void Coordinator(Action<CoordinatorOptions> change) => CoordinatorChanges.Add(change);
}

/// <summary>Adds job kinds to a silo.</summary>
public sealed class OrleansWorkBuilder
{
    private readonly IServiceCollection _services;

    internal OrleansWorkBuilder(IServiceCollection services) => _services = services;

    /// <summary>Adds one kind.</summary>
    /// <exception cref="JobKindDefinitionException">The class is not a kind that can be run.</exception>
    public OrleansWorkBuilder AddJob<TKind>()
        where TKind : JobKind
    {
        _services.AddSingleton(JobKindDescriptor.FromType(typeof(TKind)));
        return this;
    }

    /// <summary>Adds the kinds of an assembly.</summary>
    /// <exception cref="JobKindDefinitionException">One of its kinds cannot be run.</exception>
    public OrleansWorkBuilder AddJobsFrom(Assembly assembly)
    {
        foreach (JobKindDescriptor kind in JobKindDescriptor.FromAssembly(assembly))
            _services.AddSingleton(kind);
        return this;
    }
}
