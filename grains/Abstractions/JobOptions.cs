using System.Text.Json.Serialization;

namespace OrleansWork;

/// <summary>How a job is to be run. Every value has a default.</summary>
public sealed record JobOptions
{
    private static readonly TimeSpan LongestTime = TimeSpan.FromDays(10_000);

    /// <summary>Gets the placement policy.</summary>
    public PlacementPolicy Placement { get; init; } = PlacementPolicy.Adaptive;

    /// <summary>Gets how leases reach silos.</summary>
    public ExecutionMode Execution { get; init; } = ExecutionMode.Pooled;

    /// <summary>Gets the fixed number of units per lease, or null to let the engine find it.</summary>
    public long? ChunkUnits { get; init; }

    /// <summary>Gets how long a lease should last at most: 1 ms to 1 min.</summary>
    [JsonConverter(typeof(DurationConverter))]
    public TimeSpan ChunkTime { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Gets how many leases of the job may be in flight at once, or null for no limit.</summary>
    public int? MaxParallel { get; init; }

    /// <summary>Gets how often a failing unit is tried: 1 to 100.</summary>
    public int MaxAttempts { get; init; } = 3;

    /// <summary>Gets what becomes of the job when a unit has failed for good.</summary>
    public OnUnitFailure OnUnitFailure { get; init; } = OnUnitFailure.Fail;

    /// <summary>Gets how long one unit may run, at most 10,000 days, or null for no limit.</summary>
    [JsonConverter(typeof(DurationConverter))]
    public TimeSpan? UnitTimeout { get; init; }

    /// <summary>Gets how long the job may take from its submission, at most 10,000 days, or null for no limit.</summary>
    [JsonConverter(typeof(DurationConverter))]
    public TimeSpan? Deadline { get; init; }

    /// <summary>Gets whether a job that reaches its deadline succeeds with what it has.</summary>
    public bool Partial { get; init; }

    /// <summary>Gets the job's weight against others, less one: 0 to 9.</summary>
    public int Priority { get; init; } = 4;

    /// <summary>Gets the seed of the units' random numbers, or null for one derived from kind and input.</summary>
    public long? Seed { get; init; }

    /// <summary>Gets whether a unit that runs far too long may be run a second time elsewhere.</summary>
    public bool Speculation { get; init; } = true;

    /// <summary>Gets the labels a silo must have: a name alone, or <c>name=value</c>.</summary>
    public IReadOnlyList<string> Require { get; init; } = [];

    /// <summary>Says which options are out of range.</summary>
    /// <returns>All problems, with the option's name in camelCase; empty when there are none.</returns>
    public IEnumerable<InputProblem> Validate()
    {
        if (!Enum.IsDefined(Placement))
            yield return new("placement", "The placement is one of random, round-robin, least-loaded, adaptive.");
        if (!Enum.IsDefined(Execution))
            yield return new("execution", "The execution is one of pooled, spawned.");
        if (ChunkUnits is < 1)
            yield return new("chunkUnits", $"chunkUnits is {ChunkUnits}; it must be at least 1.");
        if (ChunkTime < TimeSpan.FromMilliseconds(1) || ChunkTime > TimeSpan.FromMinutes(1))
            yield return new("chunkTime", $"chunkTime is {Duration.Format(ChunkTime)}; it must be from 1ms to 1m.");
        if (MaxParallel is < 1)
            yield return new("maxParallel", $"maxParallel is {MaxParallel}; it must be at least 1.");
        if (MaxAttempts is < 1 or > 100)
            yield return new("maxAttempts", $"maxAttempts is {MaxAttempts}; it must be from 1 to 100.");
        if (Priority is < 0 or > 9)
            yield return new("priority", $"priority is {Priority}; it must be from 0 to 9.");
        foreach ((string name, TimeSpan? limit) in ((string, TimeSpan?)[])[("unitTimeout", UnitTimeout), ("deadline", Deadline)])
        {
            if (limit <= TimeSpan.Zero)
                yield return new(name, $"{name} must be longer than nothing.");
            else if (limit > LongestTime)
                yield return new(name, $"{name} is {Duration.Format(limit.Value)}; it must be at most {Duration.Format(LongestTime)}.");
        }

        // Read from JSON, null may be among them.
        foreach (string? label in Require)
        {
            if (label is null || label.Length is 0 or > 128 || label.StartsWith('='))
                yield return new("require", $"'{label}' is not a label; write name or name=value, at most 128 characters.");
        }
    }
}
