using OrleansWork.Scheduling.Placement;
using OrleansWork.Scheduling.Recording;

namespace OrleansWork.Engine.Recording;

/// <summary>Says why a lease went to its silo.</summary>
internal static class Placements
{
    /// <summary>Explains a decision.</summary>
    public static ExplainedPlacement Of(TracedDecision decision, TracedLease lease, RunTrace trace) =>
        new(
            Enum.Parse<PlacementPolicy>(decision.Policy.ToString()),
            Enum.Parse<PlacementRule>(decision.Rule.ToString()),
            lease.Silo < 0 ? null : trace.Silos[lease.Silo].Silo,
            Why(decision, trace),
            [.. decision.Candidates.Select(candidate => CandidateOf(candidate, trace))],
            decision.Silos
        );

    /// <summary>Says a verdict as a word.</summary>
    public static string Word(CandidateVerdict verdict, Obstacle obstacle) =>
        verdict == CandidateVerdict.TakesNone ? Words.Of(obstacle == Obstacle.None ? Obstacle.Unheard : obstacle) : Words.Of(verdict);

    /// <summary>Says it in words.</summary>
    public static string Why(CandidateVerdict verdict, Obstacle obstacle) =>
        verdict switch
        {
            CandidateVerdict.Chosen => "chosen",
            CandidateVerdict.Ranked => "had room, and was ranked behind",
            CandidateVerdict.Full => "has as many leases as it admits",
            CandidateVerdict.Pausing => "refused a lease or failed a call a moment ago",
            CandidateVerdict.Quarantined => "is quarantined: it fails what others complete",
            CandidateVerdict.Unreachable => "does not answer the coordinator",
            CandidateVerdict.Failing => "has failed too much lately while others succeed",
            CandidateVerdict.Avoided => "the unit failed there last",
            CandidateVerdict.HasHadOne => "had a lease already while another silo had none",
            _ => Why(obstacle),
        };

    /// <summary>Says why a silo takes no leases of a job.</summary>
    public static string Why(Obstacle obstacle) =>
        obstacle switch
        {
            Obstacle.Draining => "drains: it takes no new leases",
            Obstacle.MemoryFull => "is short of memory",
            Obstacle.TurnsWait => "takes none: other code blocks its threads",
            Obstacle.NoKind => "does not have the job's kind",
            Obstacle.OtherVersion => "has the kind in another version",
            Obstacle.NoLabel => "lacks a label that the job requires",
            Obstacle.Gone => "has gone",
            _ => "has not said yet what it is",
        };

    private static PlacementCandidate CandidateOf(TracedCandidate candidate, RunTrace trace) =>
        new(
            candidate.Silo < 0 ? "" : trace.Silos[candidate.Silo].Silo,
            candidate.InFlight,
            Math.Round(PerSlot(candidate), 3),
            candidate.SecondsPerUnit,
            candidate.Slowness,
            candidate.LoadAge,
            Word(candidate.Verdict, candidate.Obstacle),
            Why(candidate.Verdict, candidate.Obstacle)
        );

    private static double PerSlot(TracedCandidate candidate) => candidate.InFlight / (double)Math.Max(1, candidate.Slots);

    private static string Why(TracedDecision decision, RunTrace trace)
    {
        TracedCandidate? chosen = decision.Candidates.FirstOrDefault(static candidate => candidate.Verdict == CandidateVerdict.Chosen);
        TracedCandidate[] ranked = [.. decision.Candidates.Where(static candidate => candidate.Verdict == CandidateVerdict.Ranked)];
        string silos = Words.Count(decision.Silos, "silo");
        return decision.Rule switch
        {
            ChoiceRule.OnlyOneWithRoom => $"the only one of {silos} that could take a lease",
            ChoiceRule.Random => $"by chance among {Words.Count(ranked.Length + 1, "silo")} with room",
            ChoiceRule.NextInTurn => $"the next in turn of {Words.Count(ranked.Length + 1, "silo")} with room",
            ChoiceRule.FewestPerSlot => $"the fewest leases in flight per slot{Compared(chosen, ranked, PerSlot, trace)}",
            ChoiceRule.FewerOfTwo =>
                $"fewer leases in flight per slot than the other of two that were sampled{Compared(chosen, [], PerSlot, trace)}",
            ChoiceRule.SoonestServed =>
                $"would serve one more lease soonest: (in flight + 1) × slowness ÷ slots{Compared(chosen, ranked, Served, trace)}",
            ChoiceRule.FastestOfCold when chosen?.SecondsPerUnit is { } seconds =>
                $"the fastest of those whose load is not high: {Words.Duration(seconds)} a unit at {Words.Ratio(PerSlot(chosen))} leases per slot",
            ChoiceRule.FastestOfCold => "the fastest of those whose load is not high",
            ChoiceRule.Explored => "by chance among those whose load is not high, to measure them again: one choice in ten",
            ChoiceRule.FirstToFinish => "predicted to finish it first: few units are left, and what counts is who ends first",
            ChoiceRule.Offered => "offered with others that had room; Orleans' placement director chose",
            ChoiceRule.KeptForCanary => "kept free for units that may have ended a process",
            _ => "an earlier coordinator chose it",
        };
    }

    private static double Served(TracedCandidate candidate) => (candidate.InFlight + 1) * candidate.Slowness / Math.Max(1, candidate.Slots);

    private static string Compared(TracedCandidate? chosen, TracedCandidate[] ranked, Func<TracedCandidate, double> measure, RunTrace trace)
    {
        if (chosen is null)
            return "";
        TracedCandidate? next = ranked.MinBy(measure);
        string behind = next is { Silo: >= 0 } ? $", before {Words.Ratio(measure(next))} of {trace.Silos[next.Silo].Silo}" : "";
        return $": {Words.Ratio(measure(chosen))}{behind}";
    }
}
