using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace OrleansWork.Console.Output;

/// <summary>An explanation, as people read it.</summary>
internal static class ExplanationPage
{
    /// <summary>Makes the page.</summary>
    public static IRenderable Of(JobExplanation explanation)
    {
        Grid facts = new Grid().AddColumn(new GridColumn().NoWrap().PadRight(2)).AddColumn();
        Row("job", explanation.Id);
        facts.AddRow(Label("state"), Tables.State(explanation.State));
        if (explanation.WaitingFor is { } waits)
            Row("waits", waits.Text);
        if (explanation.Lease is { } lease)
            Row("lease", Lease(lease));
        if (explanation.Placement is { } placement)
            Row("why this silo", $"{placement.Why} (policy {Tables.Word(placement.Policy)})");
        if (explanation.Size is { } size)
            Row("why its size", $"{Count(size.Units, "unit")}: {size.Why}");
        if (explanation.Waits is { } went)
        {
            Row(
                "time",
                $"{Numbers.Seconds(went.Transfer)} on its way, {Numbers.Seconds(went.Queue)} in the queue, {Numbers.Seconds(went.Compute)} computing, {Numbers.Seconds(went.Back)} until its coordinator heard"
            );
        }

        bool isOfPart = explanation.Unit is not null || explanation.Lease is not null;
        if (isOfPart && !explanation.Recorded)
            Row("record", "no lease of it is kept: of old leases a sample is, and of those under a millisecond");
        List<IRenderable> parts = [facts];
        if (explanation.Steps.Count > 0)
            parts.AddRange([Text.Empty, Steps(explanation.Steps)]);
        if (explanation.Placement is { Candidates.Count: > 0 } chosen)
            parts.AddRange([Text.Empty, Candidates(chosen)]);
        if (!isOfPart && explanation.Silos.Count > 0)
            parts.AddRange([Text.Empty, Silos(explanation.Silos)]);
        return new Rows(parts);

        void Row(string name, string value) => facts.AddRow(Label(name), Tables.Cell(value));
        static Text Label(string name) => new(name, new Style(decoration: Decoration.Dim));
    }

    private static string Lease(ExplainedLease lease)
    {
        string units =
            lease.UnitCount == 1
                ? $"unit {Numbers.Count(lease.UnitFrom)}"
                : $"units {Numbers.Count(lease.UnitFrom)} to {Numbers.Count(lease.UnitFrom + lease.UnitCount - 1)}";
        string slot = lease.Slot is { } number ? $", slot {number.ToString(CultureInfo.InvariantCulture)}" : "";
        string second = lease.SpeculativeOf is { } first ? $", a second run of lease {Numbers.Count(first)}" : "";
        return $"{Numbers.Count(lease.Number)}: {units} on {lease.Silo ?? "a silo that Orleans chooses"}{slot}, attempt {lease.Attempt}{second}: {Tables.Word(lease.Outcome)}";
    }

    private static Listing Steps(IReadOnlyList<ExplainedStep> steps)
    {
        Listing table = new("time", "what", "~why");
        foreach (ExplainedStep step in steps)
            table.Add(
                step.At.ToLocalTime().ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture),
                Printable.Escape(step.What),
                Tables.Shorten(step.Why, 240)
            );
        return table;
    }

    private static Listing Candidates(ExplainedPlacement placement)
    {
        Listing table = new("silo", ">in flight", ">per slot", ">per unit", ">slowness", ">load's age", "~verdict");
        foreach (PlacementCandidate silo in placement.Candidates)
        {
            table.Add(
                silo.Silo,
                Numbers.Count(silo.InFlight),
                silo.PerSlot.ToString("0.00", CultureInfo.InvariantCulture),
                silo.SecondsPerUnit is { } seconds ? Numbers.Seconds(seconds) : "",
                silo.Slowness.ToString("0.00", CultureInfo.InvariantCulture),
                silo.LoadAgeSeconds is { } age ? Numbers.Seconds(age) : "",
                silo.Why
            );
        }

        return table;
    }

    private static Listing Silos(IReadOnlyList<SiloPlacement> silos)
    {
        Listing table = new("silo", ">leases", ">units", ">fair share", "~chosen");
        foreach (SiloPlacement silo in silos)
        {
            table.Add(
                silo.Silo,
                Numbers.Count(silo.Leases),
                Numbers.Count(silo.Units),
                silo.FairShare is { } share ? Numbers.Percent(share) : "",
                string.Join(
                    ", ",
                    silo.Rules.OrderByDescending(static rule => rule.Value).Select(static rule => $"{rule.Key} {Numbers.Count(rule.Value)}")
                )
            );
        }

        return table;
    }

    private static string Count(long count, string noun) => $"{Numbers.Count(count)} {noun}{(count == 1 ? "" : "s")}";
}
