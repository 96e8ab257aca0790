using OrleansWork.Scheduling.Sizing;

namespace OrleansWork.Engine.Recording;

/// <summary>Says why a lease has as many units as it has.</summary>
internal static class Sizes
{
    /// <summary>Explains a decision.</summary>
    public static ExplainedSize Of(TracedDecision decision, TracedLease lease)
    {
        List<LeaseSizeBound> bounds = [];
        Add("probe", decision.Probe);
        Add("share", decision.Share);
        Add("least", decision.Least);
        Add("most", decision.Most);
        if (decision.Left > 0)
            Add("left", decision.Left);
        long units = lease.To - lease.From;
        double? won = decision.Won switch
        {
            SizeBound.Probe => decision.Probe,
            SizeBound.Share or SizeBound.Even => decision.Share,
            SizeBound.Least => decision.Least,
            SizeBound.Most => decision.Most,
            _ => null,
        };
        string cut = units < won ? "; fewer lay together, or ended at a node of the result's tree" : "";
        return new ExplainedSize(units, bounds, Words.Of(decision.Won), Why(decision) + cut);

        void Add(string name, double? units)
        {
            if (units is { } known)
                bounds.Add(new LeaseSizeBound(name, Math.Round(known, 3)));
        }
    }

    private static string Why(TracedDecision decision)
    {
        string left = Words.Count(decision.Left, "unit");
        return decision.Won switch
        {
            SizeBound.One => "such a lease has as many units as it must",
            SizeBound.Fixed => "chunkUnits sets the size",
            SizeBound.Probe => $"the probe has grown to {Words.Number(decision.Probe ?? 1)}",
            SizeBound.Share => $"half of the slot's fair share of the {left} left",
            SizeBound.Least => $"the least that keeps overhead under 2 %: {Words.Number(decision.Least ?? 1)}",
            SizeBound.Most => $"the most that fits into the lease's time: {Words.Number(decision.Most ?? 1)}",
            SizeBound.Left => $"no more than {left} {(decision.Left == 1 ? "was" : "were")} left",
            _ => $"an even split of the {left} left",
        };
    }
}
