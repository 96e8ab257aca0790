using OrleansWork.Scheduling.Coordination;
using OrleansWork.Scheduling.Fairness;
using OrleansWork.Scheduling.Ledger;
using OrleansWork.Scheduling.Placement;
using OrleansWork.Scheduling.Reduction;

namespace OrleansWork.Simulation;

/// <summary>One of the jobs that share a simulated cluster.</summary>
public sealed record SharingJob(long Units, double UnitMillis)
{
    public double SubmittedSeconds { get; init; }
    public long? ChunkUnits { get; init; }
    public int Weight { get; init; } = 5;
    public PolicyKind Policy { get; init; } = PolicyKind.Adaptive;
}

/// <summary>What one of them cost.</summary>
/// <param name="Leases">Leases granted, as its machine counts them.</param>
/// <param name="Attempts">Unit executions.</param>
/// <param name="Refused">Leases that a silo refused at once.</param>
/// <param name="HandedBack">Leases that waited too long for a slot.</param>
/// <param name="FirstStartSeconds">How long after its submission its first unit started.</param>
/// <param name="EndedSeconds">When it ended.</param>
public sealed record SharingOutcome(
    long Leases,
    long Attempts,
    long Refused,
    long HandedBack,
    double FirstStartSeconds,
    double EndedSeconds
);

/// <summary>Several coordinators on the same silos, without faults: real machines, admission and fair queues on a discrete-event clock.</summary>
public sealed class SharedCluster
{
    private static readonly TimeSpan Budget = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan QueueLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan DetachAfter = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan BeatPeriod = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Ceiling = TimeSpan.FromHours(4);
    private readonly Random _random;
    private readonly int _slots;
    private readonly PriorityQueue<Action, (TimeSpan Time, long Order)> _agenda = new();
    private readonly Silo[] _silos;
    private readonly List<Job> _jobs = [];
    private TimeSpan _now;
    private long _order;

    public SharedCluster(int seed, int silos, int slots, params ReadOnlySpan<SharingJob> jobs)
    {
        _random = new Random(seed);
        _slots = slots;
        _silos = [.. Enumerable.Range(0, silos).Select(i => new Silo($"silo-{i}", slots))];
        foreach (SharingJob job in jobs)
        {
            Job sharing = new(job);
            _jobs.Add(sharing);
            At(TimeSpan.FromSeconds(job.SubmittedSeconds), () => Submit(sharing));
        }
    }

    /// <summary>Gets the most leases that a silo ever held at once.</summary>
    public int PeakHeld => _silos.Max(silo => silo.Admission.PeakHeld);

    public SharingOutcome[] Run()
    {
        At(BeatPeriod, Beat);
        while (_jobs.Exists(job => !job.Ended) && _agenda.TryDequeue(out Action? next, out (TimeSpan Time, long Order) when))
        {
            if (when.Time > Ceiling)
                throw new InvalidOperationException("The jobs did not end within four simulated hours.");
            _now = when.Time;
            next();
        }

        return
        [
            .. _jobs.Select(job => new SharingOutcome(
                job.Machine!.Counters.Leases,
                job.Machine.Counters.Attempts,
                job.Refused,
                job.HandedBack,
                job.FirstStart.TotalSeconds - job.Spec.SubmittedSeconds,
                job.EndedAt.TotalSeconds
            )),
        ];
    }

    private long Micros => (long)_now.TotalMicroseconds;

    private void At(TimeSpan delay, Action action) => _agenda.Enqueue(action, (_now + delay, _order++));

    private TimeSpan Delay() => TimeSpan.FromMilliseconds(0.1 + (1.5 * _random.NextDouble()));

    private void Submit(Job job)
    {
        job.Machine = new JobMachine(
            new JobMachineOptions
            {
                Policy = job.Spec.Policy,
                ChunkUnits = job.Spec.ChunkUnits,
                ChunkTime = Budget,
                Seed = _random.Next(),
                Home = _silos[0].Name,
            },
            epoch: 1,
            now: _now
        );
        foreach (Silo silo in _silos)
            Give(job, Known(silo));
        Give(job, new Decomposed(job.Spec.Units), new Started());
    }

    private SiloChanged Known(Silo silo) => new(silo.Name, _slots, Takes: true, silo.Running, silo.Waiting, Heard: true);

    private void Give(Job job, params JobEvent[] events)
    {
        if (job.Ended)
            return;
        List<JobCommand> commands = [];
        job.Machine!.Apply(events, _now, commands);
        foreach (JobCommand command in commands)
            CarryOut(job, command);
        job.Machine.CheckInvariants();
    }

    private void CarryOut(Job job, JobCommand command)
    {
        switch (command)
        {
            case GrantLease lease:
                Silo silo = _silos.First(silo => silo.Name == lease.Silo);
                At(Delay(), () => Arrive(silo, new Held(job, lease, _now)));
                break;
            case MakeResult:
                At(Delay(), () => Give(job, new ResultMade()));
                break;
            case EndJob:
                (job.Ended, job.EndedAt) = (true, _now);
                foreach (Silo other in _silos)
                    At(Delay(), () => other.Admission.Remove(other.Of(job).Admission));
                break;
            case WakeAt wake:
                int mine = ++job.Wakes;
                At(
                    wake.Time - _now,
                    () =>
                    {
                        if (mine == job.Wakes)
                            Give(job, new TimerFired(TimeSpan.Zero));
                    }
                );
                break;
            case SignalLeases signal:
                Silo told = _silos.First(silo => silo.Name == signal.Silo);
                At(
                    Delay(),
                    () =>
                    {
                        foreach (Held held in told.Held.Where(held => held.Job == job && signal.Leases.Contains(held.Name)))
                            held.Stop = true;
                    }
                );
                break;
        }
    }

    private void Arrive(Silo silo, Held held)
    {
        Job job = held.Job;
        Sharing sharing = silo.Of(job);
        if (
            job.Ended
            || !silo.Admission.TryAdmit(sharing.Admission, job.Spec.Weight, int.MaxValue, Micros, out _)
                && !silo.Admission.TryAdmitFirst(sharing.Admission)
        )
        {
            job.Refused++;
            Reply(silo, held, LeaseEnd.Refused, doneTo: held.Lease.Range.From);
            return;
        }

        held.ArrivedAt = _now;
        sharing.Flow.Weight = job.Spec.Weight;
        silo.Held.Add(held);
        silo.Waiting++;
        silo.Queue.Enqueue(sharing.Flow, held);
        At(QueueLimit, () => HandBack(silo, held));
        StartNext(silo);
    }

    private void HandBack(Silo silo, Held held)
    {
        if (held.StartedAt is not null)
            return;
        held.IsGone = true;
        held.Job.HandedBack++;
        silo.Waiting--;
        silo.Held.Remove(held);
        silo.Admission.Release(silo.Of(held.Job).Admission);
        if (silo.Running >= _slots && silo.Held.All(other => other.StartedAt is not { } start || start <= held.ArrivedAt))
            silo.Admission.ObserveWait((long)QueueLimit.TotalMicroseconds, Micros);
        Reply(silo, held, LeaseEnd.Refused, doneTo: held.Lease.Range.From);
    }

    private void StartNext(Silo silo)
    {
        while (silo.Running < _slots && silo.Queue.TryDequeue(out _, out Held held, out long charged))
        {
            if (held.IsGone)
                continue;
            silo.Waiting--;
            silo.Running++;
            held.StartedAt = _now;
            held.Charged = charged;
            if (held.Job.FirstStart == TimeSpan.MaxValue)
                held.Job.FirstStart = _now;
            At(TimeSpan.FromMilliseconds(held.Job.Spec.UnitMillis), () => UnitDone(silo, held));
            At(
                DetachAfter,
                () =>
                {
                    if (held.IsGone || held.IsDetached || _now - held.UnitAt < DetachAfter)
                        return;
                    held.IsDetached = true;
                    Reply(silo, held, LeaseEnd.Detached, held.Lease.Range.From);
                }
            );
        }
    }

    private void UnitDone(Silo silo, Held held)
    {
        held.Done++;
        held.UnitAt = _now;
        TimeSpan busy = _now - held.StartedAt!.Value;
        if (held.Done < held.Lease.Range.To && busy < held.Lease.Budget && !held.Stop)
        {
            At(TimeSpan.FromMilliseconds(held.Job.Spec.UnitMillis), () => UnitDone(silo, held));
            return;
        }

        Sharing sharing = silo.Of(held.Job);
        held.IsGone = true;
        silo.Running--;
        silo.Held.Remove(held);
        silo.Admission.Release(sharing.Admission);
        silo.Admission.ObserveLease(busy.TotalMicroseconds, Micros);
        silo.Queue.Settle(sharing.Flow, held.Charged, (long)busy.TotalMicroseconds);
        Reply(silo, held, LeaseEnd.Done, held.Done, busy);
        StartNext(silo);
    }

    private void Reply(Silo silo, Held held, LeaseEnd end, long doneTo, TimeSpan busy = default)
    {
        Job job = held.Job;
        SiloChanged load = Known(silo);
        int share = silo.Admission.Offer(silo.Of(job).Admission, Micros);
        UnitRange done = new(held.Lease.Range.From, doneTo);
        At(
            Delay(),
            () =>
            {
                if (job.Ended)
                    return;
                (TreeNode, long)[] nodes = [.. TreeNode.Cover(done, job.Spec.Units).Select(node => (node, job.Machine!.NewHandle()))];
                TimeSpan? overhead = end == LeaseEnd.Done ? TimeSpan.FromMilliseconds(1) : null;
                Give(job, load, new LeaseReported(silo.Name, held.Name, end, done, nodes, null, busy, overhead, share));
            }
        );
    }

    private void Beat()
    {
        foreach (Silo silo in _silos)
        {
            SiloChanged load = Known(silo);
            foreach (Job job in _jobs.Where(job => job is { Machine: not null, Ended: false }))
            {
                HeldRange[] held = [.. silo.Held.Where(held => held.Job == job).Select(held => held.ToRange(_now))];
                int share = silo.Admission.Offer(silo.Of(job).Admission, Micros);
                At(Delay(), () => Give(job, load, new HeartbeatReceived(silo.Name, held), new ShareTold(silo.Name, share)));
            }
        }

        At(BeatPeriod, Beat);
    }

    private sealed class Job(SharingJob spec)
    {
        public SharingJob Spec { get; } = spec;
        public JobMachine? Machine { get; set; }
        public long Refused { get; set; }
        public long HandedBack { get; set; }
        public int Wakes { get; set; }
        public bool Ended { get; set; }
        public TimeSpan EndedAt { get; set; }
        public TimeSpan FirstStart { get; set; } = TimeSpan.MaxValue;
    }

    private sealed class Sharing
    {
        public JobAdmission Admission { get; } = new();
        public FairQueue<Held>.Flow Flow { get; } = new();
    }

    private sealed class Silo(string name, int slots)
    {
        private readonly Dictionary<Job, Sharing> _sharing = [];

        public string Name { get; } = name;
        public AdmissionControl Admission { get; } = new(slots, (long)QueueLimit.TotalMicroseconds);
        public FairQueue<Held> Queue { get; } = new();
        public List<Held> Held { get; } = [];
        public int Running { get; set; }
        public int Waiting { get; set; }

        public Sharing Of(Job job)
        {
            if (!_sharing.TryGetValue(job, out Sharing? sharing))
                _sharing.Add(job, sharing = new());
            return sharing;
        }
    }

    private sealed class Held(Job job, GrantLease lease, TimeSpan now)
    {
        public Job Job { get; } = job;
        public GrantLease Lease { get; } = lease;
        public LeaseKey Name { get; } = new(1, lease.Number);
        public long Done { get; set; } = lease.Range.From;
        public TimeSpan ArrivedAt { get; set; } = now;
        public TimeSpan? StartedAt { get; set; }
        public TimeSpan UnitAt { get; set; } = now;
        public long Charged { get; set; }
        public bool IsDetached { get; set; }
        public bool IsGone { get; set; }
        public bool Stop { get; set; }

        public HeldRange ToRange(TimeSpan now) =>
            new(Name, Lease.Range, StartedAt is not null, Done, StartedAt is { } start ? now - start : TimeSpan.Zero);
    }
}
