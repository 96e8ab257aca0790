namespace OrleansWork;

/// <summary>One job in a list.</summary>
public sealed record JobSummary(
    string Id,
    string Kind,
    int Version,
    JobState State,
    UnitCounts Units,
    DateTimeOffset SubmittedAt,
    DateTimeOffset? FinishedAt,
    double ElapsedSeconds,
    JobError? Error
)
{
    /// <summary>Gets the rule that chooses silos for it; null where it is not known.</summary>
    public PlacementPolicy? Placement { get; init; }

    /// <summary>Gets the share of units in the result, 0 to 1; null until the job has ended.</summary>
    public double? Coverage { get; init; }

    /// <summary>Gets how long the rest is expected to take, in seconds; null while unknown.</summary>
    public EtaInterval? EtaSeconds { get; init; }

    /// <summary>Gets why nothing of it runs at present, or null.</summary>
    public string? Waiting { get; init; }
}
