using OrleansWork.Scheduling.Coordination;
using OrleansWork.Scheduling.Ledger;
using OrleansWork.Scheduling.Reduction;

namespace OrleansWork.Simulation;

/// <content>Silos: how leases come to them, run there and are reported.</content>
public sealed partial class SimulatedJob
{
    private void Send(JobRun machine, GrantLease lease)
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

    private void Arrive(JobRun machine, Silo silo, GrantLease lease, int epoch)
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
        JobRun? asked = Current;
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

        Random unitRandom = new((int)Mix((ulong)_scenario.Seed, (ulong)unit));
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
        LeaseReported Make(JobRun machine) =>
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
            JobRun owner = held.Owner;
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

    private void ReportUntilTaken(Silo silo, Held held, Func<JobRun, LeaseReported> make)
    {
        if (silo.Dead || !silo.Held.ContainsKey(held.Name))
            return;
        if (Current is { } machine && !Happens(_scenario.Faults.CallLost))
        {
            At(
                Delay(),
                () =>
                {
                    if (machine.Stopped || machine != Current || silo.Dead)
                        return;
                    GiveReport(machine, make);
                    if (!Happens(_scenario.Faults.ReplyLost))
                        silo.Held.Remove(held.Name);
                }
            );
        }

        At(TimeSpan.FromMilliseconds(500), () => ReportUntilTaken(silo, held, make));
    }

    private void GiveReport(JobRun machine, Func<JobRun, LeaseReported> make)
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

    private static long Keep(JobRun machine, ulong value)
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

    private void Reply(JobRun machine, Silo silo, LeaseReported report)
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

    private sealed class Held(LeaseKey name, UnitRange range, TimeSpan budget, JobRun owner)
    {
        public LeaseKey Name { get; } = name;
        public UnitRange Range { get; } = range;
        public TimeSpan Budget { get; } = budget;
        public JobRun Owner { get; } = owner;
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
