using System.Globalization;

namespace OrleansWork.Console.Top;

/// <summary>Which of the two tables keys are about.</summary>
internal enum TopPane
{
    /// <summary>The silos.</summary>
    Silos,

    /// <summary>The jobs.</summary>
    Jobs,
}

/// <summary>How one table is shown.</summary>
/// <param name="Sort">The column that it is ordered by; null for the order of the cluster.</param>
/// <param name="Reversed">Whether the order is turned round.</param>
/// <param name="First">The first row shown.</param>
internal sealed record TopView(int? Sort = null, bool Reversed = false, int First = 0);

/// <summary>How a viewer is leaving.</summary>
internal enum TopEnd
{
    /// <summary>By q.</summary>
    Quit,

    /// <summary>By Ctrl-C.</summary>
    Interrupted,
}

/// <summary>What a viewer has asked for by keys.</summary>
internal sealed record TopState
{
    private const int LongestFilter = 64;
    private const int Page = 10;

    /// <summary>Gets which table keys are about.</summary>
    public TopPane Pane { get; init; }

    /// <summary>Gets how silos are shown.</summary>
    public TopView Silos { get; init; } = new();

    /// <summary>Gets how jobs are shown.</summary>
    public TopView Jobs { get; init; } = new();

    /// <summary>Gets the text that rows must have; empty for all rows.</summary>
    public string Filter { get; init; } = "";

    /// <summary>Gets whether characters go into the filter.</summary>
    public bool IsTyping { get; init; }

    /// <summary>Gets whether the screen stands still.</summary>
    public bool IsPaused { get; init; }

    /// <summary>Gets whether the keys are shown.</summary>
    public bool ShowsKeys { get; init; }

    /// <summary>Gets how the viewer leaves, or null.</summary>
    public TopEnd? End { get; init; }

    private TopView Current => Pane == TopPane.Silos ? Silos : Jobs;

    private int Columns => Pane == TopPane.Silos ? TopColumns.Silos.Count : TopColumns.Jobs.Count;

    /// <summary>Returns what is asked for after a key.</summary>
    public TopState Press(TopKey key) =>
        key.Kind == TopKeyKind.Interrupt ? this with { End = TopEnd.Interrupted }
        : IsTyping ? Type(key)
        : ShowsKeys ? this with { ShowsKeys = false }
        : key.Kind == TopKeyKind.Character ? PressCharacter(key.Text)
        : key.Kind switch
        {
            TopKeyKind.Up => Scroll(-1),
            TopKeyKind.Down => Scroll(1),
            TopKeyKind.PageUp => Scroll(-Page),
            TopKeyKind.PageDown => Scroll(Page),
            TopKeyKind.Home => Scroll(int.MinValue),
            TopKeyKind.End => Scroll(int.MaxValue),
            TopKeyKind.Tab => this with { Pane = Pane == TopPane.Silos ? TopPane.Jobs : TopPane.Silos },
            TopKeyKind.Escape => this with { Filter = "" },
            _ => this,
        };

    private TopState PressCharacter(string text) =>
        text switch
        {
            "s" => Sort(1),
            "S" => Sort(-1),
            "r" => Change(view => view with { Reversed = !view.Reversed }),
            "/" => this with { IsTyping = true },
            "j" => Scroll(1),
            "k" => Scroll(-1),
            "p" => this with { IsPaused = !IsPaused },
            "?" => this with { ShowsKeys = true },
            "q" => this with { End = TopEnd.Quit },
            _ => this,
        };

    private TopState Type(TopKey key) =>
        key.Kind switch
        {
            TopKeyKind.Character when Filter.Length < LongestFilter => this with { Filter = Filter + key.Text },
            TopKeyKind.Backspace when Filter.Length > 0 => this with { Filter = WithoutLast(Filter) },
            TopKeyKind.Enter => this with { IsTyping = false },
            TopKeyKind.Escape => this with { IsTyping = false, Filter = "" },
            _ => this,
        };

    private static string WithoutLast(string text) => text[..StringInfo.ParseCombiningCharacters(text)[^1]];

    // One place beside the columns is the order of the cluster.
    private TopState Sort(int step) =>
        Change(view =>
        {
            int place = ((view.Sort ?? -1) + 1 + step + Columns + 1) % (Columns + 1);
            return view with { Sort = place == 0 ? null : place - 1, Reversed = false, First = 0 };
        });

    // How far there is to go only the screen knows.
    private TopState Scroll(int rows) => Change(view => view with { First = (int)Math.Clamp((long)view.First + rows, 0, int.MaxValue) });

    private TopState Change(Func<TopView, TopView> change) =>
        Pane == TopPane.Silos ? this with { Silos = change(Current) } : this with { Jobs = change(Current) };
}
