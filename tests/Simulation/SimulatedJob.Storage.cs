using OrleansWork.Scheduling.Coordination;
using OrleansWork.Scheduling.Ledger;

namespace OrleansWork.Simulation;

/// <content>Storage: one record under a tag.</content>
internal sealed partial class SimulatedJob
{
    private (StoredJob? Job, int Tag, Activation? Writer) _stored;
    private StoredJob? _last;
    private JobFailure? _failure;

    /// <summary>Gets when its end was stored; null while it has not ended.</summary>
    public TimeSpan? EndStoredAt { get; private set; }

    public bool IsRecorded => _stored.Job is not null;

    private void ReadStored(Activation mine) =>
        _cluster.At(
            StoreDelay(),
            () =>
            {
                mine.HasTried = true;
                if (_cluster.StoreFails())
                {
                    Tell(mine, new RecordNotReached());
                    return;
                }

                (mine.Read, mine.Tag) = (_stored.Job, _stored.Tag);
                Tell(mine, new RecordRead(ToFacts(mine.Read)));
            }
        );

    private void WriteStored(Activation mine, LifeWrite write)
    {
        if (mine.IsWriting)
            throw new InvalidOperationException($"{write} is written while another write is under way.");
        if (mine.HasLeft || mine.IsSuperseded)
            throw new InvalidOperationException($"{write} is written by a coordinator that is none any more.");
        mine.IsWriting = true;
        JobRun? run = mine.Run;
        long suspects = 0;
        bool isMade = true;
        Func<StoredJob?, StoredJob?> change = static job => job;
        _cluster.At(
            TimeSpan.Zero,
            () =>
            {
                suspects = run?.Machine.SuspectsVersion ?? 0;
                bool mayEnter = write != LifeWrite.StepEntered || mine.HasEntered || mine.Home.TryEnterStep(this, isRecorded: true);
                mine.HasEntered |= write == LifeWrite.StepEntered && mayEnter;
                if (!mayEnter || (write is LifeWrite.Progress or LifeWrite.LastProgress && run!.WaitsToEnter))
                {
                    isMade = false;
                    mine.IsWriting = false;
                    Tell(mine, new NotStored(StoreFailure.NotYet));
                    return;
                }

                change = ToChange(mine, write, run);
            }
        );
        _cluster.At(
            StoreDelay(),
            () =>
            {
                // What is on its way when its process ends arrives, or does not.
                if (!isMade || (mine.IsGone && _cluster.Random.Next(2) == 0) || HasEnded)
                    return;
                StoreFailure? failure = Store(mine, change);
                mine.IsWriting = false;
                if (mine.HasEntered && mine.Read is { Steps.Entered: null })
                {
                    mine.HasEntered = false;
                    mine.Home.LeaveStep(this);
                }

                StoredJob? read = mine.Read;
                _cluster.At(
                    _cluster.Delay(),
                    () =>
                    {
                        Tell(mine, failure is { } why ? new NotStored(why) : new Stored(ToFacts(read)));
                        if (failure is not null || write != LifeWrite.Progress || run is not { Stopped: false })
                            return;
                        run.Machine.HasCombined |= read!.Snapshot.HasCombined;
                        if (run.Machine.AwaitsStore)
                            run.Give(new SnapshotStored(suspects, read.Snapshot.LeasedTo));
                    }
                );
            }
        );
    }

    private StoreFailure? Store(Activation mine, Func<StoredJob?, StoredJob?> change)
    {
        if (_cluster.StoreFails())
            return StoreFailure.NotReached;
        bool isMine = _stored.Tag == mine.Tag || _stored.Writer == mine;
        if (!isMine && !Scenario.BreakTag)
            return StoreFailure.Superseded;
        StoredJob? next = change(isMine ? _stored.Job : mine.Read);
        CheckStored(_stored.Job, next);
        _last = _stored.Job ?? _last;
        _stored = (next, _stored.Tag + 1, mine);
        EndStoredAt = next is { IsTerminal: true } ? _cluster.Now : null;
        bool isLost = _losesAnswer;
        _losesAnswer = false;
        if (isLost || _cluster.Happens(Scenario.Faults.StoreAnswerLost))
            return StoreFailure.NotReached;
        (mine.Read, mine.Tag) = (next, _stored.Tag);
        return null;
    }

    private static void CheckStored(StoredJob? before, StoredJob? after)
    {
        if (before is null || after is null || before.Retries != after.Retries)
            return;
        if (after.Epoch < before.Epoch)
            throw new InvalidOperationException($"Epoch {after.Epoch} was stored after epoch {before.Epoch}.");
        if (before.IsTerminal && !after.IsTerminal)
            throw new InvalidOperationException("A job that had ended was stored as open.");
        if (after.Done < before.Done)
            throw new InvalidOperationException($"{after.Done} committed units were stored after {before.Done}.");
    }

    private Func<StoredJob?, StoredJob?> ToChange(Activation mine, LifeWrite write, JobRun? run)
    {
        switch (write)
        {
            case LifeWrite.Record:
                long units = mine.IsCounted ? Scenario.Units : -1;
                bool repeated = mine.Life.IsRepeated;
                return _ =>
                    Coordinated(
                        new StoredJob(JobPhase.Running, 1, new JobSnapshot(JobPhase.Running, units, [], [], [], default, []), [])
                        {
                            Steps = new StepRecord(null, repeated ? 1 : 0, null),
                            Options = SimulatedOptions.Of(Scenario),
                        },
                        mine
                    );
            case LifeWrite.Epoch:
                return job => Coordinated(AfterDeaths(job!) with { Epoch = job!.Epoch + 1, HasOrphans = true }, mine);
            case LifeWrite.Waits:
                return job => job! with { Coordinator = null };
            case LifeWrite.Units:
                return job => WithUnits(AfterStep(job!));
            case LifeWrite.StepEntered:
                KindStep entered = mine.Life.WantedStep!.Value;
                return job => job! with { Steps = job.Steps.Enter(entered) };
            case LifeWrite.StepLeft:
                return job => AfterStep(job!);
            case LifeWrite.NoItems:
                return job => job! with { Batches = 0 };
            case LifeWrite.Items:
                int listed = mine.Listed;
                return job =>
                    listed == Scenario.ItemBatches ? WithUnits(AfterStep(job!) with { Batches = listed }) : job! with { Batches = listed };
            case LifeWrite.Paused:
                return job => job! with { Phase = JobPhase.Paused };
            case LifeWrite.Resumed:
                return job => job! with { Phase = JobPhase.Running };
            case LifeWrite.Options:
                SimulatedOptions[] changes = [.. ChangesOf(mine)];
                return job =>
                    changes.Length == 0 || changes[^1] == job!.Options
                        ? job
                        : job with
                        {
                            Options = changes[^1],
                            OptionsVersion = job.OptionsVersion + 1,
                        };
            case LifeWrite.Swept:
                return job => job! with { HasOrphans = false };
            case LifeWrite.Progress or LifeWrite.LastProgress:
                (JobSnapshot snapshot, Dictionary<long, ulong> values) = Snapshot(run!);
                SimulatedSilo? coordinator = write == LifeWrite.Progress ? mine.Home : null;
                return job =>
                    job! with
                    {
                        Snapshot = snapshot,
                        Values = values,
                        Coordinator = coordinator,
                        Silos = coordinator is null ? [] : [.. _cluster.Silos.Where(silo => snapshot.Silos.Contains(silo.Name))],
                    };
            case LifeWrite.End:
                (JobPhase phase, _failure) = mine.Life.End!.Value;
                (JobSnapshot Snapshot, Dictionary<long, ulong> Values)? last = run is null or { WaitsToEnter: true } ? null : Snapshot(run);
                return job =>
                    job! with
                    {
                        Phase = phase,
                        Coordinator = null,
                        Result = run?.Result,
                        Snapshot = last?.Snapshot ?? job.Snapshot,
                        Values = last?.Values ?? job.Values,
                    };
            case LifeWrite.Reopened:
                return job =>
                    Coordinated(
                        job! with
                        {
                            Phase = JobPhase.Running,
                            Steps = default,
                            Result = null,
                            Retries = job.Retries + 1,
                            Snapshot = job.Snapshot with { Suspects = [], Failures = [] },
                        },
                        mine
                    );
            case LifeWrite.Deletion:
                return static _ => null;
            default:
                throw new InvalidOperationException($"No such write: {write}.");
        }
    }

    private static StoredJob AfterStep(StoredJob job) => job with { Steps = job.Steps.Leave() };

    private StoredJob WithUnits(StoredJob job) => job with { Snapshot = job.Snapshot with { UnitCount = Scenario.Units } };

    private static (JobSnapshot Snapshot, Dictionary<long, ulong> Values) Snapshot(JobRun run)
    {
        JobSnapshot snapshot = run.Machine.Snapshot();
        return (snapshot, snapshot.Nodes.ToDictionary(node => node.Handle, node => run.Values[node.Handle]));
    }

    private StoredJob Coordinated(StoredJob job, Activation coordinator) =>
        job with
        {
            Snapshot = job.Snapshot.Begun(job.Options.Leases.ChunkUnits ?? 1),
            Coordinator = coordinator.Home,
            Silos = _cluster.Undeclared(),
        };

    private StoredJob AfterDeaths(StoredJob job)
    {
        bool leasesDied = job.Coordinator is { } home && (home.Dead || job.Silos.Exists(silo => silo.DeclaredDead));
        JobSnapshot after = job.Snapshot.After(leasesDied, name => _cluster.Silos.Any(silo => silo.Name == name && !silo.DeclaredDead));
        return job with
        {
            Snapshot = after,
            Steps = job.Steps.AfterDeaths(
                job.Coordinator is { Dead: true },
                job.Snapshot.HasLeased && (leasesDied || job.Snapshot.HasSuspects)
            ),
        };
    }

    private LifeRecord? ToFacts(StoredJob? job) =>
        job is null
            ? null
            : new LifeRecord(job.Phase, job.Epoch, job.Snapshot.UnitCount >= 0)
            {
                ListsItems = Scenario.ItemBatches > 0,
                HasItems = job.Batches > 0,
                IsCoordinated = job.Coordinator is not null,
                HasOrphans = job.HasOrphans,
                LeasedTo = job.Snapshot.LeasedTo,
                Steps = job.Steps,
                FatalStepWasLeft = job.Steps.Fatal == KindStep.Combine && job.Snapshot.HasCombined,
                HasLeased = job.Snapshot.HasLeased,
                Retries = job.Retries,
                OptionsVersion = job.OptionsVersion,
            };

    internal sealed record StoredJob(JobPhase Phase, int Epoch, JobSnapshot Snapshot, Dictionary<long, ulong> Values)
    {
        public SimulatedSilo? Coordinator { get; init; }
        public List<SimulatedSilo> Silos { get; init; } = [];
        public int Batches { get; init; }
        public bool HasOrphans { get; init; }
        public int Retries { get; init; }
        public required SimulatedOptions Options { get; init; }
        public int OptionsVersion { get; init; }
        public ulong? Result { get; init; }
        public StepRecord Steps { get; init; }
        public bool IsTerminal => Phase is JobPhase.Succeeded or JobPhase.Failed or JobPhase.Canceled;
        public long Done => Snapshot.Committed.Sum(range => range.Count);
    }
}
