namespace OrleansWork;

/// <summary>The root of all job kinds; derive from <see cref="JobKind{TInput, TPartial, TResult}"/> or <see cref="JobKind{TInput, TResult}"/>.</summary>
public abstract class JobKind
{
    private protected JobKind() { }
}

/// <summary>A job of numbered units whose partial results are combined.</summary>
/// <remarks>
/// One instance serves one job on one silo and is used by many threads at once. Override either <see cref="RunUnit"/> or
/// <see cref="RunUnitAsync"/>. Units run at least once and are counted exactly once; for a result with the same bits however it was run,
/// <see cref="RunUnit"/> and <see cref="Combine"/> must be deterministic.
/// </remarks>
/// <typeparam name="TInput">What a job is asked to do; crosses as JSON.</typeparam>
/// <typeparam name="TPartial">The combined result of some units; crosses as bytes made by <see cref="PayloadCodec{T}"/>.</typeparam>
/// <typeparam name="TResult">The result of the job; crosses as JSON, or as it is when it is a <c>byte[]</c>.</typeparam>
public abstract class JobKind<TInput, TPartial, TResult> : JobKind
{
    /// <summary>Names a kind for callers, with the types of its input and result, so that its class is the one place that says its name.</summary>
    /// <example>
    /// <code>
    /// public static readonly JobKindRef&lt;Input, long&gt; Kind = KindOf&lt;CountPrimes&gt;();
    /// </code>
    /// </example>
    /// <typeparam name="TKind">The class.</typeparam>
    protected static JobKindRef<TInput, TResult> KindOf<TKind>()
        where TKind : JobKind<TInput, TPartial, TResult> => new(JobKindDescriptor.NameOf(typeof(TKind)));

    /// <summary>Says which fields of the input cannot be worked with; runs before anything of the job is recorded, on inputs in which the DataAnnotations
    /// attributes on their properties find nothing.</summary>
    /// <returns>The problems, empty when there are none; by default those of the attributes.</returns>
    /// <exception cref="RequestException">Nothing is wrong with the input, but this silo may not do it: thrown by a kind with
    /// <see cref="ErrorReason.Refused"/>.</exception>
    public virtual IEnumerable<InputProblem> Validate(TInput input) => InputProblem.FromAnnotations(input);

    /// <summary>Prepares this instance before any unit runs on its silo, for instance by loading a model.</summary>
    public virtual ValueTask PrepareAsync(TInput input, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <summary>Splits the job: how many units it has, numbered from 0.</summary>
    /// <returns>0 to 2^62.</returns>
    public abstract long CountUnits(TInput input);

    /// <summary>Performs one unit, on any thread of any silo, perhaps more than once.</summary>
    public virtual TPartial RunUnit(TInput input, long unit, UnitContext context) =>
        throw new NotSupportedException($"{GetType().Name} does not override RunUnit.");

    /// <summary>Performs one unit that waits: for HTTP, a database, a file. It holds a permit, not a slot, while it waits.</summary>
    public virtual ValueTask<TPartial> RunUnitAsync(TInput input, long unit, UnitContext context) =>
        throw new NotSupportedException($"{GetType().Name} does not override RunUnitAsync.");

    /// <summary>Makes one partial result of two neighbours; associative, and may change and return <paramref name="left"/>.</summary>
    public abstract TPartial Combine(TPartial left, TPartial right);

    /// <summary>Makes the result of the job from the partial of all units; called once for a job that succeeded.</summary>
    public abstract TResult Finish(TInput input, TPartial partial);

    /// <summary>Makes the result of a job without units.</summary>
    /// <exception cref="PermanentFailureException">By default: the job fails with "no units".</exception>
    public virtual TResult Empty(TInput input) => throw new PermanentFailureException("The input has no units.");
}

/// <summary>A job of numbered units whose combined partial result is the result.</summary>
/// <inheritdoc cref="JobKind{TInput, TPartial, TResult}"/>
public abstract class JobKind<TInput, TResult> : JobKind<TInput, TResult, TResult>
{
    /// <summary>Returns the partial of all units as the result.</summary>
    public sealed override TResult Finish(TInput input, TResult partial) => partial;
}
