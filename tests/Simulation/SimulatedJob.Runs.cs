using OrleansWork.Scheduling.Coordination;
using OrleansWork.Scheduling.Failures;

namespace OrleansWork.Simulation;

/// <content>Runs: what their machine decides is carried out.</content>
public sealed partial class SimulatedJob
{
    private JobRun NewRun(Activation mine, StoredJob stored)
    {
        JobMachineOptions options = new()
        {
            Home = mine.Home.Name,
            Policy = _scenario.Policy,
            Spawned = _scenario.Spawned,
            ChunkUnits = _scenario.ChunkUnits,
            ChunkTime = Budget,
            MaxAttempts = _scenario.MaxAttempts,
            Seed = _scenario.Seed,
            Speculates = true,
            SkipsFailedUnits = GivesUp || _scenario.RetriedAndForgotten,
            DeathsToPoison = GivesUp ? SuspectTable.DeathsToPoison : int.MaxValue,
        };
        JobPhase phase = stored.Phase == JobPhase.Paused ? JobPhase.Paused : JobPhase.Running;
        JobSnapshot? snapshot = stored.Epoch > 1 ? stored.Snapshot with { Phase = phase } : null;
        return new JobRun(mine, new JobMachine(options, stored.Epoch, snapshot, _now), stored.Epoch, new(stored.Values), mine.Home);
    }

    private bool GivesUp => _scenario.GivesUp || _scenario.Poison.Count > 0;

    private void Begin(JobRun run, bool resumed, bool paused)
    {
        // As a load table does, which knows of the dead for a while: some may have died since the record was written.
        foreach (Silo silo in _silos)
            Give(run, silo.DeclaredDead ? new SiloLost(silo.Name, Planned: false) : Known(silo));
        if (resumed)
        {
            foreach (Silo silo in _silos.Where(silo => !silo.Dead && silo.FrozenUntil <= _now))
            {
                silo.Epoch = Math.Max(silo.Epoch, run.Epoch);
                foreach (Held held in silo.Held.Values)
                    held.Detached = true;
                Give(run, new Adopted(silo.Name, [.. silo.Held.Values.Select(held => held.ToRange(_now))]));
            }
        }

        Give(run, new Decomposed(_scenario.Units), paused ? new PauseRequested() : new ResumeRequested(), new Started());
    }

    /// <summary>Events reach the machine only while its run goes on: one that is let go of hears nothing.</summary>
    private void Give(JobRun run, params JobEvent[] events)
    {
        if (run.Stopped || _ended is not null)
            return;
        foreach (JobEvent happened in events)
        {
            if (happened is LeaseReported { End: LeaseEnd.Fenced } fenced && fenced.Name.Epoch == run.Epoch)
            {
                Tell(run.Owner, new Superseded());
                return;
            }
        }

        List<JobCommand> commands = [];
        run.Machine.Apply(events, _now, commands);
        long reach = 0;
        foreach (JobCommand command in commands)
        {
            if (command is GrantLease granted)
                reach = Math.Max(reach, granted.Range.To);
            CarryOut(run, command);
        }

        run.Machine.CheckInvariants();
        if (reach > 0)
            Tell(run.Owner, (life, out_) => life.Leased(reach, _now, out_));
        if (events.Any(happened => happened is LeaseReported))
            Tell(run.Owner, (life, out_) => life.Progressed(0.01, isFull: false, _now, out_));
    }

    private void CarryOut(JobRun run, JobCommand command)
    {
        switch (command)
        {
            case GrantLease lease:
                CheckHeld(run);
                Send(run, lease);
                break;
            case CombinePartials combine:
                run.Values.Remove(combine.Left, out ulong left);
                run.Values.Remove(combine.Right, out ulong right);
                run.Values.Add(combine.Result, Mix(left, right));
                break;
            case CopyPartial copy:
                run.Values.Add(copy.Copy, run.Values[copy.Handle]);
                break;
            case StoreSuspects:
                Tell(run.Owner, (life, out_) => life.StoreWanted(_now, out_));
                break;
            case AnswerBegin answer:
                AnswerBegin(run.LetsBegin ? answer : answer with { Begins = false });
                break;
            case ClearSilo clear:
                Silo asked = _silos.First(silo => silo.Name == clear.Silo);
                At(
                    asked.Dead ? Detection : Delay() + Delay() + (asked.FrozenUntil > _now ? asked.FrozenUntil - _now : TimeSpan.Zero),
                    () => Give(run, new SiloCleared(clear.Silo, IsClear: !asked.Dead && !Happens(_scenario.Faults.CallLost)))
                );
                break;
            case DropPartial drop:
                if (!run.Values.Remove(drop.Handle))
                    throw new InvalidOperationException($"Handle {drop.Handle} was dropped and is not held.");
                break;
            case MakeResult make:
                run.Result = make.Handle is { } handle ? run.Values[handle] : 0;
                At(Delay(), () => Give(run, new ResultMade()));
                break;
            case EndJob end:
                CheckEnd(run, end);
                run.Stopped = true;
                if (_scenario.BreakPublish)
                    Publish(run.Owner, LifeMoment.Ended);
                Tell(run.Owner, new RunEnded(end.Phase, end.Failure));
                break;
            case WakeAt wake:
                int mine = ++run.Wakes;
                At(
                    wake.Time - _now,
                    () =>
                    {
                        if (mine == run.Wakes)
                            Give(run, new TimerFired(TimeSpan.Zero));
                    }
                );
                break;
            case SignalLeases signal:
                At(Delay(), () => Signal(run.Epoch, signal));
                break;
        }
    }

    private void CheckEnd(JobRun run, EndJob end)
    {
        foreach (UnitFailureRecord failure in run.Machine.Failures)
        {
            if (failure is { ForGood: true, Type: "PoisonUnit" } && !_ranAloneAtADeath.Contains(failure.Unit))
                throw new InvalidOperationException($"Unit {failure.Unit} was given up, and no process ended that ran it alone.");
        }

        if (end.Phase != JobPhase.Succeeded && !(end.Phase == JobPhase.Canceled && _scenario.Canceled))
            throw new InvalidOperationException($"The job ended {end.Phase}: {end.Failure?.Message}");
    }

    private sealed class JobRun(Activation owner, JobMachine machine, int epoch, Dictionary<long, ulong> values, Silo home)
    {
        public Activation Owner { get; } = owner;
        public JobMachine Machine { get; } = machine;
        public int Epoch { get; } = epoch;
        public Dictionary<long, ulong> Values { get; } = values;
        public Silo Home { get; } = home;
        public bool Stopped { get; set; }
        public bool LetsBegin { get; set; } = true;
        public ulong? Result { get; set; }
        public int Wakes { get; set; }
    }
}
