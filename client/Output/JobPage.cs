using Spectre.Console;
using Spectre.Console.Rendering;

namespace OrleansWork.Console.Output;

/// <summary>One job whole, as people read it.</summary>
internal static class JobPage
{
    private const int LongestValue = 2000;
    private const int LongestFailure = 240;

    /// <summary>Makes the page.</summary>
    /// <param name="job">The job.</param>
    /// <param name="isWhole">Whether long values are shown whole, and not as far as a terminal can well show them.</param>
    public static IRenderable Of(JobDetails job, bool isWhole)
    {
        int longestValue = isWhole ? int.MaxValue : LongestValue;
        Grid facts = new Grid().AddColumn(new GridColumn().NoWrap().PadRight(2)).AddColumn();
        Row("job", job.Id);
        Row("kind", $"{job.Kind} (version {job.Version})");
        facts.AddRow(Label("state"), Tables.State(job.State));
        if (job.Waiting is not null)
            Row("waiting", job.Waiting);
        if (job.Error is { } error)
            Row("error", Error(error));
        if (job.Error?.Stack is { } stack)
            facts.AddRow(Label(""), new Text(Printable.EscapeLines(Tables.Shorten(stack, longestValue), indent: "  ")));
        foreach (string warning in job.Warnings)
            Row("warning", warning);
        Row("units", Units(job.Units));
        if (job.Coverage is < 1)
            Row("coverage", Numbers.Percent(job.Coverage.Value));
        Row("leases", $"{Numbers.Count(job.Leases)} leases, {Numbers.Count(job.Attempts)} unit executions");
        Row("submitted", Numbers.Time(job.SubmittedAt));
        if (job.StartedAt is not null)
            Row("started", Numbers.Time(job.StartedAt));
        if (job.FinishedAt is not null)
            Row("finished", Numbers.Time(job.FinishedAt));
        Row("elapsed", Numbers.Seconds(job.ElapsedSeconds));
        if (job.EtaSeconds is { } eta)
            Row("rest", Eta(eta));
        if (job.Coordinator is not null)
            Row("coordinator", job.Coordinator);
        Row("input", Tables.Shorten(job.Input.GetRawText(), longestValue));
        if (job.Result is { } result)
            Row("result", Tables.Shorten(result.GetRawText(), longestValue));

        List<IRenderable> parts = [facts];
        if (job.Accounting is { SlotSeconds: > 0 } accounting)
            parts.AddRange([Text.Empty, Tables.Accounting(accounting)]);
        if (job.Silos.Count > 0)
            parts.AddRange([Text.Empty, Tables.Shares(job.Silos)]);
        if (job.Failures.Count > 0)
            parts.AddRange([Text.Empty, Tables.Failures(job.Failures, isWhole ? int.MaxValue : LongestFailure)]);
        return new Rows(parts);

        void Row(string name, string value) => facts.AddRow(Label(name), Tables.Cell(value));
        static Text Label(string name) => new(name, new Style(decoration: Decoration.Dim));
    }

    public static string Units(UnitCounts units)
    {
        string text = units.Total is { } total
            ? $"{Numbers.Count(units.Done)} of {Numbers.Count(total)} done"
            : $"{Numbers.Count(units.Done)} done";
        if (units.Failed > 0)
            text += $", {Numbers.Count(units.Failed)} failed";
        if (units.Wasted > 0)
            text += $", {Numbers.Count(units.Wasted)} wasted";
        return text;
    }

    public static string Eta(EtaInterval eta)
    {
        string low = Numbers.Seconds(eta.Low);
        string high = Numbers.Seconds(eta.High);
        return low == high ? low : $"{low} to {high}";
    }

    public static string Error(JobError error)
    {
        string where = (error.Unit, error.Silo) switch
        {
            (null, null) => "",
            ({ } unit, null) => $" (unit {unit})",
            (null, { } silo) => $" (silo {silo})",
            ({ } unit, { } silo) => $" (unit {unit}, silo {silo})",
        };
        return $"{error.Message}{where}";
    }
}
