using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using Orleans.Serialization.Buffers;
using Orleans.Serialization.Session;

namespace OrleansWork.Engine.Security;

/// <summary>Looks at the head of every message that a client sends to a gateway: it must be sent by a client, and by none that a silo is to itself.</summary>
/// <remarks>
/// Orleans believes what a message says of its sender. A program of one's own could write there whatever it likes, pass for a silo's own grain and
/// call what clients are refused. Only the gateway knows where a message comes from, so only here it can be checked: on connections of clients, and
/// not between silos. The messages themselves pass as they are. Their form is that of Orleans 10.
/// </remarks>
/// <param name="inner">What the client sends.</param>
/// <param name="sessions">What reads ids as Orleans writes them.</param>
/// <param name="takesAnswers">Whether the host calls objects of its clients, which then answer.</param>
/// <param name="refused">Is told why the connection ends, once.</param>
internal sealed class ClientFrames(PipeReader inner, SerializerSessionPool sessions, bool takesAnswers, Action<string> refused) : PipeReader
{
    private const int PreambleLengthBytes = sizeof(int);
    private const int MaxPreambleBytes = 1024;
    private const int FrameLengthBytes = 2 * sizeof(int);
    private const uint HasCacheInvalidation = 1 << 7;
    private const int DirectionShift = 16;
    private const uint DirectionMask = 0xF;
    private const uint Request = 1;
    private const uint Answer = 2;
    private const uint OneWay = 3;

    private ReadOnlySequence<byte> _buffer;

    // Counted from the first byte of the buffer; beyond its end while the rest of a frame is still to come.
    private long _next;
    private bool _isPreambleOver;
    private bool _isRefused;

    /// <inheritdoc/>
    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) =>
        Look(await inner.ReadAsync(cancellationToken));

    /// <inheritdoc/>
    public override bool TryRead(out ReadResult result)
    {
        if (!inner.TryRead(out result))
            return false;
        result = Look(result);
        return true;
    }

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        _next -= _buffer.Slice(0, consumed).Length;
        inner.AdvanceTo(consumed, examined);
    }

    /// <inheritdoc/>
    public override void CancelPendingRead() => inner.CancelPendingRead();

    /// <inheritdoc/>
    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    private ReadResult Look(ReadResult read)
    {
        _buffer = read.Buffer;
        string? why = null;
        while (!_isRefused && why is null && _next < _buffer.Length)
        {
            ReadOnlySequence<byte> rest = _buffer.Slice(_next);
            long length = _isPreambleOver ? LookAtFrame(rest, out why) : LookAtPreamble(rest, out why);
            if (length == 0)
                break;
            _next += length;
            _isPreambleOver = true;
        }

        if (why is not null)
        {
            _isRefused = true;
            refused(why);
        }

        // To Orleans the connection has ended.
        return _isRefused ? new ReadResult(default, read.IsCanceled, isCompleted: true) : read;
    }

    /// <summary>Checks the preamble.</summary>
    /// <returns>Its length; 0 while it is not all there.</returns>
    private static long LookAtPreamble(ReadOnlySequence<byte> rest, out string? why)
    {
        why = null;
        if (rest.Length < PreambleLengthBytes)
            return 0;
        Span<byte> length = stackalloc byte[PreambleLengthBytes];
        rest.Slice(0, PreambleLengthBytes).CopyTo(length);
        int bytes = BinaryPrimitives.ReadInt32LittleEndian(length);
        if (bytes is < 0 or > MaxPreambleBytes)
            why = "its first message has an impossible length";
        if (why is not null || rest.Length < PreambleLengthBytes + bytes)
            return 0;

        // It names the client. A silo's own is named after its address, which ids of clusters cannot look like.
        ReadOnlySpan<byte> preamble = rest.Slice(PreambleLengthBytes, bytes).ToArray();
        for (int at; (at = preamble.IndexOf(GatewayCalls.OwnClient)) >= 0; )
        {
            preamble = preamble[(at + GatewayCalls.OwnClient.Length)..];
            if (preamble[..Math.Min(preamble.Length, 64)].Contains((byte)'@'))
                why = "it took the name of a silo's own client";
        }

        return PreambleLengthBytes + bytes;
    }

    /// <summary>Checks the head of a message.</summary>
    /// <returns>The length of the message; 0 while its head is not all there.</returns>
    private long LookAtFrame(ReadOnlySequence<byte> rest, out string? why)
    {
        why = null;
        if (rest.Length < FrameLengthBytes)
            return 0;
        Span<byte> lengths = stackalloc byte[FrameLengthBytes];
        rest.Slice(0, FrameLengthBytes).CopyTo(lengths);
        int head = BinaryPrimitives.ReadInt32LittleEndian(lengths);
        int body = BinaryPrimitives.ReadInt32LittleEndian(lengths[sizeof(int)..]);
        if (head <= 0 || body < 0)
        {
            why = "a message has an impossible length";
            return 0;
        }

        if (rest.Length < FrameLengthBytes + head)
            return 0;
        try
        {
            why = WhyNot(rest.Slice(FrameLengthBytes, head));
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // Whatever the reader stumbles over is of the sender's making.
            why = "the head of a message cannot be read";
        }

        return (long)FrameLengthBytes + head + body;
    }

    private string? WhyNot(ReadOnlySequence<byte> head)
    {
        using SerializerSession session = sessions.GetSession();
        Reader<ReadOnlySequenceInput> reader = Reader.Create(head, session);
        uint flags = reader.ReadUInt32();
        reader.ReadInt64();
        GrainId sender = ReadId(ref reader);
        GrainId target = ReadId(ref reader);
        uint direction = (flags >> DirectionShift) & DirectionMask;
        return !GatewayCalls.IsFromGateway(sender) ? "a message says that it was sent by something else than a client"
            : (flags & HasCacheInvalidation) != 0 ? "a message says where grains are, which silos alone know"
            : direction is not (Request or OneWay) && !(takesAnswers && direction is Answer)
                ? "a message is the answer to a question that nobody asked"
            : !takesAnswers && target.IsClient() ? "a message is for another client"
            : null;
    }

    private static GrainId ReadId(ref Reader<ReadOnlySequenceInput> reader)
    {
        IdSpan type = IdSpanCodec.ReadRaw(ref reader);
        return new GrainId(new GrainType(type), IdSpanCodec.ReadRaw(ref reader));
    }
}
