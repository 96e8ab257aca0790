using OrleansWork.Scheduling.Failures;
using OrleansWork.Scheduling.Ledger;
using OrleansWork.Scheduling.Placement;
using OrleansWork.Scheduling.Reduction;

namespace OrleansWork.Scheduling.Coordination;

/// <summary>Something that happened to a job; what <see cref="JobMachine"/> takes.</summary>
internal abstract record JobEvent;

/// <summary>The job was split.</summary>
/// <param name="UnitCount">How many units it has: 0 to 2^62.</param>
internal sealed record Decomposed(long UnitCount) : JobEvent;

/// <summary>Work may start: the units are known durably and what silos still held has been adopted.</summary>
internal sealed record Started : JobEvent;

/// <summary>A silo joined, or what is known of it changed.</summary>
/// <param name="Silo">Its address.</param>
/// <param name="Slots">Units of the job's class that it performs at once.</param>
/// <param name="Takes">Whether it may get leases of this job: it has the kind's version and the labels, does not drain, and has memory.</param>
/// <param name="Running">Leases running there, all jobs together.</param>
/// <param name="Queued">Leases waiting there, all jobs together.</param>
/// <param name="Heard">Whether it said so itself just now.</param>
internal sealed record SiloChanged(string Silo, int Slots, bool Takes, int Running, int Queued, bool Heard) : JobEvent
{
    /// <summary>Gets why it takes none.</summary>
    public Obstacle Obstacle { get; init; } = Takes ? Obstacle.None : Obstacle.Unheard;

    /// <summary>Gets for how long its slots have worked since it started, all jobs together; null when it did not say.</summary>
    public TimeSpan? Busy { get; init; }
}

/// <summary>A silo is gone.</summary>
/// <param name="Silo">Its address.</param>
/// <param name="Planned">Whether it left in good order.</param>
internal sealed record SiloLost(string Silo, bool Planned) : JobEvent
{
    /// <summary>Gets how long ago that was, as far as is known.</summary>
    public TimeSpan Ago { get; init; }
}

/// <summary>A silo spoke.</summary>
/// <param name="Silo">Its address.</param>
/// <param name="Held">The leases of this job that it holds.</param>
internal sealed record HeartbeatReceived(string Silo, IReadOnlyList<HeldRange> Held) : JobEvent;

/// <summary>A silo said how many leases of the job it admits at once.</summary>
/// <param name="Silo">Its address.</param>
/// <param name="Share">How many; at least 1.</param>
internal sealed record ShareTold(string Silo, int Share) : JobEvent;

/// <summary>A silo answered a new coordinator: it will report these leases by calls of its own.</summary>
/// <param name="Silo">Its address.</param>
/// <param name="Held">The leases of this job that it holds.</param>
internal sealed record Adopted(string Silo, IReadOnlyList<HeldRange> Held) : JobEvent;

/// <summary>A silo reported on a lease.</summary>
/// <param name="Silo">Its address.</param>
/// <param name="Name">The lease.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="Done">The units done.</param>
/// <param name="Nodes">Their partials at the maximal nodes, in unit order, under handles from <see cref="JobMachine.NewHandle"/>.</param>
/// <param name="Failure">Why the unit after the last one done failed, or null.</param>
/// <param name="Busy">How long it ran.</param>
/// <param name="Overhead">What the lease cost beside running and waiting, or null when unknown.</param>
/// <param name="Share">How many leases of the job the silo admits at once, or 0 when unsaid.</param>
internal sealed record LeaseReported(
    string Silo,
    LeaseName Name,
    LeaseOutcome Outcome,
    UnitRange Done,
    IReadOnlyList<(TreeNode Node, long Handle)> Nodes,
    FailureRecord? Failure,
    TimeSpan Busy,
    TimeSpan? Overhead,
    int Share
) : JobEvent
{
    /// <summary>Gets the slot it ran on, from 0; -1 when that is not known.</summary>
    public int Slot { get; init; } = -1;

    /// <summary>Gets how long it waited on the silo.</summary>
    public TimeSpan Queued { get; init; }

    /// <summary>Gets how long ago it ended, as far as is known.</summary>
    public TimeSpan Ago { get; init; }
}

/// <summary>A lease call failed.</summary>
/// <param name="Silo">The silo called; empty for a spawned lease, whose silo the caller does not know.</param>
/// <param name="Numbers">The leases of this epoch in it.</param>
/// <param name="Ran">Whether they may have run: false when the call certainly never arrived.</param>
internal sealed record CallFailed(string Silo, IReadOnlyList<long> Numbers, bool Ran) : JobEvent;

/// <summary>A person wants to know whether a silo is well that gets no leases: it gets one now.</summary>
/// <param name="Silo">Its address.</param>
internal sealed record ProbeAsked(string Silo) : JobEvent;

/// <summary>The time asked for by <see cref="WakeAt"/> has come.</summary>
/// <param name="Late">How much later than asked.</param>
internal sealed record TimerFired(TimeSpan Late) : JobEvent;

/// <summary>A person holds the job.</summary>
internal sealed record PauseRequested : JobEvent;

/// <summary>A person lets the job go on.</summary>
internal sealed record ResumeRequested : JobEvent;

/// <summary>Leases are granted by other options from now on; each as in <see cref="JobMachineOptions"/>.</summary>
/// <param name="Policy">The policy that chooses silos.</param>
/// <param name="Spawned">Whether somebody else chooses the silo of each lease.</param>
/// <param name="ChunkUnits">The fixed number of units per lease, or null.</param>
/// <param name="ChunkTime">How long a lease should last at most.</param>
/// <param name="MaxParallel">How many leases may be in flight at once, or null.</param>
/// <param name="Speculates">Whether a unit that runs far too long may be run a second time elsewhere.</param>
/// <param name="What">What has changed, for people, with what the machine does not know of: such as <c>placement → random, priority → 9</c>; null when nothing
/// has that they would see.</param>
internal sealed record OptionsChanged(
    PolicyKind Policy,
    bool Spawned,
    long? ChunkUnits,
    TimeSpan ChunkTime,
    int? MaxParallel,
    bool Speculates,
    string? What = null
) : JobEvent;

/// <summary>A person ends the job.</summary>
internal sealed record CancelRequested(string? Reason) : JobEvent;

/// <summary>User code that belongs to no unit failed: decomposing, combining or finishing.</summary>
internal sealed record WorkFailed(FailureRecord Failure) : JobEvent;

/// <summary>A snapshot is stored.</summary>
/// <param name="Version">The newest <see cref="StoreSuspects"/> that it holds.</param>
/// <param name="LeasedTo">Its <see cref="JobSnapshot.LeasedTo"/>.</param>
internal sealed record SnapshotStored(long Version, long LeasedTo) : JobEvent;

/// <summary>A silo answered <see cref="ClearSilo"/>, or could not be asked.</summary>
/// <param name="Silo">Its address.</param>
/// <param name="IsClear">Whether nothing of any other job is there, and nothing comes for a few seconds.</param>
internal sealed record SiloCleared(string Silo, bool IsClear) : JobEvent;

/// <summary>A silo asks whether it may begin a lone canary that it has: everything is ready, and nothing of it has run.</summary>
/// <param name="Silo">Its address.</param>
/// <param name="Name">The lease.</param>
internal sealed record BeginAsked(string Silo, LeaseName Name) : JobEvent;

/// <summary>The result is made.</summary>
internal sealed record ResultMade : JobEvent;
