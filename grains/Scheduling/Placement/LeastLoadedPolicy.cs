namespace OrleansWork.Scheduling.Placement;

/// <summary>
/// Chooses the silo with the fewest leases in flight per slot, ties by chance. Above <see cref="SampleAbove"/> candidates it compares
/// two samples only: the power of two choices (Mitzenmacher 2001, doi:10.1109/71.963420), which stays balanced on stale load where
/// "take the least loaded" makes every chooser run to the same silo.
/// </summary>
internal sealed class LeastLoadedPolicy(Random random) : IPlacementPolicy
{
    /// <summary>The number of candidates up to which all are compared.</summary>
    public const int SampleAbove = 16;

    private readonly EligibleSilos _eligible = new();

    /// <inheritdoc/>
    public ChoiceRule Rule { get; private set; }

    /// <inheritdoc/>
    public int Choose(ReadOnlySpan<SiloCandidate> candidates, in PlacementMoment moment)
    {
        ReadOnlySpan<int> eligible = _eligible.Of(candidates, moment);
        if (eligible.IsEmpty)
            return -1;

        Argmin lowest = new(random);
        Rule = eligible.Length > SampleAbove ? ChoiceRule.FewerOfTwo : ChoiceRule.FewestPerSlot;
        if (eligible.Length > SampleAbove)
        {
            int one = random.Next(eligible.Length);
            int two = random.Next(eligible.Length - 1);
            lowest.Offer(eligible[one], candidates[eligible[one]].LoadPerSlot);
            two = eligible[two >= one ? two + 1 : two];
            lowest.Offer(two, candidates[two].LoadPerSlot);
            return lowest.Index;
        }

        foreach (int i in eligible)
            lowest.Offer(i, candidates[i].LoadPerSlot);
        return lowest.Index;
    }
}
