using System.Reflection;
using System.Runtime.Loader;
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
        AddCodecs(kind.Type.Assembly);
    }

    // Where values are Orleans' own, their codecs are in the kind's assembly or in one that it uses; Orleans does not find them by itself when they were
    // loaded by hand.
    private void AddCodecs(Assembly assembly)
    {
        if (_services.Any(service => service.ImplementationInstance is CodecAssembly there && there.Assembly == assembly))
            return;
        _services.AddSingleton(new CodecAssembly(assembly));
        _services.AddSerializer(serializer => serializer.AddAssembly(assembly));
        foreach (string part in assembly.GetCustomAttributes<ApplicationPartAttribute>().Select(part => part.AssemblyName))
        {
            AssemblyName name = new(part);
            if (name.Name!.StartsWith("Orleans.", StringComparison.Ordinal) || name.Name == assembly.GetName().Name)
                continue;
            try
            {
                AddCodecs((AssemblyLoadContext.GetLoadContext(assembly) ?? AssemblyLoadContext.Default).LoadFromAssemblyName(name));
            }
            catch (FileNotFoundException)
            {
                // Not beside the kind: then no value of its can be of it.
            }
        }
    }

    private sealed record CodecAssembly(Assembly Assembly);
}
