using OrleansWork.Scheduling.Coordination;
using OrleansWork.Scheduling.Ledger;
using OrleansWork.Scheduling.Placement;
using OrleansWork.Scheduling.Reduction;

namespace OrleansWork.Simulation;

/// <summary>What can go wrong in a simulated run; rates are per message or per simulated second.</summary>
public sealed record FaultPlan
{
    public double CallLost { get; init; }
    public double ReplyLost { get; init; }
    public double Duplicated { get; init; }
    public double SiloDeathsPerSecond { get; init; }
    public double SiloFreezesPerSecond { get; init; }
    public double CoordinatorDeathsPerSecond { get; init; }
    public double CheckpointFails { get; init; }
    public TimeSpan MaxDelay { get; init; } = TimeSpan.FromMilliseconds(5);
    public TimeSpan Ends { get; init; } = TimeSpan.FromSeconds(20);
}

/// <summary>A job on a simulated cluster.</summary>
public sealed record Scenario
{
    public required int Seed { get; init; }
    public long Units { get; init; } = 1_000;
    public int Silos { get; init; } = 3;
    public int Slots { get; init; } = 2;
    public PolicyKind Policy { get; init; } = PolicyKind.Adaptive;
    public bool Spawned { get; init; }
    public long? ChunkUnits { get; init; }
    public int MaxAttempts { get; init; } = 1_000;
    public double UnitMillis { get; init; } = 2;
    public bool Pareto { get; init; }
    public double UnitFails { get; init; }
    public bool BreakAcceptance { get; init; }
    public bool BreakFence { get; init; }
    public FaultPlan Faults { get; init; } = new();
}

/// <summary>How a simulated run ended.</summary>
public sealed record Outcome(
    bool Ended,
    ulong? Result,
    TimeSpan Makespan,
    double WorkSeconds,
    long Leases,
    long Attempts,
    long Wasted,
    int Epochs,
    int Deaths
);

/// <summary>Drives <see cref="JobMachine"/> by a discrete-event clock: silos with pools, lossy messages, deaths, freezes, and a coordinator that restarts from its checkpoint.</summary>
public sealed class SimulatedJob
{
    private static readonly TimeSpan Budget = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Detection = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan Ceiling = TimeSpan.FromMinutes(30);

    private readonly Scenario _scenario;
    private readonly Random _random;
    private readonly PriorityQueue<Action, (TimeSpan Time, long Order)> _agenda = new();
    private readonly List<Silo> _silos = [];
    private readonly Dictionary<long, ulong> _values = [];
    private (JobSnapshot Snapshot, Dictionary<long, ulong> Values)? _stored;
    private JobMachine? _machine;
    private TimeSpan _now;
    private TimeSpan? _ended;
    private ulong? _result;
    private long _order;
    private int _epoch;
    private int _deaths;
    private int _nextSilo;
    private int _wakes;
    private double _workSeconds;

    public SimulatedJob(Scenario scenario)
    {
        _scenario = scenario;
        _random = new Random(scenario.Seed);
        for (int i = 0; i < scenario.Silos; i++)
            _silos.Add(NewSilo());
    }

    /// <summary>The value that every run must give: the recursive definition of the canonical tree.</summary>
    public static ulong Reference(long units)
    {
        return units == 0 ? 0 : Of(TreeNode.Root(units));

        ulong Of(TreeNode node)
        {
            if (node.Level == 0)
                return UnitValue(node.Index);
            ulong left = Of(new TreeNode(node.Level - 1, node.Index * 2));
            TreeNode right = new(node.Level - 1, (node.Index * 2) + 1);
            return right.From >= units ? left : Mix(left, Of(right));
        }
    }

    public Outcome Run()
    {
        At(TimeSpan.Zero, StartCoordinator);
        At(TimeSpan.FromMilliseconds(250), Beat);
        At(TimeSpan.FromMilliseconds(200), Checkpoint);
        At(TimeSpan.FromMilliseconds(100), Strike);
        while (_ended is null && _agenda.TryDequeue(out Action? next, out (TimeSpan Time, long Order) when) && when.Time < Ceiling)
        {
            _now = when.Time;
            next();
        }

        JobCounters counters = _machine?.Counters ?? default;
        return new Outcome(
            _ended is not null,
            _result,
            _ended ?? _now,
            _workSeconds,
            counters.Leases,
            counters.Attempts,
            counters.Wasted,
            _epoch,
            _deaths
        );
    }

    private static ulong UnitValue(long unit) => Mix(0x9E37_79B9_7F4A_7C15, (ulong)unit + 1);

    /// <summary>Neither commutative nor associative: any other tree gives another value.</summary>
    private static ulong Mix(ulong left, ulong right)
    {
        ulong mixed = (left * 0xBF58_476D_1CE4_E5B9) ^ (ulong.RotateLeft(right, 29) * 0x94D0_49BB_1331_11EB);
        return mixed ^ (mixed >> 31);
    }

    private void At(TimeSpan delay, Action action) => _agenda.Enqueue(action, (_now + delay, _order++));

    private TimeSpan Delay() => TimeSpan.FromMilliseconds(0.05) + (_scenario.Faults.MaxDelay * _random.NextDouble());

    private bool Happens(double rate) => _now < _scenario.Faults.Ends && _random.NextDouble() < rate;

    private Silo NewSilo() => new($"silo-{_nextSilo++}");

    private void StartCoordinator()
    {
        _epoch++;
        _values.Clear();
        if (_stored is { } stored)
        {
            foreach ((long handle, ulong value) in stored.Values)
                _values[handle] = value;
        }

        JobMachineOptions options = new()
        {
            Policy = _scenario.Policy,
            Spawned = _scenario.Spawned,
            ChunkUnits = _scenario.ChunkUnits,
            ChunkTime = Budget,
            MaxAttempts = _scenario.MaxAttempts,
            Seed = _scenario.Seed,
        };
        _machine = new JobMachine(options, _epoch, _stored?.Snapshot);
        JobMachine mine = _machine;
        foreach (Silo silo in _silos.Where(silo => !silo.Dead))
            Give(mine, Known(silo));
        if (_stored is not null)
        {
            foreach (Silo silo in _silos.Where(silo => !silo.Dead && silo.FrozenUntil <= _now))
            {
                silo.Epoch = Math.Max(silo.Epoch, _epoch);
                foreach (Held held in silo.Held.Values)
                    held.Detached = true;
                Give(mine, new Adopted(silo.Name, [.. silo.Held.Values.Select(held => held.ToRange(_now))]));
            }
        }

        if (_stored is null)
            _stored = (new JobSnapshot(JobPhase.Running, _scenario.Units, [], [], [], default, []), []);
        Give(mine, new Decomposed(_scenario.Units), new Started());
    }

    private SiloChanged Known(Silo silo) =>
        new(silo.Name, _scenario.Slots, Takes: true, silo.Running, silo.Held.Count - silo.Running, Heard: true);

    /// <summary>Events reach the machine only while it is the coordinator: a dead one hears nothing.</summary>
    private void Give(JobMachine machine, params JobEvent[] events)
    {
        if (!ReferenceEquals(machine, _machine) || _ended is not null)
            return;
        List<JobCommand> commands = [];
        machine.Apply(events, _now, commands);
        foreach (JobCommand command in commands)
            CarryOut(machine, command);
        machine.CheckInvariants();
    }

    private void CarryOut(JobMachine machine, JobCommand command)
    {
        switch (command)
        {
            case GrantLease lease:
                Send(machine, lease);
                break;
            case CombinePartials combine:
                _values.Remove(combine.Left, out ulong left);
                _values.Remove(combine.Right, out ulong right);
                _values.Add(combine.Result, Mix(left, right));
                break;
            case DropPartial drop:
                if (!_values.Remove(drop.Handle))
                    throw new InvalidOperationException($"Handle {drop.Handle} was dropped and is not held.");
                break;
            case MakeResult make:
                ulong? made = make.Handle is { } handle ? _values[handle] : 0;
                At(
                    Delay(),
                    () =>
                    {
                        if (!ReferenceEquals(machine, _machine))
                            return;
                        _result = made;
                        Give(machine, new ResultMade());
                    }
                );
                break;
            case EndJob end:
                if (end.Phase != JobPhase.Succeeded)
                    throw new InvalidOperationException($"The job ended {end.Phase}: {end.Failure?.Message}");
                _ended = _now;
                break;
            case WakeAt wake:
                int mine = ++_wakes;
                TimeSpan wished = wake.Time;
                At(
                    wished - _now,
                    () =>
                    {
                        if (mine == _wakes)
                            Give(machine, new TimerFired(TimeSpan.Zero));
                    }
                );
                break;
            case SignalLeases signal:
                At(Delay(), () => Signal(signal));
                break;
        }
    }

    private void Send(JobMachine machine, GrantLease lease)
    {
        int epoch = _epoch;
        if (Happens(_scenario.Faults.CallLost))
        {
            At(TimeSpan.FromSeconds(1), () => Give(machine, new CallFailed(lease.Silo, [lease.Number], Ran: false)));
            return;
        }

        Silo silo = Destination(lease);
        At(Delay(), () => Arrive(machine, silo, lease, epoch));
        if (Happens(_scenario.Faults.Duplicated))
        {
            Silo again = Destination(lease);
            At(Delay() + Delay(), () => Arrive(machine, again, lease, epoch));
        }
    }

    /// <summary>A spawned lease goes to one of the silos offered, or, forwarded by one that is going, to any.</summary>
    private Silo Destination(GrantLease lease)
    {
        if (!_scenario.Spawned)
            return _silos.First(silo => silo.Name == lease.Silo);
        if (lease.Silo.Length > 0 || lease.Offered.Count == 0)
            throw new InvalidOperationException(
                $"Lease {lease.Number} of a spawned job names silo '{lease.Silo}' and offers {lease.Offered.Count}."
            );
        if (Happens(_scenario.Faults.CallLost))
            return _silos[_random.Next(_silos.Count)];
        string chosen = lease.Offered[_random.Next(lease.Offered.Count)];
        return _silos.First(silo => silo.Name == chosen);
    }

    private void Arrive(JobMachine machine, Silo silo, GrantLease lease, int epoch)
    {
        if (silo.Dead)
        {
            At(Detection, () => Give(machine, new CallFailed(lease.Silo, [lease.Number], Ran: true)));
            return;
        }

        if (silo.FrozenUntil > _now)
        {
            At(silo.FrozenUntil - _now, () => Arrive(machine, silo, lease, epoch));
            return;
        }

        LeaseKey name = new(epoch, lease.Number);
        if (epoch < silo.Epoch && !_scenario.BreakFence)
        {
            Reply(
                machine,
                silo,
                Report(silo, name, LeaseEnd.Fenced, new UnitRange(lease.Range.From, lease.Range.From), [], null, TimeSpan.Zero)
            );
            return;
        }

        silo.Epoch = Math.Max(silo.Epoch, epoch);
        if (silo.Held.ContainsKey(name))
            return;
        if (silo.Held.Count >= (2 * _scenario.Slots) + 2)
        {
            Reply(
                machine,
                silo,
                Report(silo, name, LeaseEnd.Refused, new UnitRange(lease.Range.From, lease.Range.From), [], null, TimeSpan.Zero)
            );
            return;
        }

        Held held = new(name, lease.Range, lease.Budget, machine);
        silo.Held.Add(name, held);
        silo.Queue.Enqueue(held);
        StartNext(silo);
    }

    private void StartNext(Silo silo)
    {
        while (silo.Running < _scenario.Slots && silo.Queue.TryDequeue(out Held? held))
        {
            silo.Running++;
            held.StartedAt = _now;
            RunUnit(silo, held, held.Range.From);
            Held started = held;
            At(
                TimeSpan.FromSeconds(2),
                () =>
                {
                    if (silo.Dead || !silo.Held.ContainsKey(started.Name) || started.Detached)
                        return;
                    started.Detached = true;
                    Reply(
                        started.Owner,
                        silo,
                        Report(
                            silo,
                            started.Name,
                            LeaseEnd.Detached,
                            new UnitRange(started.Range.From, started.Range.From),
                            [],
                            null,
                            TimeSpan.Zero
                        )
                    );
                }
            );
        }
    }

    private void RunUnit(Silo silo, Held held, long unit)
    {
        held.At = unit;
        Random unitRandom = new(HashCode.Combine(_scenario.Seed, unit));
        double millis = _scenario.Pareto
            ? _scenario.UnitMillis * Math.Min(1_000, Math.Pow(1 - unitRandom.NextDouble(), -1 / 1.5) / 3)
            : _scenario.UnitMillis;
        _workSeconds += millis / 1000;
        At(TimeSpan.FromMilliseconds(millis), () => UnitDone(silo, held, unit));
    }

    private void UnitDone(Silo silo, Held held, long unit)
    {
        if (silo.Dead)
            return;
        if (silo.FrozenUntil > _now)
        {
            At(silo.FrozenUntil - _now, () => UnitDone(silo, held, unit));
            return;
        }

        bool fails = Happens(_scenario.UnitFails);
        long done = fails ? unit : unit + 1;
        bool stop = fails || held.Stop || done == held.Range.To || _now - held.StartedAt >= held.Budget;
        if (!stop)
        {
            RunUnit(silo, held, done);
            return;
        }

        silo.Running--;
        if (held.Cancelled)
        {
            silo.Held.Remove(held.Name);
            StartNext(silo);
            return;
        }

        UnitRange prefix = new(held.Range.From, done);
        List<(TreeNode, ulong)> nodes = [.. TreeNode.Cover(prefix, _scenario.Units).Select(node => (node, Value(node)))];
        LeaseReported Make(JobMachine machine) =>
            Report(
                silo,
                held.Name,
                LeaseEnd.Done,
                prefix,
                nodes.ConvertAll(node => (node.Item1, Keep(machine, node.Item2))),
                fails ? new FailureCause("Simulated", "failed", Permanent: false) : null,
                _now - held.StartedAt
            );

        if (held.Detached)
        {
            ReportUntilTaken(silo, held, Make);
        }
        else
        {
            silo.Held.Remove(held.Name);
            JobMachine owner = held.Owner;
            if (Happens(_scenario.Faults.ReplyLost))
                At(
                    TimeSpan.FromSeconds(1),
                    () => Give(owner, new CallFailed(_scenario.Spawned ? "" : silo.Name, [held.Name.Number], Ran: true))
                );
            else
                At(Delay(), () => GiveReport(owner, Make));
            if (Happens(_scenario.Faults.Duplicated))
                At(Delay() + TimeSpan.FromMilliseconds(300), () => GiveReport(owner, Make));
        }

        StartNext(silo);
    }

    private void ReportUntilTaken(Silo silo, Held held, Func<JobMachine, LeaseReported> make)
    {
        if (silo.Dead || !silo.Held.ContainsKey(held.Name))
            return;
        if (_machine is { } machine && !Happens(_scenario.Faults.CallLost))
        {
            At(
                Delay(),
                () =>
                {
                    if (!ReferenceEquals(machine, _machine) || silo.Dead)
                        return;
                    GiveReport(machine, make);
                    if (!Happens(_scenario.Faults.ReplyLost))
                        silo.Held.Remove(held.Name);
                }
            );
        }

        At(TimeSpan.FromMilliseconds(500), () => ReportUntilTaken(silo, held, make));
    }

    private void GiveReport(JobMachine machine, Func<JobMachine, LeaseReported> make)
    {
        if (!ReferenceEquals(machine, _machine) || _ended is not null)
            return;
        LeaseReported report = make(machine);
        if (_scenario.BreakAcceptance && report.Nodes.Count > 0)
        {
            // What a coordinator does that takes a late report's nodes for new ones: one unit is counted for another.
            report = report with
            {
                Nodes =
                [
                    .. report.Nodes.Select(node =>
                        (node.Node.Level == 0 ? node.Node with { Index = node.Node.Index ^ 1 } : node.Node, node.Handle)
                    ),
                ],
            };
        }

        Give(machine, report);
    }

    private long Keep(JobMachine machine, ulong value)
    {
        long handle = machine.NewHandle();
        _values.Add(handle, value);
        return handle;
    }

    private ulong Value(TreeNode node)
    {
        if (node.Level == 0)
            return UnitValue(node.Index);
        ulong left = Value(new TreeNode(node.Level - 1, node.Index * 2));
        TreeNode right = new(node.Level - 1, (node.Index * 2) + 1);
        return right.From >= _scenario.Units ? left : Mix(left, Value(right));
    }

    private static LeaseReported Report(
        Silo silo,
        LeaseKey name,
        LeaseEnd end,
        UnitRange done,
        IReadOnlyList<(TreeNode, long)> nodes,
        FailureCause? failure,
        TimeSpan busy
    ) => new(silo.Name, name, end, done, nodes, failure, busy, TimeSpan.FromMicroseconds(200), Share: 0);

    private void Reply(JobMachine machine, Silo silo, LeaseReported report)
    {
        _ = silo;
        At(Delay(), () => Give(machine, report));
    }

    private void Signal(SignalLeases signal)
    {
        Silo silo = _silos.First(silo => silo.Name == signal.Silo);
        if (silo.Dead)
            return;
        foreach (LeaseKey name in signal.Leases)
        {
            if (!silo.Held.TryGetValue(name, out Held? held))
                continue;
            held.Stop = true;
            if (signal.Signal != LeaseSignal.Yield)
                held.Cancelled = true;
        }
    }

    private void Beat()
    {
        foreach (Silo silo in _silos)
        {
            if (silo.Dead || silo.FrozenUntil > _now || Happens(_scenario.Faults.CallLost))
                continue;
            HeldRange[] held = [.. silo.Held.Values.Select(lease => lease.ToRange(_now))];
            SiloChanged load = Known(silo);
            JobMachine? machine = _machine;
            At(
                Delay(),
                () =>
                {
                    if (machine is not null)
                        Give(machine, load, new HeartbeatReceived(silo.Name, held));
                }
            );
        }

        At(TimeSpan.FromMilliseconds(250), Beat);
    }

    private void Checkpoint()
    {
        if (_machine is { } machine && !Happens(_scenario.Faults.CheckpointFails))
        {
            JobSnapshot snapshot = machine.Snapshot();
            _stored = (snapshot, snapshot.Nodes.ToDictionary(node => node.Handle, node => _values[node.Handle]));
        }

        At(TimeSpan.FromMilliseconds(200), Checkpoint);
    }

    private void Strike()
    {
        const double Share = 0.1;
        FaultPlan faults = _scenario.Faults;
        if (Happens(faults.SiloDeathsPerSecond * Share))
            Kill(_silos[_random.Next(_silos.Count)]);
        if (Happens(faults.SiloFreezesPerSecond * Share))
            Freeze(_silos[_random.Next(_silos.Count)]);
        if (_machine is not null && Happens(faults.CoordinatorDeathsPerSecond * Share))
        {
            _machine = null;
            At(Detection, StartCoordinator);
        }

        At(TimeSpan.FromSeconds(Share), Strike);
    }

    private void Kill(Silo victim)
    {
        if (victim.Dead || _silos.Count(silo => !silo.Dead) < 2)
            return;
        victim.Dead = true;
        _deaths++;
        At(
            Detection,
            () =>
            {
                if (_machine is { } machine)
                    Give(machine, new SiloLost(victim.Name, Planned: false));
                Silo replacement = NewSilo();
                _silos.Add(replacement);
                if (_machine is { } current)
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
                if (_machine is { } machine)
                    Give(machine, new SiloLost(victim.Name, Planned: false));
            }
        );
    }

    private sealed class Silo(string name)
    {
        public string Name { get; } = name;
        public bool Dead { get; set; }
        public TimeSpan FrozenUntil { get; set; }
        public int Epoch { get; set; }
        public int Running { get; set; }
        public Queue<Held> Queue { get; } = new();
        public Dictionary<LeaseKey, Held> Held { get; } = [];
    }

    private sealed class Held(LeaseKey name, UnitRange range, TimeSpan budget, JobMachine owner)
    {
        public LeaseKey Name { get; } = name;
        public UnitRange Range { get; } = range;
        public TimeSpan Budget { get; } = budget;
        public JobMachine Owner { get; } = owner;
        public TimeSpan? Start { get; private set; }
        public long At { get; set; } = range.From;
        public bool Detached { get; set; }
        public bool Stop { get; set; }
        public bool Cancelled { get; set; }

        public TimeSpan StartedAt
        {
            get => Start ?? TimeSpan.Zero;
            set => Start = value;
        }

        public HeldRange ToRange(TimeSpan now) => new(Name, Range, Start is not null, At, Start is { } start ? now - start : TimeSpan.Zero);
    }
}
