using OrleansWork.Scheduling.Failures;
using OrleansWork.Scheduling.Ledger;
using OrleansWork.Scheduling.Recording;
using OrleansWork.Scheduling.Reduction;

namespace OrleansWork.Scheduling.Coordination;

/// <summary>What of a machine outlives its coordinator: what the manifest stores.</summary>
/// <param name="Phase">Where the job stands.</param>
/// <param name="UnitCount">How many units it has; -1 until decomposed.</param>
/// <param name="Committed">The committed ranges.</param>
/// <param name="Failures">The units that failed at least once.</param>
/// <param name="Nodes">The partials held, by node.</param>
/// <param name="Counters">What was counted.</param>
/// <param name="Shares">What each silo did.</param>
internal sealed record JobSnapshot(
    JobPhase Phase,
    long UnitCount,
    IReadOnlyList<UnitRange> Committed,
    IReadOnlyList<UnitFailureRecord> Failures,
    IReadOnlyList<(TreeNode Node, long Handle)> Nodes,
    JobCounters Counters,
    IReadOnlyList<SiloShareRecord> Shares
)
{
    /// <summary>How many leases a coordinator may grant before it has stored how far they reach: it stores that within a quarter of a second, or at once
    /// when they are used up.</summary>
    private const long FirstLeases = 64;

    /// <summary>Gets the work that may have ended its process.</summary>
    public IReadOnlyList<SuspectRecord> Suspects { get; init; } = [];

    /// <summary>Gets whether leases were granted.</summary>
    public bool HasLeased => LeasedTo > 0 || Counters.Leases > 0;

    /// <summary>Gets whether some of it was present when a process ended.</summary>
    public bool HasSuspects => VagueTo > 0 || Suspects.Any(static suspect => suspect.Deaths > 0);

    /// <summary>Gets the unit up to which leases may have been granted before the next snapshot is stored; 0 when a coordinator has not said so yet.</summary>
    public long LeasedTo { get; init; }

    /// <summary>
    /// Gets the unit up to which the coordinator may grant leases before it has stored a <see cref="LeasedTo"/> of its own; 0 when any unit may be leased.
    /// </summary>
    public long MayLeaseTo { get; init; }

    /// <summary>Gets where the time of the job's slots went.</summary>
    public AccountTotals Account { get; init; }

    /// <summary>Gets the silos that may have leases: those whose loss the machine has not heard of, for what it has heard of is in <see cref="Suspects"/>.</summary>
    public IReadOnlyList<string> Silos { get; init; } = [];

    private long MostLeased => MayLeaseTo == 0 ? long.MaxValue : MayLeaseTo;

    /// <summary>Gets whether units are missing.</summary>
    public bool HasHoles => UnitCount > 0 && Committed.Sum(range => range.Count) < UnitCount;

    /// <summary>Gets whether partials of several units are held, so that combining has ended well.</summary>
    public bool HasCombined => Nodes.Any(static node => node.Node.Level > 0);

    /// <summary>Gets the unit below which any unit may have been present when a coordinator died with its process; 0 when none was.</summary>
    public long VagueTo { get; init; }

    /// <summary>Says what a coordinator stores of it before it grants its first lease: so few may be out without a word that little is suspect should it die.</summary>
    /// <param name="leaseUnits">How many units its first leases have.</param>
    public JobSnapshot Begun(long leaseUnits) =>
        this with
        {
            LeasedTo = 0,
            MayLeaseTo =
                Math.Max(MayLeaseTo, Math.Max(LeasedTo, VagueTo)) + (FirstLeases * Math.Min(leaseUnits, TreeNode.MaxUnits / FirstLeases)),
        };

    /// <summary>Says what a new coordinator makes of it, knowing which processes died since.</summary>
    /// <remarks>
    /// A canary whose silo died counts as present: it is sent as soon as it is stored, and its end is stored before anything else happens on its
    /// silo. But the death for which a unit is given up is one that it ran at, alone. One whose silo lives stays with it until that silo has spoken or dies.
    /// </remarks>
    /// <param name="leasesDied">Whether the coordinator that stored this left leases out, and its silo or one that had them died.</param>
    /// <param name="isAlive">Says whether a silo lives.</param>
    public JobSnapshot After(bool leasesDied, Func<string, bool> isAlive) =>
        this with
        {
            LeasedTo = 0,
            VagueTo = leasesDied ? Math.Max(VagueTo, LeasedTo == 0 ? Math.Min(MostLeased, Math.Max(0, UnitCount)) : LeasedTo) : VagueTo,
            Suspects =
            [
                .. Suspects
                    .GroupBy(suspect => suspect.Range)
                    .SelectMany(same =>
                    {
                        int known = same.Max(suspect => suspect.Deaths);
                        SuspectRecord[] lost = [.. same.Where(suspect => suspect.Silo is { } on && !isAlive(on))];
                        int deaths = known + lost.Length;
                        if (!lost.Any(static suspect => suspect.RanAlone))
                            deaths = Math.Max(known, Math.Min(deaths, SuspectTable.DeathsToPoison - 1));
                        SuspectRecord[] left = [.. same.Where(suspect => suspect.Silo is { } on && isAlive(on))];
                        return left.Length > 0
                            ? left.Select(suspect => suspect with { Deaths = deaths })
                            : [new SuspectRecord(same.Key, deaths, null)];
                    })
                    .Where(suspect => suspect.Deaths > 0 || suspect.Silo is not null),
            ],
        };
}
