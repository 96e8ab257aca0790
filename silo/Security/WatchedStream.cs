namespace OrleansWork.Silo.Security;

/// <summary>Writes to another stream in slices, and says so when that takes none for a while.</summary>
/// <param name="inner">The other stream.</param>
/// <param name="time">The time.</param>
/// <param name="patience">How long it may take none.</param>
/// <param name="stalled">Is called then; it is to end what waits.</param>
internal sealed class WatchedStream(Stream inner, TimeProvider time, TimeSpan patience, Action stalled) : Stream
{
    /// <summary>The most bytes that are written at once: what has to be taken within the time.</summary>
    public const int SliceBytes = 16 << 10;

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        for (int at = 0; at < buffer.Length; at += SliceBytes)
            await WatchAsync(inner.WriteAsync(buffer[at..Math.Min(buffer.Length, at + SliceBytes)], cancellationToken));
    }

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) =>
        WatchAsync(new ValueTask(inner.FlushAsync(cancellationToken))).AsTask();

    /// <inheritdoc/>
    public override void Flush() => inner.Flush();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => inner.Write(buffer, offset, count);

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    private async ValueTask WatchAsync(ValueTask writing)
    {
        if (!writing.IsCompleted)
        {
            await using ITimer timer = time.CreateTimer(_ => stalled(), state: null, patience, Timeout.InfiniteTimeSpan);
            await writing;
            return;
        }

        await writing;
    }
}
