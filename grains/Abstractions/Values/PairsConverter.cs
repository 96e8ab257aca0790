using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansWork.Values;

/// <summary>A dictionary whose keys are no names is a list of <c>[key, value]</c>.</summary>
internal sealed class PairsConverter<TDictionary, TKey, TValue> : JsonConverter<TDictionary>, IConverterAs
    where TDictionary : IEnumerable<KeyValuePair<TKey, TValue>>
    where TKey : notnull
{
    private readonly CollectionContract? _contract = CollectionContract.Of(typeof(TDictionary));

    public Type As => typeof(List<(TKey, TValue)>);

    public bool IsExact => false;

    public override TDictionary Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        // Before the entries, as it was noted before them.
        object? made = _contract?.Create();
        IEnumerable<KeyValuePair<TKey, TValue>> entries = Pairs
            .Read<TKey, TValue>(ref reader, options)
            .Select(pair => KeyValuePair.Create(pair.First, pair.Second));
        if (made is null)
            return (TDictionary)(object)ImmutableSortedDictionary.CreateRange(entries);

        IDictionary<TKey, TValue> dictionary = (IDictionary<TKey, TValue>)made;
        foreach ((TKey key, TValue value) in entries)
            dictionary.Add(key, value);
        return (TDictionary)dictionary;
    }

    public override void Write(Utf8JsonWriter writer, TDictionary value, JsonSerializerOptions options)
    {
        CollectionContract.Check(typeof(TDictionary), _contract, value);
        Pairs.Write(writer, value.Select(entry => (entry.Key, entry.Value)), options);
    }
}
