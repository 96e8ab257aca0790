using OrleansWork.Scheduling.Coordination;
using OrleansWork.Scheduling.Estimation;
using OrleansWork.Scheduling.Placement;

namespace OrleansWork.Simulation;

/// <summary>What can go wrong in a simulated run; rates are per message or per simulated second.</summary>
internal sealed record FaultPlan
{
    public double CallLost { get; init; }
    public double ReplyLost { get; init; }
    public double Duplicated { get; init; }
    public double SiloDeathsPerSecond { get; init; }

    /// <summary>The same, and never of a silo that is dead already: as many for as long as it lasts.</summary>
    public double KillsPerSecond { get; init; }

    /// <summary>When two silos die within 300 ms of each other; null for never.</summary>
    public double? TwoDieAtSeconds { get; init; }

    public double SiloFreezesPerSecond { get; init; }

    /// <summary>How long a silo is frozen at most.</summary>
    public double FrozenSeconds { get; init; } = 15.5;
    public double CoordinatorDeathsPerSecond { get; init; }

    /// <summary>Coordinators that go on, cut off from storage, beside the one that takes over.</summary>
    public double CoordinatorSplitsPerSecond { get; init; }

    /// <summary>Coordinators that leave in order, wherever they are: with their silo, to another, or because Orleans says so.</summary>
    public double CoordinatorsLeavePerSecond { get; init; }

    /// <summary>Reads and writes that storage does not answer, and did not do.</summary>
    public double StoreFails { get; init; }

    /// <summary>How often nobody reaches storage for up to four seconds.</summary>
    public double StoreOutagesPerSecond { get; init; }

    /// <summary>Writes that storage does, and does not answer.</summary>
    public double StoreAnswerLost { get; init; }

    /// <summary>Calls to the catalogue that fail, before or after it did what was asked.</summary>
    public double CatalogFails { get; init; }

    /// <summary>Steps on the way to the run that storage stops.</summary>
    public double StepFails { get; init; }
    public TimeSpan MaxDelay { get; init; } = TimeSpan.FromMilliseconds(5);
    public TimeSpan Ends { get; init; } = TimeSpan.FromSeconds(20);
}

/// <summary>A job on a simulated cluster.</summary>
internal sealed record Scenario
{
    public required int Seed { get; init; }
    public long Units { get; init; } = 1_000;
    public int Silos { get; init; } = 3;
    public int Slots { get; init; } = 2;
    public PolicyKind Policy { get; init; } = PolicyKind.Adaptive;
    public bool Spawned { get; init; }
    public long? ChunkUnits { get; init; }
    public int MaxAttempts { get; init; } = 1_000;

    /// <summary>When it is submitted.</summary>
    public double SubmittedSeconds { get; init; }

    /// <summary>Its weight against other jobs: its priority and 1.</summary>
    public int Weight { get; init; } = 5;

    /// <summary>How many jobs run at once.</summary>
    public int MaxRunning { get; init; } = 1_000;

    /// <summary>How long a unit runs on average.</summary>
    public double UnitMillis { get; init; } = 2;
    public UnitLengths Lengths { get; init; }

    /// <summary>Whether it is asked all the while when the job will end.</summary>
    public bool Forecast { get; init; }
    public double UnitFails { get; init; }
    public bool BreakAcceptance { get; init; }
    public bool BreakFence { get; init; }
    public bool BreakPublish { get; init; }

    /// <summary>The catalogue is never told that the job has ended.</summary>
    public bool BreakPlace { get; init; }

    /// <summary>Storage takes writes from whoever writes, whatever was written since it last read.</summary>
    public bool BreakTag { get; init; }

    /// <summary>A pause is acknowledged when it is asked for.</summary>
    public bool BreakPause { get; init; }

    /// <summary>Whether people hold the job now and then, and let it go on.</summary>
    public bool People { get; init; }

    /// <summary>Whether people change the options of the job now and then, without knowing what it does just then.</summary>
    public bool Changed { get; init; }

    /// <summary>A change of options is acknowledged when it is asked for.</summary>
    public bool BreakOptions { get; init; }

    /// <summary>Whether somebody ends the job some time.</summary>
    public bool Canceled { get; init; }

    /// <summary>Whether the failed units of the ended job are retried until none is left, and it is forgotten then.</summary>
    public bool RetriedAndForgotten { get; init; }

    /// <summary>In how many batches its items are listed; 0 for units that are counted.</summary>
    public int ItemBatches { get; init; }

    /// <summary>After how many commands of coordinators' lives one of them is struck; 0 for never.</summary>
    public int StrikeAt { get; init; }

    /// <summary>What happens to it then.</summary>
    public Blow Strike { get; init; }

    /// <summary>For how long after its submission the catalogue has no place for it.</summary>
    public double FullSeconds { get; init; }

    /// <summary>Units that end the process they run in; the job skips what fails for good.</summary>
    public IReadOnlyList<long> Poison { get; init; } = [];

    /// <summary>The step of the kind's code, outside units, that ends the process it runs in.</summary>
    public KindStep? FatalStep { get; init; }

    /// <summary>How long such a unit runs before its process ends: a full stack is written out before that.</summary>
    public double PoisonMillis { get; init; } = 0.5;

    /// <summary>Whether a process is silent while such a unit runs.</summary>
    public bool PoisonIsSilent { get; init; }

    /// <summary>How long after its end a process is declared dead.</summary>
    public double DetectionSeconds { get; init; } = 4;

    /// <summary>Whether calls fail when the process ends, long before it is declared dead.</summary>
    public bool CallsFailAtOnce { get; init; }

    /// <summary>Whether units are given up after three deaths, also where none ends its process.</summary>
    public bool GivesUp { get; init; }

    /// <summary>How long a process takes before its first lease starts.</summary>
    public double PrepareMillis { get; init; }

    /// <summary>Lone canaries count as present as soon as they are sent.</summary>
    public bool BreakBeginning { get; init; }

    /// <summary>How long a snapshot takes until it is stored, at most.</summary>
    public double StoreMillis { get; init; }

    public FaultPlan Faults { get; init; } = new();
}

/// <summary>How the times of units are distributed.</summary>
internal enum UnitLengths
{
    /// <summary>All run as long.</summary>
    Constant,

    /// <summary>Exponentially.</summary>
    Exponential,

    /// <summary>By Pareto's law with shape 1.5, of which the mean is still there and the variance is not, cut at the thousandfold.</summary>
    Pareto,
}

/// <summary>What may happen to a coordinator.</summary>
internal enum Blow
{
    /// <summary>Its silo stops in order.</summary>
    SiloStops,

    /// <summary>It moves.</summary>
    Moves,

    /// <summary>Orleans gives the activation up.</summary>
    GivenUp,

    /// <summary>Its process ends.</summary>
    Dies,

    /// <summary>It goes on beside the one that takes over.</summary>
    CutOff,

    /// <summary>The write that it asks for next is stored, and the answer is lost.</summary>
    AnswerLost,
}

/// <summary>What was said of a job's end.</summary>
/// <param name="At">When.</param>
/// <param name="Done">The part of its units that was committed then.</param>
/// <param name="Left">For how long it was expected to go on.</param>
internal readonly record struct Forecast(TimeSpan At, double Done, EtaInterval Left)
{
    /// <summary>Returns whether the interval holds the end.</summary>
    public bool Holds(TimeSpan end) => At + Left.Low <= end && end <= At + Left.High;
}

/// <summary>How a simulated run ended.</summary>
internal sealed record Outcome(
    bool Ended,
    ulong? Result,
    TimeSpan Makespan,
    double WorkSeconds,
    long Leases,
    long Attempts,
    long Wasted,
    int Epochs,
    int Deaths,
    int MostDeathsOfAUnit,
    int Published,
    IReadOnlyList<long> Failed,
    JobPhase Phase,
    int Holds,
    int Changes,
    int Retries,
    int LifeCommands,
    long Refused,
    long HandedBack,
    long RanInTurn,
    double FirstStartSeconds,
    IReadOnlyList<long> DoneBySecond,
    IReadOnlyList<Forecast> Forecasts,
    JobFailure? Failure
);
