using System.Globalization;
using System.Text;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace OrleansWork.Console.Output;

/// <summary>Something on a terminal that changes and stays below what is said meanwhile; in the end it stands there as it was last.</summary>
/// <remarks>Each change is one write: the old rows are erased, also where the terminal's width has changed since, then come lines to keep and the new
/// rows. Where rows cannot be erased, only the last state is written.</remarks>
internal sealed class LiveView
{
    private const string HideCursor = "\u001b[?25l";
    private const string ShowCursor = "\u001b[?25h";
    private const string EraseBelow = "\u001b[J";

    // A view taller than the terminal could not be erased: its first rows would have left the screen.
    private const int RowsLeft = 1;

    private readonly Lock _lock = new();
    private readonly IAnsiConsole _console;
    private readonly TextWriter _writer;
    private readonly bool _redraws;
    private IRenderable? _last;
    private int[] _shown = [];
    private bool _isOver;

    /// <summary>Makes one that shows nothing yet.</summary>
    /// <param name="console">Says how wide the terminal is and what it can do.</param>
    /// <param name="writer">Takes what is shown.</param>
    public LiveView(IAnsiConsole console, TextWriter writer)
    {
        (_console, _writer) = (console, writer);
        _redraws = console.Profile.Capabilities.Ansi;
        if (_redraws)
            writer.Write(HideCursor);
    }

    /// <summary>Shows another state.</summary>
    public void Show(IRenderable state)
    {
        lock (_lock)
        {
            _last = state;
            if (!_isOver && _redraws)
                Redraw("");
        }
    }

    /// <summary>Writes a line that stays, above what is shown.</summary>
    public void Say(string line)
    {
        lock (_lock)
        {
            if (_redraws && !_isOver)
                Redraw($"{line}\n");
            else
                _writer.WriteLine(line);
        }
    }

    /// <summary>Leaves the last state there and gives the cursor back; nothing is shown from now on.</summary>
    public void End()
    {
        lock (_lock)
        {
            if (_isOver)
                return;
            _isOver = true;
            if (_redraws)
                Redraw("", _shown.Length > 0 ? $"\n{ShowCursor}" : ShowCursor);
            else if (_last is not null)
                _writer.Write($"{string.Join('\n', Draw(_last, int.MaxValue).Lines)}\n");
        }
    }

    /// <summary>Draws anew; what a terminal has shown of keys that were pressed is erased with the rest.</summary>
    private void Redraw(string before, string after = "")
    {
        int width = Math.Max(1, _console.Profile.Width);
        int rows = _shown.Sum(cells => Math.Max(1, (cells + width - 1) / width));
        StringBuilder frame = new();
        if (rows > 0)
        {
            frame.Append('\r');
            if (rows > 1)
                frame.Append(CultureInfo.InvariantCulture, $"\u001b[{rows - 1}A");
            frame.Append(EraseBelow);
        }

        frame.Append(before);
        _shown = [];
        if (_last is not null)
        {
            (string[] lines, _shown) = Draw(_last, Math.Max(1, _console.Profile.Height - RowsLeft));
            frame.AppendJoin('\n', lines);
        }

        _writer.Write(frame.Append(after).ToString());
    }

    private (string[] Lines, int[] Cells) Draw(IRenderable state, int mostRows)
    {
        List<string> lines = [];
        List<int> cells = [];
        foreach (SegmentLine line in Segment.SplitLines(state.GetSegments(_console)).Take(mostRows))
        {
            using StringWriter text = new();
            IAnsiConsole drawing = AnsiConsole.Create(
                new AnsiConsoleSettings
                {
                    Out = new AnsiConsoleOutput(text),
                    Ansi = _redraws ? AnsiSupport.Yes : AnsiSupport.No,
                    ColorSystem = (ColorSystemSupport)_console.Profile.Capabilities.ColorSystem,
                    Interactive = InteractionSupport.No,
                }
            );
            drawing.Profile.Width = int.MaxValue;
            drawing.Write(new Drawn(line));
            lines.Add(text.ToString().TrimEnd('\n'));
            cells.Add(line.CellCount());
        }

        return ([.. lines], [.. cells]);
    }

    private sealed class Drawn(SegmentLine line) : Renderable
    {
        protected override IEnumerable<Segment> Render(RenderOptions options, int maxWidth) => line;
    }
}
