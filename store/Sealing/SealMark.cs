using System.Buffers.Binary;
using System.IO.Hashing;

namespace OrleansWork.Store.Sealing;

/// <summary>Up to where a seal and its log were written, in a file of its own: what is cut off the seal is known here.</summary>
internal sealed record SealMark
{
    /// <summary>How long the file is: two copies, written in turn, each in a sector, so that one is whole whenever the power fails.</summary>
    public const int FileBytes = 2 * SlotBytes;

    /// <summary>Names the file for people.</summary>
    public const string BesideTheSeal = "store.mark beside it, which says up to where it was written,";

    private const int SlotBytes = 512;
    private const int BodyBytes = 80;

    /// <summary>Gets the number of this mark; the highest one counts.</summary>
    public long Sequence { get; init; }

    /// <summary>Gets the <see cref="Seal.Generation"/> of the seal.</summary>
    public long Generation { get; init; }

    /// <summary>Gets how long the seal is; 0 when none of its generation has been written.</summary>
    public long Length { get; init; }

    /// <summary>Gets how much of it is on the disk, whatever happens to the system.</summary>
    public long Flushed { get; init; }

    /// <summary>Gets up to where the log was committed.</summary>
    public long Committed { get; init; }

    /// <summary>Gets how many jobs had a record.</summary>
    public int Jobs { get; init; }

    /// <summary>Gets the run of the operating system in which it was written; empty when that is not known.</summary>
    public Guid Boot { get; init; }

    private static ReadOnlySpan<byte> Name => "ow-mark 1\n"u8;

    /// <summary>Reads the id of this run of the operating system.</summary>
    /// <returns>Empty where the system has none.</returns>
    public static Guid ReadBoot()
    {
        const string Path = "/proc/sys/kernel/random/boot_id";
        return File.Exists(Path) && Guid.TryParse(File.ReadAllText(Path), out Guid boot) ? boot : Guid.Empty;
    }

    /// <summary>Reads the file of a mark.</summary>
    /// <returns>The later copy that is whole; null when neither is.</returns>
    public static SealMark? Read(ReadOnlySpan<byte> file)
    {
        SealMark? latest = null;
        for (int slot = 0; slot + SlotBytes <= file.Length; slot += SlotBytes)
        {
            if (ReadSlot(file[slot..]) is { } mark && mark.Sequence > (latest?.Sequence ?? 0))
                latest = mark;
        }

        return latest;
    }

    /// <summary>Returns where in the file it belongs.</summary>
    public long SlotOffset => Sequence % 2 * SlotBytes;

    /// <summary>Writes one copy.</summary>
    public void Write(Span<byte> slot)
    {
        Span<byte> body = slot[..BodyBytes];
        body.Clear();
        Name.CopyTo(body);
        BinaryPrimitives.WriteInt64LittleEndian(body[16..], Sequence);
        BinaryPrimitives.WriteInt64LittleEndian(body[24..], Generation);
        BinaryPrimitives.WriteInt64LittleEndian(body[32..], Length);
        BinaryPrimitives.WriteInt64LittleEndian(body[40..], Flushed);
        BinaryPrimitives.WriteInt64LittleEndian(body[48..], Committed);
        Boot.TryWriteBytes(body[56..]);
        BinaryPrimitives.WriteInt32LittleEndian(body[72..], Jobs);
        BinaryPrimitives.WriteUInt32LittleEndian(body[76..], Crc32.HashToUInt32(body[..76]));
    }

    /// <summary>Compares a seal with it.</summary>
    /// <param name="seal">The seal as it was read.</param>
    /// <param name="boot">The present run of the operating system.</param>
    /// <returns>Why it is not the seal that was written, or null.</returns>
    public string? ProblemOf(Seal seal, Guid boot)
    {
        // Killed between the first mark and the first seal that has one, or between a seal that was written anew and its mark.
        bool isUnmarked = !seal.IsMarked && Length == 0;
        bool isAnew = seal.Generation == Generation + 1 && seal.EndBytes == seal.WholeBytes;
        if (isUnmarked || isAnew)
            return null;

        // What was only with the system is gone with it.
        long least = boot == Boot && boot != Guid.Empty ? Length : Flushed;
        bool isCut = seal.Generation == 0 ? seal.IsMarked : seal.Generation == Generation && seal.EndBytes < least;
        if (isCut)
            return $"it ends at byte {seal.EndBytes}, but was written up to byte {least}";
        if (seal.Generation < Generation)
            return "it is an older copy";
        if (seal.Generation == Generation)
            return null;
        return seal.WholeBytes == 0 ? $"it ends at byte {seal.EndBytes}, before what was written" : $"{BesideTheSeal} is an older copy";
    }

    private static SealMark? ReadSlot(ReadOnlySpan<byte> slot) =>
        slot.StartsWith(Name) && BinaryPrimitives.ReadUInt32LittleEndian(slot[76..]) == Crc32.HashToUInt32(slot[..76])
            ? new SealMark
            {
                Sequence = BinaryPrimitives.ReadInt64LittleEndian(slot[16..]),
                Generation = BinaryPrimitives.ReadInt64LittleEndian(slot[24..]),
                Length = BinaryPrimitives.ReadInt64LittleEndian(slot[32..]),
                Flushed = BinaryPrimitives.ReadInt64LittleEndian(slot[40..]),
                Committed = BinaryPrimitives.ReadInt64LittleEndian(slot[48..]),
                Boot = new Guid(slot[56..72]),
                Jobs = BinaryPrimitives.ReadInt32LittleEndian(slot[72..]),
            }
            : null;
}
