using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OrleansWork.Values;

namespace OrleansWork;

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
