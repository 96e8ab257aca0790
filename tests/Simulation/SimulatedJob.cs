using OrleansWork.Scheduling.Coordination;
using OrleansWork.Scheduling.Failures;
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

    /// <summary>Coordinators that go on, cut off from storage, beside the one that takes over.</summary>
    public double CoordinatorSplitsPerSecond { get; init; }

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
    public bool BreakPublish { get; init; }

    /// <summary>Units that end the process they run in; the job skips what fails for good.</summary>
    public IReadOnlyList<long> Poison { get; init; } = [];

    /// <summary>How long such a unit runs before its process ends: a full stack is written out before that.</summary>
    public double PoisonMillis { get; init; } = 0.5;

    /// <summary>Whether a process is silent while such a unit runs.</summary>
    public bool PoisonIsSilent { get; init; }

    /// <summary>How long after its end a process is declared dead.</summary>
    public double DetectionSeconds { get; init; } = 4;

    /// <summary>Whether calls fail when the process ends, long before it is declared dead.</summary>
    public bool CallsFailAtOnce { get; init; }

    /// <summary>Whether units are given up after three deaths, also where none ends its process.</summary>
    public bool GivesUp { get; init; }

    /// <summary>How long a process takes before its first lease starts.</summary>
    public double PrepareMillis { get; init; }

    /// <summary>Lone canaries count as present as soon as they are sent.</summary>
    public bool BreakBeginning { get; init; }

    /// <summary>How long a snapshot takes until it is stored, at most.</summary>
    public double StoreMillis { get; init; }

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
    int Deaths,
    int MostDeathsOfAUnit,
    int Published,
    IReadOnlyList<long> Failed
);

/// <summary>Drives <see cref="JobMachine"/> by a discrete-event clock: silos with pools, lossy messages, deaths, freezes, and a coordinator that restarts from its checkpoint.</summary>
public sealed class SimulatedJob
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
    private bool _storing;
    private (JobSnapshot Snapshot, Dictionary<long, ulong> Values, Silo Home, List<Silo> Silos)? _stored;
    private Coordinator? _current;
    private int _published;
    private TimeSpan _now;
    private TimeSpan? _ended;
    private ulong? _result;
    private long _order;
    private int _epoch;
    private int _deaths;
    private int _nextSilo;
    private double _workSeconds;

    public SimulatedJob(Scenario scenario)
    {
        _scenario = scenario;
        _random = new Random(scenario.Seed);
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
        At(TimeSpan.Zero, StartCoordinator);
        At(TimeSpan.FromMilliseconds(250), Beat);
        At(TimeSpan.FromMilliseconds(200), Checkpoint);
        At(TimeSpan.FromMilliseconds(100), Strike);
        while (_ended is null && _agenda.TryDequeue(out Action? next, out (TimeSpan Time, long Order) when) && when.Time < Ceiling)
        {
            _now = when.Time;
            next();
        }

        if (_ended is null && _current is { } c)
        {
            System.Console.WriteLine(
                $"DEBUG {_now} {c.Machine.Phase} done {c.Machine.DoneUnits}/{c.Machine.UnitCount} leases {c.Machine.LeasesInFlight} stopped {c.Stopped} suspects {string.Join(' ', c.Machine.Snapshot().Suspects)} version {c.Machine.SuspectsVersion} silos {string.Join(' ', _silos.Where(x => !x.Dead).Select(x => $"{x.Name}:{x.Running}/{x.Held.Count}/{x.Queue.Count} e{x.Epoch} held {string.Join(',', x.Held.Values.Select(h => $"{h.Name} {h.Range} at {h.At} det {h.Detached} stop {h.Stop} canc {h.Cancelled} frozen {x.FrozenUntil}"))}"))} epoch {_epoch} usable {c.Machine.UsableSlots} wake {c.Machine.NextWake}"
            );
        }

        JobCounters counters = _current?.Machine.Counters ?? default;
        return new Outcome(
            _ended is not null,
            _result,
            _ended ?? _now,
            _workSeconds,
            counters.Leases,
            counters.Attempts,
            counters.Wasted,
            _epoch,
            _deaths,
            _poisonDeaths.Values.DefaultIfEmpty().Max(),
            _published,
            [.. _current?.Machine.Failures.Where(failure => failure.ForGood).Select(failure => failure.Unit) ?? []]
        );
    }

    private static ulong UnitValue(long unit) => Mix(0x9E37_79B9_7F4A_7C15, (ulong)unit + 1);

    /// <summary>Neither commutative nor associative: any other tree gives another value.</summary>
    private static ulong Mix(ulong left, ulong right)
    {
        ulong mixed = (left * 0xBF58_476D_1CE4_E5B9) ^ (ulong.RotateLeft(right, 29) * 0x94D0_49BB_1331_11EB);
        return mixed ^ (mixed >> 31);
    }

    private TimeSpan Detection => TimeSpan.FromSeconds(_scenario.DetectionSeconds);

    private void At(TimeSpan delay, Action action) => _agenda.Enqueue(action, (_now + delay, _order++));

    private TimeSpan UntilCallFails() => _scenario.CallsFailAtOnce ? Delay() : Detection;

    private TimeSpan Delay() => TimeSpan.FromMilliseconds(0.05) + (_scenario.Faults.MaxDelay * _random.NextDouble());

    private bool Happens(double rate) => _now < _scenario.Faults.Ends && _random.NextDouble() < rate;

    private Silo NewSilo() => new($"silo-{_nextSilo++}") { Prepared = _now + TimeSpan.FromMilliseconds(_scenario.PrepareMillis) };

    private bool GivesUp => _scenario.GivesUp || _scenario.Poison.Count > 0;

    private void StartCoordinator()
    {
        Silo[] alive = [.. _silos.Where(silo => !silo.Dead)];
        if (alive.Length == 0)
        {
            At(TimeSpan.FromMilliseconds(500), StartCoordinator);
            return;
        }

        _epoch++;
        Dictionary<long, ulong> values = _stored is { } stored ? new(stored.Values) : [];
        Silo home = alive[_random.Next(alive.Length)];
        JobMachineOptions options = new()
        {
            Home = home.Name,
            Policy = _scenario.Policy,
            Spawned = _scenario.Spawned,
            ChunkUnits = _scenario.ChunkUnits,
            ChunkTime = Budget,
            MaxAttempts = _scenario.MaxAttempts,
            Seed = _scenario.Seed,
            Speculates = true,
            SkipsFailedUnits = GivesUp,
            DeathsToPoison = GivesUp ? SuspectTable.DeathsToPoison : int.MaxValue,
        };
        JobSnapshot? snapshot = _stored?.Snapshot.After(
            _stored.Value.Home.Dead || _stored.Value.Silos.Exists(silo => silo.DeclaredDead),
            name => _silos.Exists(silo => silo.Name == name && !silo.DeclaredDead)
        );
        Coordinator mine = new(new JobMachine(options, _epoch, snapshot, _now), _epoch, values, home);
        _current = mine;
        foreach (Silo silo in Undeclared())
            Give(mine, Known(silo));
        if (_stored is not null)
        {
            foreach (Silo silo in alive.Where(silo => silo.FrozenUntil <= _now))
            {
                silo.Epoch = Math.Max(silo.Epoch, _epoch);
                foreach (Held held in silo.Held.Values)
                    held.Detached = true;
                Give(mine, new Adopted(silo.Name, [.. silo.Held.Values.Select(held => held.ToRange(_now))]));
            }
        }

        JobSnapshot begun = snapshot ?? new JobSnapshot(JobPhase.Running, _scenario.Units, [], [], [], default, []);
        _stored = (begun, _stored?.Values ?? [], mine.Home, Undeclared());
        Give(mine, new Decomposed(_scenario.Units), new Started());
    }

    private List<Silo> Undeclared() => [.. _silos.Where(silo => !silo.DeclaredDead)];

    private SiloChanged Known(Silo silo) =>
        new(silo.Name, _scenario.Slots, Takes: true, silo.Running, silo.Held.Count - silo.Running, Heard: true);

    /// <summary>Events reach the machine only while it is the coordinator: a dead one hears nothing.</summary>
    private void Give(Coordinator coordinator, params JobEvent[] events)
    {
        if (coordinator.Stopped || _ended is not null)
            return;
        foreach (JobEvent happened in events)
        {
            if (happened is LeaseReported { End: LeaseEnd.Fenced } fenced && fenced.Name.Epoch == coordinator.Epoch)
                coordinator.Stopped = true;
        }

        List<JobCommand> commands = [];
        coordinator.Machine.Apply(events, _now, commands);
        foreach (JobCommand command in commands)
            CarryOut(coordinator, command);
        coordinator.Machine.CheckInvariants();
    }

    private void CarryOut(Coordinator machine, JobCommand command)
    {
        switch (command)
        {
            case GrantLease lease:
                Send(machine, lease);
                break;
            case CombinePartials combine:
                machine.Values.Remove(combine.Left, out ulong left);
                machine.Values.Remove(combine.Right, out ulong right);
                machine.Values.Add(combine.Result, Mix(left, right));
                break;
            case CopyPartial copy:
                machine.Values.Add(copy.Copy, machine.Values[copy.Handle]);
                break;
            case StoreSuspects:
                StoreSoon(machine);
                break;
            case AnswerBegin answer:
                AnswerBegin(answer);
                break;
            case ClearSilo clear:
                Silo asked = _silos.First(silo => silo.Name == clear.Silo);
                At(
                    asked.Dead ? Detection : Delay() + Delay() + (asked.FrozenUntil > _now ? asked.FrozenUntil - _now : TimeSpan.Zero),
                    () => Give(machine, new SiloCleared(clear.Silo, IsClear: !asked.Dead && !Happens(_scenario.Faults.CallLost)))
                );
                break;
            case DropPartial drop:
                if (!machine.Values.Remove(drop.Handle))
                    throw new InvalidOperationException($"Handle {drop.Handle} was dropped and is not held.");
                break;
            case MakeResult make:
                ulong? made = make.Handle is { } handle ? machine.Values[handle] : 0;
                At(
                    Delay(),
                    () =>
                    {
                        if (machine.Stopped)
                            return;
                        machine.Result = made;
                        Give(machine, new ResultMade());
                    }
                );
                break;
            case EndJob end:
                foreach (UnitFailureRecord failure in machine.Machine.Failures)
                {
                    if (failure is { ForGood: true, Type: "PoisonUnit" } && !_ranAloneAtADeath.Contains(failure.Unit))
                        throw new InvalidOperationException($"Unit {failure.Unit} was given up, and no process ended that ran it alone.");
                }

                if (end.Phase != JobPhase.Succeeded)
                    throw new InvalidOperationException($"The job ended {end.Phase}: {end.Failure?.Message}");
                if (_scenario.BreakPublish)
                    Publish(machine);
                At(Delay(), () => StoreEnd(machine));
                break;
            case WakeAt wake:
                int mine = ++machine.Wakes;
                TimeSpan wished = wake.Time;
                At(
                    wished - _now,
                    () =>
                    {
                        if (mine == machine.Wakes)
                            Give(machine, new TimerFired(TimeSpan.Zero));
                    }
                );
                break;
            case SignalLeases signal:
                At(Delay(), () => Signal(machine.Epoch, signal));
                break;
        }
    }

    /// <summary>Stores the end of the job; only then does anybody see it.</summary>
    private void StoreEnd(Coordinator coordinator)
    {
        if (coordinator.Stopped)
            return;
        if (coordinator != _current)
        {
            // The ETag is another's: whoever writes is no longer the coordinator, when it reaches storage at all.
            At(TimeSpan.FromMilliseconds(500), () => StoreEnd(coordinator));
            return;
        }

        if (Happens(_scenario.Faults.CheckpointFails))
        {
            At(TimeSpan.FromMilliseconds(200), () => StoreEnd(coordinator));
            return;
        }

        if (!_scenario.BreakPublish)
            Publish(coordinator);
        _ended = _now;
        CheckPublished();
    }

    private void Publish(Coordinator coordinator)
    {
        _published++;
        CheckPublished();
        _result = coordinator.Result;
    }

    private void CheckPublished()
    {
        if (_published != 1)
            throw new InvalidOperationException($"The end of the job was published {_published} times.");
    }

    private void StoreSoon(Coordinator coordinator) =>
        At(
            Delay(),
            () =>
            {
                if (coordinator.Stopped || _ended is not null)
                    return;
                if (!Store(coordinator))
                    At(TimeSpan.FromMilliseconds(200), () => StoreSoon(coordinator));
            }
        );

    private bool Store(Coordinator coordinator)
    {
        if (coordinator != _current || coordinator.Machine.Phase != JobPhase.Running || Happens(_scenario.Faults.CheckpointFails))
            return false;
        long suspects = coordinator.Machine.SuspectsVersion;
        JobSnapshot snapshot = coordinator.Machine.Snapshot();
        (JobSnapshot, Dictionary<long, ulong>, Silo, List<Silo>) next = (
            snapshot,
            snapshot.Nodes.ToDictionary(node => node.Handle, node => coordinator.Values[node.Handle]),
            coordinator.Home,
            Undeclared()
        );
        if (_scenario.StoreMillis <= 0)
        {
            _stored = next;
            Give(coordinator, new SuspectsStored(suspects));
            return true;
        }

        if (_storing)
            return false;
        _storing = true;
        At(
            TimeSpan.FromMilliseconds(_scenario.StoreMillis * _random.NextDouble()),
            () =>
            {
                _storing = false;
                if (coordinator != _current || coordinator.Stopped)
                    return;
                _stored = next;
                At(Delay(), () => Give(coordinator, new SuspectsStored(suspects)));
            }
        );
        return true;
    }

    private void Send(Coordinator machine, GrantLease lease)
    {
        int epoch = machine.Epoch;
        if (Happens(_scenario.Faults.CallLost))
        {
            At(TimeSpan.FromSeconds(1), () => Give(machine, new CallFailed(lease.Silo, [lease.Number], Ran: false)));
            return;
        }

        Silo silo = Destination(lease);
        if (_scenario.BreakBeginning && lease.Alone)
            Give(machine, new BeginAsked(silo.Name, new LeaseKey(epoch, lease.Number)));
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

    private void Arrive(Coordinator machine, Silo silo, GrantLease lease, int epoch)
    {
        if (silo.Dead)
        {
            At(UntilCallFails(), () => Give(machine, new CallFailed(lease.Silo, [lease.Number], Ran: true)));
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

        if (epoch < silo.Epoch)
            throw new InvalidOperationException($"{silo.Name} took a lease of epoch {epoch} after one of epoch {silo.Epoch}.");
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

        Held held = new(name, lease.Range, lease.Budget, machine) { Alone = lease.Alone };
        silo.Held.Add(name, held);
        silo.Queue.Enqueue(held);
        StartNext(silo);
    }

    private void StartNext(Silo silo)
    {
        if (silo.Dead)
            return;
        if (silo.Prepared > _now)
        {
            At(silo.Prepared - _now, () => StartNext(silo));
            return;
        }

        while (silo.Running < _scenario.Slots && silo.Queue.TryDequeue(out Held? held))
        {
            silo.Running++;
            if (held.Alone)
                AskToBegin(silo, held);
            else
                Start(silo, held);
        }
    }

    /// <summary>A lone canary has its slot, and its coordinator is asked; without an answer it is handed back.</summary>
    private void AskToBegin(Silo silo, Held held)
    {
        // Whether its process ends before the answer, while it runs or before anybody hears of its end, nobody can tell.
        silo.RanAlone.Add(held.Range.From);
        _beginning[(silo.Name, held.Name)] = (silo, held);
        Coordinator? asked = _current;
        if (asked is not null && !Happens(_scenario.Faults.CallLost))
            At(Delay(), () => Give(asked, new BeginAsked(silo.Name, held.Name)));
        At(TimeSpan.FromSeconds(5), () => BeginOrHandBack(silo.Name, held.Name, begins: false));
    }

    private void AnswerBegin(AnswerBegin answer)
    {
        if (!Happens(_scenario.Faults.ReplyLost))
            At(Delay(), () => BeginOrHandBack(answer.Silo, answer.Name, answer.Begins));
    }

    private void BeginOrHandBack(string asker, LeaseKey name, bool begins)
    {
        if (!_beginning.Remove((asker, name), out (Silo Silo, Held Held) waiting) || waiting.Silo.Dead)
            return;
        (Silo silo, Held held) = waiting;
        if (silo.FrozenUntil > _now)
        {
            _beginning[(asker, name)] = waiting;
            At(silo.FrozenUntil - _now, () => BeginOrHandBack(asker, name, begins));
            return;
        }

        if (begins && !held.Cancelled)
        {
            Start(silo, held);
            return;
        }

        silo.Running--;
        silo.Held.Remove(name);
        if (!held.Cancelled)
            Reply(
                held.Owner,
                silo,
                Report(silo, name, LeaseEnd.Refused, new UnitRange(held.Range.From, held.Range.From), [], null, TimeSpan.Zero)
            );
        StartNext(silo);
    }

    private void Start(Silo silo, Held held)
    {
        held.StartedAt = _now;
        RunUnit(silo, held, held.Range.From);
        At(
            TimeSpan.FromSeconds(2),
            () =>
            {
                if (silo.Dead || !silo.Held.ContainsKey(held.Name) || held.Detached)
                    return;
                held.Detached = true;
                Reply(
                    held.Owner,
                    silo,
                    Report(silo, held.Name, LeaseEnd.Detached, new UnitRange(held.Range.From, held.Range.From), [], null, TimeSpan.Zero)
                );
            }
        );
    }

    private void RunUnit(Silo silo, Held held, long unit)
    {
        held.At = unit;
        if (_scenario.Poison.Contains(unit))
        {
            if (_scenario.PoisonIsSilent)
                silo.FrozenUntil = _now + TimeSpan.FromMilliseconds(_scenario.PoisonMillis + 1);
            At(
                TimeSpan.FromMilliseconds(_scenario.PoisonMillis),
                () =>
                {
                    if (silo.Dead || !silo.Held.ContainsKey(held.Name))
                        return;
                    _poisonDeaths[unit] = _poisonDeaths.GetValueOrDefault(unit) + 1;
                    Kill(silo);
                }
            );
            return;
        }

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
        LeaseReported Make(Coordinator machine) =>
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
            Coordinator owner = held.Owner;
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

    private void ReportUntilTaken(Silo silo, Held held, Func<Coordinator, LeaseReported> make)
    {
        if (silo.Dead || !silo.Held.ContainsKey(held.Name))
            return;
        if (_current is { } machine && !Happens(_scenario.Faults.CallLost))
        {
            At(
                Delay(),
                () =>
                {
                    if (machine.Stopped || machine != _current || silo.Dead)
                        return;
                    GiveReport(machine, make);
                    if (!Happens(_scenario.Faults.ReplyLost))
                        silo.Held.Remove(held.Name);
                }
            );
        }

        At(TimeSpan.FromMilliseconds(500), () => ReportUntilTaken(silo, held, make));
    }

    private void GiveReport(Coordinator machine, Func<Coordinator, LeaseReported> make)
    {
        if (machine.Stopped || _ended is not null)
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

    private static long Keep(Coordinator machine, ulong value)
    {
        long handle = machine.Machine.NewHandle();
        machine.Values.Add(handle, value);
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

    private void Reply(Coordinator machine, Silo silo, LeaseReported report)
    {
        _ = silo;
        At(Delay(), () => Give(machine, report));
    }

    private void Signal(int epoch, SignalLeases signal)
    {
        Silo silo = _silos.First(silo => silo.Name == signal.Silo);
        if (silo.Dead || epoch < silo.Epoch)
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
            Coordinator? machine = _current;
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
        if (_current is { } coordinator)
            Store(coordinator);
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
        if (_current is { } dying && Happens(faults.CoordinatorDeathsPerSecond * Share))
            Replace(dying);
        if (_current is { } cutOff && Happens(faults.CoordinatorSplitsPerSecond * Share))
            Split(cutOff);

        At(TimeSpan.FromSeconds(Share), Strike);
    }

    private void Replace(Coordinator dying)
    {
        dying.Stopped = true;
        _current = null;
        At(Detection, StartCoordinator);
    }

    /// <summary>The coordinator goes on for a while beside its successor: it grants, and hears its own leases' reports.</summary>
    private void Split(Coordinator cutOff)
    {
        _current = null;
        At(Detection, StartCoordinator);
        At(Detection + TimeSpan.FromSeconds(10), () => cutOff.Stopped = true);
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
        if (_scenario.Poison.Count > 0 && _current is { } coordinator && coordinator.Home == victim)
            Replace(coordinator);
        At(
            Detection,
            () =>
            {
                victim.DeclaredDead = true;
                // As Orleans gives up an activation whose place in the directory was on a silo that died.
                if (_scenario.Poison.Count > 0 && _current is { } displaced && _random.Next(3) == 0)
                {
                    displaced.Stopped = true;
                    _current = null;
                    At(Delay(), StartCoordinator);
                }

                if (_current is { } machine)
                    Give(machine, new SiloLost(victim.Name, Planned: false));
                Silo replacement = NewSilo();
                _silos.Add(replacement);
                if (_current is { } current)
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
                if (_current is { } machine)
                    Give(machine, new SiloLost(victim.Name, Planned: false));
            }
        );
    }

    private sealed class Silo(string name)
    {
        public string Name { get; } = name;
        public bool Dead { get; set; }

        /// <summary>Gets or sets whether the others know that it is dead.</summary>
        public bool DeclaredDead { get; set; }

        public TimeSpan FrozenUntil { get; set; }
        public TimeSpan Prepared { get; init; }
        public int Epoch { get; set; }
        public int Running { get; set; }
        public Queue<Held> Queue { get; } = new();

        /// <summary>Gets the units that had a slot of it to run alone.</summary>
        public HashSet<long> RanAlone { get; } = [];
        public Dictionary<LeaseKey, Held> Held { get; } = [];
    }

    private sealed class Coordinator(JobMachine machine, int epoch, Dictionary<long, ulong> values, Silo home)
    {
        public JobMachine Machine { get; } = machine;
        public int Epoch { get; } = epoch;
        public Dictionary<long, ulong> Values { get; } = values;
        public Silo Home { get; } = home;
        public bool Stopped { get; set; }
        public ulong? Result { get; set; }
        public int Wakes { get; set; }
    }

    private sealed class Held(LeaseKey name, UnitRange range, TimeSpan budget, Coordinator owner)
    {
        public LeaseKey Name { get; } = name;
        public UnitRange Range { get; } = range;
        public TimeSpan Budget { get; } = budget;
        public Coordinator Owner { get; } = owner;
        public TimeSpan? Start { get; private set; }
        public long At { get; set; } = range.From;
        public bool Alone { get; init; }
        public bool Detached { get; set; }
        public bool Stop { get; set; }
        public bool Cancelled { get; set; }

        public TimeSpan StartedAt
        {
            get => Start ?? TimeSpan.Zero;
            set => Start = value;
        }

        public HeldRange ToRange(TimeSpan now) =>
            new(Name, Range, Start is not null, At, Start is { } start ? now - start : TimeSpan.Zero) { Alone = Alone };
    }
}
