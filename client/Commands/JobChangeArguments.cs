using System.CommandLine;

namespace OrleansWork.Console.Commands;

/// <summary>The options of <c>set</c> that say what to change of a job.</summary>
internal sealed class JobChangeArguments
{
    private readonly Option<PlacementPolicy?> _placement = OptionKinds.Choice<PlacementPolicy>(
        "--placement",
        "the rule that chooses a silo",
        "policy"
    );
    private readonly Option<ExecutionMode?> _execution = OptionKinds.Choice<ExecutionMode>("--execution", "how leases reach silos", "mode");
    private readonly Option<TimeSpan?> _chunkTime = OptionKinds.Time(
        "--chunk-time",
        "how long a lease lasts; a number of units that was fixed no longer holds"
    );
    private readonly Option<WholeOr?> _chunk = OptionKinds.WholeOr(
        "--chunk",
        "a fixed number of units per lease",
        "units",
        "auto",
        1,
        long.MaxValue
    );
    private readonly Option<WholeOr?> _maxParallel = OptionKinds.WholeOr(
        "--max-parallel",
        "leases in flight at once",
        "n",
        "none",
        1,
        int.MaxValue
    );
    private readonly Option<long?> _priority = OptionKinds.Whole("--priority", "weight against other jobs, 0 to 9", "n", 0, 9);
    private readonly Option<bool> _speculation = OptionKinds.Flag("--speculation", "run a unit that is far too slow a second time");
    private readonly Option<bool> _noSpeculation = OptionKinds.Flag("--no-speculation", "never run a slow unit a second time");

    /// <summary>Adds them to the command.</summary>
    public void AddTo(Command command)
    {
        foreach (Option option in Available)
            command.Add(option);
    }

    private Option[] Available => [_placement, _execution, _chunkTime, _chunk, _maxParallel, _priority, _speculation, _noSpeculation];

    /// <summary>Makes the change of what was given.</summary>
    /// <exception cref="UsageException">Nothing was given, or it contradicts itself.</exception>
    public JobOptionsChange Read(ParseResult parse)
    {
        if (parse.GetValue(_chunk) is { Number: not null } && parse.GetValue(_chunkTime) is not null)
            throw new UsageException("--chunk and --chunk-time exclude each other: a lease has a fixed number of units or a fixed time.");
        if (parse.GetValue(_speculation) && parse.GetValue(_noSpeculation))
            throw new UsageException("--speculation and --no-speculation exclude each other.");

        JobOptionsChange change = new();
        if (parse.GetValue(_placement) is { } placement)
            change = change with { Placement = placement };
        if (parse.GetValue(_execution) is { } execution)
            change = change with { Execution = execution };
        if (parse.GetValue(_chunkTime) is { } chunkTime)
            change = change with { ChunkTime = chunkTime, ChunkUnits = null };
        if (parse.GetValue(_chunk) is { } chunk)
            change = change with { ChunkUnits = chunk.Number };
        if (parse.GetValue(_maxParallel) is { } maxParallel)
            change = change with { MaxParallel = (int?)maxParallel.Number };
        if (parse.GetValue(_priority) is { } priority)
            change = change with { Priority = (int)priority };
        if (parse.GetValue(_speculation) || parse.GetValue(_noSpeculation))
            change = change with { Speculation = parse.GetValue(_speculation) };
        if (change.IsEmpty)
            throw new UsageException($"set needs what to change: {string.Join(", ", Available.Select(option => option.Name))}.");
        JobOptionArguments.Check(change.Validate());
        return change;
    }
}
