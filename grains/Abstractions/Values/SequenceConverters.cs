using System.Collections.Immutable;
using System.Text.Json;

namespace OrleansWork.Values;

/// <summary>An immutable stack is a list, the top first.</summary>
internal sealed class ImmutableStackConverter<T> : ConverterAs<ImmutableStack<T>, T[]>
{
    protected override T[] To(ImmutableStack<T> value) => [.. value];

    protected override ImmutableStack<T> From(T[] written)
    {
        Array.Reverse(written);
        return [.. written];
    }
}

/// <summary>A segment is the list of its elements; the array around it does not cross.</summary>
internal sealed class ArraySegmentConverter<T> : ConverterAs<ArraySegment<T>, T[]?>
{
    public override bool HandleNull => true;

    protected override T[]? To(ArraySegment<T> value) => value.Array is null ? null : [.. value];

    protected override ArraySegment<T> From(T[]? written) => written is null ? default : new ArraySegment<T>(written);
}

/// <summary>A set that keeps its entries by their hash codes, which differ from process to process, is written in the order of their JSON.</summary>
internal sealed class ImmutableHashSetConverter<T> : ConverterAs<ImmutableHashSet<T>, HashSet<T>>
{
    protected override HashSet<T> To(ImmutableHashSet<T> value) => HashOrder.Sorted(value, value.KeyComparer);

    protected override ImmutableHashSet<T> From(HashSet<T> written) => written.ToImmutableHashSet(written.Comparer);
}

/// <summary>A set that is only read is one of any class.</summary>
internal sealed class ReadOnlySetConverter<T> : ConverterAs<IReadOnlySet<T>, HashSet<T>>
{
    protected override HashSet<T> To(IReadOnlySet<T> value) => HashOrder.AsSet(value);

    protected override IReadOnlySet<T> From(HashSet<T> written) => written;
}
