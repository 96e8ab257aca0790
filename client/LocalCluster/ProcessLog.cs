using OrleansWork.Console.Output;

namespace OrleansWork.Console.LocalCluster;

/// <summary>The log file of one process; remembers its last lines for an error message.</summary>
internal sealed class ProcessLog : IDisposable
{
    private const int RememberedLines = 20;
    private const long RotateAtBytes = 10 * 1024 * 1024;
    private readonly Lock _lock = new();
    private readonly Queue<string> _last = new(RememberedLines);
    private readonly StreamWriter _writer;
    private bool _closed;

    /// <summary>Opens the file for appending; one above 10 MB is put aside first.</summary>
    public ProcessLog(string path)
    {
        Path = path;
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        if (File.Exists(path) && new FileInfo(path).Length > RotateAtBytes)
            File.Move(path, path + ".1", overwrite: true);
        _writer = new StreamWriter(new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete))
        {
            AutoFlush = true,
        };
    }

    /// <summary>Gets the path of the file.</summary>
    public string Path { get; }

    /// <summary>Gets the last lines, each indented, for an error message.</summary>
    public string Tail
    {
        get
        {
            lock (_lock)
                return _last.Count == 0 ? "  (it wrote nothing)" : string.Join(Environment.NewLine, _last.Select(l => "  " + l));
        }
    }

    /// <summary>Writes a line, its control characters escaped; does nothing once the log is closed.</summary>
    public void Write(string line)
    {
        line = Printable.Escape(line);
        lock (_lock)
        {
            if (_closed)
                return;
            if (_last.Count == RememberedLines)
                _last.Dequeue();
            _last.Enqueue(line);
            try
            {
                _writer.WriteLine(line);
            }
            catch (IOException)
            {
                // A full disk must not end the supervisor; the lines remembered are still there.
            }
        }
    }

    /// <summary>Forgets the lines remembered: what follows is another process.</summary>
    public void Begin(string title)
    {
        lock (_lock)
            _last.Clear();
        Write(title);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_closed)
                return;
            _closed = true;
            try
            {
                _writer.Dispose();
            }
            catch (IOException)
            {
                // As above.
            }
        }
    }
}
