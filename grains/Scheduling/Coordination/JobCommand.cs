using OrleansWork.Scheduling.Ledger;

namespace OrleansWork.Scheduling.Coordination;

/// <summary>Something to be done for a job; what <see cref="JobMachine"/> returns.</summary>
internal abstract record JobCommand;

/// <summary>Lease a range to a silo.</summary>
/// <param name="Silo">Its address; empty when <see cref="Offered"/> says between which to choose.</param>
/// <param name="Number">The lease's number in this epoch.</param>
/// <param name="Range">The units.</param>
/// <param name="Budget">How long it may run.</param>
/// <param name="Attempt">Which attempt at its first unit this is.</param>
/// <param name="Predicted">How long it is expected to run, or null while unknown.</param>
internal sealed record GrantLease(string Silo, long Number, UnitRange Range, TimeSpan Budget, int Attempt, TimeSpan? Predicted) : JobCommand
{
    /// <summary>Gets the silos one of which is to get a spawned lease, in the order of their numbers; none when the silo is chosen.</summary>
    public IReadOnlyList<string> Offered { get; init; } = [];

    /// <summary>Gets whether its units were present when a process died: a silo runs one such lease at a time, all jobs together.</summary>
    public bool Canary { get; init; }

    /// <summary>Gets whether its unit is given up if the silo's process ends as well: nothing of any other job runs beside it.</summary>
    public bool Alone { get; init; }

    /// <summary>Gets whether the silo leaves what its units come to apart: combining may be what ends processes.</summary>
    public bool LeavesApart { get; init; }
}

/// <summary>Tell a silo about leases it holds.</summary>
internal sealed record SignalLeases(string Silo, LeaseSignal Signal, IReadOnlyList<LeaseName> Leases) : JobCommand;

/// <summary>Combine two partials under a new handle; the operands are gone.</summary>
internal sealed record CombinePartials(long Left, long Right, long Result) : JobCommand;

/// <summary>Copy a partial under a new handle.</summary>
internal sealed record CopyPartial(long Handle, long Copy) : JobCommand;

/// <summary>Store a snapshot made from now on as soon as possible, then send <see cref="SnapshotStored"/> with this version.</summary>
internal sealed record StoreSuspects(long Version) : JobCommand;

/// <summary>Store a snapshot made from now on as soon as possible, then send <see cref="SnapshotStored"/>: it says up to where leases may be granted.</summary>
internal sealed record StoreReach : JobCommand;

/// <summary>Ask a silo to keep itself clear of other jobs for a lone canary, then send <see cref="SiloCleared"/>.</summary>
internal sealed record ClearSilo(string Silo) : JobCommand;

/// <summary>Answer <see cref="BeginAsked"/>.</summary>
/// <param name="Silo">Who asked.</param>
/// <param name="Name">The lease.</param>
/// <param name="Begins">Whether it is to run; otherwise the silo hands it back.</param>
internal sealed record AnswerBegin(string Silo, LeaseName Name, bool Begins) : JobCommand;

/// <summary>Forget a partial.</summary>
internal sealed record DropPartial(long Handle) : JobCommand;

/// <summary>Keep the results of these units from a partial, and forget the partial; only with <see cref="JobMachineOptions.KeepsResults"/>.</summary>
/// <param name="Handle">The partial.</param>
/// <param name="Units">The units of it that were not committed before, in order.</param>
internal sealed record KeepResults(long Handle, IReadOnlyList<UnitRange> Units) : JobCommand;

/// <summary>Make the result from the partial of all units, or from none at all.</summary>
internal sealed record MakeResult(long? Handle) : JobCommand;

/// <summary>The job has ended; store it, then publish it and let go of the silos.</summary>
/// <param name="Phase">Succeeded, Failed or Canceled.</param>
/// <param name="Failure">Why, or null.</param>
internal sealed record EndJob(JobPhase Phase, JobFailure? Failure) : JobCommand;

/// <summary>Send <see cref="TimerFired"/> at this time; replaces an earlier wish.</summary>
internal sealed record WakeAt(TimeSpan Time) : JobCommand;
