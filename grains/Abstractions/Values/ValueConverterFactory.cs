using System.Collections;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using System.Numerics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansWork.Values;

/// <summary>Carries types of the framework that the serializer writes and does not read back as they were.</summary>
internal sealed class ValueConverterFactory : JsonConverterFactory
{
    private static readonly Dictionary<Type, Type> Closed = new()
    {
        [typeof(Complex)] = typeof(ComplexConverter),
        [typeof(StringBuilder)] = typeof(StringBuilderConverter),
        [typeof(BitArray)] = typeof(BitArrayConverter),
        [typeof(nint)] = typeof(NativeIntegerConverter),
        [typeof(nuint)] = typeof(UnsignedNativeIntegerConverter),
        [typeof(Rune)] = typeof(RuneConverter),
        [typeof(Index)] = typeof(IndexConverter),
        [typeof(Range)] = typeof(RangeConverter),
        [typeof(IPAddress)] = typeof(ParsableConverter<IPAddress>),
        [typeof(IPNetwork)] = typeof(ParsableConverter<IPNetwork>),
    };

    private static readonly Dictionary<Type, Type> Open = new()
    {
        [typeof(PriorityQueue<,>)] = typeof(PriorityQueueConverter<,>),
        [typeof(ConcurrentDictionary<,>)] = typeof(ConcurrentDictionaryConverter<,>),
        [typeof(ImmutableDictionary<,>)] = typeof(ImmutableDictionaryConverter<,>),
        [typeof(IReadOnlyDictionary<,>)] = typeof(ReadOnlyDictionaryConverter<,>),
        [typeof(ImmutableHashSet<>)] = typeof(ImmutableHashSetConverter<>),
        [typeof(IReadOnlySet<>)] = typeof(ReadOnlySetConverter<>),
        [typeof(ImmutableStack<>)] = typeof(ImmutableStackConverter<>),
        [typeof(ArraySegment<>)] = typeof(ArraySegmentConverter<>),
    };

    public override bool CanConvert(Type typeToConvert) => ConverterOf(typeToConvert) is not null;

    public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
        (JsonConverter)Activator.CreateInstance(ConverterOf(typeToConvert)!)!;

    private static Type? ConverterOf(Type type)
    {
        if (Closed.TryGetValue(type, out Type? closed))
            return closed;
        if (!type.IsGenericType)
            return null;
        Type[] arguments = type.GetGenericArguments();
        if (Open.TryGetValue(type.GetGenericTypeDefinition(), out Type? open))
            return open.MakeGenericType(arguments);
        return KeyedEntries.NeedPairs(type) ? typeof(PairsConverter<,,>).MakeGenericType([type, .. arguments]) : null;
    }
}
