using System.Buffers;
using OrleansWork.Store.Files;

namespace OrleansWork.Store.Sealing;

/// <summary>The file of a seal while the store runs: records are added, and now and then it is written anew.</summary>
internal sealed class SealJournal : IDisposable
{
    private readonly string _path;
    private FileStream _file;
    private long _length;
    private bool _isDirty;

    /// <summary>Replaces the seal by one that says what is so now.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public SealJournal(string path, Seal seal)
    {
        _path = path;
        _file = Write(seal, path, out _length);
        WholeBytes = _length;
    }

    /// <summary>Gets how long the file is.</summary>
    public long Length => _length;

    /// <summary>Gets how long it was when it was last written anew.</summary>
    public long WholeBytes { get; private set; }

    /// <summary>Adds records. They are with the system on return: a process that is killed does not take them along.</summary>
    public void Append(ReadOnlySpan<byte> records)
    {
        RandomAccess.Write(_file.SafeFileHandle, records, _length);
        _length += records.Length;
        _isDirty = true;
    }

    /// <summary>Brings what was added to the disk.</summary>
    public void Flush()
    {
        if (!_isDirty)
            return;
        _isDirty = false;
        RandomAccess.FlushToDisk(_file.SafeFileHandle);
    }

    /// <summary>Writes the file anew.</summary>
    public void Rewrite(Seal seal)
    {
        FileStream before = _file;
        _file = Write(seal, _path, out _length);
        before.Dispose();
        WholeBytes = _length;
        _isDirty = false;
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static FileStream Write(Seal seal, string path, out long length)
    {
        ArrayBufferWriter<byte> content = new(64 * 1024);
        SealFormat.Write(content, seal);
        length = content.WrittenCount;
        return PrivateFiles.ReplaceAndKeep(path, content.WrittenSpan, durable: true);
    }
}
