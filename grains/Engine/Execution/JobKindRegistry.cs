using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using OrleansWork.Protocol;
using OrleansWork.Services;

namespace OrleansWork.Engine.Execution;

/// <summary>The job kinds that this silo can run.</summary>
internal sealed partial class JobKindRegistry : IAsyncDisposable, IDisposable
{
    private readonly Dictionary<(string Name, int Version), KindRuntime> _kinds = [];
    private readonly Dictionary<string, KindRuntime> _newest = new(StringComparer.Ordinal);
    private readonly Dictionary<Assembly, KindServices> _services = [];
    private readonly ILogger _logger;

    /// <summary>Makes the runtimes of all registered kinds.</summary>
    /// <exception cref="JobKindDefinitionException">Two types have the same name and version, a kind cannot be run, or its assembly's services cannot be
    /// registered; the message names the types.</exception>
    public JobKindRegistry(IEnumerable<JobKindDescriptor> descriptors, IServiceProvider services, IOptions<EngineOptions> options)
    {
        _logger = services.GetService<ILoggerFactory>()?.CreateLogger<JobKindRegistry>() ?? NullLogger<JobKindRegistry>.Instance;
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

            KindRuntime runtime = Create(descriptor, services, ServicesOf(descriptor.Type.Assembly, services), options.Value);
            _kinds.Add((descriptor.Name, descriptor.Version), runtime);
            if (!_newest.TryGetValue(descriptor.Name, out KindRuntime? newest) || newest.Descriptor.Version < descriptor.Version)
                _newest[descriptor.Name] = runtime;
        }

        Profiles =
        [
            .. _kinds
                .Values.OrderBy(kind => kind.Descriptor.Name, StringComparer.Ordinal)
                .ThenBy(kind => kind.Descriptor.Version)
                .Select(kind => Describe(kind.Descriptor, options.Value.EffectiveAsyncSlots)),
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

    /// <summary>Makes an instance of every kind once, so that one that cannot be made is refused when the silo starts and not when a job does.</summary>
    /// <param name="userCode">Where that runs: constructors are code of others.</param>
    /// <param name="ceiling">How long one may take.</param>
    /// <exception cref="JobKindDefinitionException">One cannot be made; the message says what of it is missing.</exception>
    public async Task VerifyAsync(IUserCode userCode, TimeSpan ceiling)
    {
        foreach (KindRuntime kind in _kinds.Values)
        {
            JobKindDefinitionException? refusal = null;
            Task<bool> making = userCode.RunAsync(
                "Constructor",
                async () =>
                {
                    try
                    {
                        await kind.VerifyAsync();
                    }
                    catch (JobKindDefinitionException exception)
                    {
                        refusal = exception;
                    }

                    return true;
                },
                CancellationToken.None
            );
            try
            {
                await making.WaitAsync(ceiling);
            }
            catch (TimeoutException) when (!making.IsCompleted)
            {
                throw Refusal(
                    kind.Descriptor,
                    $"was not made within {Duration.Format(ceiling)}. What takes its time belongs into PrepareAsync, not into a constructor."
                );
            }
            catch (UserCodeException exception)
            {
                throw Refusal(kind.Descriptor, $"can be made, and not be ended again. {exception.Message}");
            }

            if (refusal is not null)
                throw refusal;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (KindServices services in _services.Values)
        {
            try
            {
                await services.DisposeAsync();
            }
            catch (Exception exception)
            {
                // Code of others: what else ends with the silo is to end all the same.
                ServicesNotEnded(exception);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (KindServices services in _services.Values)
        {
            try
            {
                services.Dispose();
            }
            catch (Exception exception)
            {
                ServicesNotEnded(exception);
            }
        }
    }

    private IServiceProvider ServicesOf(Assembly assembly, IServiceProvider host)
    {
        if (!_services.TryGetValue(assembly, out KindServices? services))
            _services.Add(assembly, services = KindServices.Of(assembly, host));
        return services.Provider;
    }

    private static JobKindDefinitionException Refusal(JobKindDescriptor kind, string why) =>
        new($"Job kind {kind.Name} ({kind.Type}) {why}") { Class = kind.Type };

    private static KindRuntime Create(
        JobKindDescriptor descriptor,
        IServiceProvider services,
        IServiceProvider kindServices,
        EngineOptions options
    )
    {
        Type runtime = typeof(KindRuntime<,,>).MakeGenericType(descriptor.InputType, descriptor.PartialType, descriptor.ResultType);
        try
        {
            return (KindRuntime)Activator.CreateInstance(runtime, descriptor, services, kindServices, options)!;
        }
        catch (TargetInvocationException exception)
        {
            throw Refusal(descriptor, $"cannot be run. {Causes.Describe(exception)}");
        }
    }

    private static KindProfile Describe(JobKindDescriptor kind, int asyncSlots)
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
                AsyncSlots =
                    !kind.IsAsync ? 0
                    : kind.AsyncSlots > 0 ? kind.AsyncSlots
                    : asyncSlots,
            };
        }
        catch (Exception exception) when (exception is NotSupportedException or InvalidOperationException or System.Text.Json.JsonException)
        {
            throw Refusal(kind, $"has an input, {kind.InputType}, that cannot be described as JSON. {Causes.Describe(exception)}");
        }
    }

    [LoggerMessage(LogLevel.Warning, "Services that job kinds registered could not be ended")]
    private partial void ServicesNotEnded(Exception exception);
}
