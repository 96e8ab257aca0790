using OrleansWork.Checks;

namespace OrleansWork;

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
        JobKindDescriptor descriptor = JobKindDescriptor.FromType(kind.GetType());
        KindCheck<TInput, TPartial, TResult> check = new(
            kind,
            descriptor,
            options ?? new JobKindCheckOptions(),
            services,
            cancellationToken
        );
        IReadOnlyList<string> findings = await CleanContext.RunAsync(() => check.RunAsync(input));
        if (findings.Count > 0)
            throw new JobKindCheckException(descriptor.Name, findings);
    }
}

/// <summary>How much a check of a job kind tries.</summary>
public sealed record JobKindCheckOptions
{
    /// <summary>Gets how many units are run: the first, middle and last ones of a larger job.</summary>
    /// <value>The default is 18; at least 3.</value>
    public int Units { get; init; } = 18;

    /// <summary>Gets how often a failing unit is tried, as <see cref="JobOptions.MaxAttempts"/>.</summary>
    public int MaxAttempts { get; init; } = 3;

    /// <summary>Gets how long one unit may take.</summary>
    public TimeSpan UnitTimeLimit { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Gets how soon a unit must end once its token is cancelled.</summary>
    /// <value>The default is 2 s; a silo gives up the slot of a unit that runs on for 10 s.</value>
    public TimeSpan CancellationGrace { get; init; } = TimeSpan.FromSeconds(2);
}

/// <summary>A job kind that would give wrong or changing results on a cluster.</summary>
public sealed class JobKindCheckException(string kind, IReadOnlyList<string> findings)
    : Exception(
        $"Job kind {kind} would not run well on a cluster:{string.Concat(findings.Select(finding => $"{Environment.NewLine}- {finding}"))}"
    )
{
    /// <summary>Gets the kind's name.</summary>
    public string Kind { get; } = kind;

    /// <summary>Gets what is wrong, one sentence or two each.</summary>
    public IReadOnlyList<string> Findings { get; } = findings;
}
