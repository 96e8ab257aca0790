using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text.Json;
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
