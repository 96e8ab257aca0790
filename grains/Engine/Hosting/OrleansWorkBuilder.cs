using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Hosting;
using Orleans.Runtime;
using OrleansWork.Engine.Catalog;
using OrleansWork.Engine.Coordination;
using OrleansWork.Engine.Execution;
using OrleansWork.Engine.Storage;

namespace OrleansWork.Engine.Hosting;

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
