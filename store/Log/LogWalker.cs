using System.Buffers.Binary;

namespace OrleansWork.Store.Log;

/// <summary>Reads Garnet's append-only file from entry to entry, as it comes: where its last commit ends, and which jobs it is about.</summary>
/// <remarks>
/// The file (of Garnet 2.2) is a sequence of entries, each a length of four bytes and as many bytes, aligned to four. None crosses a page of 32 MB; zeros
/// fill the rest of one. A negative length is a commit: it names the addresses from which and to which the log is whole, and Garnet recovers up to
/// the last one that it finds.
/// </remarks>
internal sealed class LogWalker
{
    /// <summary>The first address that has an entry.</summary>
    public const long FirstAddress = 64;

    /// <summary>How long a page is.</summary>
    public const int PageBytes = 1 << 25;

    private const int LengthBytes = 4;
    private const int CommitBytes = 40;

    // The key of a job's record is in here: ids have at most 64 characters.
    private const int LongestHead = 384;
    private readonly byte[] _head = new byte[LengthBytes + LongestHead];
    private readonly List<JobNote> _uncommitted = [];
    private readonly Action<JobNote> _onJob;
    private long _entry;
    private int _read;
    private int _size = LengthBytes;

    /// <summary>Starts at an entry.</summary>
    /// <param name="address">Where it is.</param>
    /// <param name="onJob">Is called with what committed entries say of jobs.</param>
    public LogWalker(long address, Action<JobNote> onJob)
    {
        _entry = address;
        Committed = address;
        _onJob = onJob;
    }

    /// <summary>Gets the address of the next byte to read.</summary>
    public long Address => _entry + _read;

    /// <summary>Gets where the last commit ends, or where the walk began when there was none.</summary>
    public long Committed { get; private set; }

    /// <summary>Gets whether the bytes ceased to be entries: nothing after them can be read.</summary>
    public bool IsLost { get; private set; }

    private int Length => BinaryPrimitives.ReadInt32LittleEndian(_head);

    /// <summary>Reads the bytes at <see cref="Address"/>, as many as there are.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0 && !IsLost)
        {
            int step = Math.Min(_size - _read, bytes.Length);
            int kept = Math.Min(step, _head.Length - _read);
            if (kept > 0)
                bytes[..kept].CopyTo(_head.AsSpan(_read));
            _read += step;
            bytes = bytes[step..];
            if (_read < _size)
                return;
            if (_size == LengthBytes)
                ReadLength();
            if (_read == _size && !IsLost)
                Complete();
        }
    }

    private void ReadLength()
    {
        int length = Length;
        long room = PageBytes - (_entry % PageBytes);
        long size = length == 0 ? room : LengthBytes + ((Math.Abs((long)length) + 3) & ~3L);
        // Zeros fill a page that is full, not one that has nothing.
        IsLost = size > room || (length == 0 && room == PageBytes) || (length < 0 && length != -CommitBytes);
        if (!IsLost)
            _size = (int)size;
    }

    private void Complete()
    {
        int length = Length;
        if (length < 0)
            Commit(_head.AsSpan(LengthBytes, CommitBytes));
        else if (length > 0 && JobKeys.Read(_head.AsSpan(LengthBytes, Math.Min(length, LongestHead)), length, _entry) is { } note)
            _uncommitted.Add(note);
        _entry += _size;
        (_read, _size) = (0, LengthBytes);
    }

    // version, checksum, from, to, number, length of a cookie that Garnet's log does not have.
    private void Commit(ReadOnlySpan<byte> body)
    {
        int version = BinaryPrimitives.ReadInt32LittleEndian(body);
        long checksum = BinaryPrimitives.ReadInt64LittleEndian(body[4..]);
        long from = BinaryPrimitives.ReadInt64LittleEndian(body[12..]);
        long until = BinaryPrimitives.ReadInt64LittleEndian(body[20..]);
        long number = BinaryPrimitives.ReadInt64LittleEndian(body[28..]);
        int cookie = BinaryPrimitives.ReadInt32LittleEndian(body[36..]);
        if (version is < 0 or > 1 || checksum != (from ^ until ^ number ^ cookie) || until != _entry + _size)
        {
            IsLost = true;
            return;
        }

        Committed = until;
        _uncommitted.ForEach(_onJob);
        _uncommitted.Clear();
    }
}
