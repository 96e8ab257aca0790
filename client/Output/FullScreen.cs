using System.Globalization;
using System.Text;

namespace OrleansWork.Console.Output;

/// <summary>A whole terminal for something that changes in place, beside what stood there before; in the end that is there again.</summary>
/// <remarks>Keys are not shown and reach the program at once, Ctrl-C among them, where the standard input is a terminal too.</remarks>
internal sealed class FullScreen : IDisposable
{
    private const string Enter = "\u001b[?1049h\u001b[?25l";
    private const string Exit = "\u001b[?25h\u001b[?1049l";
    private const int Input = 0;
    private const int Output = 1;

    private readonly Lock _lock = new();
    private readonly TextWriter _writer;
    private readonly Action<FullScreen> _left;
    private readonly List<string> _said = [];
    private readonly byte[]? _mode;
    private ScreenSize _size;
    private int _isOver;

    /// <summary>Takes the terminal.</summary>
    /// <param name="writer">Writes to it.</param>
    /// <param name="left">Is told when it is given back, once.</param>
    public FullScreen(TextWriter writer, Action<FullScreen> left)
    {
        (_writer, _left) = (writer, left);
        writer.Write(Enter);
        if (Posix.IsHere && Posix.IsTerminal(Input))
            _mode = Posix.TakeKeys(Input);
    }

    /// <summary>Gets whether keys can be read.</summary>
    public bool HasKeys => _mode is not null;

    /// <summary>Gets what was said while nothing could be written elsewhere.</summary>
    public IReadOnlyList<string> Said
    {
        get
        {
            lock (_lock)
                return [.. _said];
        }
    }

    /// <summary>Asks how large the terminal is now.</summary>
    public static ScreenSize Size()
    {
        if (Posix.IsHere && Posix.WindowSize(Output) is { } size)
            return new ScreenSize(size.Columns, size.Rows);
        try
        {
            return new ScreenSize(System.Console.WindowWidth, System.Console.WindowHeight);
        }
        catch (IOException)
        {
            return new ScreenSize(0, 0);
        }
    }

    /// <summary>Shows lines from the top, and nothing below them.</summary>
    public void Show(IReadOnlyList<ScreenLine> lines, ScreenSize size)
    {
        StringBuilder frame = new();
        if (size != _size)
            frame.Append("\u001b[2J");
        _size = size;
        for (int i = 0; i < lines.Count; i++)
        {
            (string begin, string end) = lines[i].Style switch
            {
                ScreenStyle.Bold => ("\u001b[1m", "\u001b[0m"),
                ScreenStyle.Dim => ("\u001b[2m", "\u001b[0m"),
                ScreenStyle.Reversed => ("\u001b[7m", "\u001b[0m"),
                _ => ("", ""),
            };
            // The rest is erased first: behind the last cell of a line, it would be that cell.
            frame.Append(CultureInfo.InvariantCulture, $"\u001b[{i + 1};1H\u001b[K{begin}{lines[i].Text}{end}");
        }

        if (lines.Count < size.Height)
            frame.Append(CultureInfo.InvariantCulture, $"\u001b[{lines.Count + 1};1H\u001b[J");
        lock (_lock)
        {
            if (_isOver == 0)
                _writer.Write(frame.ToString());
        }
    }

    /// <summary>Reads keys that were pressed, as the terminal sends them; waits for some for a moment.</summary>
    /// <returns>None after a moment without any; null when the terminal is gone.</returns>
    public byte[]? ReadKeys(TimeSpan wait) => HasKeys ? Posix.ReadSome(Input, wait) : [];

    /// <summary>Keeps what is said until the terminal is given back.</summary>
    public void Say(string line)
    {
        lock (_lock)
            _said.Add(line);
    }

    /// <summary>Gives the terminal back as it was found.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isOver, 1) != 0)
            return;

        // First what does not wait for the terminal to take anything.
        if (_mode is not null)
            Posix.GiveKeysBack(Input, _mode);
        try
        {
            lock (_lock)
                _writer.Write(Exit);
        }
        catch (OutputException)
        {
            // It is gone.
        }

        _left(this);
    }
}
