using OrleansWork.Scheduling.Coordination;
using OrleansWork.Scheduling.Reduction;

namespace OrleansWork.Simulation;

/// <summary>A job on a simulated cluster: its coordinators wherever they are, its record, and the people who ask for things.</summary>
internal sealed partial class SimulatedJob(SimulatedCluster cluster, Scenario scenario, string id)
{
    private readonly SimulatedCluster _cluster = cluster;
    private readonly Dictionary<long, int> _poisonDeaths = [];
    private readonly List<long> _doneBySecond = [];
    private readonly List<Forecast> _forecasts = [];
    private double _workSeconds;
    private TimeSpan? _endedAt;

    public string Id { get; } = id;

    public Scenario Scenario { get; } = scenario;

    public bool HasEnded { get; private set; }

    public long Refused { get; set; }

    public long HandedBack { get; set; }

    /// <summary>Gets or sets how many leases ran in the turn that brought them.</summary>
    public long RanInTurn { get; set; }

    public TimeSpan? FirstStart { get; set; }

    /// <summary>Gets the run that calls reach; null when there is none.</summary>
    public JobRun? Current => _activation is { IsGone: false, Run: { Stopped: false } run } ? run : null;

    /// <summary>The value that every run must give: the recursive definition of the canonical tree, an empty side leaving the other alone.</summary>
    public static ulong Reference(long units, params long[] holes)
    {
        return units == 0 ? 0 : Of(TreeNode.Root(units)) ?? 0;

        ulong? Of(TreeNode node)
        {
            if (node.Level == 0)
                return node.From >= units || holes.Contains(node.Index) ? null : UnitValue(node.Index);
            ulong? left = Of(new TreeNode(node.Level - 1, node.Index * 2));
            TreeNode other = new(node.Level - 1, (node.Index * 2) + 1);
            ulong? right = other.From >= units ? null : Of(other);
            return left is { } l && right is { } r ? Mix(l, r) : left ?? right;
        }
    }

    /// <summary>Neither commutative nor associative: any other tree gives another value.</summary>
    public static ulong Mix(ulong left, ulong right)
    {
        ulong mixed = (left * 0xBF58_476D_1CE4_E5B9) ^ (ulong.RotateLeft(right, 29) * 0x94D0_49BB_1331_11EB);
        return mixed ^ (mixed >> 31);
    }

    public ulong ValueOf(TreeNode node)
    {
        if (node.Level == 0)
            return UnitValue(node.Index);
        ulong left = ValueOf(new TreeNode(node.Level - 1, node.Index * 2));
        TreeNode right = new(node.Level - 1, (node.Index * 2) + 1);
        return right.From >= Scenario.Units ? left : Mix(left, ValueOf(right));
    }

    /// <summary>Returns how long a unit runs; one that ends its process, until it does.</summary>
    public TimeSpan LengthOf(long unit)
    {
        if (Scenario.Poison.Contains(unit))
            return TimeSpan.FromMilliseconds(Scenario.PoisonMillis);
        double chance = (Mix((ulong)Scenario.Seed, UnitValue(unit)) >> 11) * (1.0 / (1UL << 53));
        double millis =
            Scenario.UnitMillis
            * Scenario.Lengths switch
            {
                UnitLengths.Exponential => -Math.Log(1 - chance),
                UnitLengths.Pareto => Math.Min(1_000, Math.Pow(1 - chance, -1 / 1.5) / 3),
                _ => 1,
            };

        _workSeconds += millis / 1000;
        return TimeSpan.FromMilliseconds(millis);
    }

    /// <summary>Notes how far it is; called once a second.</summary>
    public void Sample()
    {
        _doneBySecond.Add(Current?.Machine.DoneUnits ?? 0);
        if (Scenario.Forecast && Current is { } run && run.Machine.Eta(_cluster.Now) is { } left)
            _forecasts.Add(new Forecast(_cluster.Now, run.Machine.DoneUnits / (double)Scenario.Units, left));
    }

    public void EndedItsProcess(long unit) => _poisonDeaths[unit] = _poisonDeaths.GetValueOrDefault(unit) + 1;

    public void Beat(SimulatedSilo silo, SiloChanged load)
    {
        if (Current is not { } run)
            return;
        HeldRange[] held = silo.HeldOf(this);
        int offer = silo.OfferTo(this);
        _cluster.At(
            _cluster.Delay(),
            () =>
            {
                if (offer > 0)
                    run.Give(load, new HeartbeatReceived(silo.Name, held), new ShareTold(silo.Name, offer));
                else
                    run.Give(load, new HeartbeatReceived(silo.Name, held));
            }
        );
    }

    public void AskToBegin(SimulatedSilo silo, LeaseName lease)
    {
        if (Current is { } run)
            _cluster.At(_cluster.Delay(), () => run.Give(new BeginAsked(silo.Name, lease)));
    }

    /// <summary>The coordinator goes with its process.</summary>
    public void SiloDied(SimulatedSilo silo)
    {
        if (_activation is { } coordinator && coordinator.Home == silo)
            Vanish(coordinator);
    }

    /// <summary>A silo is declared dead.</summary>
    public void Lost(SimulatedSilo silo)
    {
        // As Orleans gives up an activation whose place in the directory was on a silo that died.
        if (silo.Dead && Scenario.Poison.Count > 0 && _activation is { IsGone: false } displaced && _cluster.Random.Next(3) == 0)
            Vanish(displaced, until: _cluster.Delay());
        Current?.Give(new SiloLost(silo.Name, Planned: false));
    }

    public void Know(SimulatedSilo silo) => Current?.Give(silo.Known());

    /// <summary>Strikes its coordinator by chance.</summary>
    public void Strike(double share)
    {
        FaultPlan faults = _cluster.Plan.Faults;
        if (_activation is { IsGone: false } dying && _cluster.Happens(faults.CoordinatorDeathsPerSecond * share))
            Vanish(dying);
        if (_activation is { IsGone: false } leaving && _cluster.Happens(faults.CoordinatorsLeavePerSecond * share))
            Deactivate(leaving, (LeaveReason)_cluster.Random.Next(3));
        if (_activation is { IsGone: false } cutOff && _cluster.Happens(faults.CoordinatorSplitsPerSecond * share))
            Split(cutOff);
    }

    public Outcome ToOutcome(int deaths)
    {
        StoredJob? stored = _stored.Job ?? _last;
        return new Outcome(
            HasEnded,
            stored?.Result,
            _endedAt ?? _cluster.Now,
            _workSeconds,
            stored?.Snapshot.Counters.Leases ?? 0,
            stored?.Snapshot.Counters.Attempts ?? 0,
            stored?.Snapshot.Counters.Wasted ?? 0,
            stored?.Epoch ?? 0,
            deaths,
            _poisonDeaths.Values.DefaultIfEmpty().Max(),
            _published,
            [.. stored?.Snapshot.Failures.Where(failure => failure.ForGood).Select(failure => failure.Unit) ?? []],
            stored?.Phase ?? JobPhase.Decomposing,
            _holds,
            _changesMade,
            stored?.Retries ?? 0,
            _carriedOut,
            Refused,
            HandedBack,
            RanInTurn,
            (FirstStart ?? TimeSpan.Zero).TotalSeconds - Scenario.SubmittedSeconds,
            _doneBySecond,
            _forecasts,
            _failure
        );
    }

    /// <summary>Says where everything stands, for whoever looks for what a seed has found.</summary>
    public string Describe()
    {
        StoredJob? job = _stored.Job;
        string coordinator = _activation is not { } it
            ? $"none before {_activatableAt:g}"
            : $"on {it.Home.Name}, gone {it.IsGone}, leaving {it.IsLeaving}, writing {it.IsWriting}, {it.Life}";
        string run = Current is not { Machine: { } machine }
            ? "none"
            : $"{machine.Phase}, {machine.DoneUnits} of {machine.UnitCount}, {machine.LeasesInFlight} leases, wakes at {machine.NextWake:g}";
        return $"""
            at {_cluster.Now:g}; open {_cluster.Catalog.IsOpen(this)}, placed {_cluster.Catalog.IsPlaced(this)}; silos {string.Join(
                ' ',
                _cluster.Silos.Where(silo => !silo.Dead)
            )}
            stored by {_stored.Writer?.Home.Name} as {_stored.Tag}: {job?.Phase}, epoch {job?.Epoch}, {job?.Done} of {job?.Snapshot.UnitCount}, suspects {string.Join(
                ' ',
                job?.Snapshot.Suspects ?? []
            )}
            coordinator {coordinator}
            run {run}
            """;
    }

    private static ulong UnitValue(long unit) => Mix(0x9E37_79B9_7F4A_7C15, (ulong)unit + 1);
}
