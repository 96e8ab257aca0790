using OrleansWork.Scheduling.Coordination;
using OrleansWork.Scheduling.Failures;
using OrleansWork.Scheduling.Reduction;

namespace OrleansWork.Simulation;

/// <summary>
/// Drives <see cref="JobLife"/> and <see cref="JobMachine"/> together by a discrete-event clock: silos with pools, lossy messages, deaths, freezes; coordinators
/// that die, leave and are cut off at any step; storage that loses writes or answers; people who hold, end, retry and forget the job.
/// </summary>
public sealed partial class SimulatedJob
{
    private static readonly TimeSpan Budget = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Ceiling = TimeSpan.FromMinutes(30);

    private readonly Scenario _scenario;
    private readonly Random _random;
    private readonly PriorityQueue<Action, (TimeSpan Time, long Order)> _agenda = new();
    private readonly List<Silo> _silos = [];
    private readonly Dictionary<long, int> _poisonDeaths = [];
    private readonly HashSet<long> _ranAloneAtADeath = [];
    private readonly Dictionary<(string Silo, LeaseKey Name), (Silo Silo, Held Held)> _beginning = [];
    private TimeSpan _now;
    private TimeSpan? _ended;
    private long _order;
    private int _deaths;
    private int _nextSilo;
    private double _workSeconds;

    public SimulatedJob(Scenario scenario)
    {
        _scenario = scenario;
        _random = new Random(scenario.Seed);
        _catalog = new Catalog { FullUntil = TimeSpan.FromSeconds(scenario.FullSeconds) };
        for (int i = 0; i < scenario.Silos; i++)
            _silos.Add(NewSilo());
    }

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

    public Outcome Run()
    {
        At(TimeSpan.Zero, Submit);
        At(TimeSpan.FromMilliseconds(250), Beat);
        At(TimeSpan.FromMilliseconds(100), Strike);
        At(TimeSpan.FromSeconds(1), Scan);
        while (_ended is null && _agenda.TryDequeue(out Action? next, out (TimeSpan Time, long Order) when) && when.Time < Ceiling)
        {
            _now = when.Time;
            next();
        }

        StoredJob? stored = _stored.Job ?? _last;
        return new Outcome(
            _ended is not null,
            stored?.Result,
            _ended ?? _now,
            _workSeconds,
            stored?.Snapshot.Counters.Leases ?? 0,
            stored?.Snapshot.Counters.Attempts ?? 0,
            stored?.Snapshot.Counters.Wasted ?? 0,
            stored?.Epoch ?? 0,
            _deaths,
            _poisonDeaths.Values.DefaultIfEmpty().Max(),
            _published,
            [.. stored?.Snapshot.Failures.Where(failure => failure.ForGood).Select(failure => failure.Unit) ?? []],
            stored?.Phase ?? JobPhase.Decomposing,
            _holds,
            stored?.Retries ?? 0,
            _carriedOut
        );
    }

    /// <summary>Says where everything stands, for whoever looks for what a seed has found.</summary>
    public string Describe()
    {
        string silos = string.Join(
            ' ',
            _silos
                .Where(silo => !silo.Dead)
                .Select(silo => $"{silo.Name}:{silo.Running}/{silo.Held.Count}{(silo.FrozenUntil > _now ? "!" : "")}")
        );
        StoredJob? job = _stored.Job;
        string coordinator = _activation is not { } it
            ? $"none before {_activatableAt:g}"
            : $"on {it.Home.Name}, gone {it.IsGone}, leaving {it.IsLeaving}, writing {it.IsWriting}, {it.Life}";
        string run = Current is not { Machine: { } machine }
            ? "none"
            : $"{machine.Phase}, {machine.DoneUnits} of {machine.UnitCount}, {machine.LeasesInFlight} leases, wakes at {machine.NextWake:g}";
        return $"""
            at {_now:g}; catalogue {_catalog.Entry}, placed {_catalog.IsPlaced}; silos {silos}
            stored by {_stored.Writer?.Home.Name} as {_stored.Tag}: {job?.Phase}, epoch {job?.Epoch}, {job?.Done} of {job?.Snapshot.UnitCount}, suspects {string.Join(
                ' ',
                job?.Snapshot.Suspects ?? []
            )}
            coordinator {coordinator}
            run {run}
            """;
    }

    private static ulong UnitValue(long unit) => Mix(0x9E37_79B9_7F4A_7C15, (ulong)unit + 1);

    /// <summary>Neither commutative nor associative: any other tree gives another value.</summary>
    private static ulong Mix(ulong left, ulong right)
    {
        ulong mixed = (left * 0xBF58_476D_1CE4_E5B9) ^ (ulong.RotateLeft(right, 29) * 0x94D0_49BB_1331_11EB);
        return mixed ^ (mixed >> 31);
    }

    private TimeSpan Detection => TimeSpan.FromSeconds(_scenario.DetectionSeconds);

    private JobRun? Current => _activation is { IsGone: false, Run: { Stopped: false } run } ? run : null;

    private void At(TimeSpan delay, Action action) => _agenda.Enqueue(action, (_now + delay, _order++));

    private TimeSpan UntilCallFails() => _scenario.CallsFailAtOnce ? Delay() : Detection;

    private TimeSpan Delay() => TimeSpan.FromMilliseconds(0.05) + (_scenario.Faults.MaxDelay * _random.NextDouble());

    private bool Happens(double rate) => rate > 0 && _now < _scenario.Faults.Ends && _random.NextDouble() < rate;

    private Silo NewSilo() => new($"silo-{_nextSilo++}") { Prepared = _now + TimeSpan.FromMilliseconds(_scenario.PrepareMillis) };

    private List<Silo> Undeclared() => [.. _silos.Where(silo => !silo.DeclaredDead)];

    private SiloChanged Known(Silo silo) =>
        new(silo.Name, _scenario.Slots, Takes: true, silo.Running, silo.Held.Count - silo.Running, Heard: true);

    private void Beat()
    {
        foreach (Silo silo in _silos)
        {
            if (silo.Dead || silo.FrozenUntil > _now || Happens(_scenario.Faults.CallLost))
                continue;
            HeldRange[] held = [.. silo.Held.Values.Select(lease => lease.ToRange(_now))];
            SiloChanged load = Known(silo);
            JobRun? run = Current;
            At(
                Delay(),
                () =>
                {
                    if (run is not null)
                        Give(run, load, new HeartbeatReceived(silo.Name, held));
                }
            );
        }

        At(TimeSpan.FromMilliseconds(250), Beat);
    }

    private void Strike()
    {
        const double Share = 0.1;
        FaultPlan faults = _scenario.Faults;
        if (Happens(faults.SiloDeathsPerSecond * Share))
            Kill(_silos[_random.Next(_silos.Count)]);
        if (Happens(faults.SiloFreezesPerSecond * Share))
            Freeze(_silos[_random.Next(_silos.Count)]);
        if (_activation is { IsGone: false } dying && Happens(faults.CoordinatorDeathsPerSecond * Share))
            Vanish(dying);
        if (_activation is { IsGone: false } leaving && Happens(faults.CoordinatorsLeavePerSecond * Share))
            Deactivate(leaving, (LeaveReason)_random.Next(3));
        if (_activation is { IsGone: false } cutOff && Happens(faults.CoordinatorSplitsPerSecond * Share))
            Split(cutOff);

        At(TimeSpan.FromSeconds(Share), Strike);
    }

    private void Kill(Silo victim)
    {
        if (victim.Dead || (_scenario.Poison.Count == 0 && _silos.Count(silo => !silo.Dead) < 2))
            return;
        victim.Dead = true;
        _deaths++;
        _ranAloneAtADeath.UnionWith(victim.RanAlone);
        foreach (Held held in victim.Held.Values.Where(held => !held.Detached))
            At(
                UntilCallFails(),
                () => Give(held.Owner, new CallFailed(_scenario.Spawned ? "" : victim.Name, [held.Name.Number], Ran: true))
            );
        if (_activation is { } coordinator && coordinator.Home == victim)
            Vanish(coordinator);
        At(
            Detection,
            () =>
            {
                victim.DeclaredDead = true;
                // As Orleans gives up an activation whose place in the directory was on a silo that died.
                if (_scenario.Poison.Count > 0 && _activation is { IsGone: false } displaced && _random.Next(3) == 0)
                    Vanish(displaced, until: Delay());
                if (Current is { } run)
                    Give(run, new SiloLost(victim.Name, Planned: false));
                Silo replacement = NewSilo();
                _silos.Add(replacement);
                if (Current is { } current)
                    Give(current, Known(replacement));
            }
        );
    }

    /// <summary>A frozen silo is declared dead when it stays so for long; what it reports afterwards is late.</summary>
    private void Freeze(Silo victim)
    {
        if (victim.Dead)
            return;
        TimeSpan length = TimeSpan.FromSeconds(0.5 + (15 * _random.NextDouble()));
        victim.FrozenUntil = _now + length;
        if (length < TimeSpan.FromSeconds(9))
            return;
        At(
            TimeSpan.FromSeconds(9),
            () =>
            {
                _ranAloneAtADeath.UnionWith(victim.RanAlone);
                if (Current is { } run)
                    Give(run, new SiloLost(victim.Name, Planned: false));
            }
        );
    }
}
