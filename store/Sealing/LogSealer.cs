using System.Buffers;
using OrleansWork.Store.Files;
using OrleansWork.Store.Log;

namespace OrleansWork.Store.Sealing;

/// <summary>What a write to the log will have added to the seal once it is done.</summary>
internal sealed class PendingSeal
{
    /// <summary>Gets the records for the seal.</summary>
    public ArrayBufferWriter<byte> Records { get; } = new(256);

    /// <summary>Gets the blocks that the write extends.</summary>
    public List<(int Index, BlockSeal Block)> Blocks { get; } = [];

    /// <summary>Gets what it says of jobs.</summary>
    public List<JobNote> Jobs { get; } = [];

    /// <summary>Gets or sets up to where it commits; 0 when it has no commit.</summary>
    public long Committed { get; set; }
}

/// <summary>Seals a log while it is written: every write is in the seal before anybody is told that it is done.</summary>
/// <remarks>
/// Garnet writes a page of the log in pieces, one after the other; the last piece of one page and the first of the next may be under way at once. A piece
/// begins at the sector in which the last one ended, so its first bytes were written before.
/// </remarks>
internal sealed class LogSealer : IDisposable
{
    // A seal is written anew when that makes it a fraction of what it was.
    private const int GrowthBeforeRewrite = 4;
    private const long LeastGrowth = 4 << 20;
    private static readonly TimeSpan FlushPeriod = TimeSpan.FromSeconds(1);
    private readonly Lock _lock = new();
    private readonly Seal _seal;
    private readonly SealJournal _journal;
    private readonly TimeProvider _time;
    private readonly ITimer _flushing;
    private readonly Dictionary<long, OpenPage> _pages = [];
    private int _pending;
    private bool _isStopped;

    /// <summary>Starts to seal.</summary>
    /// <param name="folder">Where the seal is; it is replaced.</param>
    /// <param name="found">What is in the store.</param>
    /// <param name="time">When writes are made.</param>
    public LogSealer(StoreFolder folder, StoreCheck found, TimeProvider time)
    {
        _time = time;
        _seal = new Seal
        {
            Committed = found.Committed,
            Time = found.Committed > LogWalker.FirstAddress ? time.GetUtcNow() : null,
            // Above that of every seal that this folder may have had when nothing says of it.
            Generation = found.Generation > 0 ? found.Generation : time.GetUtcNow().ToUnixTimeMilliseconds(),
        };
        for (int i = 0; i < found.Blocks.Count; i++)
            _seal.Blocks[i] = found.Blocks[i];
        _seal.Files.AddRange(found.Files);
        foreach ((string id, JobSpan span) in found.Jobs.Spans)
            _seal.Jobs.Restore(id, span);
        _pages[PageOf(found.Committed)] = new OpenPage(found.Committed, found.LastBlock);
        _journal = new SealJournal(folder, _seal);
        _flushing = time.CreateTimer(_ => Flush(), null, FlushPeriod, FlushPeriod);
    }

    /// <summary>Reads what is about to be written to the log.</summary>
    /// <param name="address">The address of the first byte.</param>
    /// <param name="bytes">The bytes, up to the last that will not change any more.</param>
    /// <returns>What to <see cref="Add"/> when it is written.</returns>
    public PendingSeal Prepare(long address, ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            long number = PageOf(address);
            if (!_pages.TryGetValue(number, out OpenPage? page))
                _pages[number] = page = new OpenPage(number * LogWalker.PageBytes, []);
            PendingSeal pending = new();
            page.Read(address, bytes, pending);
            foreach ((int index, BlockSeal block) in pending.Blocks)
                SealFormat.WriteBlock(pending.Records, index, block);
            foreach (JobNote note in pending.Jobs)
                SealFormat.WriteJob(pending.Records, note);
            if (page.IsFull)
                _pages.Remove(number);
            _pending++;
            return pending;
        }
    }

    /// <summary>Adds a write to the seal, now that it is done.</summary>
    /// <exception cref="IOException">The seal cannot be written: nobody may be told that the write is done.</exception>
    public void Add(PendingSeal pending)
    {
        lock (_lock)
        {
            if (_isStopped)
                return;
            _pending--;
            if (pending.Committed > 0)
            {
                _seal.Committed = Math.Max(_seal.Committed, pending.Committed);
                _seal.Time = _time.GetUtcNow();
                SealFormat.WriteCommitted(pending.Records, _seal.Committed, _seal.Time.Value);
            }

            foreach ((int index, BlockSeal block) in pending.Blocks)
                _seal.Blocks[index] = block;
            pending.Jobs.ForEach(_seal.Jobs.Apply);
            _journal.Append(pending.Records.WrittenSpan, _seal);
            if (_journal.Length > LeastGrowth + (GrowthBeforeRewrite * _journal.WholeBytes))
                _journal.Rewrite(_seal);
        }
    }

    /// <summary>Says in the seal that the store was stopped in order, unless writes are under way still; nothing is added any more.</summary>
    public void Stop()
    {
        lock (_lock)
        {
            if (_isStopped)
                return;
            _isStopped = true;
            _seal.StoppedInOrder = _pending == 0;
            if (_seal.Time is not null)
                _seal.Time = _time.GetUtcNow();
            _journal.Rewrite(_seal);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _flushing.Dispose();
        _journal.Dispose();
    }

    private static long PageOf(long address) => address / LogWalker.PageBytes;

    private void Flush()
    {
        lock (_lock)
        {
            if (_isStopped || !_journal.Flush(_seal))
                return;
        }

        try
        {
            // No write has to wait for it.
            _journal.FlushMark();
        }
        catch (ObjectDisposedException)
        {
            // Stopped meanwhile, with a mark of that.
        }
    }

    /// <summary>A page of the log that is being written.</summary>
    private sealed class OpenPage
    {
        private readonly byte[] _block = new byte[BlockSeal.BlockBytes];
        private readonly LogWalker _walker;
        private readonly List<JobNote> _committed = [];
        private long _until;

        /// <summary>Goes on with a page.</summary>
        /// <param name="until">Up to where it is written.</param>
        /// <param name="lastBlock">The beginning of the block in which that is.</param>
        public OpenPage(long until, ReadOnlySpan<byte> lastBlock)
        {
            _until = until;
            lastBlock.CopyTo(_block);
            _walker = new LogWalker(Math.Max(until, LogWalker.FirstAddress), _committed.Add);
        }

        public bool IsFull => _until > 0 && _until % LogWalker.PageBytes == 0;

        public void Read(long address, ReadOnlySpan<byte> bytes, PendingSeal pending)
        {
            long until = address + bytes.Length;
            if (address > _until)
                throw new InvalidOperationException($"The log is written at {address}, but up to {_until} only it is known.");
            if (until <= _until)
                return;
            for (long block = _until - (_until % BlockSeal.BlockBytes); block < until; block += BlockSeal.BlockBytes)
            {
                long from = Math.Max(block, address);
                long to = Math.Min(block + BlockSeal.BlockBytes, until);
                bytes[(int)(from - address)..(int)(to - address)].CopyTo(_block.AsSpan((int)(from - block)));
                pending.Blocks.Add((BlockTable.IndexOf(block), BlockSeal.Of(_block.AsSpan(0, (int)(to - block)))));
            }

            _until = until;
            long committed = _walker.Committed;
            _walker.Append(bytes[(int)(_walker.Address - address)..]);
            if (_walker.IsLost)
                throw new InvalidDataException($"The log has something else than entries at {_walker.Address}.");
            if (_walker.Committed > committed)
                pending.Committed = _walker.Committed;
            pending.Jobs.AddRange(_committed);
            _committed.Clear();
        }
    }
}
