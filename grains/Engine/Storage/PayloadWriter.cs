using System.Buffers;
using System.Collections.Immutable;

namespace OrleansWork.Engine.Storage;

/// <summary>Packs the payloads of one checkpoint: small ones inline while there is room in the manifest, the rest into pages of at most 1 MB.</summary>
internal sealed class PayloadWriter(int epoch, long firstPage)
{
    /// <summary>A payload above it always goes to a page.</summary>
    public const int MaxInlineBytes = 16 * 1024;

    /// <summary>Inline payloads of one manifest add up to at most this, so that the manifest stays one bounded document.</summary>
    public const int MaxInlineTotalBytes = 256 * 1024;

    private readonly ArrayBufferWriter<byte> _open = new();
    private long _next = firstPage;
    private int _inlineBytes;

    /// <summary>Gets the pages to write before the manifest that names them; whoever writes one takes it out, so that it is not kept longer.</summary>
    public Queue<(PageKey Key, byte[] Content)> Pages { get; } = new();

    /// <summary>Gets the number that the next page would have.</summary>
    public long NextPage => _next;

    /// <summary>Finds a place for bytes; <see cref="Close"/> after the last.</summary>
    public StoredPayload Add(byte[] bytes)
    {
        if (bytes.Length <= MaxInlineBytes && _inlineBytes + bytes.Length <= MaxInlineTotalBytes)
        {
            _inlineBytes += bytes.Length;
            return StoredPayload.OfInline(bytes);
        }

        ImmutableArray<PagePiece>.Builder pieces = ImmutableArray.CreateBuilder<PagePiece>();
        int at = 0;
        while (at < bytes.Length)
        {
            if (_open.WrittenCount == JobStore.MaxPageBytes)
                Close();
            int length = (int)Math.Min(bytes.Length - at, JobStore.MaxPageBytes - _open.WrittenCount);
            pieces.Add(new PagePiece(new PageKey(epoch, _next), _open.WrittenCount, length));
            _open.Write(bytes.AsSpan(at, length));
            at += length;
        }

        return new StoredPayload(null, pieces.DrainToImmutable());
    }

    /// <summary>Puts bytes into pages of their own.</summary>
    public StoredSegment AddSegment(ReadOnlySpan<byte> bytes, long first, long last, long count)
    {
        Close();
        StoredSegment segment = new(first, last, count, epoch, _next, bytes.Length);
        for (int at = 0; at < bytes.Length; at += JobStore.MaxPageBytes)
            Pages.Enqueue((new PageKey(epoch, _next++), bytes[at..Math.Min(bytes.Length, at + JobStore.MaxPageBytes)].ToArray()));
        return segment;
    }

    /// <summary>Ends the page being filled.</summary>
    public void Close()
    {
        if (_open.WrittenCount == 0)
            return;
        Pages.Enqueue((new PageKey(epoch, _next++), _open.WrittenSpan.ToArray()));
        _open.ResetWrittenCount();
    }
}
