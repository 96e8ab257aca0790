using OrleansWork.Scheduling.Coordination;
using OrleansWork.Scheduling.Failures;
using OrleansWork.Scheduling.Fairness;
using OrleansWork.Scheduling.Ledger;
using OrleansWork.Scheduling.Reduction;

namespace OrleansWork.Simulation;

/// <summary>A silo: how leases come to it, run there and are reported. What it decides is decided by the product's own rules.</summary>
internal sealed class SimulatedSilo(SimulatedCluster cluster, string name)
{
    private static readonly TimeSpan QueueLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan DetachAfter = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan BeginWait = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ReportAgain = TimeSpan.FromMilliseconds(500);

    private const int UnitsApart = 64;

    private readonly Dictionary<SimulatedJob, Session> _sessions = [];
    private readonly CanaryGate<Session> _gate = new();
    private readonly FairQueue<Held> _queue = new();
    private readonly Dictionary<(SimulatedJob Job, LeaseName Name), Held> _beginning = [];
    private readonly List<Call> _calls = [];
    private Queue<Held>? _turn;
    private int _running;
    private int _waiting;

    public string Name { get; } = name;

    public AdmissionControl Admission { get; } = new(cluster.Plan.Slots, (long)QueueLimit.TotalMicroseconds);

    public bool Dead { get; set; }

    /// <summary>Gets or sets whether the others know that it is dead.</summary>
    public bool DeclaredDead { get; set; }

    public TimeSpan StartedAt { get; } = cluster.Now;

    public TimeSpan DeclaredAt { get; set; }

    public TimeSpan FrozenUntil { get; set; }

    /// <summary>Gets the units that had a slot of it to run alone.</summary>
    public HashSet<(SimulatedJob Job, long Unit)> RanAlone { get; } = [];

    private bool IsFrozen => FrozenUntil > cluster.Now;

    public SiloChanged Known() => new(Name, cluster.Plan.Slots, Takes: true, _running, _waiting, Heard: true);

    public HeldRange[] HeldOf(SimulatedJob job) =>
        _sessions.TryGetValue(job, out Session? session) && session.Held.Count > 0
            ? [.. session.Held.Values.Select(held => held.ToRange(cluster.Now))]
            : [];

    public int OfferTo(SimulatedJob job) =>
        _sessions.TryGetValue(job, out Session? session) ? Admission.Offer(session.Admission, cluster.Micros) : 0;

    public override string ToString() => $"{Name}:{_running}/{_waiting}{(IsFrozen ? "!" : "")}";

    /// <summary>Takes a call with leases, as often as it arrives.</summary>
    public void Arrive(Call call)
    {
        if (Dead)
        {
            cluster.At(cluster.UntilCallFails(), () => call.Fail(this, ran: true));
            return;
        }

        if (IsFrozen)
        {
            cluster.At(FrozenUntil - cluster.Now, () => Arrive(call));
            return;
        }

        SimulatedJob job = call.Run.Job;
        Session session = SessionOf(job);
        Call mine = call.Arrived();
        if (call.Run.Epoch < session.Epoch && !job.Scenario.BreakFence)
        {
            foreach (GrantLease lease in mine.Leases)
                mine.Set(Unstarted(session, mine, lease, LeaseOutcome.Fenced));
            Answer(mine);
            return;
        }

        if (call.Run.Epoch < session.Epoch)
            throw new InvalidOperationException($"{Name} took a lease of epoch {call.Run.Epoch} after one of epoch {session.Epoch}.");
        // The same call again, while what it brought is here.
        if (call.Leases.Any(lease => session.Held.ContainsKey(new LeaseName(call.Run.Epoch, lease.Number))))
            return;
        if (call.Run.Epoch > session.Epoch)
            DetachAll(session);
        session.Epoch = call.Run.Epoch;
        session.Flow.Weight = call.Weight;
        _calls.Add(mine);
        List<Held> taken = [];
        foreach (GrantLease lease in mine.Leases)
        {
            if (TryTake(session, mine, lease) is { } held)
                taken.Add(held);
        }

        if (taken.Count > 0 && session.PreparedAt <= cluster.Now)
        {
            if (mine.Quick && !mine.IsSpawned && MayRunHere(session, taken))
            {
                session.Job.RanInTurn += taken.Count;
                _turn = new Queue<Held>(taken);
                StartTurn();
            }
            else
            {
                foreach (Held held in taken)
                    _queue.Enqueue(session.Flow, held);
            }
        }

        AnswerIfWhole(mine);
        StartNext();
    }

    private bool MayRunHere(Session session, List<Held> taken) =>
        _turn is null
        && _waiting == taken.Count
        && taken.TrueForAll(held => held.Care != LeaseCare.Alone)
        && session.Turn.MayRun(taken.Sum(held => held.Range.Count));

    /// <summary>Starts the next lease in the turn that brought it; at the first surprise the rest goes to the slots.</summary>
    private void StartTurn()
    {
        while (_turn!.TryDequeue(out Held? held))
        {
            if (held.IsOver)
                continue;
            if (!held.Session.Turn.IsOn)
            {
                _queue.Enqueue(held.Session.Flow, held);
                continue;
            }

            _waiting--;
            (held.SlotAt, held.IsInTurn) = (cluster.Now, true);
            Start(held);
            return;
        }

        _turn = null;
    }

    /// <summary>Fences older epochs; reports of what is held go to the new coordinator.</summary>
    public HeldRange[] Adopt(SimulatedJob job, int epoch)
    {
        Session session = SessionOf(job);
        if (epoch < session.Epoch)
            return [];
        session.Epoch = epoch;
        DetachAll(session);
        return HeldOf(job);
    }

    /// <summary>Keeps clear of other jobs for a lone canary.</summary>
    public bool Clear(SimulatedJob job, int epoch)
    {
        Session session = SessionOf(job);
        return epoch >= session.Epoch && !session.HasEnded && _gate.Clears(session, _sessions.Values, cluster.Micros);
    }

    /// <summary>Lets a coordinator here enter a step that may end the process.</summary>
    public bool TryEnterStep(SimulatedJob job, bool isRecorded) =>
        _gate.TryEnter(SessionOf(job), _sessions.Values, cluster.Micros, isRecorded);

    public void LeaveStep(SimulatedJob job) => _gate.Leave(SessionOf(job));

    public void Signal(SimulatedJob job, int epoch, SignalLeases signal)
    {
        if (Dead || !_sessions.TryGetValue(job, out Session? session) || epoch < session.Epoch)
            return;
        foreach (LeaseName lease in signal.Leases)
        {
            if (session.Held.TryGetValue(lease, out Held? held))
                Stop(held, isWanted: signal.Signal == LeaseSignal.Yield);
        }
    }

    /// <summary>Hears that a job is over.</summary>
    public void Release(SimulatedJob job, int epoch)
    {
        if (Dead || !_sessions.TryGetValue(job, out Session? session) || epoch < session.Epoch)
            return;
        session.HasEnded = true;
        foreach (Held held in session.Held.Values.ToArray())
            Stop(held, isWanted: false);
        Forget(session);
    }

    /// <summary>Hears whether a lone canary may begin, or that nobody says so.</summary>
    public void BeginOrHandBack(SimulatedJob job, LeaseName lease, bool begins)
    {
        if (Dead || !_beginning.TryGetValue((job, lease), out Held? held))
            return;
        if (IsFrozen)
        {
            cluster.At(FrozenUntil - cluster.Now, () => BeginOrHandBack(job, lease, begins));
            return;
        }

        _beginning.Remove((job, lease));
        if (begins && !held.IsUnwanted && !held.Stop)
        {
            Start(held);
            return;
        }

        LeaveSlot(held, busy: TimeSpan.Zero);
        Report(held, Unstarted(held, LeaseOutcome.Refused));
        StartNext();
    }

    /// <summary>Fails the calls that are open: the process is gone.</summary>
    public void FailCalls()
    {
        foreach (Call call in _calls)
            cluster.At(cluster.UntilCallFails(), () => call.Fail(this, ran: true));
        _calls.Clear();
    }

    private Session SessionOf(SimulatedJob job)
    {
        if (!_sessions.TryGetValue(job, out Session? session))
            _sessions.Add(job, session = new Session(job));
        return session;
    }

    private void Forget(Session session)
    {
        if (!session.HasEnded || session.Held.Count > 0)
            return;
        Admission.Remove(session.Admission);
        _sessions.Remove(session.Job);
    }

    /// <summary>Takes a lease, or refuses it.</summary>
    private Held? TryTake(Session session, Call call, GrantLease lease)
    {
        LeaseCare care =
            lease.Alone ? LeaseCare.Alone
            : lease.Canary ? LeaseCare.Canary
            : LeaseCare.None;
        if (session.HasEnded || _gate.Refuses(care, session, _sessions.Values, cluster.Micros) || !TryAdmit(session))
        {
            session.Job.Refused++;
            call.Set(Unstarted(session, call, lease, LeaseOutcome.Refused));
            return null;
        }

        Held held = new(session, call, lease, care, cluster.Now);
        session.Held.Add(held.Name, held);
        _waiting++;
        cluster.At(QueueLimit, () => HandBack(held));
        if (session.PreparedAt is not { } prepared)
        {
            prepared = cluster.Now + TimeSpan.FromMilliseconds(cluster.Plan.PrepareMillis);
            session.PreparedAt = prepared;
        }

        if (prepared > cluster.Now)
            cluster.At(prepared - cluster.Now, () => Enqueue(held));
        return held;
    }

    private bool TryAdmit(Session session) =>
        Admission.TryAdmit(session.Admission, session.Flow.Weight, int.MaxValue, cluster.Micros, out _)
        || Admission.TryAdmitFirst(session.Admission);

    private void Enqueue(Held held)
    {
        if (Dead || held.IsOver)
            return;
        _queue.Enqueue(held.Session.Flow, held);
        StartNext();
    }

    private void HandBack(Held held)
    {
        if (Dead || held.IsOver || held.HasSlot)
            return;
        if (IsFrozen)
        {
            cluster.At(FrozenUntil - cluster.Now, () => HandBack(held));
            return;
        }

        held.Session.Job.HandedBack++;
        bool noneStarted = _sessions.Values.All(session => session.Held.Values.All(other => !(other.SlotAt > held.ArrivedAt)));
        if (_running >= cluster.Plan.Slots && noneStarted)
            Admission.ObserveWait((long)QueueLimit.TotalMicroseconds, cluster.Micros);
        End(held);
        Report(held, Unstarted(held, LeaseOutcome.Refused));
    }

    private void StartNext()
    {
        while (!Dead && _running < cluster.Plan.Slots && _queue.TryDequeue(out _, out Held held, out long charged))
        {
            if (held.IsOver)
                continue;
            _waiting--;
            _running++;
            (held.SlotAt, held.Charged) = (cluster.Now, charged);
            if (held.Care == LeaseCare.Alone)
                AskToBegin(held);
            else
                Start(held);
        }
    }

    /// <summary>A lone canary has its slot, and its coordinator is asked; without an answer it is handed back.</summary>
    private void AskToBegin(Held held)
    {
        SimulatedJob job = held.Session.Job;
        // Whether its process ends before the answer, while it runs or before anybody hears of its end, nobody can tell.
        RanAlone.Add((job, held.Range.From));
        _beginning[(job, held.Name)] = held;
        if (!cluster.Happens(cluster.Plan.Faults.CallLost))
            job.AskToBegin(this, held.Name);
        cluster.At(BeginWait, () => BeginOrHandBack(job, held.Name, begins: false));
    }

    private void Start(Held held)
    {
        held.StartedAt = cluster.Now;
        held.Session.Job.FirstStart ??= cluster.Now;
        RunUnit(held, held.Range.From);
    }

    private void RunUnit(Held held, long unit)
    {
        (held.At, held.UnitAt) = (unit, cluster.Now);
        SimulatedJob job = held.Session.Job;
        TimeSpan length = job.LengthOf(unit);
        bool isPoison = job.Scenario.Poison.Contains(unit);
        if (isPoison && job.Scenario.PoisonIsSilent)
            FrozenUntil = cluster.Now + length + TimeSpan.FromMilliseconds(1);
        cluster.At(length, () => UnitDone(held, unit, isPoison));
        if (length > DetachAfter)
            cluster.At(DetachAfter, () => DetachIfStill(held, unit));
    }

    private void DetachIfStill(Held held, long unit)
    {
        if (!Dead && !held.IsOver && held.At == unit)
            Detach(held);
    }

    private void UnitDone(Held held, long unit, bool endsTheProcess)
    {
        if (Dead || held.IsOver)
            return;
        SimulatedJob job = held.Session.Job;
        if (endsTheProcess)
        {
            job.EndedItsProcess(unit);
            cluster.Kill(this, evenTheLast: true);
            return;
        }

        if (IsFrozen)
        {
            cluster.At(FrozenUntil - cluster.Now, () => UnitDone(held, unit, endsTheProcess));
            return;
        }

        bool fails = cluster.Happens(job.Scenario.UnitFails);
        long done = fails ? unit : unit + 1;
        TimeSpan busy = cluster.Now - held.StartedAt!.Value;
        bool isFull = held.LeavesApart && done - held.Range.From >= UnitsApart;
        if (!fails && !held.Stop && !isFull && done < held.Range.To && busy < held.Budget)
        {
            RunUnit(held, done);
            return;
        }

        held.Session.Turn.Observe(done - held.Range.From, busy.TotalNanoseconds);
        LeaveSlot(held, busy);
        held.At = done;
        if (!held.IsUnwanted)
            ReportDone(held, new UnitRange(held.Range.From, done), busy, fails);
        StartNext();
    }

    private void ReportDone(Held held, UnitRange prefix, TimeSpan busy, bool fails)
    {
        SimulatedJob job = held.Session.Job;
        if (job.Scenario.FatalStep == KindStep.Combine && prefix.Count > 1 && !held.LeavesApart)
        {
            cluster.Kill(this, evenTheLast: true);
            return;
        }

        IEnumerable<TreeNode> cover = held.LeavesApart
            ? Enumerable.Range(0, (int)prefix.Count).Select(i => new TreeNode(0, prefix.From + i))
            : TreeNode.Cover(prefix, job.Scenario.Units);
        (TreeNode, ulong)[] nodes = [.. cover.Select(node => (node, job.ValueOf(node)))];
        int share = OfferTo(job);
        Func<JobRun, LeaseReported> report = run =>
            Make(held.Name, LeaseOutcome.Done, prefix, busy, share) with
            {
                Nodes = [.. nodes.Select(node => (node.Item1, run.Keep(node.Item2)))],
                Failure = fails ? new FailureRecord(null, "Simulated", "failed", null, Permanent: false) : null,
            };
        if (held.Call is { } call)
        {
            call.Set(report);
            AnswerIfWhole(call);
        }
        else
        {
            held.Session.Held.Add(held.Name, held);
            ReportUntilTaken(held, report);
        }
    }

    /// <summary>Reports to whoever coordinates the job, again until that is acknowledged.</summary>
    private void ReportUntilTaken(Held held, Func<JobRun, LeaseReported> report)
    {
        if (Dead || held.IsUnwanted)
            return;
        if (held.Session.Job.Current is { } run && !cluster.Happens(cluster.Plan.Faults.CallLost))
        {
            cluster.At(
                cluster.Delay(),
                () =>
                {
                    if (run.Stopped || run != held.Session.Job.Current || Dead || !held.Session.Held.ContainsKey(held.Name))
                        return;
                    run.Take(report);
                    if (!cluster.Happens(cluster.Plan.Faults.ReplyLost))
                    {
                        held.Session.Held.Remove(held.Name);
                        Forget(held.Session);
                    }
                }
            );
        }

        cluster.At(
            ReportAgain,
            () =>
            {
                if (held.Session.Held.ContainsKey(held.Name))
                    ReportUntilTaken(held, report);
            }
        );
    }

    private void Stop(Held held, bool isWanted)
    {
        held.Stop = true;
        held.IsUnwanted |= !isWanted;
        // What has ended and is reported by calls of this silo's own is forgotten.
        if (held.IsOver && !isWanted)
            held.Session.Held.Remove(held.Name);
        if (held.IsOver || held.HasSlot)
            return;
        End(held);
        Report(held, Unstarted(held, LeaseOutcome.Refused));
    }

    private void LeaveSlot(Held held, TimeSpan busy)
    {
        if (!held.IsInTurn)
            _running--;
        if (held.StartedAt is not null)
        {
            Admission.ObserveLease(busy.TotalMicroseconds, cluster.Micros);
            _queue.Settle(held.Session.Flow, held.Charged, (long)busy.TotalMicroseconds);
        }

        End(held);
        if (!held.IsInTurn)
            return;
        held.Session.Turn.Ran(busy.TotalMicroseconds);
        StartTurn();
    }

    private void End(Held held)
    {
        if (!held.HasSlot)
            _waiting--;
        held.IsOver = true;
        held.Session.Held.Remove(held.Name);
        Admission.Release(held.Session.Admission);
        Forget(held.Session);
    }

    private void DetachAll(Session session)
    {
        foreach (Held held in session.Held.Values.ToArray())
            Detach(held);
    }

    /// <summary>Answers the lease's call without its result, which then goes by a call of this silo's.</summary>
    private void Detach(Held held)
    {
        if (held.Call is not { } call)
            return;
        held.Call = null;
        call.Set(Unstarted(held, LeaseOutcome.Detached));
        AnswerIfWhole(call);
    }

    private void Report(Held held, Func<JobRun, LeaseReported> report)
    {
        if (held.Call is { } call)
        {
            call.Set(report);
            AnswerIfWhole(call);
        }
        else if (!held.IsUnwanted)
        {
            held.Session.Held.Add(held.Name, held);
            ReportUntilTaken(held, report);
        }
    }

    private void AnswerIfWhole(Call call)
    {
        if (call.IsWhole && _calls.Remove(call))
            Answer(call);
    }

    private void Answer(Call call)
    {
        SiloChanged load = Known();
        if (cluster.Happens(cluster.Plan.Faults.ReplyLost))
            cluster.At(TimeSpan.FromSeconds(1), () => call.Fail(this, ran: true));
        else
            cluster.At(cluster.Delay(), () => call.Run.Take(load, call.Reports));
        if (cluster.Happens(cluster.Plan.Faults.Duplicated))
            cluster.At(cluster.Delay() + TimeSpan.FromMilliseconds(300), () => call.Run.Take(load, call.Reports));
    }

    private Func<JobRun, LeaseReported> Unstarted(Session session, Call call, GrantLease lease, LeaseOutcome end)
    {
        int share = OfferTo(session.Job);
        LeaseName key = new(call.Run.Epoch, lease.Number);
        return _ => Make(key, end, new UnitRange(lease.Range.From, lease.Range.From), TimeSpan.Zero, share);
    }

    private Func<JobRun, LeaseReported> Unstarted(Held held, LeaseOutcome end)
    {
        int share = OfferTo(held.Session.Job);
        return _ => Make(held.Name, end, new UnitRange(held.Range.From, held.Range.From), TimeSpan.Zero, share);
    }

    private LeaseReported Make(LeaseName lease, LeaseOutcome end, UnitRange done, TimeSpan busy, int share) =>
        new(Name, lease, end, done, [], null, busy, end == LeaseOutcome.Done ? TimeSpan.FromMicroseconds(200) : null, share);

    /// <summary>A call with leases, and what is to be answered of each.</summary>
    internal sealed class Call(JobRun run, IReadOnlyList<GrantLease> leases, bool quick, int weight)
    {
        private readonly List<Func<JobRun, LeaseReported>> _reports = [];

        public JobRun Run { get; } = run;

        public IReadOnlyList<GrantLease> Leases { get; } = leases;

        /// <summary>Gets whether each of them is predicted to be so short that it may run in the turn that brings it.</summary>
        public bool Quick { get; } = quick;

        /// <summary>Gets whether its leases were sent without a silo's name.</summary>
        public bool IsSpawned => Leases[0].Silo.Length == 0;

        /// <summary>Gets the weight that its job had against others when it was sent.</summary>
        public int Weight { get; } = weight;

        public IReadOnlyList<Func<JobRun, LeaseReported>> Reports => _reports;

        public bool IsWhole => _reports.Count == Leases.Count;

        public void Set(Func<JobRun, LeaseReported> report) => _reports.Add(report);

        /// <summary>Returns the call as it has arrived once: the same one may do so again.</summary>
        public Call Arrived() => new(Run, Leases, Quick, Weight);

        public void Fail(SimulatedSilo? silo, bool ran) =>
            Run.Give(new CallFailed(IsSpawned || silo is null ? "" : silo.Name, [.. Leases.Select(lease => lease.Number)], ran));
    }

    /// <summary>A job on this silo.</summary>
    private sealed class Session(SimulatedJob job) : IGatedJob
    {
        public SimulatedJob Job { get; } = job;
        public JobAdmission Admission { get; } = new();
        public FairQueue<Held>.Flow Flow { get; } = new();
        public QuickTurn Turn { get; } = new();
        public Dictionary<LeaseName, Held> Held { get; } = [];
        public int Epoch { get; set; }
        public TimeSpan? PreparedAt { get; set; }
        public bool HasEnded { get; set; }

        public bool Holds(LeaseCare care, long arrivedAfterMicros) =>
            Held.Values.Any(held => !held.IsOver && held.Care >= care && held.IsRecent(arrivedAfterMicros));
    }

    private sealed class Held(Session session, Call call, GrantLease lease, LeaseCare care, TimeSpan now)
    {
        public Session Session { get; } = session;

        /// <summary>Gets or sets the call that is answered with its result; null once it is detached.</summary>
        public Call? Call { get; set; } = call;

        /// <summary>Gets whether nothing of it is combined here.</summary>
        public bool LeavesApart { get; } = lease.LeavesApart;

        public LeaseName Name { get; } = new(call.Run.Epoch, lease.Number);
        public UnitRange Range { get; } = lease.Range;
        public TimeSpan Budget { get; } = lease.Budget;
        public LeaseCare Care { get; } = care;
        public TimeSpan ArrivedAt { get; } = now;
        public TimeSpan? SlotAt { get; set; }
        public TimeSpan? StartedAt { get; set; }
        public TimeSpan UnitAt { get; set; }
        public long At { get; set; } = lease.Range.From;
        public long Charged { get; set; }
        public bool Stop { get; set; }
        public bool IsUnwanted { get; set; }
        public bool IsOver { get; set; }
        public bool HasSlot => SlotAt is not null;

        /// <summary>Gets or sets whether it runs in the turn that brought it, and so on none of the slots.</summary>
        public bool IsInTurn { get; set; }

        /// <summary>Says whether it is as dangerous as one that came just now: a lone canary is until a while after it has begun.</summary>
        public bool IsRecent(long afterMicros) =>
            Care == LeaseCare.Alone
                ? StartedAt is not { } started || started.TotalMicroseconds > afterMicros
                : ArrivedAt.TotalMicroseconds > afterMicros;

        public HeldRange ToRange(TimeSpan now) =>
            new(Name, Range, StartedAt is not null, Math.Min(At, Range.To - 1), StartedAt is { } start ? now - start : TimeSpan.Zero)
            {
                Alone = Care == LeaseCare.Alone,
            };
    }
}
