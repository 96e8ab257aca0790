using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansWork;

/// <summary>One job as lists, watchers and scripts see it.</summary>
public record JobStatus
{
    /// <summary>Gets the job's id.</summary>
    [JsonPropertyOrder(0)]
    public required string Id { get; init; }

    /// <summary>Gets the kind's name.</summary>
    [JsonPropertyOrder(1)]
    public required string Kind { get; init; }

    /// <summary>Gets the kind's version.</summary>
    [JsonPropertyOrder(2)]
    public int Version { get; init; }

    /// <summary>Gets where the job stands.</summary>
    [JsonPropertyOrder(3)]
    public JobState State { get; init; }

    /// <summary>Gets how it is run, as it was submitted or changed since.</summary>
    [JsonPropertyOrder(5)]
    public required JobOptions Options { get; init; }

    /// <summary>Gets the share of units in the result, 0 to 1; null until the job has ended.</summary>
    [JsonPropertyOrder(7)]
    public double? Coverage { get; init; }

    /// <summary>Gets why it failed or was canceled, or null.</summary>
    [JsonPropertyOrder(8)]
    public JobError? Error { get; init; }

    /// <summary>Gets its units.</summary>
    [JsonPropertyOrder(9)]
    public required UnitCounts Units { get; init; }

    /// <summary>Gets the leases granted.</summary>
    [JsonPropertyOrder(10)]
    public long Leases { get; init; }

    /// <summary>Gets the unit executions.</summary>
    [JsonPropertyOrder(11)]
    public long Attempts { get; init; }

    /// <summary>Gets when it was submitted.</summary>
    [JsonPropertyOrder(12)]
    public DateTimeOffset SubmittedAt { get; init; }

    /// <summary>Gets when its first lease was granted, or null.</summary>
    [JsonPropertyOrder(13)]
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>Gets when it ended, or null.</summary>
    [JsonPropertyOrder(14)]
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>Gets the seconds from submission to the end, or to now.</summary>
    [JsonPropertyOrder(15)]
    public double ElapsedSeconds { get; init; }

    /// <summary>Gets how long the rest is expected to take, or null while unknown.</summary>
    [JsonPropertyOrder(16)]
    public EtaInterval? EtaSeconds { get; init; }

    /// <summary>Gets the silo that coordinates it, or null.</summary>
    [JsonPropertyOrder(17)]
    public string? Coordinator { get; init; }

    /// <summary>Gets why nothing of it runs at present, or null.</summary>
    [JsonPropertyOrder(18)]
    public string? Waiting { get; init; }

    /// <summary>Gets what its author should know although nothing has failed: a Combine that is not associative.</summary>
    [JsonPropertyOrder(21)]
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Gets the units that failed at least once, at most 1,000 of them.</summary>
    [JsonPropertyOrder(19)]
    public IReadOnlyList<UnitFailure> Failures { get; init; } = [];

    /// <summary>Gets what each silo did.</summary>
    [JsonPropertyOrder(20)]
    public IReadOnlyList<SiloShare> Silos { get; init; } = [];

    /// <summary>Gets where the time of its slots went; null before its first lease.</summary>
    [JsonPropertyOrder(22)]
    public JobAccounting? Accounting { get; init; }

    /// <summary>Gets whether the job has ended.</summary>
    [JsonIgnore]
    public bool IsTerminal => State is JobState.Succeeded or JobState.Failed or JobState.Canceled;
}
