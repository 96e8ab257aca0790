using OrleansWork.Store.Files;

namespace OrleansWork.Store.Sealing;

/// <summary>The file of a <see cref="SealMark"/> while the store runs.</summary>
internal sealed class SealMarkFile : IDisposable
{
    private readonly FileStream _file;
    private readonly byte[] _slot = new byte[128];
    private SealMark _last;

    /// <summary>Goes on with the mark that is there, or begins one.</summary>
    /// <param name="path">Where it is.</param>
    /// <param name="first">What a new one says.</param>
    public SealMarkFile(string path, SealMark first)
    {
        if (File.Exists(path) && SealMark.Read(File.ReadAllBytes(path)) is { } last)
        {
            _last = last;
            _file = PrivateFiles.Open(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete);
            return;
        }

        _last = first with { Sequence = 1 };
        byte[] content = new byte[SealMark.FileBytes];
        _last.Write(content.AsSpan((int)_last.SlotOffset));
        _file = PrivateFiles.ReplaceAndKeep(path, content, durable: true);
    }

    /// <summary>Writes a mark. It is with the system on return.</summary>
    public void Write(SealMark mark)
    {
        _last = mark with { Sequence = _last.Sequence + 1 };
        _last.Write(_slot);
        RandomAccess.Write(_file.SafeFileHandle, _slot, _last.SlotOffset);
    }

    /// <summary>Writes a mark in both places and to the disk.</summary>
    public void WriteThrough(SealMark mark)
    {
        Write(mark);
        Write(mark);
        Flush();
    }

    /// <summary>Brings what was written to the disk.</summary>
    public void Flush() => RandomAccess.FlushToDisk(_file.SafeFileHandle);

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
