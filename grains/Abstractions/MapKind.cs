using OrleansWork.Values;

namespace OrleansWork;

/// <summary>A job that performs the items of a sequence one by one and keeps a result of each.</summary>
/// <remarks>
/// One instance serves one job on one silo and is used by many threads at once. Override either <see cref="RunItem"/> or
/// <see cref="RunItemAsync"/>. An item is performed at least once and has exactly one result: the first that was stored. Results are read
/// by <see cref="JobHandle{TResult}.UnitResultsAsync"/>, also while the job runs; there is no limit to their number.
/// </remarks>
/// <typeparam name="TInput">What a job is asked to do; crosses as JSON.</typeparam>
/// <typeparam name="TItem">One piece of it; crosses as bytes made by <see cref="PayloadCodec{T}"/>.</typeparam>
/// <typeparam name="TOut">What an item comes to; crosses as JSON.</typeparam>
public abstract class MapKind<TInput, TItem, TOut> : ItemKind<TInput, TItem, UnitResultBatch, IReadOnlyList<UnitResult<TOut>>>
{
    /// <inheritdoc cref="JobKind{TInput, TPartial, TResult}.KindOf"/>
    protected static new JobKindRef<TInput, TOut> KindOf<TKind>()
        where TKind : MapKind<TInput, TItem, TOut> => new(JobKindDescriptor.NameOf(typeof(TKind)));

    /// <summary>Performs one item, on any thread of any silo, perhaps more than once.</summary>
    public virtual TOut RunItem(TInput input, TItem item, UnitContext context) =>
        throw new NotSupportedException($"{GetType().Name} does not override RunItem.");

    /// <summary>Performs one item that waits: for HTTP, a database, a file. It holds a permit, not a slot, while it waits.</summary>
    public virtual ValueTask<TOut> RunItemAsync(TInput input, TItem item, UnitContext context) =>
        throw new NotSupportedException($"{GetType().Name} does not override RunItemAsync.");

    /// <inheritdoc/>
    public sealed override UnitResultBatch RunUnit(TInput input, long unit, UnitContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Keep(RunItem(input, context.Item<TItem>(), context));
    }

    /// <inheritdoc/>
    public sealed override async ValueTask<UnitResultBatch> RunUnitAsync(TInput input, long unit, UnitContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Keep(await RunItemAsync(input, context.Item<TItem>(), context));
    }

    /// <inheritdoc/>
    public sealed override UnitResultBatch Combine(UnitResultBatch left, UnitResultBatch right)
    {
        ArgumentNullException.ThrowIfNull(left);
        return left.Append(right);
    }

    /// <summary>Lists the results in the order of the items; a cluster streams them instead.</summary>
    public sealed override IReadOnlyList<UnitResult<TOut>> Finish(TInput input, UnitResultBatch partial)
    {
        ArgumentNullException.ThrowIfNull(partial);
        return [.. partial.Entries.Select(entry => new UnitResult(entry.Unit, entry.Json).As<TOut>())];
    }

    /// <summary>Returns no results.</summary>
    public sealed override IReadOnlyList<UnitResult<TOut>> Empty(TInput input) => [];
}
