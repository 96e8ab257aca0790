using Microsoft.Extensions.DependencyInjection;
using OrleansWork.Checks;
using OrleansWork.Services;

namespace OrleansWork.Testing;

/// <summary>Finds what makes a job kind give wrong or changing results on a cluster, before it runs on one.</summary>
/// <example>
/// In a test of the kind:
/// <code>
/// await JobKindChecks.VerifyAsync(new CountPrimes(), new CountPrimes.Input(To: 1_000, Block: 100));
/// </code>
/// </example>
public static class JobKindChecks
{
    /// <summary>Runs some units of a job in ways a cluster might, and compares.</summary>
    /// <remarks>
    /// It fails when the input or the result changes on its way through JSON; a unit gives other bytes the second time, at the same time
    /// as others, on another attempt or on another instance; a partial does not survive its codec; <c>Combine</c> is not associative
    /// (rounding of floating-point numbers excepted) or gives other bytes for partials that crossed as bytes; a job of at most
    /// <see cref="JobKindCheckOptions.Units"/> units gives another result in other ranges; or cancellation is ignored or ends in a
    /// partial that is not whole. It costs about six times the chosen units.
    /// </remarks>
    /// <param name="kind">The kind; used by several threads at once, not disposed.</param>
    /// <param name="input">An input, small and typical.</param>
    /// <param name="options">How much to try, or null for the defaults.</param>
    /// <param name="services">Where the codec of Orleans' types and loggers are found, or null.</param>
    /// <param name="cancellationToken">Ends the check.</param>
    /// <exception cref="JobKindCheckException">Something is wrong; the message lists it all.</exception>
    /// <exception cref="JobKindDefinitionException">The class cannot be run as a job kind.</exception>
    public static async Task VerifyAsync<TInput, TPartial, TResult>(
        JobKind<TInput, TPartial, TResult> kind,
        TInput input,
        JobKindCheckOptions? options = null,
        IServiceProvider? services = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(kind);
        await VerifyAsync(kind, () => AnotherOf(kind), input, options, services, cancellationToken);
    }

    /// <summary>Runs some units of a job of a class in ways a cluster might, on instances that are made as a silo makes them, and compares.</summary>
    /// <param name="kind">The kind's class.</param>
    /// <param name="input">An input, small and typical, of the kind's type.</param>
    /// <param name="options">How much to try, or null for the defaults.</param>
    /// <param name="services">
    /// Where the kinds' constructor parameters, codecs and loggers are found; each instance gets a scope of its own. Null for those that the kind's
    /// assembly registers by <see cref="IJobServices"/>.
    /// </param>
    /// <param name="cancellationToken">Ends the check.</param>
    /// <exception cref="JobKindCheckException">Something is wrong; the message lists it all.</exception>
    /// <exception cref="JobKindDefinitionException">The class cannot be run as a job kind, or not be made of the services there are.</exception>
    /// <inheritdoc cref="VerifyAsync{TInput, TPartial, TResult}(JobKind{TInput, TPartial, TResult}, TInput, JobKindCheckOptions?, IServiceProvider?, CancellationToken)"/>
    public static async Task VerifyAsync(
        Type kind,
        object input,
        JobKindCheckOptions? options = null,
        IServiceProvider? services = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(kind);
        ArgumentNullException.ThrowIfNull(input);
        JobKindDescriptor descriptor = JobKindDescriptor.FromType(kind);
        if (!descriptor.InputType.IsInstanceOfType(input))
        {
            throw new JobKindDefinitionException(
                $"Job kind {descriptor.Name} ({kind}) takes a {descriptor.InputType}, not a {input.GetType()}."
            );
        }

        IClassCheck check = (IClassCheck)
            Activator.CreateInstance(
                typeof(ClassCheck<,,>).MakeGenericType(descriptor.InputType, descriptor.PartialType, descriptor.ResultType)
            )!;
        await using KindServices? own = services is null ? KindServices.Of(kind.Assembly, host: null) : null;
        await check.RunAsync(descriptor, input, options, services ?? own!.Provider, cancellationToken);
    }

    private static async Task VerifyAsync<TInput, TPartial, TResult>(
        JobKind<TInput, TPartial, TResult> kind,
        Func<JobKind<TInput, TPartial, TResult>?> another,
        TInput input,
        JobKindCheckOptions? options,
        IServiceProvider? services,
        CancellationToken cancellationToken
    )
    {
        JobKindDescriptor descriptor = JobKindDescriptor.FromType(kind.GetType());
        KindCheck<TInput, TPartial, TResult> check = new(
            kind,
            descriptor,
            options ?? new JobKindCheckOptions(),
            services,
            another,
            cancellationToken
        );
        IReadOnlyList<string> findings = await CleanContext.RunAsync(() => check.RunAsync(input));
        if (findings.Count > 0)
            throw new JobKindCheckException(descriptor.Name, findings);
    }

    private static JobKind<TInput, TPartial, TResult>? AnotherOf<TInput, TPartial, TResult>(JobKind<TInput, TPartial, TResult> kind) =>
        (JobKind<TInput, TPartial, TResult>?)kind.GetType().GetConstructor(Type.EmptyTypes)?.Invoke(null);

    private interface IClassCheck
    {
        Task RunAsync(
            JobKindDescriptor kind,
            object input,
            JobKindCheckOptions? options,
            IServiceProvider services,
            CancellationToken cancellationToken
        );
    }

    private sealed class ClassCheck<TInput, TPartial, TResult> : IClassCheck
    {
        public async Task RunAsync(
            JobKindDescriptor kind,
            object input,
            JobKindCheckOptions? options,
            IServiceProvider services,
            CancellationToken cancellationToken
        )
        {
            await using AsyncServiceScope first = services.CreateAsyncScope();
            await using AsyncServiceScope second = services.CreateAsyncScope();
            JobKind<TInput, TPartial, TResult> instance = Create(first);
            try
            {
                await VerifyAsync(instance, () => Create(second), (TInput)input, options, first.ServiceProvider, cancellationToken);
            }
            finally
            {
                if (instance is IAsyncDisposable asyncDisposable)
                    await asyncDisposable.DisposeAsync();
                else
                    (instance as IDisposable)?.Dispose();
            }

            JobKind<TInput, TPartial, TResult> Create(AsyncServiceScope scope) =>
                (JobKind<TInput, TPartial, TResult>)KindConstructor.CreateOrExplain(kind, scope.ServiceProvider);
        }
    }
}
