using System.Text.Json.Serialization;

namespace OrleansWork;

/// <summary>
/// What to change of the options of a job that goes on, for <see cref="JobHandle.ChangeOptionsAsync"/>: a property that is not set leaves its option as it is,
/// one that is set to null puts it back to its default, as <see cref="JobOptions"/> has it.
/// </summary>
/// <remarks>In JSON a merge patch (RFC 7396): an object of the properties that are set.</remarks>
[JsonConverter(typeof(JobOptionsChangeConverter))]
public sealed record JobOptionsChange
{
    private static readonly JobOptions s_defaults = new();

    private readonly Wish<PlacementPolicy> _placement;
    private readonly Wish<ExecutionMode> _execution;
    private readonly Wish<TimeSpan> _chunkTime;
    private readonly Wish<long> _chunkUnits;
    private readonly Wish<int> _maxParallel;
    private readonly Wish<int> _priority;
    private readonly Wish<bool> _speculation;

    /// <summary>Gets the placement policy; null for adaptive.</summary>
    public PlacementPolicy? Placement
    {
        get => _placement.Value;
        init => _placement = new(value);
    }

    /// <summary>Gets how leases reach silos; null for pooled.</summary>
    public ExecutionMode? Execution
    {
        get => _execution.Value;
        init => _execution = new(value);
    }

    /// <summary>Gets how long a lease should last at most, 1 ms to 1 min; null for 50 ms.</summary>
    public TimeSpan? ChunkTime
    {
        get => _chunkTime.Value;
        init => _chunkTime = new(value);
    }

    /// <summary>Gets the fixed number of units per lease; null to let the engine find it.</summary>
    public long? ChunkUnits
    {
        get => _chunkUnits.Value;
        init => _chunkUnits = new(value);
    }

    /// <summary>Gets how many leases of the job may be in flight at once; null for no limit.</summary>
    public int? MaxParallel
    {
        get => _maxParallel.Value;
        init => _maxParallel = new(value);
    }

    /// <summary>Gets the job's weight against others, less one, 0 to 9; null for 4.</summary>
    public int? Priority
    {
        get => _priority.Value;
        init => _priority = new(value);
    }

    /// <summary>Gets whether a unit that runs far too long may be run a second time elsewhere; null for true.</summary>
    public bool? Speculation
    {
        get => _speculation.Value;
        init => _speculation = new(value);
    }

    /// <summary>Gets whether no property is set, so that nothing changes.</summary>
    [JsonIgnore]
    public bool IsEmpty => Wishes.All(static wish => !wish.IsSet);

    /// <summary>Gets the options that can be changed, in camelCase, with whether they are set here, and to null.</summary>
    internal IReadOnlyList<(string Option, bool IsSet, bool IsNull)> Wishes =>
        [
            ("placement", _placement.IsSet, Placement is null),
            ("execution", _execution.IsSet, Execution is null),
            ("chunkTime", _chunkTime.IsSet, ChunkTime is null),
            ("chunkUnits", _chunkUnits.IsSet, ChunkUnits is null),
            ("maxParallel", _maxParallel.IsSet, MaxParallel is null),
            ("priority", _priority.IsSet, Priority is null),
            ("speculation", _speculation.IsSet, Speculation is null),
        ];

    /// <summary>Returns the options of a job after the change.</summary>
    /// <param name="options">Its options before; what is not set here stays as it is there.</param>
    public JobOptions ApplyTo(JobOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options with
        {
            Placement = _placement.Over(options.Placement, s_defaults.Placement),
            Execution = _execution.Over(options.Execution, s_defaults.Execution),
            ChunkTime = _chunkTime.Over(options.ChunkTime, s_defaults.ChunkTime),
            ChunkUnits = _chunkUnits.Over(options.ChunkUnits),
            MaxParallel = _maxParallel.Over(options.MaxParallel),
            Priority = _priority.Over(options.Priority, s_defaults.Priority),
            Speculation = _speculation.Over(options.Speculation, s_defaults.Speculation),
        };
    }

    /// <summary>Says which values are out of range, as <see cref="JobOptions.Validate"/> does.</summary>
    /// <returns>All problems, with the option's name in camelCase; empty when there are none.</returns>
    public IEnumerable<InputProblem> Validate() => ApplyTo(s_defaults).Validate();

    /// <summary>What is wished for one option: nothing, its default, or a value.</summary>
    private readonly record struct Wish<T>(T? Value)
        where T : struct
    {
        public bool IsSet { get; } = true;

        public T Over(T present, T byDefault) => IsSet ? Value ?? byDefault : present;

        public T? Over(T? present) => IsSet ? Value : present;
    }
}
