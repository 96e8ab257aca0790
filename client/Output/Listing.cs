using Spectre.Console;
using Spectre.Console.Rendering;

namespace OrleansWork.Console.Output;

/// <summary>Rows under headings, as wide as what is in them and no wider than where they go: nothing is cut, and nothing is padded at the end of a
/// line.</summary>
/// <remarks>Where it is too wide, empty columns go first, then the distance between columns; then the last column, if it is one of text, flows beside
/// the others, and at last columns go on below their row, each by its name.</remarks>
internal sealed class Listing : Renderable
{
    private const int Distance = 2;
    private const int LeastText = 20;
    private const string Indent = "  ";

    // On less, most would stand below: the terminal goes on in its next line instead.
    private const int Narrowest = 60;

    private static readonly Style s_dim = new(decoration: Decoration.Dim);

    private readonly Column[] _columns;
    private readonly List<Cell[]> _rows = [];

    /// <summary>Makes one.</summary>
    /// <param name="columns">The headings; <c>&gt;</c> before one aligns its column to the right, <c>~</c> lets the last one flow.</param>
    public Listing(params ReadOnlySpan<string> columns) =>
        _columns = [.. columns.ToArray().Select(name => new Column(name.TrimStart('>', '~'), name.StartsWith('>'), name.StartsWith('~')))];

    /// <summary>Adds a row, a cell for each column.</summary>
    public void Add(params ReadOnlySpan<Cell> cells) =>
        _rows.Add([.. cells.ToArray().Select(cell => cell with { Text = cell.Text.TrimEnd(' ') })]);

    protected override Measurement Measure(RenderOptions options, int maxWidth)
    {
        int width = WidthOf(Widths(), Distance);
        return new Measurement(Math.Min(width, maxWidth), width);
    }

    protected override IEnumerable<Segment> Render(RenderOptions options, int maxWidth)
    {
        int[] widths = Widths();
        if (WidthOf(widths, Distance) <= maxWidth || maxWidth < Narrowest)
            return Lines([.. Enumerable.Range(0, widths.Length)], widths, Distance, [], maxWidth);

        int[] shown = [.. Enumerable.Range(0, widths.Length).Where(column => _rows.Any(row => row[column].Text.Length > 0))];
        int distance = WidthOf(Of(shown), Distance) <= maxWidth ? Distance : 1;
        if (shown.Length > 1 && _columns[shown[^1]].Flows && maxWidth - WidthOf(Of(shown[..^1]), Distance) - Distance >= LeastText)
            return Lines(shown, widths, Distance, [], maxWidth);
        int kept = shown.Length;
        while (kept > 1 && WidthOf(Of(shown[..kept]), distance) > maxWidth)
            kept--;
        return Lines(shown[..kept], widths, distance, shown[kept..], maxWidth);

        int[] Of(int[] columns) => [.. columns.Select(column => widths[column])];
    }

    private static int WidthOf(int[] widths, int distance) => widths.Sum() + (distance * Math.Max(0, widths.Length - 1));

    private static int CellsOf(string text) => new Segment(text).CellCount();

    private int[] Widths() =>
        [.. _columns.Select((column, i) => Math.Max(CellsOf(column.Name), _rows.Count == 0 ? 0 : _rows.Max(row => CellsOf(row[i].Text))))];

    private IEnumerable<Segment> Lines(int[] shown, int[] widths, int distance, int[] below, int maxWidth)
    {
        foreach (Segment segment in Line(shown, column => new Cell(_columns[column].Name, s_dim), widths, distance, maxWidth))
            yield return segment;
        foreach (Cell[] row in _rows)
        {
            foreach (Segment segment in Line(shown, column => row[column], widths, distance, maxWidth))
                yield return segment;
            foreach (Segment segment in Below([.. below.Where(column => row[column].Text.Length > 0)], row, maxWidth))
                yield return segment;
        }
    }

    private IEnumerable<Segment> Line(int[] shown, Func<int, Cell> cellOf, int[] widths, int distance, int maxWidth)
    {
        int at = 0;
        int gap = 0;
        foreach (int column in shown)
        {
            Cell cell = cellOf(column);
            int room = Math.Max(0, widths[column] - CellsOf(cell.Text));
            gap += _columns[column].IsRight ? room : 0;
            if (cell.Text.Length > 0)
            {
                if (gap > 0)
                    yield return new Segment(new string(' ', gap));
                at += gap;
                gap = 0;
                bool flows = _columns[column].Flows && at + CellsOf(cell.Text) > maxWidth && maxWidth >= Narrowest;
                string[] lines = flows ? Wrap(cell.Text, maxWidth - at) : [cell.Text];
                for (int i = 0; i < lines.Length; i++)
                {
                    if (i > 0)
                    {
                        yield return Segment.LineBreak;
                        yield return new Segment(new string(' ', at));
                    }

                    yield return new Segment(lines[i], cell.Style);
                }

                at += CellsOf(lines[^1]);
            }

            gap += (_columns[column].IsRight ? 0 : room) + distance;
        }

        yield return Segment.LineBreak;
    }

    private IEnumerable<Segment> Below(int[] columns, Cell[] row, int maxWidth)
    {
        int at = 0;
        foreach (int column in columns)
        {
            string name = $"{_columns[column].Name} ";
            if (at > 0 && at + Distance + CellsOf(name) + CellsOf(row[column].Text) <= maxWidth)
            {
                yield return new Segment(Indent);
            }
            else
            {
                if (at > 0)
                    yield return Segment.LineBreak;
                yield return new Segment(Indent);
                at = 0;
            }

            at += Distance + CellsOf(name);
            yield return new Segment(name, s_dim);
            string[] lines = Wrap(row[column].Text, maxWidth - at);
            for (int i = 0; i < lines.Length; i++)
            {
                if (i > 0)
                {
                    yield return Segment.LineBreak;
                    yield return new Segment(new string(' ', at));
                }

                yield return new Segment(lines[i], row[column].Style);
            }

            at = lines.Length > 1 ? maxWidth : at + CellsOf(lines[0]);
        }

        if (columns.Length > 0)
            yield return Segment.LineBreak;
    }

    /// <summary>Breaks a text at blanks, and words that are longer than a line anywhere.</summary>
    private static string[] Wrap(string text, int width)
    {
        width = Math.Max(1, width);
        List<string> lines = [];
        string line = "";
        foreach (string word in text.Split(' '))
        {
            string longer = line.Length == 0 ? word : $"{line} {word}";
            if (CellsOf(longer) <= width)
            {
                line = longer;
                continue;
            }

            if (line.Length > 0)
                lines.Add(line.TrimEnd(' '));
            line = word;
            while (CellsOf(line) > width)
            {
                int fits = 1;
                while (fits < line.Length - 1 && CellsOf(line[..(fits + 1)]) <= width)
                    fits++;
                fits -= fits > 1 && char.IsHighSurrogate(line[fits - 1]) ? 1 : 0;
                lines.Add(line[..fits]);
                line = line[fits..];
            }
        }

        if (line.Length > 0 || lines.Count == 0)
            lines.Add(line.TrimEnd(' '));
        return [.. lines];
    }

    /// <summary>One value of a row.</summary>
    /// <param name="Text">The text, safe for a terminal.</param>
    /// <param name="Style">How it is shown where there are colours.</param>
    internal readonly record struct Cell(string Text, Style Style)
    {
        /// <summary>A cell with text from outside.</summary>
        public static implicit operator Cell(string? text) => new(Printable.Escape(text), Style.Plain);
    }

    private sealed record Column(string Name, bool IsRight, bool Flows);
}
