using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansWork;

/// <summary>Where a job stands.</summary>
[JsonConverter(typeof(WordConverter<JobState>))]
public enum JobState
{
    /// <summary>Recorded, waiting for a place.</summary>
    Queued,

    /// <summary>Being split into units.</summary>
    Decomposing,

    /// <summary>Its units are leased to silos.</summary>
    Running,

    /// <summary>Held by a person; what was running has been handed back.</summary>
    Paused,

    /// <summary>Ended with a result.</summary>
    Succeeded,

    /// <summary>Ended with an error.</summary>
    Failed,

    /// <summary>Ended by a person.</summary>
    Canceled,
}

/// <summary>How many units a job has and what became of them.</summary>
/// <param name="Total">All units; null until the job is decomposed.</param>
/// <param name="Done">Units committed.</param>
/// <param name="Failed">Units failed for good.</param>
/// <param name="Wasted">Executions not counted: late, duplicate or superseded.</param>
public sealed record UnitCounts(long? Total, long Done, long Failed, long Wasted);

/// <summary>Why a job failed.</summary>
/// <param name="Type">The exception's type name, or a short name of the cause.</param>
/// <param name="Message">What happened and what to do.</param>
/// <param name="Unit">The unit that failed, or null.</param>
/// <param name="Silo">The silo it failed on, or null.</param>
public sealed record JobError(string Type, string Message, long? Unit = null, string? Silo = null)
{
    /// <summary>Gets where in the author's code it was thrown, at most 8 KB; null when no exception stands behind it.</summary>
    public string? Stack { get; init; }
}

/// <summary>A unit that failed at least once.</summary>
public sealed record UnitFailure(long Unit, int Attempts, string Type, string Message, string? Silo)
{
    /// <summary>Gets whether it is not tried again.</summary>
    [JsonIgnore]
    public bool ForGood { get; init; }
}

/// <summary>What one silo did for a job.</summary>
/// <param name="Silo">The silo's address.</param>
/// <param name="Units">Units committed there.</param>
/// <param name="Leases">Leases granted to it.</param>
/// <param name="BusySeconds">How long its slots worked for the job.</param>
public sealed record SiloShare(string Silo, long Units, long Leases, double BusySeconds);

/// <summary>An interval that the rest of the job is expected to take, in seconds.</summary>
public sealed record EtaInterval(double Low, double High);

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

    /// <summary>Gets how it is run.</summary>
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

    /// <summary>Gets whether the job has ended.</summary>
    [JsonIgnore]
    public bool IsTerminal => State is JobState.Succeeded or JobState.Failed or JobState.Canceled;
}

/// <summary>One job whole: its status with its input and result.</summary>
public sealed record JobDetails : JobStatus
{
    /// <summary>Gets the input, with its defaults filled in.</summary>
    [JsonPropertyOrder(4)]
    public JsonElement Input { get; init; } = JsonElement.Parse("null");

    /// <summary>Gets the result; null until the job has succeeded, or when it is not JSON.</summary>
    [JsonPropertyOrder(6)]
    public JsonElement? Result { get; init; }
}

/// <summary>A page of a list.</summary>
/// <param name="Items">The entries, newest first.</param>
/// <param name="NextCursor">What to ask for the next page, or null on the last.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, string? NextCursor)
{
    /// <summary>Gets what of the list could not be read, a sentence each; null when nothing is missing, and left out of JSON then.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Warnings { get; init; }
}

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

/// <summary>Which jobs to list.</summary>
public sealed record JobQuery(JobState? State = null, string? Kind = null, string? Text = null, int Limit = 50, string? Cursor = null);

/// <summary>One silo as lists and scripts see it.</summary>
/// <param name="Silo">Its address.</param>
/// <param name="State">active, draining, quarantined or dead.</param>
/// <param name="Slots">Units it can compute at once.</param>
/// <param name="Running">Leases running.</param>
/// <param name="Queued">Leases admitted and waiting.</param>
/// <param name="UnitsPerSecond">Recent speed.</param>
/// <param name="ErrorRate">Share of recent leases that failed, 0 to 1.</param>
/// <param name="Cpu">Its process' share of its machine, 0 to 1.</param>
/// <param name="MemoryBytes">Memory in use.</param>
/// <param name="MemoryLimitBytes">Memory it may use.</param>
/// <param name="Labels">Its labels.</param>
/// <param name="Kinds">The kinds it can run, as <c>name@version</c>.</param>
public sealed record SiloStatus(
    string Silo,
    string State,
    int Slots,
    int Running,
    int Queued,
    double UnitsPerSecond,
    double ErrorRate,
    double Cpu,
    long MemoryBytes,
    long MemoryLimitBytes,
    IReadOnlyDictionary<string, string> Labels,
    IReadOnlyList<string> Kinds
);

/// <summary>One job kind as lists and scripts see it.</summary>
/// <param name="Kind">Its name.</param>
/// <param name="Version">Its highest version in the cluster.</param>
/// <param name="Description">One sentence.</param>
/// <param name="InputSchema">JSON schema of its input, with defaults.</param>
/// <param name="Silos">How many silos can run it.</param>
public sealed record KindStatus(string Kind, int Version, string Description, JsonElement InputSchema, int Silos)
{
    /// <summary>Gets whether the results of its units are kept one by one, and can be read while the job runs.</summary>
    public bool IsMap { get; init; }
}

/// <summary>One line that a unit logged, or how far it said it was.</summary>
/// <param name="Number">Counted from 1 over the job; numbers are missing where lines are no longer kept.</param>
/// <param name="At">When, on the silo's clock.</param>
/// <param name="Level">information, warning, error, critical, or progress.</param>
/// <param name="Unit">The unit.</param>
/// <param name="Attempt">Which attempt at it, from 1.</param>
/// <param name="Silo">The silo that ran it.</param>
/// <param name="Text">The line, at most 8 KB.</param>
/// <param name="Fraction">How far the unit was, 0 to 1; null but for progress.</param>
public sealed record UnitLogLine(
    long Number,
    DateTimeOffset At,
    string Level,
    long Unit,
    int Attempt,
    string Silo,
    string Text,
    double? Fraction
);
