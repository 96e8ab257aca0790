using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.IO.Hashing;
using System.Text;
using OrleansWork.Store.Log;

namespace OrleansWork.Store.Sealing;

/// <summary>Writes and reads the records of a seal: a header, then records, each with a checksum of its own; later ones win.</summary>
internal static class SealFormat
{
    // kind, nothing, length of what follows, CRC-32 of all that but itself.
    private const int HeadBytes = 8;

    private enum Kind : byte
    {
        Block = 1,
        Committed = 2,
        JobWritten = 3,
        JobRemoved = 4,
        Job = 5,
        File = 6,
        Stopped = 7,
        Generation = 8,
        Whole = 9,
    }

    /// <summary>Writes a whole seal.</summary>
    public static void Write(IBufferWriter<byte> to, Seal seal)
    {
        to.Write(SealHeader.Marked);
        Span<byte> generation = stackalloc byte[16];
        generation.Clear();
        BinaryPrimitives.WriteInt64LittleEndian(generation, seal.Generation);
        WriteRecord(to, Kind.Generation, generation);
        for (int i = 0; i < seal.Blocks.Count; i++)
        {
            if (seal.Blocks[i].Length > 0)
                WriteBlock(to, i, seal.Blocks[i]);
        }

        seal.Files.ForEach(file => WriteFile(to, file));
        foreach ((string id, JobSpan span) in seal.Jobs.Spans)
            WriteText(to, Kind.Job, span.First, span.Last, id);
        if (seal.Time is { } time)
            WriteCommitted(to, seal.Committed, time);
        WriteRecord(to, seal.StoppedInOrder ? Kind.Stopped : Kind.Whole, []);
    }

    /// <summary>Writes that the first bytes of a block are now these.</summary>
    public static void WriteBlock(IBufferWriter<byte> to, int index, BlockSeal block)
    {
        Span<byte> body = stackalloc byte[16];
        BinaryPrimitives.WriteInt32LittleEndian(body, index);
        BinaryPrimitives.WriteInt32LittleEndian(body[4..], block.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(body[8..], block.Hash);
        WriteRecord(to, Kind.Block, body);
    }

    /// <summary>Writes up to where writes are acknowledged.</summary>
    public static void WriteCommitted(IBufferWriter<byte> to, long until, DateTimeOffset time)
    {
        Span<byte> body = stackalloc byte[16];
        BinaryPrimitives.WriteInt64LittleEndian(body, until);
        BinaryPrimitives.WriteInt64LittleEndian(body[8..], time.UtcTicks);
        WriteRecord(to, Kind.Committed, body);
    }

    /// <summary>Writes what became of the record of a job.</summary>
    public static void WriteJob(IBufferWriter<byte> to, JobNote note) =>
        WriteText(to, note.IsRemoved ? Kind.JobRemoved : Kind.JobWritten, note.Address, 0, note.Id);

    /// <summary>Reads a seal.</summary>
    /// <param name="bytes">The file.</param>
    /// <param name="seal">What it says.</param>
    /// <param name="problem">What is wrong with it otherwise.</param>
    /// <returns>Whether all is right up to its end, which a <see cref="SealMark"/> knows; the last record may be there in part.</returns>
    public static bool TryRead(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out Seal? seal, [NotNullWhen(false)] out string? problem)
    {
        (seal, problem) = (null, null);
        bool isMarked = bytes.StartsWith(SealHeader.Marked);
        if (!isMarked && !bytes.StartsWith(SealHeader.Unmarked))
        {
            problem = bytes.IsEmpty ? "it is empty" : "it does not begin as a seal";
            return false;
        }

        Seal read = new() { IsMarked = isMarked };
        int at = SealHeader.Marked.Length;
        while (at < bytes.Length)
        {
            ReadOnlySpan<byte> rest = bytes[at..];
            int length = rest.Length < HeadBytes ? HeadBytes : HeadBytes + BinaryPrimitives.ReadUInt16LittleEndian(rest[2..]);

            // Cut off in the middle of the last record, or space that was never written: nothing of it was acknowledged.
            if (rest.Length < length || !rest.ContainsAnyExcept((byte)0))
                break;
            if (BinaryPrimitives.ReadUInt32LittleEndian(rest[4..]) != Checksum(rest[..length]) || !TryApply(rest[..length], read))
            {
                problem = $"its record at byte {at} is not what was written";
                return false;
            }

            at += length;
            if ((Kind)rest[0] is Kind.Whole or Kind.Stopped)
                read.WholeBytes = at;
        }

        read.EndBytes = at;
        seal = read;
        return true;
    }

    private static void WriteFile(IBufferWriter<byte> to, SealedFile file) =>
        WriteText(to, Kind.File, file.Length, unchecked((long)file.Hash), file.Path);

    private static void WriteText(IBufferWriter<byte> to, Kind kind, long first, long second, string text)
    {
        int count = Encoding.UTF8.GetByteCount(text);
        Span<byte> body = count <= 512 ? stackalloc byte[16 + count] : new byte[16 + count];
        BinaryPrimitives.WriteInt64LittleEndian(body, first);
        BinaryPrimitives.WriteInt64LittleEndian(body[8..], second);
        Encoding.UTF8.GetBytes(text, body[16..]);
        WriteRecord(to, kind, body);
    }

    private static void WriteRecord(IBufferWriter<byte> to, Kind kind, ReadOnlySpan<byte> body)
    {
        Span<byte> record = to.GetSpan(HeadBytes + body.Length)[..(HeadBytes + body.Length)];
        record[..HeadBytes].Clear();
        record[0] = (byte)kind;
        BinaryPrimitives.WriteUInt16LittleEndian(record[2..], checked((ushort)body.Length));
        body.CopyTo(record[HeadBytes..]);
        BinaryPrimitives.WriteUInt32LittleEndian(record[4..], Checksum(record));
        to.Advance(record.Length);
    }

    private static uint Checksum(ReadOnlySpan<byte> record)
    {
        Crc32 crc = new();
        crc.Append(record[..4]);
        crc.Append(record[HeadBytes..]);
        return crc.GetCurrentHashAsUInt32();
    }

    private static bool TryApply(ReadOnlySpan<byte> record, Seal seal)
    {
        ReadOnlySpan<byte> body = record[HeadBytes..];
        Kind kind = (Kind)record[0];
        if (kind is not (Kind.Stopped or Kind.Whole) && body.Length < 16)
            return false;

        // Whatever was written after a stop, the store runs again.
        seal.StoppedInOrder = kind == Kind.Stopped;
        switch (kind)
        {
            case Kind.Block:
                seal.Blocks[BinaryPrimitives.ReadInt32LittleEndian(body)] = new BlockSeal(
                    BinaryPrimitives.ReadInt32LittleEndian(body[4..]),
                    BinaryPrimitives.ReadUInt64LittleEndian(body[8..])
                );
                return true;
            case Kind.Committed:
                seal.Committed = BinaryPrimitives.ReadInt64LittleEndian(body);
                seal.Time = new DateTimeOffset(BinaryPrimitives.ReadInt64LittleEndian(body[8..]), TimeSpan.Zero);
                return true;
            case Kind.JobWritten or Kind.JobRemoved:
                seal.Jobs.Apply(new JobNote(Text(body), BinaryPrimitives.ReadInt64LittleEndian(body), kind == Kind.JobRemoved));
                return true;
            case Kind.Job:
                seal.Jobs.Restore(
                    Text(body),
                    new JobSpan(BinaryPrimitives.ReadInt64LittleEndian(body), BinaryPrimitives.ReadInt64LittleEndian(body[8..]))
                );
                return true;
            case Kind.File:
                seal.Files.Add(
                    new SealedFile(
                        Text(body),
                        BinaryPrimitives.ReadInt64LittleEndian(body),
                        BinaryPrimitives.ReadUInt64LittleEndian(body[8..])
                    )
                );
                return true;
            case Kind.Generation:
                seal.Generation = BinaryPrimitives.ReadInt64LittleEndian(body);
                return true;
            default:
                return kind is Kind.Stopped or Kind.Whole;
        }
    }

    private static string Text(ReadOnlySpan<byte> body) => Encoding.UTF8.GetString(body[16..]);
}
