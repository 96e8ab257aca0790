using OrleansWork.Scheduling.Estimation;
using OrleansWork.Scheduling.Failures;
using OrleansWork.Scheduling.Ledger;
using OrleansWork.Scheduling.Placement;

namespace OrleansWork.Scheduling.Coordination;

/// <summary>What a coordinator believes of one silo.</summary>
internal sealed class SiloRecord(string address, int index)
{
    private static readonly TimeSpan FadePeriod = TimeSpan.FromSeconds(10);

    // Far more than end between two heartbeats.
    private const int MostSettled = 20_000;

    private TimeSpan _fadedAt;
    private HashSet<LeaseName> _settled = [];
    private HashSet<LeaseName> _settledBefore = [];

    public string Address { get; } = address;

    /// <summary>Gets its place in the order of silos that policies go round in.</summary>
    public int Index { get; } = index;

    public int Slots { get; set; } = 1;
    public bool Takes { get; set; }
    public bool Gone { get; set; }

    /// <summary>Gets or sets why it takes no leases.</summary>
    public Obstacle Obstacle { get; set; } = Obstacle.Unheard;

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

    public Dictionary<LeaseName, LeaseRecord> Leases { get; } = [];

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

    /// <summary>Notes that a lease has been reported: a heartbeat that was sent before may still name it.</summary>
    public void Settle(LeaseName name)
    {
        if (_settled.Count < MostSettled)
            _settled.Add(name);
    }

    /// <summary>Says whether a lease has been reported since the heartbeat before the last.</summary>
    public bool HasSettled(LeaseName name) => _settled.Contains(name) || _settledBefore.Contains(name);

    /// <summary>Notes that a heartbeat was heard to the end.</summary>
    public void Beaten()
    {
        (_settled, _settledBefore) = (_settledBefore, _settled);
        _settled.Clear();
    }

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

    /// <summary>Forgets what was counted: it is judged anew.</summary>
    public void ForgetReports() => (RecentReports, RecentFailures) = (0, 0);

    private void Halve()
    {
        RecentReports /= 2;
        RecentFailures /= 2;
    }
}
