using System.Buffers;
using OrleansWork.Store.Files;

namespace OrleansWork.Store.Sealing;

/// <summary>The file of a seal and its mark while the store runs: records are added, and now and then it is written anew.</summary>
/// <remarks>The mark never says more than the seal has: it is written after it.</remarks>
internal sealed class SealJournal : IDisposable
{
    private readonly string _path;
    private readonly SealMarkFile _mark;
    private readonly Guid _boot = SealMark.ReadBoot();
    private FileStream _file;
    private long _length;
    private long _flushed;
    private bool _isDirty;

    /// <summary>Replaces the seal by one that says what is so now.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public SealJournal(StoreFolder folder, Seal seal)
    {
        _path = folder.Seal;
        _mark = new SealMarkFile(folder.Mark, new SealMark { Generation = seal.Generation });
        _file = WriteAnew(seal);
    }

    /// <summary>Gets how long the file is.</summary>
    public long Length => _length;

    /// <summary>Gets how long it was when it was last written anew.</summary>
    public long WholeBytes { get; private set; }

    /// <summary>Adds records. They are with the system on return: a process that is killed does not take them along.</summary>
    /// <param name="records">The records.</param>
    /// <param name="seal">What the file says with them.</param>
    public void Append(ReadOnlySpan<byte> records, Seal seal)
    {
        RandomAccess.Write(_file.SafeFileHandle, records, _length);
        _length += records.Length;
        _isDirty = true;
        _mark.Write(MarkOf(seal));
    }

    /// <summary>Brings what was added to the disk.</summary>
    /// <param name="seal">What the file says.</param>
    /// <returns>Whether the mark says so now, which <see cref="FlushMark"/> brings to the disk.</returns>
    public bool Flush(Seal seal)
    {
        if (!_isDirty)
            return false;
        _isDirty = false;
        RandomAccess.FlushToDisk(_file.SafeFileHandle);
        _flushed = _length;
        _mark.Write(MarkOf(seal));
        return true;
    }

    /// <summary>Brings the mark to the disk. Whatever else is written meanwhile is right there, too.</summary>
    public void FlushMark() => _mark.Flush();

    /// <summary>Writes the file anew.</summary>
    public void Rewrite(Seal seal)
    {
        FileStream before = _file;
        _file = WriteAnew(seal);
        before.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _file.Dispose();
        _mark.Dispose();
    }

    private FileStream WriteAnew(Seal seal)
    {
        seal.Generation++;
        ArrayBufferWriter<byte> content = new(64 * 1024);
        SealFormat.Write(content, seal);
        FileStream file = PrivateFiles.ReplaceAndKeep(_path, content.WrittenSpan, durable: true);
        WholeBytes = _flushed = _length = content.WrittenCount;
        _isDirty = false;
        _mark.WriteThrough(MarkOf(seal));
        return file;
    }

    private SealMark MarkOf(Seal seal) =>
        new()
        {
            Generation = seal.Generation,
            Length = _length,
            Flushed = _flushed,
            Committed = seal.Committed,
            Jobs = seal.Jobs.Spans.Count,
            Boot = _boot,
        };
}
