using OrleansWork.Scheduling.Coordination;
using OrleansWork.Scheduling.Failures;

namespace OrleansWork.Simulation;

/// <summary>A run of a job: what its machine decides is carried out.</summary>
internal sealed class JobRun(
    SimulatedCluster cluster,
    SimulatedJob job,
    SimulatedJob.Activation owner,
    JobMachine machine,
    int epoch,
    Dictionary<long, ulong> values
)
{
    // An account that once does not add up never does again, so a later turn finds it too.
    private const int AccountedTurns = 16;

    private readonly Queue<(KindStep? Step, Action Work)> _waiting = new();
    private readonly Stack<List<JobCommand>> _free = new();
    private KindStep? _asked;

    private int _wakes;
    private int _turns;

    public SimulatedJob Job { get; } = job;

    /// <summary>Gets or sets the weight that its leases are sent with.</summary>
    public int Weight { get; set; } = job.Scenario.Weight;

    public JobMachine Machine { get; } = machine;
    public int Epoch { get; } = epoch;
    public Dictionary<long, ulong> Values { get; } = values;
    public SimulatedJob.Activation Owner { get; } = owner;
    public bool Stopped { get; set; }
    public bool LetsBegin { get; set; } = true;
    public ulong? Result { get; private set; }

    /// <summary>Gets whether steps of the kind's code are recorded before they are entered.</summary>
    public bool IsCareful { get; init; }

    public bool WaitsToEnter => _waiting.Count > 0;

    /// <summary>Enters the step that waits: what is of it is carried out, and the process lives, or not.</summary>
    public void EnterStep()
    {
        if (Stopped || _asked is not { } entered)
            return;
        while (_waiting.TryPeek(out (KindStep? Step, Action Work) next) && (next.Step is null || next.Step == entered))
        {
            _waiting.Dequeue();
            if (!Survives(next.Step))
                return;
            next.Work();
        }

        _asked = null;
        Job.Tell(Owner, new StepLeft());
        AskToEnter();
    }

    private bool Survives(KindStep? step)
    {
        if (step is null || step != Job.Scenario.FatalStep)
            return true;
        cluster.Kill(Owner.Home, evenTheLast: true);
        return false;
    }

    private void TryAgain()
    {
        if (Stopped)
            return;
        while (_waiting.TryPeek(out (KindStep? Step, Action Work) next))
        {
            if (next.Step is not null && !Owner.Home.TryEnterStep(Job, isRecorded: false))
            {
                cluster.At(JobLife.StepWait, TryAgain);
                return;
            }

            if (next.Step is not null)
                Owner.Home.LeaveStep(Job);
            _waiting.Dequeue();
            if (!Survives(next.Step))
                return;
            next.Work();
        }
    }

    private void AskToEnter()
    {
        if (_asked is not null || !_waiting.TryPeek(out (KindStep? Step, Action Work) next))
            return;
        _asked = next.Step ?? KindStep.Combine;
        Job.Tell(Owner, new StepWanted(_asked.Value));
    }

    /// <summary>Does what needs the kind's code, or comes after something that does.</summary>
    private void Do(KindStep? step, Action work)
    {
        // A lone canary of another job is not put at risk: it goes first.
        if (!IsCareful && (_waiting.Count > 0 || (step is not null && !Owner.Home.TryEnterStep(Job, isRecorded: false))))
        {
            _waiting.Enqueue((step, work));
            if (_waiting.Count == 1)
                cluster.At(JobLife.StepWait, TryAgain);
            return;
        }

        if (!IsCareful && step is not null)
            Owner.Home.LeaveStep(Job);
        if (IsCareful && (step is not null || _waiting.Count > 0))
        {
            _waiting.Enqueue((step, work));
            AskToEnter();
        }
        else if (Survives(step))
            work();
    }

    public void Begin(bool resumed, bool paused)
    {
        // As a load table does, which knows of the dead for a while: some may have died since the record was written.
        foreach (SimulatedSilo silo in cluster.Silos)
            Give(silo.DeclaredDead ? LostBefore(silo) : silo.Known());
        if (resumed)
        {
            foreach (SimulatedSilo silo in cluster.Silos.Where(silo => !silo.Dead && silo.FrozenUntil <= cluster.Now))
                Give(new Adopted(silo.Name, silo.Adopt(Job, Epoch)));
        }

        Give(new Decomposed(Job.Scenario.Units), paused ? new PauseRequested() : new ResumeRequested(), new Started());
    }

    /// <summary>A silo knows when those ended that it has seen alive; of others, that they had not started by then.</summary>
    private SiloLost LostBefore(SimulatedSilo silo)
    {
        bool hasSeen = silo.DeclaredAt >= Owner.Home.StartedAt;
        return new SiloLost(silo.Name, Planned: false) { Ago = cluster.Now - (hasSeen ? silo.DeclaredAt : silo.StartedAt) };
    }

    /// <summary>Keeps a partial that a report brought.</summary>
    public long Keep(ulong value)
    {
        long handle = Machine.NewHandle();
        Values.Add(handle, value);
        return handle;
    }

    /// <summary>Takes the answer to a call.</summary>
    public void Take(SiloChanged load, IReadOnlyList<Func<JobRun, LeaseReported>> reports)
    {
        if (!Stopped && !Job.HasEnded)
            Give([load, .. reports.Select(Read)]);
    }

    /// <summary>Takes a report that no call waits for.</summary>
    public void Take(Func<JobRun, LeaseReported> report)
    {
        if (!Stopped && !Job.HasEnded)
            Give(Read(report));
    }

    /// <summary>Events reach the machine only while its run goes on: one that is let go of hears nothing.</summary>
    public void Give(params JobEvent[] events)
    {
        if (Stopped || Job.HasEnded)
            return;
        bool isReport = false;
        foreach (JobEvent happened in events)
        {
            if (happened is not LeaseReported report)
                continue;
            isReport = true;
            if (report.Outcome == LeaseOutcome.Fenced && report.Name.Epoch == Epoch)
            {
                Job.Tell(Owner, new Superseded());
                return;
            }
        }

        if (!_free.TryPop(out List<JobCommand>? commands))
            commands = [];
        Machine.Apply(events, cluster.Now, commands);
        List<GrantLease>? granted = null;
        foreach (JobCommand command in commands)
        {
            if (command is GrantLease lease)
                (granted ??= []).Add(lease);
            else
                CarryOut(command);
        }

        commands.Clear();
        _free.Push(commands);
        Machine.CheckInvariants();
        if (++_turns % AccountedTurns == 0)
            Machine.CheckAccount();
        if (granted is not null)
        {
            Send(granted);
            Leased(granted.Max(static lease => lease.Range.To));
        }

        if (isReport)
            Job.Tell(Owner, (life, wanted) => life.Progressed(0.01, isFull: false, cluster.Now, wanted));
    }

    private void Leased(long to) => Job.Tell(Owner, (life, wanted) => life.Leased(to, cluster.Now, wanted));

    private LeaseReported Read(Func<JobRun, LeaseReported> report)
    {
        LeaseReported read = report(this);
        if (!Job.Scenario.BreakAcceptance)
            return read;
        // What a coordinator does that takes a late report's nodes for new ones: one unit is counted for another.
        return read with
        {
            Nodes =
            [
                .. read.Nodes.Select(node =>
                    (node.Node.Level == 0 ? node.Node with { Index = node.Node.Index ^ 1 } : node.Node, node.Handle)
                ),
            ],
        };
    }

    private void CarryOut(JobCommand command)
    {
        switch (command)
        {
            case CombinePartials combine:
                Do(
                    KindStep.Combine,
                    () =>
                    {
                        Values.Remove(combine.Left, out ulong left);
                        Values.Remove(combine.Right, out ulong right);
                        Values.Add(combine.Result, SimulatedJob.Mix(left, right));
                    }
                );
                break;
            case CopyPartial copy:
                Do(step: null, () => Values.Add(copy.Copy, Values[copy.Handle]));
                break;
            case StoreSuspects or StoreReach:
                Job.Tell(Owner, (life, wanted) => life.StoreWanted(cluster.Now, wanted));
                break;
            case AnswerBegin answer:
                if (!cluster.Happens(cluster.Plan.Faults.ReplyLost))
                {
                    bool begins = answer.Begins && LetsBegin;
                    cluster.At(cluster.Delay(), () => cluster.Silo(answer.Silo).BeginOrHandBack(Job, answer.Name, begins));
                }

                break;
            case ClearSilo clear:
                Clear(cluster.Silo(clear.Silo));
                break;
            case DropPartial drop:
                Do(
                    step: null,
                    () =>
                    {
                        if (!Values.Remove(drop.Handle))
                            throw new InvalidOperationException($"Handle {drop.Handle} was dropped and is not held.");
                    }
                );
                break;
            case MakeResult make:
                Do(
                    KindStep.Finish,
                    () =>
                    {
                        Result = make.Handle is { } handle ? Values[handle] : 0;
                        cluster.At(cluster.Delay(), () => Give(new ResultMade()));
                    }
                );
                break;
            case EndJob end:
                CheckEnd(end);
                Stopped = true;
                if (Job.Scenario.BreakPublish)
                    Job.Publish(Owner, LifeMoment.Ended);
                Job.Tell(Owner, new RunEnded(end.Phase, end.Failure));
                break;
            case WakeAt wake:
                int mine = ++_wakes;
                cluster.At(
                    wake.Time - cluster.Now,
                    () =>
                    {
                        if (mine == _wakes)
                            Give(new TimerFired(TimeSpan.Zero));
                    }
                );
                break;
            case SignalLeases signal:
                cluster.At(cluster.Delay(), () => cluster.Silo(signal.Silo).Signal(Job, Epoch, signal));
                break;
        }
    }

    /// <summary>Asks a silo to keep clear; one that is frozen answers when it goes on.</summary>
    private void Clear(SimulatedSilo silo)
    {
        if (silo.Dead)
        {
            cluster.At(cluster.Detection, () => Give(new SiloCleared(silo.Name, IsClear: false)));
            return;
        }

        TimeSpan frozen = silo.FrozenUntil > cluster.Now ? silo.FrozenUntil - cluster.Now : TimeSpan.Zero;
        cluster.At(
            cluster.Delay() + frozen,
            () =>
            {
                bool isClear = !silo.Dead && !cluster.Happens(cluster.Plan.Faults.CallLost) && silo.Clear(Job, Epoch);
                cluster.At(cluster.Delay(), () => Give(new SiloCleared(silo.Name, isClear)));
            }
        );
    }

    private void Send(List<GrantLease> granted)
    {
        foreach (GrantLease lease in granted)
        {
            Job.CheckHeld(this);
            Job.CheckOptions(this, lease);
            Job.CheckReach(this, lease);
        }

        foreach (IGrouping<SimulatedSilo, GrantLease> group in granted.GroupBy(Destination))
        {
            foreach ((IReadOnlyList<GrantLease> leases, bool quick) in LeaseMerging.Divide(group, merges: true))
                Send(group.Key, new SimulatedSilo.Call(this, leases, quick, Weight));
        }
    }

    private void Send(SimulatedSilo silo, SimulatedSilo.Call call)
    {
        if (cluster.Happens(cluster.Plan.Faults.CallLost))
        {
            cluster.At(TimeSpan.FromSeconds(1), () => call.Fail(silo, ran: false));
            return;
        }

        if (Job.Scenario.BreakBeginning)
        {
            foreach (GrantLease lease in call.Leases.Where(lease => lease.Alone))
                Give(new BeginAsked(silo.Name, new LeaseName(Epoch, lease.Number)));
        }

        cluster.At(cluster.Delay(), () => silo.Arrive(call));
        if (cluster.Happens(cluster.Plan.Faults.Duplicated))
        {
            SimulatedSilo again = Destination(call.Leases[0]);
            cluster.At(cluster.Delay() + cluster.Delay(), () => again.Arrive(call));
        }
    }

    /// <summary>A spawned lease goes to one of the silos offered, or, forwarded by one that is going, to any.</summary>
    private SimulatedSilo Destination(GrantLease lease)
    {
        if (lease.Silo.Length > 0 && lease.Offered.Count == 0)
            return cluster.Silo(lease.Silo);
        if (lease.Silo.Length > 0 || lease.Offered.Count == 0)
            throw new InvalidOperationException($"Lease {lease.Number} names silo '{lease.Silo}' and offers {lease.Offered.Count}.");
        return cluster.Happens(cluster.Plan.Faults.CallLost)
            ? cluster.Silos[cluster.Random.Next(cluster.Silos.Count)]
            : cluster.Silo(lease.Offered[cluster.Random.Next(lease.Offered.Count)]);
    }

    private void CheckEnd(EndJob end)
    {
        foreach (UnitFailureRecord failure in Machine.Failures)
        {
            if (failure is { ForGood: true, Type: "PoisonUnit" } && !cluster.RanAloneAtADeath.Contains((Job, failure.Unit)))
                throw new InvalidOperationException($"Unit {failure.Unit} was given up, and no process ended that ran it alone.");
        }

        // Of a job of one unit nothing is left once that was given up.
        bool hasLostAll =
            end.Failure is { Type: "NoUnitSucceeded" } && Machine.Failures.Count(failure => failure.ForGood) == Machine.UnitCount;
        if (end.Phase != JobPhase.Succeeded && !hasLostAll && !(end.Phase == JobPhase.Canceled && Job.Scenario.Canceled))
            throw new InvalidOperationException($"The job ended {end.Phase}: {end.Failure?.Message}");
    }
}
