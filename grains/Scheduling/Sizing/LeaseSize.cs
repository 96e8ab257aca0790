namespace OrleansWork.Scheduling.Sizing;

/// <summary>How much a lease may do: whichever of the two ends first ends it.</summary>
/// <param name="Units">Its units, at least 1.</param>
/// <param name="Budget">Its time.</param>
/// <param name="LastRound">Whether what is left was split evenly because the job is about to run out of units.</param>
internal readonly record struct LeaseSize(long Units, TimeSpan Budget, bool LastRound)
{
    /// <summary>Gets what bounded its units.</summary>
    public SizeBounds Bounds { get; init; }
}
