using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansWork.Values;

/// <summary>A priority queue is a list of <c>[element, priority]</c>, in the order in which it keeps them.</summary>
internal sealed class PriorityQueueConverter<TElement, TPriority> : JsonConverter<PriorityQueue<TElement, TPriority>>, IConverterAs
{
    private readonly CollectionContract _contract = CollectionContract.Of(typeof(PriorityQueue<TElement, TPriority>))!;

    public Type As => typeof(List<(TElement, TPriority)>);

    public bool IsExact => false;

    public override PriorityQueue<TElement, TPriority> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        // Before the entries, as it was noted before them.
        PriorityQueue<TElement, TPriority> queue = (PriorityQueue<TElement, TPriority>)_contract.Create()!;
        queue.EnqueueRange(Pairs.Read<TElement, TPriority>(ref reader, options));
        return queue;
    }

    public override void Write(Utf8JsonWriter writer, PriorityQueue<TElement, TPriority> value, JsonSerializerOptions options)
    {
        CollectionContract.Check(value.GetType(), _contract, value);
        Pairs.Write(writer, value.UnorderedItems, options);
    }
}
