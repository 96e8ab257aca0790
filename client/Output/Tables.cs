using OrleansWork.Console.Input;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace OrleansWork.Console.Output;

/// <summary>Lists as people read them.</summary>
internal static class Tables
{
    private const int LongestFailure = 240;

    /// <summary>A cell with text from outside.</summary>
    public static Text Cell(string? text) => new(Printable.Escape(text));

    public static Table Create(params ReadOnlySpan<string> columns)
    {
        Table table = new Table().Border(TableBorder.None);
        foreach (string column in columns)
        {
            bool right = column.StartsWith('>');
            TableColumn header = new TableColumn(new Text(column.TrimStart('>'), new Style(decoration: Decoration.Dim)))
                .NoWrap()
                .PadRight(2);
            table.AddColumn(right ? header.RightAligned() : header);
        }

        return table;
    }

    public static IRenderable Jobs(IReadOnlyList<JobSummary> jobs)
    {
        Table table = Create("id", "kind", "state", ">units", ">done", ">time", "submitted", "error");
        foreach (JobSummary job in jobs)
        {
            table.AddRow(
                Cell(job.Id),
                Cell(job.Kind),
                State(job.State),
                Cell(job.Units.Total is { } total ? Numbers.Count(total) : ""),
                Cell(Numbers.Count(job.Units.Done)),
                Cell(Numbers.Seconds(job.ElapsedSeconds)),
                Cell(Numbers.Time(job.SubmittedAt)),
                Cell(Shorten(job.Error?.Message, 60))
            );
        }

        return table;
    }

    public static IRenderable Silos(IReadOnlyList<SiloStatus> silos)
    {
        Table table = Create("silo", "state", ">slots", ">running", ">queued", ">speed", ">errors", ">cpu", ">memory", "labels");
        foreach (SiloStatus silo in silos)
        {
            table.AddRow(
                Cell(silo.Silo),
                Cell(silo.State),
                Cell(Numbers.Count(silo.Slots)),
                Cell(Numbers.Count(silo.Running)),
                Cell(Numbers.Count(silo.Queued)),
                Cell(Numbers.Rate(silo.UnitsPerSecond)),
                Cell(Numbers.Percent(silo.ErrorRate)),
                Cell(Numbers.Percent(silo.Cpu)),
                Cell(Memory(silo)),
                Cell(string.Join(' ', silo.Labels.Select(label => label.Value.Length == 0 ? label.Key : $"{label.Key}={label.Value}")))
            );
        }

        return table;
    }

    public static IRenderable Kinds(IReadOnlyList<KindStatus> kinds)
    {
        Table table = Create("kind", ">version", ">silos", "description");
        foreach (KindStatus kind in kinds)
            table.AddRow(Cell(kind.Kind), Cell(Numbers.Count(kind.Version)), Cell(Numbers.Count(kind.Silos)), Cell(kind.Description));
        return table;
    }

    public static IRenderable Fields(InputSchema schema)
    {
        Table table = Create("field", "value", "default", "");
        foreach (FieldSchema field in schema.Fields)
        {
            string value =
                field.Required ? "required"
                : field.Default is { } known ? known.GetRawText()
                : "";
            table.AddRow(Cell($"--{field.Name}"), Cell(field.TypeName), Cell(value), Cell(field.Description));
        }

        return table;
    }

    public static IRenderable Shares(IReadOnlyList<SiloShare> silos)
    {
        Table table = Create("silo", ">units", ">leases", ">busy");
        foreach (SiloShare share in silos)
        {
            table.AddRow(
                Cell(share.Silo),
                Cell(Numbers.Count(share.Units)),
                Cell(Numbers.Count(share.Leases)),
                Cell(Numbers.Seconds(share.BusySeconds))
            );
        }

        return table;
    }

    public static IRenderable Failures(IReadOnlyList<UnitFailure> failures)
    {
        Table table = Create(">unit", ">attempts", "silo", "failure");
        foreach (UnitFailure failure in failures)
        {
            table.AddRow(
                Cell(Numbers.Count(failure.Unit)),
                Cell(Numbers.Count(failure.Attempts)),
                Cell(failure.Silo),
                Cell(ShortenInside($"{failure.Type}: {failure.Message}", LongestFailure))
            );
        }

        return table;
    }

    public static Text State(JobState state) =>
        new(
            Name(state),
            state switch
            {
                JobState.Succeeded => new Style(Color.Green),
                JobState.Failed => new Style(Color.Red),
                JobState.Canceled or JobState.Paused => new Style(Color.Yellow),
                JobState.Running or JobState.Decomposing => new Style(Color.Blue),
                _ => Style.Plain,
            }
        );

    public static string Name(JobState state) => state.ToString().ToLowerInvariant();

    public static string Shorten(string? text, int length) =>
        text is null ? ""
        : text.Length <= length ? text
        : $"{text.AsSpan(0, length - 1)}…";

    /// <summary>Cuts in the middle: what a text ends with is what caused the rest.</summary>
    private static string ShortenInside(string text, int length) =>
        text.Length <= length ? text : $"{text.AsSpan(0, (length - 3) / 2)} … {text.AsSpan(text.Length - ((length - 2) / 2))}";

    private static string Memory(SiloStatus silo) =>
        silo.MemoryLimitBytes > 0
            ? $"{Numbers.Bytes(silo.MemoryBytes)} of {Numbers.Bytes(silo.MemoryLimitBytes)}"
            : Numbers.Bytes(silo.MemoryBytes);
}
