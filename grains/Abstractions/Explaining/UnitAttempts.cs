namespace OrleansWork;

/// <summary>The attempts at a unit that are known.</summary>
/// <param name="Unit">The unit, from 0.</param>
/// <param name="Items">The attempts, newest last.</param>
/// <param name="Recorded">Whether they are all: of the newest leases of a job all are kept, but for those under a millisecond, and of older ones a sample.</param>
public sealed record UnitAttempts(long Unit, IReadOnlyList<UnitAttempt> Items, bool Recorded)
{
    /// <summary>Gets null: there are no further pages.</summary>
    public string? NextCursor { get; init; }

    /// <summary>Gets how many there are in the list.</summary>
    public long Total { get; init; } = Items.Count;
}

/// <summary>One attempt at a unit.</summary>
/// <param name="Attempt">Which it was, from 1; what a lost silo had begun is no attempt of its own, and the next one has the same number.</param>
/// <param name="Silo">The silo; null while nobody knows.</param>
/// <param name="StartedAt">When its lease got a slot; null when it has not, or that is not kept.</param>
/// <param name="Seconds">How long the lease was there, for all of its units; null while it is, or when that is not kept.</param>
/// <param name="Error">What it failed with; null when it did not, or that is not kept.</param>
/// <param name="Then">What came of it, in words.</param>
public sealed record UnitAttempt(int Attempt, string? Silo, DateTimeOffset? StartedAt, double? Seconds, JobError? Error, string Then)
{
    /// <summary>Gets the number of its lease.</summary>
    public long Lease { get; init; }

    /// <summary>Gets how many units the lease had; null when that is not kept.</summary>
    public long? LeaseUnits { get; init; }
}
