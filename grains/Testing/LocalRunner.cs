using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OrleansWork.Services;

namespace OrleansWork.Testing;

/// <summary>Runs job kinds in this process, without a cluster: for tests, for a first try, for debugging.</summary>
/// <remarks>
/// A job is run as a cluster would run it: the input is read back from its JSON and validated, units are run on several threads and tried
/// again when they throw, partials are combined on the same tree and cross every border between ranges as bytes of the same codec, the
/// result is read back from its JSON, and the same limits hold. The kind's code finds invariant cultures and none of the caller's async locals,
/// and no unit what another left. So the result has the same bits as on a cluster.
/// </remarks>
/// <example>
/// <code>
/// long primes = await LocalRunner.RunAsync(new CountPrimes(), new CountPrimes.Input(To: 1_000));
/// </code>
/// </example>
public static class LocalRunner
{
    /// <summary>How large an input, a partial or a result may be, in bytes: as on a cluster by default.</summary>
    public const int MaxPayloadBytes = IUnitHost.DefaultPayloadBytes;

    /// <summary>Runs a job with an instance of its kind.</summary>
    /// <param name="kind">The kind; used by several threads at once, not disposed.</param>
    /// <param name="input">Its input.</param>
    /// <param name="options">
    /// How to run it: <c>MaxParallel</c> (the default is one thread per core), <c>ChunkUnits</c>, <c>MaxAttempts</c>, <c>UnitTimeout</c>,
    /// <c>OnUnitFailure</c> and <c>Seed</c> count here; the rest speaks of clusters.
    /// </param>
    /// <param name="services">Where the codec of Orleans' types and loggers are found, or null.</param>
    /// <param name="cancellationToken">Ends the job.</param>
    /// <returns>The result, as a caller of a cluster would get it.</returns>
    /// <exception cref="RequestException">The input or the options are wrong; the problems name the fields.</exception>
    /// <exception cref="JobFailedException">The job failed; the message names the unit or the method, the inner exception is what it threw.</exception>
    /// <exception cref="JobKindDefinitionException">The class cannot be run as a job kind.</exception>
    public static Task<TResult> RunAsync<TInput, TPartial, TResult>(
        JobKind<TInput, TPartial, TResult> kind,
        TInput input,
        JobOptions? options = null,
        IServiceProvider? services = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(kind);
        LocalJob<TInput, TPartial, TResult> job = new(kind, options ?? new JobOptions(), services);
        return CleanContext.RunAsync(() => job.RunAsync(input, cancellationToken));
    }

    /// <summary>Runs a job of the kind of that name, found among <paramref name="kinds"/> or beside its input type, on an instance of its own.</summary>
    /// <param name="kind">The kind's name and types.</param>
    /// <param name="input">Its input.</param>
    /// <param name="options">As for an instance.</param>
    /// <param name="services">
    /// Where the kind's constructor parameters, codecs and loggers are found; the kind gets a scope of its own. Null for those that the kind's
    /// assembly registers by <see cref="IJobServices"/>.
    /// </param>
    /// <param name="kinds">The classes to look among; by default those in the assembly of <typeparamref name="TInput"/>.</param>
    /// <param name="cancellationToken">Ends the job.</param>
    /// <exception cref="JobKindDefinitionException">There is no such kind, or its types are others.</exception>
    /// <inheritdoc cref="RunAsync{TInput, TPartial, TResult}(JobKind{TInput, TPartial, TResult}, TInput, JobOptions?, IServiceProvider?, CancellationToken)"/>
    public static Task<TResult> RunAsync<TInput, TResult>(
        JobKindRef<TInput, TResult> kind,
        TInput input,
        JobOptions? options = null,
        IServiceProvider? services = null,
        IEnumerable<Type>? kinds = null,
        CancellationToken cancellationToken = default
    )
    {
        Type found = Find<TInput>(kind?.Name, kinds);
        return JobKindDescriptor.FromType(found) is { IsMap: true } map
            ? throw new JobKindDefinitionException(
                $"Job kind {map.Name} is a map kind, which has a result of each item and none of all: run it by {nameof(RunUnitsAsync)}."
            )
            : RunAsync<TInput, TResult>(found, input, options, services, cancellationToken);
    }

    /// <summary>Runs a job of the map kind of that name, found among <paramref name="kinds"/> or beside its input type, on an instance of its own.</summary>
    /// <returns>What its items came to, in their order; those that failed for good and were skipped are not among them.</returns>
    /// <inheritdoc cref="RunAsync{TInput, TResult}(JobKindRef{TInput, TResult}, TInput, JobOptions?, IServiceProvider?, IEnumerable{Type}?, CancellationToken)"/>
    public static Task<IReadOnlyList<UnitResult<TOut>>> RunUnitsAsync<TInput, TOut>(
        JobKindRef<TInput, TOut> kind,
        TInput input,
        JobOptions? options = null,
        IServiceProvider? services = null,
        IEnumerable<Type>? kinds = null,
        CancellationToken cancellationToken = default
    ) => RunAsync<TInput, IReadOnlyList<UnitResult<TOut>>>(Find<TInput>(kind?.Name, kinds), input, options, services, cancellationToken);

    /// <summary>Runs a job of a class on an instance of its own.</summary>
    /// <param name="kind">The kind's class.</param>
    /// <param name="input">Its input.</param>
    /// <param name="options">As for an instance.</param>
    /// <param name="services">
    /// Where the kind's constructor parameters, codecs and loggers are found; the kind gets a scope of its own. Null for those that the kind's
    /// assembly registers by <see cref="IJobServices"/>.
    /// </param>
    /// <param name="cancellationToken">Ends the job.</param>
    /// <inheritdoc cref="RunAsync{TInput, TPartial, TResult}(JobKind{TInput, TPartial, TResult}, TInput, JobOptions?, IServiceProvider?, CancellationToken)"/>
    public static Task<TResult> RunAsync<TInput, TResult>(
        Type kind,
        TInput input,
        JobOptions? options = null,
        IServiceProvider? services = null,
        CancellationToken cancellationToken = default
    ) => CleanContext.RunAsync(() => RunOwnAsync<TInput, TResult>(kind, input, options, services, cancellationToken));

    private static Type Find<TInput>(string? name, IEnumerable<Type>? kinds)
    {
        ArgumentNullException.ThrowIfNull(name, "kind");
        Type[] candidates =
        [
            .. (kinds ?? typeof(TInput).Assembly.GetTypes()).Where(type =>
                type is { IsAbstract: false, ContainsGenericParameters: false } && type.IsSubclassOf(typeof(JobKind))
            ),
        ];
        return candidates.FirstOrDefault(type => string.Equals(JobKindDescriptor.NameOf(type), name, StringComparison.Ordinal))
            ?? throw new JobKindDefinitionException(
                $"There is no job kind {name}{Suggestions.Phrase(name, candidates.Select(JobKindDescriptor.NameOf))} "
                    + (kinds is null ? $"It was looked for in {typeof(TInput).Assembly.GetName().Name}, beside its input type." : "")
            );
    }

    private static async Task<TResult> RunOwnAsync<TInput, TResult>(
        Type kind,
        TInput input,
        JobOptions? options,
        IServiceProvider? services,
        CancellationToken cancellationToken
    )
    {
        JobKindDescriptor descriptor = JobKindDescriptor.FromType(kind);
        if (descriptor.InputType != typeof(TInput) || descriptor.ResultType != typeof(TResult))
        {
            throw new JobKindDefinitionException(
                $"Job kind {descriptor.Name} ({kind}) makes a {descriptor.ResultType} of a {descriptor.InputType}, not a {typeof(TResult)} of a {typeof(TInput)}."
            );
        }

        await using KindServices? own = services is null ? KindServices.Of(kind.Assembly, host: null) : null;
        await using AsyncServiceScope scope = (services ?? own!.Provider).CreateAsyncScope();
        object instance = KindConstructor.CreateOrExplain(descriptor, scope.ServiceProvider);
        try
        {
            IInstanceRunner runner = (IInstanceRunner)
                Activator.CreateInstance(
                    typeof(InstanceRunner<,,>).MakeGenericType(descriptor.InputType, descriptor.PartialType, descriptor.ResultType)
                )!;
            return (TResult)(await runner.RunAsync(instance, input, options, scope.ServiceProvider, cancellationToken))!;
        }
        finally
        {
            if (instance is IAsyncDisposable asyncDisposable)
                await asyncDisposable.DisposeAsync();
            else
                (instance as IDisposable)?.Dispose();
        }
    }

    private interface IInstanceRunner
    {
        Task<object?> RunAsync(
            object kind,
            object? input,
            JobOptions? options,
            IServiceProvider services,
            CancellationToken cancellationToken
        );
    }

    private sealed class InstanceRunner<TInput, TPartial, TResult> : IInstanceRunner
    {
        public async Task<object?> RunAsync(
            object kind,
            object? input,
            JobOptions? options,
            IServiceProvider services,
            CancellationToken cancellationToken
        ) => await LocalRunner.RunAsync((JobKind<TInput, TPartial, TResult>)kind, (TInput)input!, options, services, cancellationToken);
    }
}
