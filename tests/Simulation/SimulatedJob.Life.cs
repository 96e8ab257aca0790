using OrleansWork.Scheduling.Coordination;
using OrleansWork.Scheduling.Failures;

namespace OrleansWork.Simulation;

/// <content>Coordinators: where they are, and what their lives have done.</content>
internal sealed partial class SimulatedJob
{
    private static readonly TimeSpan LeaveWait = TimeSpan.FromSeconds(5);

    private Activation? _activation;
    private TimeSpan _activatableAt;
    private int _published;
    private int _carriedOut;
    private bool _losesAnswer;

    private TimeSpan StoreDelay() =>
        Scenario.StoreMillis > 0 ? TimeSpan.FromMilliseconds(Scenario.StoreMillis * _cluster.Random.NextDouble()) : _cluster.Delay();

    /// <summary>Returns the activation that calls reach, which may begin just now; null when they reach none at present.</summary>
    private Activation? Resolve()
    {
        if (_activation is { IsGone: false })
            return _activation;
        SimulatedSilo[] alive = [.. _cluster.Silos.Where(silo => !silo.Dead)];
        if (_cluster.Now < _activatableAt || alive.Length == 0)
            return null;
        JobLife life = new(
            new CheckpointSchedule(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(10)),
            decomposeWait: TimeSpan.FromMilliseconds(50)
        );
        _activation = new Activation(life, alive[_cluster.Random.Next(alive.Length)]);
        Tell(_activation, new Activated());
        return _activation;
    }

    /// <summary>It is gone with its process, or as if: it does nothing more, and nobody hears so for a while.</summary>
    private void Vanish(Activation dying, TimeSpan? until = null)
    {
        dying.IsGone = true;
        if (dying.Run is { } run)
            run.Stopped = true;
        if (dying != _activation)
            return;
        _activation = null;
        _activatableAt = _cluster.Now + (until ?? _cluster.Detection);
    }

    /// <summary>The coordinator goes on for a while beside its successor: it grants, and hears its own leases' reports.</summary>
    private void Split(Activation cutOff)
    {
        _activation = null;
        _activatableAt = _cluster.Now + _cluster.Detection;
        _cluster.At(_cluster.Detection + TimeSpan.FromSeconds(10), () => Vanish(cutOff));
    }

    private void Deactivate(Activation leaving, LeaveReason reason)
    {
        if (leaving.IsGone || leaving.IsLeaving)
            return;
        leaving.IsLeaving = true;
        Tell(leaving, new Deactivating(reason));
        _cluster.At(LeaveWait, () => Tell(leaving, new LeaveNow()));
    }

    internal void Tell(Activation activation, LifeEvent happened) =>
        Tell(activation, (life, commands) => life.Apply(happened, _cluster.Now, commands));

    internal void Tell(Activation activation, Action<JobLife, List<LifeCommand>> happened)
    {
        if (activation.IsGone || HasEnded)
            return;
        happened(activation.Life, activation.Commands);
        if (activation.IsCarryingOut)
            return;
        activation.IsCarryingOut = true;
        for (int i = 0; i < activation.Commands.Count; i++)
            CarryOut(activation, activation.Commands[i]);
        activation.Commands.Clear();
        activation.IsCarryingOut = false;
    }

    private void StrikeAt(Activation struck)
    {
        switch (Scenario.Strike)
        {
            case Blow.SiloStops or Blow.Moves or Blow.GivenUp:
                Deactivate(struck, (LeaveReason)Scenario.Strike);
                break;
            case Blow.Dies:
                Vanish(struck);
                break;
            case Blow.CutOff when struck == _activation:
                Split(struck);
                break;
            case Blow.AnswerLost:
                _losesAnswer = true;
                break;
        }
    }

    private void CarryOut(Activation mine, LifeCommand command)
    {
        if (++_carriedOut == Scenario.StrikeAt)
            _cluster.At(TimeSpan.Zero, () => StrikeAt(mine));
        switch (command)
        {
            case ReadRecord:
                ReadStored(mine);
                break;
            case WriteRecord write:
                WriteStored(mine, write.Write);
                break;
            case OpenEntry or AskPlace or CloseEntry or RemoveEntry or GoOnElsewhere:
                AskCatalog(mine, command);
                break;
            case CountUnits count:
                Do(mine, KindStep.CountUnits, count.Step, new UnitsCounted(count.Step), () => mine.IsCounted = true);
                break;
            case ListItems list:
                mine.Listed = 0;
                Do(mine, KindStep.Items, list.Step, new ItemsListed(list.Step), () => mine.Listed++);
                break;
            case ListMore list:
                Do(mine, KindStep.Items, list.Step, new ItemsListed(list.Step), () => mine.Listed++);
                break;
            case PrepareKind prepare:
                Do(mine, KindStep.Prepare, prepare.Step, new KindPrepared(prepare.Step), static () => { });
                break;
            case PrepareRun prepare:
                Do(mine, null, prepare.Step, new RunPrepared(prepare.Step), () => mine.Prepared = NewRun(mine, mine.Read!));
                break;
            case EnterStep:
                mine.Run?.EnterStep();
                break;
            case StartRun start:
                if (mine.Run is not null || mine.HasLeft || mine.IsSuperseded)
                    throw new InvalidOperationException("A run was started beside another, or by a coordinator that is none any more.");
                mine.Run = mine.Prepared!;
                mine.Prepared = null;
                mine.Run.Begin(start.Resumed, start.Paused);
                break;
            case PauseRun:
                mine.Run!.Give(new PauseRequested());
                break;
            case ResumeRun:
                mine.Run!.Give(new ResumeRequested());
                break;
            case ChangeRun:
                JobRun changed = (mine.Run ?? mine.Prepared)!;
                changed.Weight = mine.Read!.Options.Weight;
                changed.Give(mine.Read.Options.Leases);
                break;
            case TellPriority:
                int weight = mine.Read!.Options.Weight;
                _cluster.At(_cluster.Delay(), () => _cluster.Catalog.Prioritize(this, weight));
                break;
            case CancelRun cancel:
                mine.Run!.Give(new CancelRequested(cancel.Reason));
                break;
            case LetNoneBegin:
                if (mine.Run is { } asked)
                    asked.LetsBegin = false;
                break;
            case DisposeRun or ReleaseSilos:
                if (command is ReleaseSilos)
                    ReleaseAll(mine.Read!.Epoch);
                if (mine.Run is { } run)
                    run.Stopped = true;
                mine.Run = null;
                break;
            case DeleteOrphans:
                _cluster.At(_cluster.Delay(), () => Tell(mine, new OrphansDeleted()));
                break;
            case Publish publish when publish.Moment != LifeMoment.Ended || !Scenario.BreakPublish:
                Publish(mine, publish.Moment);
                break;
            case AnswerRequest answer:
                if (!mine.Requests.Remove(answer.Request, out Action<LifeAnswer>? told))
                    throw new InvalidOperationException($"Request {answer.Request} was answered twice.");
                told(answer.Answer);
                break;
            case Leave:
                mine.IsSuperseded = true;
                _cluster.At(_cluster.Delay(), () => Deactivate(mine, LeaveReason.Other));
                break;
            case Left:
                Gone(mine);
                break;
            case WakeLifeAt wake:
                int wakes = ++mine.Wakes;
                _cluster.At(
                    wake.Time > _cluster.Now ? wake.Time - _cluster.Now : TimeSpan.Zero,
                    () =>
                    {
                        if (wakes == mine.Wakes)
                            Tell(mine, new Ticked());
                    }
                );
                break;
        }
    }

    private JobRun NewRun(Activation mine, StoredJob stored)
    {
        JobMachineOptions options = new()
        {
            Home = mine.Home.Name,
            MayLeaseTo = stored.Snapshot.MayLeaseTo,
            IsCareful = stored.Steps.IsCareful,
            Policy = stored.Options.Leases.Policy,
            Spawned = stored.Options.Leases.Spawned,
            ChunkUnits = stored.Options.Leases.ChunkUnits,
            ChunkTime = stored.Options.Leases.ChunkTime,
            MaxParallel = stored.Options.Leases.MaxParallel,
            MaxAttempts = Scenario.MaxAttempts,
            Seed = Scenario.Seed,
            Speculates = stored.Options.Leases.Speculates,
            SkipsFailedUnits = GivesUp || Scenario.RetriedAndForgotten,
            DeathsToPoison = GivesUp ? SuspectTable.DeathsToPoison : int.MaxValue,
        };
        JobPhase phase = stored.Phase == JobPhase.Paused ? JobPhase.Paused : JobPhase.Running;
        JobSnapshot? snapshot = stored.Epoch > 1 ? stored.Snapshot with { Phase = phase } : null;
        JobMachine machine = new(options, stored.Epoch, snapshot, _cluster.Now);
        return new JobRun(_cluster, this, mine, machine, stored.Epoch, new(stored.Values))
        {
            IsCareful = stored.Steps.IsCareful,
            Weight = stored.Options.Weight,
        };
    }

    private bool GivesUp => Scenario.GivesUp || Scenario.Poison.Count > 0;

    /// <summary>Does a step that takes a while, and needs storage.</summary>
    private void Do(Activation mine, KindStep? what, int step, LifeEvent done, Action work)
    {
        if (mine.HasLeft || mine.IsSuperseded)
            throw new InvalidOperationException($"{done} is wanted by a coordinator that is none any more.");
        _cluster.At(
            StoreDelay(),
            () =>
            {
                if (mine.IsGone || _cluster.Happens(Scenario.Faults.StepFails))
                {
                    Tell(mine, new StepNotReached(step));
                    return;
                }

                bool isRecorded = mine.Read is { Steps.Entered: not null };
                if (what is not null && !isRecorded && !mine.Home.TryEnterStep(this, isRecorded: false))
                {
                    // A lone canary of another job is not put at risk: it goes first.
                    if (mine.HasLeft || mine.IsSuperseded)
                        Tell(mine, new StepNotReached(step));
                    else
                        Do(mine, what, step, done, work);
                    return;
                }

                if (what is not null && !isRecorded)
                    mine.Home.LeaveStep(this);
                if (what is not null && Scenario.FatalStep == what)
                {
                    _cluster.Kill(mine.Home, evenTheLast: true);
                    return;
                }

                work();
                Tell(mine, done);
            }
        );
    }

    private void Gone(Activation mine)
    {
        if (mine.Run is { Stopped: false })
            throw new InvalidOperationException("A coordinator left, and its run goes on.");
        if (mine.Requests.Count > 0)
            throw new InvalidOperationException($"A coordinator left and did not answer {mine.Requests.Count} requests.");
        mine.HasLeft = true;
        // Whatever it still waits for comes to nobody.
        _cluster.At(TimeSpan.Zero, () => Vanish(mine, until: TimeSpan.Zero));
    }

    private void ReleaseAll(int epoch)
    {
        foreach (SimulatedSilo silo in _cluster.Silos)
            _cluster.At(_cluster.Delay(), () => silo.Release(this, epoch));
    }

    internal void Publish(Activation mine, LifeMoment moment)
    {
        if (moment != LifeMoment.Ended)
            return;
        _published++;
        bool isEnded = _stored.Job is null or { IsTerminal: true };
        if (!isEnded && !Scenario.BreakPublish)
            throw new InvalidOperationException("The end of the job was published before it was stored.");
        if (_published > 1 + (mine.Read?.Retries ?? 0))
            throw new InvalidOperationException($"The end of the job was published {_published} times.");
    }

    /// <summary>A coordinator as it is in a process; its life decides.</summary>
    internal sealed class Activation(JobLife life, SimulatedSilo home)
    {
        public JobLife Life { get; } = life;
        public SimulatedSilo Home { get; } = home;
        public List<LifeCommand> Commands { get; } = [];
        public Dictionary<long, Action<LifeAnswer>> Requests { get; } = [];
        public bool IsCarryingOut { get; set; }

        /// <summary>Gets or sets whether it is in no process any more.</summary>
        public bool IsGone { get; set; }

        public bool IsLeaving { get; set; }
        public bool IsSuperseded { get; set; }
        public bool HasLeft { get; set; }
        public bool IsWriting { get; set; }

        /// <summary>Gets or sets whether it has tried to read the record, and takes calls.</summary>
        public bool HasTried { get; set; }

        /// <summary>Gets or sets the record as it knows it, and its tag.</summary>
        public StoredJob? Read { get; set; }
        public int Tag { get; set; } = -1;

        /// <summary>Gets or sets whether a step of its job is entered as far as its silo is concerned.</summary>
        public bool HasEntered { get; set; }
        public bool IsCounted { get; set; }
        public int Listed { get; set; }
        public JobRun? Prepared { get; set; }
        public JobRun? Run { get; set; }
        public int Wakes { get; set; }
    }
}
