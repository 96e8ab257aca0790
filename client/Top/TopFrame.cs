using System.Globalization;
using OrleansWork.Console.Output;

namespace OrleansWork.Console.Top;

/// <summary>One screen: the cluster in a line, its silos, its open jobs, and the keys.</summary>
/// <param name="Lines">From the top, each as wide as the terminal at most.</param>
/// <param name="State">What was asked for, without rows that there are not.</param>
internal sealed record TopFrame(IReadOnlyList<ScreenLine> Lines, TopState State)
{
    /// <summary>How wide a terminal must be.</summary>
    public const int LeastWidth = 80;

    /// <summary>How high a terminal must be.</summary>
    public const int LeastHeight = 24;

    // The line of the cluster, two headings, a blank line between the tables, and the line of keys.
    private const int OtherLines = 5;

    private static readonly string[] s_keys =
    [
        "tab     from silos to jobs and back: keys are about the table with the marked heading",
        "s S     order by the next column, by the one before",
        "r       turn the order round",
        "/       show only what has a text in its name, state, kind or labels",
        "esc     show all again",
        "j k     scroll, as the arrows, page up and down, home and end do",
        "p       let the screen stand still, and go on",
        "q       leave; Ctrl-C too",
        "",
        "any key goes back",
    ];

    /// <summary>Draws one.</summary>
    /// <param name="sample">What was seen of the cluster, or null before the first look.</param>
    /// <param name="state">What is asked for.</param>
    /// <param name="size">The terminal's.</param>
    /// <param name="trouble">Why there is nothing newer, or null.</param>
    public static TopFrame Draw(TopSample? sample, TopState state, ScreenSize size, string? trouble = null)
    {
        if (size.Width < LeastWidth || size.Height < LeastHeight)
        {
            string small = string.Create(
                CultureInfo.InvariantCulture,
                $"top needs {LeastWidth}×{LeastHeight}, this is {size.Width}×{size.Height}; q leaves"
            );
            return new TopFrame([new ScreenLine(Cells.Fit(small, size.Width))], state);
        }

        if (state.ShowsKeys)
            return new TopFrame(
                [new("keys of orleanswork top", ScreenStyle.Bold), new(""), .. s_keys.Select(line => new ScreenLine(line))],
                state
            );
        if (sample is null)
            return new TopFrame([new ScreenLine(Cells.Fit(trouble ?? "looking at the cluster …", size.Width))], state);

        SiloStatus[] silos = [.. sample.Silos.Where(silo => Has(TopColumns.WordsOf(silo), state.Filter))];
        TopJob[] jobs = [.. sample.Jobs.Where(job => Has(TopColumns.WordsOf(job), state.Filter))];
        int rows = size.Height - OtherLines;
        int siloRows = Math.Min(silos.Length, Math.Max(rows / 2, rows - jobs.Length));
        (ScreenLine[] siloLines, TopView siloView) = Table(
            silos,
            TopColumns.Silos,
            state.Silos,
            siloRows,
            size.Width,
            isCurrent: state.Pane == TopPane.Silos
        );
        (ScreenLine[] jobLines, TopView jobView) = Table(
            jobs,
            TopColumns.Jobs,
            state.Jobs,
            rows - siloRows,
            size.Width,
            isCurrent: state.Pane == TopPane.Jobs
        );
        List<ScreenLine> lines = [Head(sample, state, size.Width), .. siloLines, new(""), .. jobLines];
        while (lines.Count < size.Height - 1)
            lines.Add(new ScreenLine(""));
        lines.Add(Foot(state, trouble, size.Width));
        return new TopFrame(lines, state with { Silos = siloView, Jobs = jobView });
    }

    private static bool Has(IEnumerable<string> words, string filter) =>
        filter.Length == 0 || words.Any(word => word.Contains(filter, StringComparison.OrdinalIgnoreCase));

    private static ScreenLine Head(TopSample sample, TopState state, int width)
    {
        SiloStatus[] active = [.. sample.Silos.Where(silo => silo.State == "active")];
        string text =
            $"{Counted(active.Length, "silo")} of {Numbers.Count(sample.Silos.Count)} active, "
            + $"{Numbers.Count(sample.Silos.Sum(silo => (long)Math.Min(silo.Running, silo.Slots)))} of {Counted(active.Sum(silo => (long)silo.Slots), "slot")} busy, "
            + $"{Numbers.Rate(sample.Silos.Sum(silo => silo.UnitsPerSecond))}, {Counted(sample.Jobs.Count, "open job")}";
        string end = string.Create(
            CultureInfo.InvariantCulture,
            $"{(state.IsPaused ? "paused at " : "")}{sample.At.UtcDateTime:HH:mm:ss}Z"
        );
        int room = width - Cells.Of(end) - 1;
        return new ScreenLine($"{Cells.Pad(Cells.Fit(text, room), room)} {end}", ScreenStyle.Bold);

        static string Counted(long count, string what) => $"{Numbers.Count(count)} {what}{(count == 1 ? "" : "s")}";
    }

    private static ScreenLine Foot(TopState state, string? trouble, int width) =>
        state.IsTyping
            ? new ScreenLine(Cells.Fit($"/{Printable.Escape(state.Filter)}▏ enter keeps it, esc shows all", width), ScreenStyle.Bold)
        : trouble is not null ? new ScreenLine(Cells.Fit(Printable.Escape(trouble), width), ScreenStyle.Bold)
        : new ScreenLine(
            Cells.Fit(
                (state.Filter.Length > 0 ? $"with “{Printable.Escape(state.Filter)}”, esc shows all  " : "")
                    + "q leave  s S sort  r reverse  / filter  tab table  j k scroll  p pause  ? keys",
                width
            ),
            ScreenStyle.Dim
        );

    private static (ScreenLine[] Lines, TopView View) Table<T>(
        T[] rows,
        IReadOnlyList<TopColumn<T>> columns,
        TopView view,
        int height,
        int width,
        bool isCurrent
    )
    {
        int first = Math.Clamp(view.First, 0, Math.Max(0, rows.Length - height));
        T[] ordered = Order(rows, columns, view);
        string[][] cells =
        [
            .. ordered.Skip(first).Take(height).Select(row => columns.Select(column => Printable.Escape(column.Text(row))).ToArray()),
        ];
        string[] names = [.. columns.Select((column, i) => Name(column.Name, i))];
        if (rows.Length > height)
            names[0] = string.Create(CultureInfo.InvariantCulture, $"{names[0]} {first + 1}–{first + height} of {rows.Length}");
        int[] widths = Widths(columns, names, cells, width);
        ScreenLine heading = new(Cells.Fit(Line(columns, names, widths), width), isCurrent ? ScreenStyle.Reversed : ScreenStyle.Bold);
        return (
            [heading, .. cells.Select(row => new ScreenLine(Cells.Fit(Line(columns, row, widths).TrimEnd(' '), width)))],
            view with
            {
                First = first,
            }
        );

        string Name(string name, int column) =>
            column != view.Sort ? name
            : IsDescending(columns[column], view) ? $"{name}↓"
            : $"{name}↑";
    }

    private static bool IsDescending<T>(TopColumn<T> column, TopView view) => column.IsRight != view.Reversed;

    // What is not known comes last either way.
    private static T[] Order<T>(T[] rows, IReadOnlyList<TopColumn<T>> columns, TopView view)
    {
        if (view.Sort is not { } sort)
            return view.Reversed ? [.. rows.Reverse()] : rows;
        TopColumn<T> column = columns[sort];
        IOrderedEnumerable<T> known = rows.OrderBy(row => column.Order(row) is null);
        Comparer<IComparable?> compare = Comparer<IComparable?>.Create(
            (left, right) =>
                left is string text ? string.CompareOrdinal(text, (string?)right) : Comparer<IComparable>.Default.Compare(left, right)
        );
        return [.. IsDescending(column, view) ? known.ThenByDescending(column.Order, compare) : known.ThenBy(column.Order, compare)];
    }

    private static int[] Widths<T>(IReadOnlyList<TopColumn<T>> columns, string[] names, string[][] cells, int width)
    {
        int[] widths =
        [
            .. columns.Select((column, i) => cells.Select(row => Cells.Of(row[i])).Append(Cells.Of(names[i])).Append(column.Width).Max()),
        ];
        int over = widths.Sum() + widths.Length - 1 - width;
        for (int i = widths.Length - 1; i >= 0 && over > 0; i--)
        {
            if (!columns[i].Yields)
                continue;
            int given = Math.Clamp(widths[i] - columns[i].Width, 0, over);
            (widths[i], over) = (widths[i] - given, over - given);
        }

        // What is wider still loses its end.
        return widths;
    }

    private static string Line<T>(IReadOnlyList<TopColumn<T>> columns, string[] cells, int[] widths) =>
        string.Join(
            ' ',
            cells.Select(
                (text, i) =>
                {
                    string fitting = Cells.Fit(text, widths[i]);
                    return columns[i].IsRight ? Cells.PadLeft(fitting, widths[i]) : Cells.Pad(fitting, widths[i]);
                }
            )
        );
}
