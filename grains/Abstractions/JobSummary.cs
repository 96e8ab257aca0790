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
);
