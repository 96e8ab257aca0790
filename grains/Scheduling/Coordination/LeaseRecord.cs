using OrleansWork.Scheduling.Failures;
using OrleansWork.Scheduling.Ledger;
using OrleansWork.Scheduling.Placement;
using OrleansWork.Scheduling.Recording;

namespace OrleansWork.Scheduling.Coordination;

/// <summary>A lease in flight.</summary>
internal sealed class LeaseRecord
{
    public required LeaseName Name { get; init; }

    /// <summary>Gets or sets the silo that has it; a spawned lease is placed once a report or a heartbeat names it.</summary>
    public required SiloRecord Silo { get; set; }

    public required UnitRange Range { get; set; }
    public required TimeSpan Sent { get; init; }
    public required TimeSpan Budget { get; init; }
    public required int Attempt { get; init; }

    /// <summary>Gets or sets its expected busy time in seconds; NaN while unknown.</summary>
    public double PredictedSeconds { get; set; } = double.NaN;

    public bool Detached { get; set; }

    /// <summary>Gets or sets when its call failed though it may run.</summary>
    public TimeSpan? CallFailedAt { get; set; }

    /// <summary>Gets or sets how many deaths its units were present at; 0 for all but canaries and those whose second run ended its process.</summary>
    public int Deaths { get; set; }

    /// <summary>Gets whether it was sent as a lone canary: only such a unit is given up when its silo dies.</summary>
    public bool IsAlone { get; init; }

    /// <summary>Gets or sets whether it may have run. Only of a lone canary is that known before: its silo asks, and runs it when the answer is stored.</summary>
    public bool HasBegun { get; set; } = true;

    /// <summary>Gets whether an earlier coordinator stored that its silo has it, and that silo has not spoken since.</summary>
    public bool IsPresumed { get; init; }

    /// <summary>Gets or sets whether it runs a unit that another lease runs since longer.</summary>
    public bool IsSecond { get; set; }

    /// <summary>Gets or sets whether another lease runs its unit too.</summary>
    public bool HasSecond { get; set; }

    /// <summary>Gets or sets the unit it was last seen at.</summary>
    public long At { get; set; }

    /// <summary>Gets or sets since when it is at that unit, as far as seen.</summary>
    public TimeSpan UnitSince { get; set; }

    public TimeSpan? YieldAskedAt { get; set; }

    /// <summary>Gets or sets how many heartbeats in a row did not name it.</summary>
    public int HeartbeatsMissed { get; set; }

    /// <summary>Gets or sets when the first of these heartbeats came.</summary>
    public TimeSpan? MissedSince { get; set; }

    public bool SeenStarted { get; set; }

    /// <summary>Gets or sets its number as the lease that decides whether the silo gets more; 0 for all others.</summary>
    public int Trial { get; set; }

    /// <summary>Gets or sets the number of its entry in the record; -1 when none is kept.</summary>
    public long Entry { get; set; } = -1;

    /// <summary>Gets why it was granted.</summary>
    public GrantReason Reason { get; init; } = GrantReason.Adopted;

    /// <summary>Gets the clause that chose its silo.</summary>
    public ChoiceRule Rule { get; init; }

    /// <summary>Gets for how long work had waited, all in all, when it was sent.</summary>
    public TimeSpan WaitedWhenSent { get; init; }

    /// <summary>Gets or sets the slot it runs on, from 0; -1 while that is not known.</summary>
    public int Slot { get; set; } = -1;

    /// <summary>Gets or sets when it got that slot; null while that is not known.</summary>
    public TimeSpan? StartedAt { get; set; }

    /// <summary>Gets whether some of its units are or were somebody else's too.</summary>
    public bool Overlaps { get; init; }
}
