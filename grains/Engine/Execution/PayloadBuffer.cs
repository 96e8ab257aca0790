using System.Buffers;
using OrleansWork.Engine.Storage;

namespace OrleansWork.Engine.Execution;

/// <summary>Takes the bytes of one payload and stops a codec that writes more than is allowed. Not for two threads at once.</summary>
/// <param name="limitBytes">How many bytes a payload may have.</param>
/// <param name="keptBytes">Up to which size the buffer stays for the next payload.</param>
internal sealed class PayloadBuffer(int limitBytes, int keptBytes = 64 * 1024) : IBufferWriter<byte>
{
    private byte[] _bytes = new byte[256];
    private int _written;

    /// <summary>Encodes a value into an array of its own.</summary>
    /// <exception cref="PayloadTooLargeException">The value takes more than the limit.</exception>
    public byte[] Encode<T>(PayloadCodec<T> codec, T value)
    {
        if (value is byte[] raw && raw.Length > limitBytes)
            throw new PayloadTooLargeException("result", raw.Length, limitBytes);
        if (value is string text && text.Length > limitBytes)
            throw new PayloadTooLargeException("result", System.Text.Encoding.UTF8.GetByteCount(text), limitBytes);
        try
        {
            codec.Encode(value, this);
            return _bytes.AsSpan(0, _written).ToArray();
        }
        catch (ArgumentException exception)
            when (exception.Source == "System.Text.Json" && exception.Message.Contains("too large", StringComparison.Ordinal))
        {
            // The serializer's own limit for one string, of 166 million bytes, comes before the first byte is written.
            throw new PayloadTooLargeException("result", null, limitBytes);
        }
        finally
        {
            _written = 0;
            if (_bytes.Length > keptBytes)
                _bytes = new byte[256];
        }
    }

    /// <inheritdoc/>
    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _bytes.Length - _written);
        _written += count;
        if (_written > limitBytes)
            throw new PayloadTooLargeException("result", null, limitBytes);
    }

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsMemory(_written);
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsSpan(_written);
    }

    private void Reserve(int sizeHint)
    {
        long needed = (long)_written + Math.Max(1, sizeHint);
        if (needed <= _bytes.Length)
            return;
        // Serializers ask for more than they write: twice the limit is generous, beyond that the request itself is the overrun.
        if (needed > 2L * limitBytes + 4096)
            throw new PayloadTooLargeException("result", null, limitBytes);
        Array.Resize(ref _bytes, (int)Math.Min(Math.Max(needed, 2L * _bytes.Length), 2L * limitBytes + 4096));
    }
}
