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
