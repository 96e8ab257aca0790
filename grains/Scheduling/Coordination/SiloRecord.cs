using OrleansWork.Scheduling.Estimation;
using OrleansWork.Scheduling.Failures;
using OrleansWork.Scheduling.Ledger;
using OrleansWork.Scheduling.Placement;

namespace OrleansWork.Scheduling.Coordination;

/// <summary>What a coordinator believes of one silo.</summary>
internal sealed class SiloRecord(string address, int index)
{
    private static readonly TimeSpan FadePeriod = TimeSpan.FromSeconds(10);
    private TimeSpan _fadedAt;

    public string Address { get; } = address;

    /// <summary>Gets its place in the order of silos that policies go round in.</summary>
    public int Index { get; } = index;

    public int Slots { get; set; } = 1;
    public bool Takes { get; set; }
    public bool Gone { get; set; }

    /// <summary>Gets or sets running and queued leases as the silo last reported them, all jobs together.</summary>
    public int Reported { get; set; }

    /// <summary>Gets or sets the leases sent since that report.</summary>
    public int SentSince { get; set; }

    /// <summary>Gets or sets how many leases of the job it admits, as last said; 0 until it has.</summary>
    public int Share { get; set; }

    public TimeSpan LastHeard { get; set; }
    public TimeSpan? LoadAt { get; set; }

    /// <summary>Gets or sets until when nothing is offered to it after a refusal.</summary>
    public TimeSpan BlockedUntil { get; set; }

    /// <summary>Gets or sets how many leases in a row it has refused.</summary>
    public int RefusedInARow { get; set; }

    /// <summary>Gets or sets until when it gets no canary after it refused one: it has another job's, and may be about to die of it.</summary>
    public TimeSpan NoCanaryUntil { get; set; }

    /// <summary>Gets or sets whether it has been asked to keep itself clear of other jobs.</summary>
    public bool IsAskedToClear { get; set; }

    /// <summary>Gets or sets until when it certainly keeps itself clear of other jobs.</summary>
    public TimeSpan ClearUntil { get; set; }

    public CircuitBreaker Breaker { get; } = new();
    public LatencyByLoad Latency { get; } = new();

    /// <summary>Gets the mean time of a lease beside waiting and running, in seconds.</summary>
    public Ewma RoundTrip { get; } = new(TimeSpan.FromSeconds(1), 0);

    public Dictionary<LeaseKey, LeaseRecord> Leases { get; } = [];

    /// <summary>Gets what was taken back since it was last heard, in case its process turns out to be dead.</summary>
    public List<(UnitRange Range, int Deaths)> TakenBack { get; } = [];

    /// <summary>Gets or sets how many leases were sent to it.</summary>
    public long LeasesSent { get; set; }

    /// <summary>Gets or sets how many of them it did not take.</summary>
    public long LeasesRefused { get; set; }

    public long LeasesGranted => LeasesSent - LeasesRefused;
    public long UnitsCommitted { get; set; }
    public double BusySeconds { get; set; }
    public int RecentFailures { get; set; }
    public int RecentReports { get; set; }

    /// <summary>Gets or sets the room kept for a canary: one place while it is being stored, or all until it is over.</summary>
    public int Reserved { get; set; }

    /// <summary>Gets for how many leases more it is believed to have room; until it has said a share, what the leases of other jobs leave of it, at
    /// least one.</summary>
    public int Room =>
        (Share > 0 ? Share : Math.Max(1, Slots + 1 - Math.Max(0, Reported + SentSince - Leases.Count))) - Leases.Count - Reserved;

    /// <summary>Gets whether it shows that the units can succeed; a silo past the error gate shows nothing, or all would exclude each other.</summary>
    public bool Succeeds => RecentReports > RecentFailures && !ErrorGate.IsPast(RecentFailures, ErrorRate);

    public double ErrorRate => RecentReports == 0 ? 0 : (double)RecentFailures / RecentReports;

    /// <summary>Halves what was counted every ten seconds: a silo that gets no leases for its failures is tried again some day.</summary>
    public void Fade(TimeSpan now)
    {
        for (; now - _fadedAt >= FadePeriod && RecentReports > 0; _fadedAt += FadePeriod)
            Halve();
        if (RecentReports == 0)
            _fadedAt = now;
    }

    /// <summary>Counts one report; the window halves every 64, so that old failures fade.</summary>
    public void CountReport(bool failed)
    {
        RecentReports++;
        if (failed)
            RecentFailures++;
        if (RecentReports >= 64)
            Halve();
    }

    private void Halve()
    {
        RecentReports /= 2;
        RecentFailures /= 2;
    }
}

/// <summary>A lease in flight.</summary>
internal sealed class LeaseRecord
{
    public required LeaseKey Name { get; init; }

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

    /// <summary>Gets whether some of its units are or were somebody else's too.</summary>
    public bool Overlaps { get; init; }
}
