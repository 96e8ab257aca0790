namespace OrleansWork.Scheduling.Placement;

/// <summary>Chooses one silo after the other in the order of their numbers, beginning at a random one and passing over those without room.</summary>
internal sealed class RoundRobinPolicy(Random random) : IPlacementPolicy
{
    private int? _last;

    /// <inheritdoc/>
    public ChoiceRule Rule => ChoiceRule.NextInTurn;

    /// <inheritdoc/>
    public int Choose(ReadOnlySpan<SiloCandidate> candidates, in PlacementMoment moment)
    {
        if (candidates.IsEmpty)
            return -1;

        int choice = _last is { } last ? NextAfter(candidates, last) : random.Next(candidates.Length);
        _last = candidates[choice].Silo;
        return choice;
    }

    private static int NextAfter(ReadOnlySpan<SiloCandidate> candidates, int last)
    {
        for (int i = 0; i < candidates.Length; i++)
            if (candidates[i].Silo > last)
                return i;
        return 0;
    }
}
