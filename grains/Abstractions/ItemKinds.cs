using System.Runtime.CompilerServices;
using OrleansWork.Values;

namespace OrleansWork;

/// <summary>A job whose units are the items of a sequence; derive from <see cref="MapKind{TInput, TItem, TOut}"/> or
/// <see cref="ItemJobKind{TInput, TItem, TPartial, TResult}"/>.</summary>
/// <typeparam name="TInput">What a job is asked to do; crosses as JSON.</typeparam>
/// <typeparam name="TItem">One piece of it; crosses as bytes made by <see cref="PayloadCodec{T}"/>.</typeparam>
/// <typeparam name="TPartial">What units come to.</typeparam>
/// <typeparam name="TResult">What the job comes to.</typeparam>
public abstract class ItemKind<TInput, TItem, TPartial, TResult> : JobKind<TInput, TPartial, TResult>, IItemKind<TInput>
{
    private protected ItemKind() { }

    /// <summary>Lists the items; their numbers are those of the units.</summary>
    /// <remarks>
    /// Enumerated once for a job, on one silo, before any unit runs; then every silo sees the stored items. Only where that silo dies, or
    /// storage fails, before all of them are stored, are they enumerated anew and the first ones forgotten.
    /// </remarks>
    public abstract IAsyncEnumerable<TItem> Items(TInput input, CancellationToken cancellationToken);

    /// <summary>Does not count: the items are counted while they are listed.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public sealed override long CountUnits(TInput input) =>
        throw new NotSupportedException($"{GetType().Name} has items, which are counted while they are listed.");

    async IAsyncEnumerable<byte[]> IItemKind<TInput>.EncodeItemsAsync(
        TInput input,
        IServiceProvider? services,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        PayloadCodec<TItem> codec = PayloadCodec<TItem>.Create(services);
        CrossingCheck<TItem> check = new(codec);
        long number = 0;
        await foreach (TItem item in Items(input, cancellationToken).WithCancellation(cancellationToken))
        {
            byte[] bytes = codec.Encode(item);
            if (check.IsDue())
                check.Look(item, bytes, $"Item {number}");
            number++;
            yield return bytes;
        }
    }

    ItemReader IItemKind<TInput>.CreateReader(IItemSource source, IServiceProvider? services) =>
        new ItemReader<TItem>(source, PayloadCodec<TItem>.Create(services));
}

/// <summary>A job that performs the items of a sequence one by one and keeps a result of each.</summary>
/// <remarks>
/// One instance serves one job on one silo and is used by many threads at once. Override either <see cref="RunItem"/> or
/// <see cref="RunItemAsync"/>. An item is performed at least once and has exactly one result: the first that was stored. Results are read
/// by <see cref="JobHandle{TResult}.ResultsAsync"/>, also while the job runs; there is no limit to their number.
/// </remarks>
/// <typeparam name="TInput">What a job is asked to do; crosses as JSON.</typeparam>
/// <typeparam name="TItem">One piece of it; crosses as bytes made by <see cref="PayloadCodec{T}"/>.</typeparam>
/// <typeparam name="TOut">What an item comes to; crosses as JSON.</typeparam>
public abstract class MapKind<TInput, TItem, TOut> : ItemKind<TInput, TItem, UnitResultBatch, IReadOnlyList<UnitResult<TOut>>>
{
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

/// <summary>A job that performs the items of a sequence one by one and combines what they come to.</summary>
/// <remarks>
/// As <see cref="JobKind{TInput, TPartial, TResult}"/>, with an item for each unit. Override either <see cref="RunItem"/> or
/// <see cref="RunItemAsync"/>.
/// </remarks>
/// <typeparam name="TInput">What a job is asked to do; crosses as JSON.</typeparam>
/// <typeparam name="TItem">One piece of it; crosses as bytes made by <see cref="PayloadCodec{T}"/>.</typeparam>
/// <typeparam name="TPartial">The combined result of some items; crosses as bytes made by <see cref="PayloadCodec{T}"/>.</typeparam>
/// <typeparam name="TResult">The result of the job; crosses as JSON, or as it is when it is a <c>byte[]</c>.</typeparam>
public abstract class ItemJobKind<TInput, TItem, TPartial, TResult> : ItemKind<TInput, TItem, TPartial, TResult>
{
    /// <summary>Performs one item, on any thread of any silo, perhaps more than once.</summary>
    public virtual TPartial RunItem(TInput input, TItem item, UnitContext context) =>
        throw new NotSupportedException($"{GetType().Name} does not override RunItem.");

    /// <summary>Performs one item that waits: for HTTP, a database, a file. It holds a permit, not a slot, while it waits.</summary>
    public virtual ValueTask<TPartial> RunItemAsync(TInput input, TItem item, UnitContext context) =>
        throw new NotSupportedException($"{GetType().Name} does not override RunItemAsync.");

    /// <inheritdoc/>
    public sealed override TPartial RunUnit(TInput input, long unit, UnitContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return RunItem(input, context.Item<TItem>(), context);
    }

    /// <inheritdoc/>
    public sealed override ValueTask<TPartial> RunUnitAsync(TInput input, long unit, UnitContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return RunItemAsync(input, context.Item<TItem>(), context);
    }
}
