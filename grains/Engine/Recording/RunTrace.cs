using OrleansWork.Scheduling.Placement;
using OrleansWork.Scheduling.Recording;
using OrleansWork.Scheduling.Sizing;

namespace OrleansWork.Engine.Recording;

/// <summary>What is told of how a job ran, and stored with it at its end. Times are milliseconds since <see cref="Base"/>.</summary>
internal sealed record RunTrace
{
    /// <summary>Gets when the coordinator began.</summary>
    public DateTimeOffset Base { get; init; }

    /// <summary>Gets the coordinator's epoch: of what earlier ones did only the account is known.</summary>
    public int Epoch { get; init; }

    /// <summary>Gets how many leases were granted and taken.</summary>
    public long Granted { get; init; }

    /// <summary>Gets how many of them are in <see cref="Leases"/>, or would be if all that are kept were asked for.</summary>
    public long Recorded { get; init; }

    /// <summary>Gets the silos; others name them by their place here.</summary>
    public IReadOnlyList<TracedSilo> Silos { get; init; } = [];

    /// <summary>Gets leases, in the order in which they were granted.</summary>
    public IReadOnlyList<TracedLease> Leases { get; init; } = [];

    /// <summary>Gets what happened to silos and to the job.</summary>
    public IReadOnlyList<TracedMark> Marks { get; init; } = [];

    /// <summary>Gets the newest attempts at units that failed, oldest first.</summary>
    public IReadOnlyList<TracedFailure> Failures { get; init; } = [];

    /// <summary>Gets where the time went.</summary>
    public JobAccounting? Account { get; init; }

    /// <summary>Gets the 50th, 90th and 99th percentile and the longest of all leases, in seconds.</summary>
    public IReadOnlyList<double> LeaseSeconds { get; init; } = [];

    /// <summary>Gets since when no unit has waited for a slot; null while some do.</summary>
    public double? NothingWaitsSince { get; init; }
}

/// <summary>What a silo did.</summary>
/// <param name="Silo">Its address.</param>
/// <param name="Slots">Its slots.</param>
/// <param name="Slowness">How much slower than average its slots are.</param>
internal sealed record TracedSilo(string Silo, int Slots, double Slowness)
{
    /// <summary>Gets how many leases it got by each rule.</summary>
    public IReadOnlyDictionary<ChoiceRule, long> Choices { get; init; } = new Dictionary<ChoiceRule, long>();

    /// <summary>Gets the 50th, 90th and 99th percentile and the longest of its leases, in seconds.</summary>
    public IReadOnlyList<double> LeaseSeconds { get; init; } = [];

    /// <summary>Gets for how many seconds each of its slots worked for the job.</summary>
    public IReadOnlyList<double> BusyBySlot { get; init; } = [];

    /// <summary>Gets when its bands begin.</summary>
    public double BandsFrom { get; init; }

    /// <summary>Gets how wide a band is.</summary>
    public double BandMs { get; init; }

    /// <summary>Gets how many of its slots worked for the job, by bands.</summary>
    public IReadOnlyList<float> Own { get; init; } = [];

    /// <summary>Gets how many of them with leases of which a unit failed.</summary>
    public IReadOnlyList<float> Failed { get; init; } = [];

    /// <summary>Gets how many of them with leases that were lost.</summary>
    public IReadOnlyList<float> Lost { get; init; } = [];

    /// <summary>Gets how many leases ended, by bands.</summary>
    public IReadOnlyList<int> Leases { get; init; } = [];

    /// <summary>Gets how many units they completed, by bands.</summary>
    public IReadOnlyList<long> Units { get; init; } = [];

    /// <summary>Gets how its leases changed over time; null when that is not kept.</summary>
    public TracedSeries? Series { get; init; }

    /// <summary>Gets where the time of its slots went.</summary>
    public JobAccounting? Account { get; init; }
}

/// <summary>How the leases of a silo changed over time, in columns by when they ended.</summary>
/// <param name="From">When it begins.</param>
/// <param name="WidthMs">How wide a column is.</param>
internal sealed record TracedSeries(double From, double WidthMs)
{
    /// <summary>Gets how many leases ended.</summary>
    public IReadOnlyList<int> Leases { get; init; } = [];

    /// <summary>Gets how many units they completed.</summary>
    public IReadOnlyList<long> Units { get; init; } = [];

    /// <summary>Gets how many of them were granted while the silo's speed was not known; empty when none was.</summary>
    public IReadOnlyList<int> Probes { get; init; } = [];

    /// <summary>Gets how many of them were of the last round; empty when none was.</summary>
    public IReadOnlyList<int> Lasts { get; init; } = [];

    /// <summary>Gets how long they ran, as a <see cref="DurationSketch"/> has it.</summary>
    public IReadOnlyList<IReadOnlyList<uint>> Seconds { get; init; } = [];
}

/// <summary>A lease.</summary>
internal sealed record TracedLease
{
    public long Number { get; init; }
    public int Epoch { get; init; }
    public long From { get; init; }
    public long To { get; init; }
    public long DoneTo { get; init; }
    public long SecondOf { get; init; }

    /// <summary>Gets the place of its silo in <see cref="RunTrace.Silos"/>; -1 while nobody knows.</summary>
    public int Silo { get; init; }
    public int Slot { get; init; }
    public int Attempt { get; init; }
    public GrantReason Reason { get; init; }
    public LeaseEnd End { get; init; }
    public double Granted { get; init; }
    public double Arrived { get; init; }
    public double? Started { get; init; }
    public double? Ended { get; init; }
    public double? Heard { get; init; }
    public double BudgetMs { get; init; }
    public double? PredictedMs { get; init; }
    public TracedDecision? Decision { get; init; }
}

/// <summary>Why a lease went where it went, and has the size it has.</summary>
internal sealed record TracedDecision
{
    public PolicyKind Policy { get; init; }
    public ChoiceRule Rule { get; init; }
    public int Silos { get; init; }
    public SizeBound Won { get; init; }
    public long Left { get; init; }
    public double? Share { get; init; }
    public double? Least { get; init; }
    public double? Most { get; init; }
    public double? Probe { get; init; }
    public IReadOnlyList<TracedCandidate> Candidates { get; init; } = [];
}

/// <summary>What was believed of a silo.</summary>
internal sealed record TracedCandidate
{
    public int Silo { get; init; }
    public int InFlight { get; init; }
    public int Slots { get; init; }
    public double? SecondsPerUnit { get; init; }
    public double Slowness { get; init; }
    public double? LoadAge { get; init; }
    public CandidateVerdict Verdict { get; init; }
    public Obstacle Obstacle { get; init; }
}

/// <summary>Something that happened to a silo, or to the job.</summary>
internal sealed record TracedMark(double At, MarkKind Kind, string? Silo, string? Text);

/// <summary>An attempt at a unit that failed; given up where nothing is said of when it is tried again.</summary>
internal sealed record TracedFailure(
    double At,
    long Unit,
    int Attempt,
    int Epoch,
    long Lease,
    string Silo,
    string Type,
    string Message,
    double? Again
);
