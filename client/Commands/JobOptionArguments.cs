using System.CommandLine;
using System.Globalization;

namespace OrleansWork.Console.Commands;

/// <summary>The options of <c>run</c> that say how a job is run.</summary>
internal sealed class JobOptionArguments
{
    private static readonly JobOptions s_defaults = new();

    private readonly Option<PlacementPolicy?> _placement = OptionKinds.Choice<PlacementPolicy>(
        "--placement",
        "the rule that chooses a silo",
        "policy",
        s_defaults.Placement
    );
    private readonly Option<ExecutionMode?> _execution = OptionKinds.Choice<ExecutionMode>(
        "--execution",
        "how leases reach silos",
        "mode",
        s_defaults.Execution
    );
    private readonly Option<long?> _chunk = OptionKinds.Whole("--chunk", "a fixed number of units per lease", "units", 1, long.MaxValue);
    private readonly Option<TimeSpan?> _chunkTime = OptionKinds.Time(
        "--chunk-time",
        "how long a lease lasts",
        defaultText: Duration.Format(s_defaults.ChunkTime)
    );
    private readonly Option<long?> _maxParallel = OptionKinds.Whole("--max-parallel", "leases in flight at once", "n", 1, int.MaxValue);
    private readonly Option<long?> _maxAttempts = OptionKinds.Whole(
        "--max-attempts",
        "how often a unit is tried",
        "n",
        1,
        100,
        defaultText: s_defaults.MaxAttempts.ToString(CultureInfo.InvariantCulture)
    );
    private readonly Option<long?> _priority = OptionKinds.Whole(
        "--priority",
        "weight against other jobs, 0 to 9",
        "n",
        0,
        9,
        defaultText: s_defaults.Priority.ToString(CultureInfo.InvariantCulture)
    );
    private readonly Option<long?> _seed = OptionKinds.Whole(
        "--job-seed",
        "seed of the units' random numbers",
        "n",
        long.MinValue,
        long.MaxValue
    );
    private readonly Option<string[]> _require = OptionKinds.Many("--require", "a label that silos must have", "label[=value]");

    private readonly Option<OnUnitFailure?> _onUnitFailure = OptionKinds.Choice<OnUnitFailure>(
        "--on-unit-failure",
        "what becomes of the job when a unit has failed for good",
        "rule",
        s_defaults.OnUnitFailure
    );
    private readonly Option<TimeSpan?> _unitTimeout = OptionKinds.Time("--unit-timeout", "how long one unit may run");
    private readonly Option<TimeSpan?> _deadline = OptionKinds.Time("--deadline", "how long the job may take");
    private readonly Option<bool> _partial = OptionKinds.Flag("--partial", "at the deadline, succeed with what there is");
    private readonly Option<bool> _noSpeculation = OptionKinds.Flag("--no-speculation", "never run a slow unit a second time");

    /// <summary>Adds them to the command.</summary>
    public void AddTo(Command command)
    {
        foreach (Option option in Available)
            command.Add(option);
    }

    private Option[] Available =>
        [
            _placement,
            _execution,
            _chunk,
            _chunkTime,
            _maxParallel,
            _maxAttempts,
            _onUnitFailure,
            _unitTimeout,
            _deadline,
            _partial,
            _priority,
            _seed,
            _noSpeculation,
            _require,
        ];

    /// <summary>Makes the options of what was given.</summary>
    /// <exception cref="UsageException">They contradict each other.</exception>
    public JobOptions Read(ParseResult parse)
    {
        if (parse.GetValue(_chunk) is not null && parse.GetValue(_chunkTime) is not null)
            throw new UsageException("--chunk and --chunk-time exclude each other: a lease has a fixed number of units or a fixed time.");

        if (parse.GetValue(_partial) && parse.GetValue(_deadline) is null)
            throw new UsageException("--partial says what happens at the deadline: give one with --deadline.");

        JobOptions options = new()
        {
            Placement = parse.GetValue(_placement) ?? s_defaults.Placement,
            Execution = parse.GetValue(_execution) ?? s_defaults.Execution,
            ChunkUnits = parse.GetValue(_chunk),
            ChunkTime = parse.GetValue(_chunkTime) ?? s_defaults.ChunkTime,
            MaxParallel = (int?)parse.GetValue(_maxParallel),
            MaxAttempts = (int?)parse.GetValue(_maxAttempts) ?? s_defaults.MaxAttempts,
            OnUnitFailure = parse.GetValue(_onUnitFailure) ?? s_defaults.OnUnitFailure,
            UnitTimeout = parse.GetValue(_unitTimeout),
            Deadline = parse.GetValue(_deadline),
            Partial = parse.GetValue(_partial),
            Speculation = !parse.GetValue(_noSpeculation),
            Priority = (int?)parse.GetValue(_priority) ?? s_defaults.Priority,
            Seed = parse.GetValue(_seed),
            Require = parse.GetValue(_require) ?? [],
        };
        Check(options.Validate());
        return options;
    }

    /// <summary>Refuses what is wrong with options, by the names that they have here.</summary>
    /// <exception cref="UsageException">Something is.</exception>
    public static void Check(IEnumerable<InputProblem> problems)
    {
        string[] said =
        [
            .. problems.Select(problem =>
                $"--{System.Text.Json.JsonNamingPolicy.KebabCaseLower.ConvertName(problem.Field)}: {problem.Message}"
            ),
        ];
        if (said.Length > 0)
            throw new UsageException(said);
    }
}
