using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Microsoft.Extensions.Options;
using OrleansWork.Protocol;

namespace OrleansWork.Engine.Execution;

/// <summary>The job kinds that this silo can run.</summary>
internal sealed class JobKindRegistry
{
    private readonly Dictionary<(string Name, int Version), KindRuntime> _kinds = [];
    private readonly Dictionary<string, KindRuntime> _newest = new(StringComparer.Ordinal);

    /// <summary>Makes the runtimes of all registered kinds.</summary>
    /// <exception cref="JobKindDefinitionException">Two types have the same name and version, or a kind cannot be run; the message names the types.</exception>
    public JobKindRegistry(IEnumerable<JobKindDescriptor> descriptors, IServiceProvider services, IOptions<EngineOptions> options)
    {
        foreach (JobKindDescriptor descriptor in descriptors)
        {
            if (_kinds.TryGetValue((descriptor.Name, descriptor.Version), out KindRuntime? other))
            {
                if (other.Descriptor.Type == descriptor.Type)
                    continue;
                throw new JobKindDefinitionException(
                    $"Job kind {descriptor.Name} version {descriptor.Version} is defined twice: by {other.Descriptor.Type.AssemblyQualifiedName} and by {descriptor.Type.AssemblyQualifiedName}. Rename one, or raise its Version."
                );
            }

            KindRuntime runtime = Create(descriptor, services, options.Value);
            _kinds.Add((descriptor.Name, descriptor.Version), runtime);
            if (!_newest.TryGetValue(descriptor.Name, out KindRuntime? newest) || newest.Descriptor.Version < descriptor.Version)
                _newest[descriptor.Name] = runtime;
        }

        Profiles =
        [
            .. _kinds
                .Values.OrderBy(kind => kind.Descriptor.Name, StringComparer.Ordinal)
                .ThenBy(kind => kind.Descriptor.Version)
                .Select(kind => Describe(kind.Descriptor)),
        ];
    }

    /// <summary>Gets what other silos are told of the kinds, by name and version.</summary>
    public ImmutableArray<KindProfile> Profiles { get; }

    /// <summary>Gets the names of all kinds, sorted.</summary>
    public IEnumerable<string> Names => _newest.Keys.Order(StringComparer.Ordinal);

    /// <summary>Gets the largest number of asynchronous leases that a kind asks for, or 0.</summary>
    public int MaxAsyncSlots => _kinds.Values.Select(kind => kind.Descriptor.AsyncSlots).DefaultIfEmpty().Max();

    /// <summary>Finds a kind in one version.</summary>
    public bool TryGet(string name, int version, [NotNullWhen(true)] out KindRuntime? kind) =>
        _kinds.TryGetValue((name, version), out kind);

    /// <summary>Finds the newest version of a kind.</summary>
    public bool TryGetNewest(string name, [NotNullWhen(true)] out KindRuntime? kind) => _newest.TryGetValue(name, out kind);

    private static KindRuntime Create(JobKindDescriptor descriptor, IServiceProvider services, EngineOptions options)
    {
        Type runtime = typeof(KindRuntime<,,>).MakeGenericType(descriptor.InputType, descriptor.PartialType, descriptor.ResultType);
        try
        {
            return (KindRuntime)Activator.CreateInstance(runtime, descriptor, services, options)!;
        }
        catch (TargetInvocationException exception)
        {
            throw new JobKindDefinitionException(
                $"Job kind {descriptor.Name} ({descriptor.Type}) cannot be run. {Causes.Describe(exception)}"
            );
        }
    }

    private static KindProfile Describe(JobKindDescriptor kind)
    {
        try
        {
            return new KindProfile(
                kind.Name,
                kind.Version,
                kind.Description,
                kind.IsAsync,
                kind.SideEffects,
                kind.InputSchema().GetRawText()
            )
            {
                IsMap = kind.IsMap,
            };
        }
        catch (Exception exception) when (exception is NotSupportedException or InvalidOperationException or System.Text.Json.JsonException)
        {
            throw new JobKindDefinitionException(
                $"Job kind {kind.Name} ({kind.Type}): its input {kind.InputType} cannot be described as JSON. {Causes.Describe(exception)}"
            );
        }
    }
}
