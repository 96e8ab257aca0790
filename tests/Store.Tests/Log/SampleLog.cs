using System.Buffers.Binary;
using System.Text;
using OrleansWork.Store.Log;

namespace OrleansWork.Store.Tests.Log;

/// <summary>A log as Garnet writes it.</summary>
internal sealed class SampleLog
{
    private const int EntryHeaderBytes = 16;
    private readonly MemoryStream _bytes = new();
    private readonly List<JobNote> _uncommitted = [];
    private long _commits;

    public SampleLog() => _bytes.Write(new byte[LogWalker.FirstAddress]);

    /// <summary>Gets the address after the last entry.</summary>
    public long Tail => _bytes.Length;

    /// <summary>Gets where each commit ends, and the jobs that have a record there.</summary>
    public List<(long Until, HashSet<string> Jobs)> Commits { get; } = [(LogWalker.FirstAddress, [])];

    /// <summary>Gets the bytes from the beginning to <see cref="Tail"/>.</summary>
    public byte[] Bytes => _bytes.ToArray();

    public static string KeyOf(string job) => $"orleanswork/state/ow-job/{job}/manifest";

    public void Write(string job, int valueBytes, int seed = 1) => AddJob(job, valueBytes, seed, isRemoved: false);

    public void Remove(string job) => AddJob(job, 0, 0, isRemoved: true);

    /// <summary>Adds an entry of another key.</summary>
    public void Add(string key, int valueBytes, int seed = 1) => AddEntry(key, valueBytes, seed);

    public void Commit()
    {
        const int BodyBytes = 40;
        MakeRoom(4 + BodyBytes);
        long until = Tail + 4 + BodyBytes;
        byte[] record = new byte[4 + BodyBytes];
        long number = ++_commits;
        BinaryPrimitives.WriteInt32LittleEndian(record, -BodyBytes);
        BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(4), 1);
        BinaryPrimitives.WriteInt64LittleEndian(record.AsSpan(8), LogWalker.FirstAddress ^ until ^ number ^ -1);
        BinaryPrimitives.WriteInt64LittleEndian(record.AsSpan(16), LogWalker.FirstAddress);
        BinaryPrimitives.WriteInt64LittleEndian(record.AsSpan(24), until);
        BinaryPrimitives.WriteInt64LittleEndian(record.AsSpan(32), number);
        BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(40), -1);
        _bytes.Write(record);
        HashSet<string> jobs = [.. Commits[^1].Jobs];
        foreach (JobNote note in _uncommitted)
            _ = note.IsRemoved ? jobs.Remove(note.Id) : jobs.Add(note.Id);
        _uncommitted.Clear();
        Commits.Add((until, jobs));
    }

    private void AddJob(string job, int valueBytes, int seed, bool isRemoved)
    {
        long address = AddEntry(KeyOf(job), isRemoved ? 0 : valueBytes + 32, seed);
        _uncommitted.Add(new JobNote(job, address, isRemoved));
    }

    private long AddEntry(string key, int valueBytes, int seed)
    {
        byte[] name = Encoding.UTF8.GetBytes(key);
        byte[] body = new byte[EntryHeaderBytes + 4 + name.Length + 4 + valueBytes];
        body[0] = 5;
        BinaryPrimitives.WriteInt32LittleEndian(body.AsSpan(EntryHeaderBytes), name.Length);
        name.CopyTo(body, EntryHeaderBytes + 4);
        new Random(seed).NextBytes(body.AsSpan(body.Length - valueBytes));
        int aligned = (body.Length + 3) & ~3;
        MakeRoom(4 + aligned);
        long address = Tail;
        byte[] entry = new byte[4 + aligned];
        BinaryPrimitives.WriteInt32LittleEndian(entry, body.Length);
        body.CopyTo(entry, 4);
        _bytes.Write(entry);
        return address;
    }

    // No entry crosses a page: the rest of one that is too full is zeros.
    private void MakeRoom(int bytes)
    {
        long room = LogWalker.PageBytes - (Tail % LogWalker.PageBytes);
        if (bytes > room)
            _bytes.Write(new byte[room]);
    }
}
