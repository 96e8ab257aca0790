namespace OrleansWork.Scheduling.Placement;

/// <summary>Chooses every silo with room with the same probability.</summary>
internal sealed class RandomPolicy(Random random) : IPlacementPolicy
{
    /// <inheritdoc/>
    public ChoiceRule Rule => ChoiceRule.Random;

    /// <inheritdoc/>
    public int Choose(ReadOnlySpan<SiloCandidate> candidates, in PlacementMoment moment) =>
        candidates.IsEmpty ? -1 : random.Next(candidates.Length);
}
