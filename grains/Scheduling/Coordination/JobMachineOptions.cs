using OrleansWork.Scheduling.Failures;
using OrleansWork.Scheduling.Placement;
using OrleansWork.Scheduling.Recording;

namespace OrleansWork.Scheduling.Coordination;

/// <summary>How a job is to be run, and the engine's own bounds.</summary>
internal sealed record JobMachineOptions
{
    /// <summary>Gets the policy that chooses silos.</summary>
    public PolicyKind Policy { get; init; } = PolicyKind.Adaptive;

    /// <summary>Gets whether somebody else chooses the silo of each lease: the machine offers silos, and a report or a heartbeat says where a lease went.</summary>
    public bool Spawned { get; init; }

    /// <summary>Gets the fixed number of units per lease, or null.</summary>
    public long? ChunkUnits { get; init; }

    /// <summary>Gets how long a lease should last at most.</summary>
    public TimeSpan ChunkTime { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Gets how many leases may be in flight at once, or null.</summary>
    public int? MaxParallel { get; init; }

    /// <summary>Gets how often a failing unit is tried.</summary>
    public int MaxAttempts { get; init; } = 3;

    /// <summary>Gets whether the job goes on without units that failed for good, instead of failing with the first.</summary>
    public bool SkipsFailedUnits { get; init; }

    /// <summary>Gets how many units may fail for good before a job that skips them fails.</summary>
    /// <value>The default is 1,000.</value>
    public int MaxFailedUnits { get; init; } = 1_000;

    /// <summary>Gets whether a unit that runs far too long may be run a second time elsewhere.</summary>
    public bool Speculates { get; init; }

    /// <summary>Gets when the job must have ended, in the machine's time; null for no limit.</summary>
    public TimeSpan? DeadlineAt { get; init; }

    /// <summary>Gets whether a job that reaches its deadline succeeds with what it has.</summary>
    public bool Partial { get; init; }

    /// <summary>Gets how many processes may die around a unit, the last with it alone, until it is given up; a few more where others die.</summary>
    /// <value>The default is 3.</value>
    public int DeathsToPoison { get; init; } = SuspectTable.DeathsToPoison;

    /// <summary>Gets whether the results of units are kept one by one instead of combined: the first commit of each stays.</summary>
    public bool KeepsResults { get; init; }

    /// <summary>Gets whether a process that worked for the job has ended before, in nobody knows what.</summary>
    public bool IsCareful { get; init; }

    /// <summary>Gets the silo on which the coordinator itself lives: its canaries run elsewhere where they can; empty when that is unknown.</summary>
    public string Home { get; init; } = "";

    /// <summary>Gets the unit up to which leases may be granted before a snapshot is stored that says how far they reach.</summary>
    /// <value>The default is <see cref="long.MaxValue"/>: as far as there are units.</value>
    public long MayLeaseTo { get; init; } = long.MaxValue;

    /// <summary>Gets how much is kept of what happened.</summary>
    public RecordLimits Record { get; init; } = new();

    /// <summary>Gets the seed of the machine's own choices.</summary>
    public int Seed { get; init; }

    /// <summary>Gets how long a silo may be silent before its leases are given to others.</summary>
    /// <value>The default is 5 seconds: twenty heartbeats.</value>
    public TimeSpan SiloSilence { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Gets how long a silo may be silent before what may be ending its process goes to others.</summary>
    /// <value>The default is 60 seconds: membership has decided long before whether that silo lives.</value>
    public TimeSpan SuspectPatience { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Gets how long a lease may take beyond its budget before it counts as overdue: queue wait, detachment and the way.</summary>
    /// <value>The default is 10 seconds: 5 s of queue wait, 2 s until a unit is detached, 3 s for the way.</value>
    public TimeSpan LeaseGrace { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Gets how old a lease must be before a heartbeat that does not name it says something.</summary>
    /// <value>The default is 500 milliseconds: two heartbeats, so that one on the way when the lease was sent does not count.</value>
    public TimeSpan HeartbeatGrace { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Gets for how long heartbeats must not name a lease whose call is still open until it is given to others.</summary>
    /// <value>The default is 2 seconds: longer than a call or a heartbeat waits in a busy process. Once the call has ended, two heartbeats are enough.</value>
    public TimeSpan OpenCallPatience { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Gets how many units may wait for another attempt before no new ones are leased.</summary>
    /// <value>The default is 1,000.</value>
    public int MaxDelayedUnits { get; init; } = 1_000;

    /// <summary>Gets how many units that failed once are remembered after they succeeded.</summary>
    /// <value>The default is 1,000.</value>
    public int MaxFailureRecords { get; init; } = 1_000;
}
