using System.Collections.Immutable;
using Orleans.Concurrency;
using OrleansWork.Scheduling.Coordination;
using OrleansWork.Scheduling.Failures;

namespace OrleansWork.Protocol;

/// <summary>The right to run units [From, To) on one silo until a time budget ends.</summary>
/// <param name="Number">Names the lease within (incarnation, epoch).</param>
/// <param name="From">The first unit.</param>
/// <param name="To">The unit after the last.</param>
/// <param name="BudgetMicros">How long it may run, in microseconds; the first unit always runs.</param>
/// <param name="Attempt">Which attempt at its first unit this is, from 1.</param>
[GenerateSerializer, Immutable, Alias("ow.Lease")]
internal readonly record struct Lease(
    [property: Id(0)] long Number,
    [property: Id(1)] long From,
    [property: Id(2)] long To,
    [property: Id(3)] long BudgetMicros,
    [property: Id(4)] int Attempt
)
{
    /// <summary>Gets whether its units were present when a process died: a silo runs one such lease at a time, all jobs together.</summary>
    [Id(5)]
    public bool Canary { get; init; }

    /// <summary>Gets whether its unit is given up if this process ends as well: nothing of any other job runs beside it.</summary>
    [Id(6)]
    public bool Alone { get; init; }

    /// <summary>Gets whether the silo does not combine what the units come to, and runs a few of them only.</summary>
    [Id(7)]
    public bool LeavesApart { get; init; }
}

/// <summary>Leases of one job for one silo, in one message.</summary>
/// <param name="JobId">The job.</param>
/// <param name="Incarnation">Which life of that id.</param>
/// <param name="Epoch">The coordinator's epoch: a silo refuses commands of an older one.</param>
/// <param name="Coordinator">The silo that coordinates the job; its heartbeats go there.</param>
/// <param name="Weight">The job's weight against others: priority + 1.</param>
/// <param name="RoundTripMicros">The coordinator's mean round trip to this silo.</param>
/// <param name="Quick">Whether each of them is predicted under 200 µs, so that it may run in the worker's turn.</param>
/// <param name="Leases">The leases.</param>
[GenerateSerializer, Immutable, Alias("ow.LeaseBatch")]
internal sealed partial record LeaseBatch(
    [property: Id(0)] string JobId,
    [property: Id(1)] ulong Incarnation,
    [property: Id(2)] int Epoch,
    [property: Id(3)] SiloAddress Coordinator,
    [property: Id(4)] int Weight,
    [property: Id(5)] int RoundTripMicros,
    [property: Id(6)] bool Quick,
    [property: Id(7)] ImmutableArray<Lease> Leases
)
{
    /// <summary>Gets how many leases of the job the silo runs at once, as its profile says, when the units wait; 0 when they compute. So the first
    /// leases of a job are admitted among their like, before the silo knows more of the job than its id.</summary>
    [Id(8)]
    public int AsyncSlots { get; init; }

    /// <summary>Gets the spans of the leases; null where nobody records any.</summary>
    [Id(9)]
    public LeaseTrace? Trace { get; init; }
}

/// <summary>The combined result of the units under one node of the canonical tree.</summary>
[GenerateSerializer, Immutable, Alias("ow.NodePartial")]
internal readonly record struct NodePartial([property: Id(0)] byte Level, [property: Id(1)] long Index, [property: Id(2)] byte[] Bytes);

/// <summary>What became of one lease.</summary>
/// <param name="Epoch">The epoch of the lease.</param>
/// <param name="Number">The number of the lease.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="From">Its first unit.</param>
/// <param name="DoneTo">The unit after the last one done; equal to From when none is.</param>
/// <param name="Nodes">The partials of [From, DoneTo) at the maximal nodes, in unit order.</param>
/// <param name="Failure">The failure of unit DoneTo, or null.</param>
/// <param name="QueueMicros">How long it waited on the silo.</param>
/// <param name="BusyMicros">How long it ran.</param>
[GenerateSerializer, Immutable, Alias("ow.LeaseReport")]
internal sealed record LeaseReport(
    [property: Id(0)] int Epoch,
    [property: Id(1)] long Number,
    [property: Id(2)] LeaseOutcome Outcome,
    [property: Id(3)] long From,
    [property: Id(4)] long DoneTo,
    [property: Id(5)] ImmutableArray<NodePartial> Nodes,
    [property: Id(6)] FailureRecord? Failure,
    [property: Id(7)] long QueueMicros,
    [property: Id(8)] long BusyMicros
)
{
    /// <summary>Gets the slot or permit it had, from 0; -1 when it had none.</summary>
    [Id(9)]
    public int Slot { get; init; } = -1;

    /// <summary>Gets how long it waited to be sent after it had ended; 0 for what was sent within a millisecond.</summary>
    [Id(10)]
    public long HeldMicros { get; init; }

    /// <summary>Gets when it ended by the silo's clock; not sent.</summary>
    [field: NonSerialized]
    public long EndedMicros { get; init; }
}

/// <summary>Reports of one job from one silo, with the silo's load.</summary>
/// <param name="JobId">The job.</param>
/// <param name="Incarnation">Which life of that id.</param>
/// <param name="Silo">The silo that reports.</param>
/// <param name="Share">How many leases of this job the silo admits at once.</param>
/// <param name="Load">The silo's load.</param>
/// <param name="Reports">What became of each lease.</param>
[GenerateSerializer, Immutable, Alias("ow.ReportBatch")]
internal sealed partial record ReportBatch(
    [property: Id(0)] string JobId,
    [property: Id(1)] ulong Incarnation,
    [property: Id(2)] SiloAddress Silo,
    [property: Id(3)] int Share,
    [property: Id(4)] SiloLoad Load,
    [property: Id(5)] ImmutableArray<LeaseReport> Reports
);

/// <summary>A command to leases that a silo holds.</summary>
/// <param name="JobId">The job.</param>
/// <param name="Incarnation">Which life of that id.</param>
/// <param name="Epoch">The coordinator's epoch.</param>
/// <param name="Signal">What to do.</param>
/// <param name="Leases">The leases, or empty for all of the job.</param>
/// <param name="JobEnded">Whether the silo may let go of the job itself.</param>
[GenerateSerializer, Immutable, Alias("ow.ControlRequest")]
internal sealed record ControlRequest(
    [property: Id(0)] string JobId,
    [property: Id(1)] ulong Incarnation,
    [property: Id(2)] int Epoch,
    [property: Id(3)] LeaseSignal Signal,
    [property: Id(4)] ImmutableArray<LeaseName> Leases,
    [property: Id(5)] bool JobEnded
);

/// <summary>Asks whether a lone canary may begin.</summary>
/// <param name="Incarnation">Which life of the job's id.</param>
/// <param name="Lease">The lease.</param>
/// <param name="Silo">The silo that has it.</param>
[GenerateSerializer, Immutable, Alias("ow.BeginRequest")]
internal sealed record BeginRequest(
    [property: Id(0)] ulong Incarnation,
    [property: Id(1)] LeaseName Lease,
    [property: Id(2)] SiloAddress Silo
);

/// <summary>A lease that a silo holds: queued, running, or finished and not yet acknowledged.</summary>
/// <param name="JobId">The job.</param>
/// <param name="Incarnation">Which life of that id.</param>
/// <param name="Epoch">The epoch of the lease.</param>
/// <param name="Number">The number of the lease.</param>
/// <param name="From">Its first unit.</param>
/// <param name="To">The unit after its last.</param>
/// <param name="At">The unit it is at.</param>
/// <param name="Started">Whether it has begun to run.</param>
/// <param name="RunningMicros">How long it has run.</param>
[GenerateSerializer, Immutable, Alias("ow.HeldLease")]
internal readonly record struct HeldLease(
    [property: Id(0)] string JobId,
    [property: Id(1)] ulong Incarnation,
    [property: Id(2)] int Epoch,
    [property: Id(3)] long Number,
    [property: Id(4)] long From,
    [property: Id(5)] long To,
    [property: Id(6)] long At,
    [property: Id(7)] bool Started,
    [property: Id(8)] long RunningMicros
)
{
    /// <summary>Gets whether it was sent as a lone canary.</summary>
    [Id(9)]
    public bool Alone { get; init; }

    /// <summary>Gets the slot or permit it has, from 0; -1 when it has none.</summary>
    [Id(10)]
    public int Slot { get; init; } = -1;
}
