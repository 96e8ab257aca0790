using OrleansWork.Values;

namespace OrleansWork;

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
