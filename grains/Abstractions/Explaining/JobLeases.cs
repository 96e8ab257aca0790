namespace OrleansWork;

/// <summary>Leases of a job in columns, as a task stream draws them.</summary>
public sealed record JobLeases
{
    /// <summary>Gets the moment that the columns' milliseconds count from: the job's first lease.</summary>
    public DateTimeOffset Base { get; init; }

    /// <summary>Gets the present, on the same clock.</summary>
    public DateTimeOffset Now { get; init; }

    /// <summary>Gets the silos that the columns name by their place.</summary>
    public IReadOnlyList<StreamSilo> Silos { get; init; } = [];

    /// <summary>Gets the other jobs of which leases were asked for, by their ids.</summary>
    public IReadOnlyList<string> OtherJobs { get; init; } = [];

    /// <summary>Gets how many leases were granted and taken.</summary>
    public long Granted { get; init; }

    /// <summary>Gets how many of them are kept one by one; the rest is in the bands alone.</summary>
    public long Recorded { get; init; }

    /// <summary>Gets whether the job has ended and a sample is all that is left: what failed or was lost, and some of the others.</summary>
    public bool Sampled { get; init; }

    /// <summary>Gets the moment before which leases are in the bands alone; null when nothing has made room.</summary>
    public DateTimeOffset? BandsBefore { get; init; }

    /// <summary>Gets the leases.</summary>
    public LeaseColumns Columns { get; init; } = new();

    /// <summary>Gets what happened to silos and to the job.</summary>
    public IReadOnlyList<JobMark> Marks { get; init; } = [];

    /// <summary>Gets what to ask with to go on: older ones when a time was asked for, what ended since when following; null when nothing is left.</summary>
    public string? NextCursor { get; init; }
}
