namespace OrleansWork.Scheduling.Placement;

/// <summary>The rule that chooses a silo. A policy may remember earlier choices, so each chooser has its own.</summary>
internal interface IPlacementPolicy
{
    /// <summary>Gets the clause by which the last silo was chosen.</summary>
    ChoiceRule Rule { get; }

    /// <summary>Chooses one of the silos with room.</summary>
    /// <param name="candidates">The silos with room, in ascending order of their number.</param>
    /// <param name="moment">What is known about the job at this moment.</param>
    /// <returns>
    /// An index into <paramref name="candidates"/>; -1 when there is none, or when the <see cref="ErrorGate"/> excludes every one and the
    /// cluster has other silos: then wait until one of those has room.
    /// </returns>
    int Choose(ReadOnlySpan<SiloCandidate> candidates, in PlacementMoment moment);
}
