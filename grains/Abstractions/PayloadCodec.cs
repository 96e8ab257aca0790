using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using OrleansWork.Values;

namespace OrleansWork;

/// <summary>Turns items and partials into bytes and back: primitives raw and little-endian, types with Orleans' <c>[GenerateSerializer]</c>
/// by Orleans, everything else JSON.</summary>
/// <typeparam name="T">What crosses.</typeparam>
public abstract class PayloadCodec<T>
{
    /// <summary>Writes a value.</summary>
    public abstract void Encode(T value, IBufferWriter<byte> output);

    /// <summary>Reads a value back.</summary>
    public abstract T Decode(ReadOnlySpan<byte> bytes);

    /// <summary>Writes a value to an array of its own.</summary>
    public byte[] Encode(T value)
    {
        ArrayBufferWriter<byte> output = new(Unsafe.SizeOf<T>());
        Encode(value, output);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>Chooses the codec for <typeparamref name="T"/>.</summary>
    /// <param name="services">Where a codec for Orleans' types is found; may be null when there is none of these.</param>
    /// <exception cref="NotSupportedException">The type is Orleans' to serialize and no provider is registered.</exception>
    public static PayloadCodec<T> Create(IServiceProvider? services = null)
    {
        if (typeof(T) == typeof(byte[]))
            return (PayloadCodec<T>)(object)new BytesCodec();
        if (typeof(T) == typeof(UnitResultBatch))
            return (PayloadCodec<T>)(object)new UnitResultBatchCodec();
        if (IsRaw(typeof(T)) && BitConverter.IsLittleEndian)
            return new RawCodec<T>();
        if (typeof(T).IsDefined(typeof(Orleans.GenerateSerializerAttribute), inherit: false))
        {
            return services?.GetService<IPayloadCodecProvider>()?.TryCreate<T>()
                ?? throw new NotSupportedException(
                    $"{typeof(T)} is marked [GenerateSerializer], and no Orleans serializer is registered here. Pass the service provider of a silo or client, or drop the attribute to use JSON."
                );
        }

        return new JsonCodec<T>();
    }

    private static bool IsRaw(Type type) =>
        type == typeof(bool)
        || type == typeof(byte)
        || type == typeof(sbyte)
        || type == typeof(short)
        || type == typeof(ushort)
        || type == typeof(int)
        || type == typeof(uint)
        || type == typeof(long)
        || type == typeof(ulong)
        || type == typeof(Int128)
        || type == typeof(UInt128)
        || type == typeof(float)
        || type == typeof(double)
        || type == typeof(Half)
        || type == typeof(Guid)
        || type == typeof(decimal);
}

/// <summary>Makes codecs for types that the host's serializer knows.</summary>
public interface IPayloadCodecProvider
{
    /// <summary>Returns a codec, or null when the type is not one of the host's.</summary>
    PayloadCodec<T>? TryCreate<T>();
}

internal sealed class RawCodec<T> : PayloadCodec<T>
{
    public override void Encode(T value, IBufferWriter<byte> output)
    {
        int size = Unsafe.SizeOf<T>();
        Unsafe.WriteUnaligned(ref MemoryMarshal.GetReference(output.GetSpan(size)), value);
        output.Advance(size);
    }

    public override T Decode(ReadOnlySpan<byte> bytes) =>
        bytes.Length == Unsafe.SizeOf<T>()
            ? Unsafe.ReadUnaligned<T>(ref MemoryMarshal.GetReference(bytes))
            : throw new FormatException($"{bytes.Length} bytes are not a {typeof(T).Name}.");
}

internal sealed class BytesCodec : PayloadCodec<byte[]>
{
    public override void Encode(byte[] value, IBufferWriter<byte> output) => output.Write(value);

    public override byte[] Decode(ReadOnlySpan<byte> bytes) => bytes.ToArray();
}

/// <summary>The codec of items and partials that are no primitives and not Orleans' to serialize.</summary>
internal sealed class JsonCodec<T> : PayloadCodec<T>
{
    public override void Encode(T value, IBufferWriter<byte> output)
    {
        Utf8JsonWriter writer = JsonWriters.Rent(output);
        CrossingScope scope = CrossingScope.Begin();
        try
        {
            if (value is JsonNode node)
                JsonNodes.Check(node);
            JsonSerializer.Serialize(writer, value, OrleansWorkJson.Payloads);
            writer.Flush();
            scope.WriteTrailer(output);
        }
        finally
        {
            scope.End();
            JsonWriters.Return(writer);
        }
    }

    public override T Decode(ReadOnlySpan<byte> bytes)
    {
        CrossingScope scope = CrossingScope.Begin();
        try
        {
            T value = JsonSerializer.Deserialize<T>(scope.ReadTrailer(bytes), OrleansWorkJson.Payloads)!;
            scope.CheckMade();
            return value;
        }
        finally
        {
            scope.End();
        }
    }
}

/// <summary>The codec of results: JSON as people read it.</summary>
internal sealed class ResultCodec<T> : PayloadCodec<T>
{
    public override void Encode(T value, IBufferWriter<byte> output)
    {
        Utf8JsonWriter writer = JsonWriters.Rent(output);
        try
        {
            JsonSerializer.Serialize(writer, value, OrleansWorkJson.Payloads);
        }
        finally
        {
            JsonWriters.Return(writer);
        }
    }

    public override T Decode(ReadOnlySpan<byte> bytes) => JsonSerializer.Deserialize<T>(bytes, OrleansWorkJson.Payloads)!;
}

/// <summary>One writer per thread: partials are small and many.</summary>
internal static class JsonWriters
{
    private static readonly JsonWriterOptions Options = new() { Encoder = OrleansWorkJson.Payloads.Encoder, SkipValidation = true };

    [ThreadStatic]
    private static Utf8JsonWriter? _idle;

    public static Utf8JsonWriter Rent(IBufferWriter<byte> output)
    {
        if (_idle is not { } writer)
            return new Utf8JsonWriter(output, Options);
        _idle = null;
        writer.Reset(output);
        return writer;
    }

    public static void Return(Utf8JsonWriter writer)
    {
        // What is pending after an exception goes nowhere.
        writer.Reset(Nowhere.Instance);
        _idle = writer;
    }

    private sealed class Nowhere : IBufferWriter<byte>
    {
        public static readonly Nowhere Instance = new();

        public void Advance(int count) { }

        public Memory<byte> GetMemory(int sizeHint = 0) => new byte[Math.Max(1, sizeHint)];

        public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;
    }
}
