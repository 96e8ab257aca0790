using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;

namespace OrleansWork;

/// <summary>Adds job kinds to a silo.</summary>
public sealed class OrleansWorkBuilder
{
    private readonly IServiceCollection _services;

    internal OrleansWorkBuilder(IServiceCollection services) => _services = services;

    /// <summary>Adds one kind; nothing if it is there.</summary>
    /// <exception cref="JobKindDefinitionException">The class is not a kind that can be run.</exception>
    public OrleansWorkBuilder AddJob<TKind>()
        where TKind : JobKind
    {
        Add(JobKindDescriptor.FromType(typeof(TKind)));
        return this;
    }

    /// <summary>Adds the kinds of an assembly, those that are not there.</summary>
    /// <exception cref="JobKindDefinitionException">One of its kinds cannot be run.</exception>
    public OrleansWorkBuilder AddJobsFrom(Assembly assembly)
    {
        foreach (JobKindDescriptor kind in JobKindDescriptor.FromAssembly(assembly))
            Add(kind);
        return this;
    }

    private void Add(JobKindDescriptor kind)
    {
        if (_services.Any(service => service.ImplementationInstance is JobKindDescriptor there && there.Type == kind.Type))
            return;
        _services.AddSingleton(kind);

        // Where its values are Orleans' own, their codecs are in the kind's assembly, which Orleans does not find by itself when it was loaded by hand.
        _services.AddSerializer(serializer => serializer.AddAssembly(kind.Type.Assembly));
    }
}
