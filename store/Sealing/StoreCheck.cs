using System.IO.Hashing;
using OrleansWork.Store.Files;
using OrleansWork.Store.Log;

namespace OrleansWork.Store.Sealing;

/// <summary>What is in the files of a store, and how it differs from what its seal says was written.</summary>
internal sealed class StoreCheck
{
    private const int ChunkBlocks = 256;
    private readonly List<DamagedFile> _damage = [];
    private readonly StoreFolder _folder;
    private readonly Seal _seal;
    private readonly SealMark? _mark;
    private readonly long _sealedUntil;

    private StoreCheck(StoreFolder folder, Seal seal, SealMark? mark)
    {
        (_folder, _seal, _mark) = (folder, seal, mark);
        _sealedUntil = SealedUntil(seal);
        Generation = Math.Max(seal.Generation, mark?.Generation ?? 0);
    }

    /// <summary>Gets what is different, in the order of addresses.</summary>
    public IReadOnlyList<DamagedFile> Damage => _damage;

    /// <summary>Gets whether files beside the log are damaged: what that costs is not known.</summary>
    public bool IsBesideTheLog { get; private set; }

    /// <summary>Gets up to where the log is whole and committed: of a damaged one, what is left of it.</summary>
    public long Committed { get; private set; }

    /// <summary>Gets the seals of the log's blocks up to there.</summary>
    public BlockTable Blocks { get; } = new();

    /// <summary>Gets the beginning of the block that is committed in part.</summary>
    public byte[] LastBlock { get; private set; } = [];

    /// <summary>Gets the jobs that have a record there.</summary>
    public JobLedger Jobs { get; } = new();

    /// <summary>Gets the files beside the log.</summary>
    public List<SealedFile> Files { get; } = [];

    /// <summary>Gets the last known generation of the seal; 0 when none is known.</summary>
    public long Generation { get; }

    /// <summary>Gets why the seal cannot be that of this log, or null.</summary>
    public string? SealProblem =>
        _seal is { StoppedInOrder: true, IsMarked: true } && Committed > Math.Max(_seal.Committed, LogWalker.FirstAddress)
            ? $"it ends with the log at byte {_seal.Committed}, where the store was stopped, but the log was committed up to byte {Committed}"
            : null;

    /// <summary>Reads all files once.</summary>
    /// <param name="folder">Where they are.</param>
    /// <param name="seal">What was written; an empty one when nothing is known.</param>
    /// <param name="mark">Up to where; null when that is not known.</param>
    public static StoreCheck Run(StoreFolder folder, Seal seal, SealMark? mark = null)
    {
        StoreCheck check = new(folder, seal, mark);
        check.ReadLog();
        check.ReadFiles();
        return check;
    }

    /// <summary>Returns up to where a seal is without a gap: what it says of later blocks was not acknowledged.</summary>
    internal static long SealedUntil(Seal seal)
    {
        int block = 0;
        while (block < seal.Blocks.Count && seal.Blocks[block].Length == 0)
            block++;
        while (seal.Blocks[block].Length == BlockSeal.BlockBytes)
            block++;
        return Math.Min(seal.Committed, BlockTable.AddressOf(block) + seal.Blocks[block].Length);
    }

    private void ReadLog()
    {
        IReadOnlyList<LogFile> files = LogFiles.List(_folder.Log);
        LogWalker walker = new(Math.Max(LogWalker.FirstAddress, files is [{ } first, ..] ? first.Address : 0), Jobs.Apply);
        long next = files.Count == 0 ? 0 : files[0].Address;
        if (next > 0)
            RequireNothingBefore(next);
        foreach (LogFile file in files.TakeWhile(file => file.Address == next))
        {
            ReadLogFile(file, walker);
            next = file.Address + LogFile.MaxBytes;
            if (file.Length < LogFile.MaxBytes)
            {
                RequireNothingAfter(file.Address + file.Length, file.Path);
                next = long.MaxValue;
            }
        }

        if (next < _sealedUntil)
            _damage.Add(Missing(next));
        Committed = walker.Committed;
        if (_damage.Count == 0 && _sealedUntil == _seal.Committed && Committed < _sealedUntil)
            throw new InvalidDataException($"The log is as it was written, but cannot be read after {Committed} of {_sealedUntil} bytes.");
        RequireMarked();
        Trim();
    }

    // Where the seal does not say it: a commit is in the log before it is in the mark. A seal that was written anew since then knows better.
    private void RequireMarked()
    {
        if (_damage.Count > 0 || _mark is null || _seal.Generation > _mark.Generation || Committed >= _mark.Committed)
            return;
        string path = LogFiles.PathOf(_folder.Log, (int)(Committed / LogFile.MaxBytes));
        long length = File.Exists(path) ? new FileInfo(path).Length : 0;
        long from = Committed % LogFile.MaxBytes;
        long to = Offset(_mark.Committed, Committed);
        _damage.Add(
            length == 0 ? Missing(Committed)
            : length < to ? new DamagedFile(NameOf(path), DamageKind.CutOff, length, to)
            : new DamagedFile(NameOf(path), DamageKind.Changed, from, to)
        );
    }

    // A file that is gone at the beginning of the log.
    private void RequireNothingBefore(long address)
    {
        for (int block = 0; block < BlockTable.IndexOf(address); block++)
        {
            if (_seal.Blocks[block].Length > 0)
            {
                _damage.Add(Missing(BlockTable.AddressOf(block)));
                return;
            }
        }
    }

    private void RequireNothingAfter(long end, string path)
    {
        if (end < _sealedUntil)
            _damage.Add(new DamagedFile(NameOf(path), DamageKind.CutOff, end % LogFile.MaxBytes, Offset(_sealedUntil, end)));
    }

    private DamagedFile Missing(long address) =>
        Directory.Exists(_folder.Store)
            ? new DamagedFile(
                NameOf(LogFiles.PathOf(_folder.Log, (int)(address / LogFile.MaxBytes))),
                DamageKind.Missing,
                0,
                Offset(_sealedUntil, address)
            )
            : new DamagedFile(NameOf(_folder.Store), DamageKind.Missing, 0, _sealedUntil);

    private void ReadLogFile(LogFile file, LogWalker walker)
    {
        using FileStream stream = new(file.Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        byte[] chunk = new byte[ChunkBlocks * BlockSeal.BlockBytes];
        for (long address = file.Address; address < file.Address + LogFile.MaxBytes; address += chunk.Length)
        {
            int count = stream.ReadAtLeast(chunk, chunk.Length, throwOnEndOfStream: false);
            for (int at = 0; at < count; at += BlockSeal.BlockBytes)
                ReadBlock(file, address + at, chunk.AsSpan(at, Math.Min(BlockSeal.BlockBytes, count - at)), walker);
            if (count < chunk.Length)
                return;
        }
    }

    private void ReadBlock(LogFile file, long address, ReadOnlySpan<byte> bytes, LogWalker walker)
    {
        int index = BlockTable.IndexOf(address);
        BlockSeal found = BlockSeal.Of(bytes);
        BlockSeal written = address < _sealedUntil ? _seal.Blocks[index] : default;
        if (written.Length > 0 && written.Length <= bytes.Length)
        {
            BlockSeal same = written.Length == bytes.Length ? found : BlockSeal.Of(bytes[..written.Length]);
            if (same != written)
                AddChanged(file, address - file.Address, written.Length);
        }

        // Whatever comes after a damage was written by somebody who had seen what is gone. Of a file that is cut off the last block has no seal
        // of its own, but nothing says that what is left of it is wrong.
        if (_damage.Count > 0)
            return;
        Blocks[index] = found;
        if (!walker.IsLost && walker.Address < address + bytes.Length)
            walker.Append(bytes[(int)(walker.Address - address)..]);
    }

    private void AddChanged(LogFile file, long offset, int length)
    {
        string name = NameOf(file.Path);
        if (_damage is [.., { Kind: DamageKind.Changed } last] && last.Path == name && last.To == offset)
            _damage[^1] = last with { To = offset + length };
        else
            _damage.Add(new DamagedFile(name, DamageKind.Changed, offset, offset + length));
    }

    // What is after the last commit is not part of the log: Garnet writes over it.
    private void Trim()
    {
        int last = BlockTable.IndexOf(Committed);
        int length = (int)(Committed - BlockTable.AddressOf(last));
        Blocks.RemoveFrom(last);
        if (length == 0)
            return;
        LastBlock = new byte[length];
        string path = LogFiles.PathOf(_folder.Log, (int)(Committed / LogFile.MaxBytes));
        if (File.Exists(path))
        {
            using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            stream.Seek(BlockTable.AddressOf(last) % LogFile.MaxBytes, SeekOrigin.Begin);
            _ = stream.ReadAtLeast(LastBlock, length, throwOnEndOfStream: false);
        }

        Blocks[last] = BlockSeal.Of(LastBlock);
    }

    private void ReadFiles()
    {
        if (Directory.Exists(_folder.Store))
        {
            foreach (string path in Directory.EnumerateFiles(_folder.Store, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            {
                if (!path.StartsWith(_folder.Log + Path.DirectorySeparatorChar, StringComparison.Ordinal))
                    Files.Add(Read(path));
            }
        }

        foreach (SealedFile written in _seal.Files)
        {
            SealedFile found = Files.Find(file => file.Path == written.Path);
            if (found == written)
                continue;
            IsBesideTheLog = true;
            string name = NameOf(Path.Combine(_folder.Store, written.Path));
            _damage.Add(
                found == default
                    ? new DamagedFile(name, DamageKind.Missing, 0, written.Length)
                    : new DamagedFile(name, DamageKind.Changed, 0, found.Length)
            );
        }
    }

    private SealedFile Read(string path)
    {
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        XxHash3 hash = new();
        hash.Append(stream);
        return new SealedFile(
            Path.GetRelativePath(_folder.Store, path).Replace(Path.DirectorySeparatorChar, '/'),
            stream.Length,
            hash.GetCurrentHashAsUInt64()
        );
    }

    private string NameOf(string path) => Path.GetRelativePath(_folder.DataDirectory, path);

    // Where an address is in the file that has another one; the end of that file when it is in a later one.
    private static long Offset(long address, long inFileOf)
    {
        long file = inFileOf - (inFileOf % LogFile.MaxBytes);
        return Math.Min(address - file, LogFile.MaxBytes);
    }
}
