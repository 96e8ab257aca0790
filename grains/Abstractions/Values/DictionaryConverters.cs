using System.Collections.Concurrent;
using System.Collections.Immutable;

namespace OrleansWork.Values;

/// <summary>A dictionary that keeps its entries by their hash codes, which differ from process to process, is written in the order of its keys' JSON.</summary>
internal sealed class ConcurrentDictionaryConverter<TKey, TValue>
    : ConverterAs<ConcurrentDictionary<TKey, TValue>, Dictionary<TKey, TValue>>
    where TKey : notnull
{
    protected override Dictionary<TKey, TValue> To(ConcurrentDictionary<TKey, TValue> value) => HashOrder.Sorted(value, value.Comparer);

    protected override ConcurrentDictionary<TKey, TValue> From(Dictionary<TKey, TValue> written) => new(written, written.Comparer);
}

/// <inheritdoc cref="ConcurrentDictionaryConverter{TKey, TValue}"/>
internal sealed class ImmutableDictionaryConverter<TKey, TValue> : ConverterAs<ImmutableDictionary<TKey, TValue>, Dictionary<TKey, TValue>>
    where TKey : notnull
{
    protected override Dictionary<TKey, TValue> To(ImmutableDictionary<TKey, TValue> value) => HashOrder.Sorted(value, value.KeyComparer);

    protected override ImmutableDictionary<TKey, TValue> From(Dictionary<TKey, TValue> written) =>
        written.ToImmutableDictionary(written.Comparer);
}

/// <summary>A dictionary that is only read is one of any class.</summary>
internal sealed class ReadOnlyDictionaryConverter<TKey, TValue> : ConverterAs<IReadOnlyDictionary<TKey, TValue>, Dictionary<TKey, TValue>>
    where TKey : notnull
{
    protected override Dictionary<TKey, TValue> To(IReadOnlyDictionary<TKey, TValue> value) => HashOrder.AsDictionary(value);

    protected override IReadOnlyDictionary<TKey, TValue> From(Dictionary<TKey, TValue> written) => written;
}
