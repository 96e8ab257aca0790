using Microsoft.Extensions.Logging;
using Orleans.Storage;
using OrleansWork.Engine.Execution;
using OrleansWork.Engine.Storage;
using OrleansWork.Engine.Telemetry;
using OrleansWork.Protocol;
using OrleansWork.Scheduling.Coordination;

namespace OrleansWork.Engine.Coordination;

/// <content>What the coordinator's life has done, and what comes of it.</content>
internal sealed partial class JobGrain
{
    private static readonly TimeSpan LeaveWait = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan StayActive = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(1);

    private readonly CoordinatorServices _services;
    private readonly ILogger _logger;
    private readonly JobLife _life;
    private readonly List<LifeCommand> _commands = [];
    private readonly JobRecord _record;
    private readonly RecordWriter _writer;
    private readonly RunPreparation _preparation;
    private readonly PreparationSteps _steps;
    private readonly LifeFacts _facts;
    private readonly JobCatalog _catalog;
    private readonly JobStateCount _states;
    private readonly StatusFeed _status;
    private readonly UnitResultFeed _results;
    private readonly JobLogBook _log;
    private readonly JobHistory _history;
    private readonly TaskCompletionSource _left = new();
    private Task _reading = Task.CompletedTask;
    private JobRun? _prepared;
    private JobRun? _run;
    private JobEnding? _ending;
    private IReadOnlyCollection<PageKey> _deleted = [];
    private ITimer? _wake;
    private IGrainTimer? _runWake;
    private bool _isCarryingOut;
    private string? _unread;
    private string? _notStored;
    private string? _waiting;

    public JobGrain(CoordinatorServices services)
    {
        _services = services;
        _logger = services.Loggers.CreateLogger("OrleansWork.Engine.Coordination.JobGrain");
        CoordinatorOptions options = services.CoordinatorOptions.Value;
        _life = new JobLife(new CheckpointSchedule(options.CheckpointDelay, options.MaxUnsavedWork), options.DecomposeWait);
        _record = new JobRecord(services.Store, this.GetPrimaryKeyString(), _logger);
        _writer = new RecordWriter(services, _record);
        _preparation = new RunPreparation(services, _record, _writer, this, _logger);
        _steps = new PreparationSteps(services, _record, _preparation, _logger);
        _facts = new LifeFacts(services, _preparation);
        _catalog = new JobCatalog(services, _record.JobId, _logger);
        _states = new JobStateCount(services.Instruments);
        _status = new StatusFeed(services);
        _results = new UnitResultFeed(services, _record);
        _log = new JobLogBook(services, this.GetGrainId(), _record, _logger);
        _history = new JobHistory(services, _record);
    }

    /// <inheritdoc/>
    public TaskScheduler Scheduler { get; private set; } = TaskScheduler.Default;

    /// <inheritdoc/>
    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        Scheduler = TaskScheduler.Current;
        Apply(new Activated());
        await _reading;
    }

    /// <inheritdoc/>
    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _runWake?.Dispose();
        await _log.SaveAsync();
        Apply(
            new Deactivating(
                reason.ReasonCode switch
                {
                    DeactivationReasonCode.ShuttingDown => LeaveReason.SiloStops,
                    DeactivationReasonCode.Migrating => LeaveReason.Moves,
                    _ => LeaveReason.Other,
                }
            )
        );
        await Task.WhenAny(_left.Task, Task.Delay(LeaveWait, _services.Time, cancellationToken));
        Apply(new LeaveNow());
        _states.Leave();
        _log.Close();
        if (_wake is { } wake)
            await wake.DisposeAsync();
    }

    /// <inheritdoc/>
    public void WakeAfter(TimeSpan due)
    {
        _runWake ??= this.RegisterGrainTimer(
            static (grain, _) =>
            {
                grain.DelayDeactivation(StayActive);
                grain._run?.OnTimer();
                return Task.CompletedTask;
            },
            this,
            new GrainTimerCreationOptions(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan) { KeepAlive = true, Interleave = true }
        );
        _runWake.Change(due, Timeout.InfiniteTimeSpan);
    }

    /// <inheritdoc/>
    public void Changed() => _status.Changed();

    /// <inheritdoc/>
    public void Progressed(double busySeconds, TimeSpan now)
    {
        _life.Progressed(busySeconds, _run?.Results?.PendingBytes > ResultLog.StoreAtOnceBytes, now, _commands);
        CarryOut();
    }

    /// <inheritdoc/>
    public void Leased(long to, TimeSpan now)
    {
        _life.Leased(to, now, _commands);
        CarryOut();
    }

    /// <inheritdoc/>
    public void StoreNow()
    {
        _life.StoreWanted(_services.Now, _commands);
        CarryOut();
    }

    /// <inheritdoc/>
    public void StepWanted(KindStep step) => Apply(new StepWanted(step));

    /// <inheritdoc/>
    public void StepLeft() => Apply(new StepLeft());

    /// <inheritdoc/>
    public void Ended(JobRun run, JobPhase phase, JobFailure? failure)
    {
        // A run whose last checkpoint is being stored may end all the same: its successor makes the result again.
        if (run == _run)
            Apply(new RunEnded(phase, failure));
    }

    /// <inheritdoc/>
    public void Superseded()
    {
        if (!_life.IsOver)
            SupersededBy(JobId, _record.Current?.Epoch ?? 0);
        Apply(new Superseded());
    }

    private void Apply(LifeEvent happened)
    {
        _life.Apply(happened, _services.Now, _commands);
        CarryOut();
    }

    private void CarryOut()
    {
        // What is carried out may lead to more: that waits for its turn.
        if (_isCarryingOut || _commands.Count == 0)
            return;
        _isCarryingOut = true;
        try
        {
            for (int i = 0; i < _commands.Count; i++)
                TryCarryOut(_commands[i]);
        }
        finally
        {
            _commands.Clear();
            _isCarryingOut = false;
        }
    }

    private void TryCarryOut(LifeCommand command)
    {
        try
        {
            CarryOut(command);
        }
        catch (Exception exception)
        {
            // Those that follow, an answer that somebody waits for among them, have nothing to do with it.
            CommandFailed(exception, JobId, command);
        }
    }

    private void CarryOut(LifeCommand command)
    {
        switch (command)
        {
            case ReadRecord:
                _reading = ReadRecordAsync();
                break;
            case WriteRecord write:
                _ = WriteAsync(write.Write);
                break;
            case OpenEntry:
                _ = HearAsync(_catalog.OpenAsync(_record.Current ?? _preparation.Submitted!));
                break;
            case AskPlace:
                _ = HearAsync(_catalog.AskPlaceAsync());
                break;
            case CloseEntry:
                _ = HearAsync(_catalog.CloseAsync(_record.Current!, Status()));
                break;
            case TellPriority:
                _ = _catalog.TellPriorityAsync(() => _record.Current is { IsTerminal: false } ? _preparation.Options.Priority : null);
                break;
            case CloseCorruptEntry:
                _ = _catalog.CloseCorruptAsync(_unread!);
                break;
            case RemoveEntry:
                // The record goes last: until then the same call finds it and can do the rest.
                _ = HearAsync(_catalog.RemoveAsync(_record.Current!));
                break;
            case GoOnElsewhere:
                _catalog.GoOnElsewhere();
                break;
            case MoveAway:
                _waiting = MoveToSiloWith(_record.Current!.Kind, _record.Current.KindVersion, but: _services.LocalSilo.SiloAddress);
                break;
            case MoveToKind:
                _waiting = MoveToSiloWith(_record.Current!.Kind, _record.Current.KindVersion);
                break;
            case PrepareKind prepare:
                _ = StepAsync(prepare.Step, _preparation.PrepareKindAsync, new KindPrepared(prepare.Step));
                break;
            case CountUnits count:
                _ = StepAsync(count.Step, _steps.CountUnitsAsync, new UnitsCounted(count.Step));
                break;
            case ListItems list:
                _ = StepAsync(list.Step, _preparation.ListItemsAsync, new ItemsListed(list.Step));
                break;
            case ListMore list:
                _ = StepAsync(list.Step, _preparation.Listing!.ReadAsync, new ItemsListed(list.Step));
                break;
            case StopListing:
                _preparation.StopListing();
                break;
            case PrepareRun prepare:
                _ = StepAsync(
                    prepare.Step,
                    async () => _prepared = await _preparation.MakeRunAsync(prepare.Resumed),
                    new RunPrepared(prepare.Step)
                );
                break;
            case StartRun start:
                _ = StartRunAsync(start);
                break;
            case EnterStep:
                _run?.EnterStep();
                break;
            case PauseRun:
                _run?.Hold(isHeld: true);
                break;
            case ResumeRun:
                _run?.Hold(isHeld: false);
                break;
            case ChangeRun:
                (_run ?? _prepared)?.Change(_preparation.Options);
                break;
            case CancelRun cancel:
                _run?.Apply(new CancelRequested(cancel.Reason));
                break;
            case LetNoneBegin:
                _run?.LetNoneBegin();
                break;
            case DisposeRun:
                _ = DisposeRunAsync();
                break;
            case ReleaseSilos:
                _ = ReleaseSilosAsync();
                break;
            case DeleteOrphans:
                _ = DeleteOrphansAsync();
                break;
            case Publish publish:
                Show(publish.Moment);
                break;
            case AnswerRequest answer:
                Answer(answer);
                break;
            case Leave:
                DeactivateOnIdle();
                break;
            case Left:
                _left.TrySetResult();
                break;
            case WakeLifeAt wake:
                WakeAt(wake.Time);
                break;
            default:
                throw new InvalidOperationException($"No such command: {command}.");
        }
    }

    private void WakeAt(TimeSpan time)
    {
        // Not one of the grain's timers: they end when its deactivation begins, and its end may still be to be stored then.
        _wake ??= _services.Time.CreateTimer(
            static state =>
            {
                JobGrain grain = (JobGrain)state!;
                _ = Task.Factory.StartNew(
                    () => grain.Apply(new Ticked()),
                    CancellationToken.None,
                    TaskCreationOptions.DenyChildAttach,
                    grain.Scheduler
                );
            },
            this,
            Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan
        );
        TimeSpan due = time - _services.Now;
        _wake.Change(
            due > TimeSpan.FromMilliseconds(1) ? (due < LongestTimer ? due : LongestTimer) : TimeSpan.FromMilliseconds(1),
            Timeout.InfiniteTimeSpan
        );
        DelayDeactivation(StayActive);
    }

    private async Task HearAsync(Task<LifeEvent> answer)
    {
        LifeEvent happened = await answer;
        _notStored = (happened as EntryNotOpened)?.Why ?? (happened as EntryNotRemoved)?.Why ?? _notStored;
        Apply(happened);
    }

    private async Task ReadRecordAsync()
    {
        LifeEvent read;
        try
        {
            if (await _record.LoadAsync() is { } manifest)
            {
                _preparation.Take(manifest);
                _states.Read(manifest.Kind, State);
            }

            read = new RecordRead(_facts.Of(_record.Current, runs: _run is not null));
        }
        catch (StoredRecordException exception)
        {
            // One unreadable record must not hide behind call failures: the job answers, and says what is wrong with it.
            _unread = exception.Message;
            RecordUnreadable(exception, JobId);
            read = new RecordUnreadable(exception.IsForGood);
        }
        catch (System.Text.Json.JsonException exception)
        {
            // Options that this build does not know: another one may.
            _unread = $"its options are none that this build knows. {Causes.Message(exception)}";
            RecordUnreadable(exception, JobId);
            read = new RecordUnreadable(ForGood: false);
        }
        catch (Exception exception) when (StorageFailures.Is(exception))
        {
            _unread = exception.Message;
            _services.StorageLog.Failed($"Job {JobId}: its record could not be read; it is tried again", exception);
            read = new RecordNotReached();
        }

        Apply(read);
    }

    private async Task WriteAsync(LifeWrite write)
    {
        // In a turn of its own: the run may be in the middle of its commands.
        await Task.Yield();
        JobRun? run = _run;
        TimeSpan began = _services.Now;
        long suspects = run?.Machine.SuspectsVersion ?? 0;
        LifeEvent outcome;
        try
        {
            JobOptions before = _preparation.Options;
            await WriteOnceAsync(write, run);
            if (_record.Current is { } written)
                _preparation.Follow(written);
            if (!ReferenceEquals(before, _preparation.Options))
                ChangedOptions(JobId, OptionWords.Of(before, _preparation.Options));
            outcome = new Stored(_facts.Of(_record.Current, runs: _run is not null));
        }
        catch (InconsistentStateException)
        {
            if (!_life.IsOver)
                SupersededBy(JobId, _record.Current?.Epoch ?? 0);
            outcome = new NotStored(StoreFailure.Superseded);
        }
        catch (LaneWaitsException)
        {
            outcome = new NotStored(StoreFailure.NotYet);
        }
        catch (Exception exception)
            when (write is LifeWrite.Progress or LifeWrite.LastProgress && exception is OperationCanceledException or UserCodeException)
        {
            // Combining broke: its failure is ending the job.
            outcome = new NotStored(StoreFailure.NotMade);
        }
        catch (Exception exception)
        {
            _notStored = exception.Message;
            _services.StorageLog.Failed($"Job {JobId}{RecordWriter.WhatFailed(write, _life.End?.Phase)}", exception);
            outcome = new NotStored(StoreFailure.NotReached);
        }

        if (_record.Current is { Step: null })
            _steps.LeaveRecorded();
        bool isProgress = write == LifeWrite.Progress && outcome is Stored;
        if (isProgress)
        {
            _services.Instruments.Checkpointed(_services.Now - began);
            _writer.CountStored();
        }

        Apply(outcome);
        if (isProgress && run == _run && run is not null)
        {
            run.Stored(suspects, _record.Current!);
            run.ResultsStored(_record.Current!.ResultCount);
            _results.Stored();
        }
    }

    private async Task WriteOnceAsync(LifeWrite write, JobRun? run)
    {
        switch (write)
        {
            case LifeWrite.Record:
                await _writer.FirstAsync(_preparation.Submitted!, _preparation.Input, _preparation.Units, _life.IsRepeated);
                break;
            case LifeWrite.Epoch:
                await _writer.EpochAsync();
                break;
            case LifeWrite.Waits:
                await _writer.WaitsAsync();
                break;
            case LifeWrite.Units:
                await _writer.UnitsAsync(_preparation.Units);
                break;
            case LifeWrite.NoItems:
                await _record.ForgetItemsAsync();
                break;
            case LifeWrite.Items:
                await _writer.ItemsAsync(_preparation.Listing!);
                break;
            case LifeWrite.Paused or LifeWrite.Resumed:
                await _writer.HeldAsync(write == LifeWrite.Paused, runs: run is not null);
                break;
            case LifeWrite.Options:
                await _writer.OptionsAsync([.. _changes.Where(change => change.Key <= _life.OptionsUpTo).Select(change => change.Value)]);
                break;
            case LifeWrite.NotPrepared:
                await _writer.NotPreparedAsync();
                break;
            case LifeWrite.StepEntered:
                _steps.EnterRecorded();
                await _writer.StepEnteredAsync(_life.WantedStep!.Value);
                break;
            case LifeWrite.StepLeft:
                await _writer.StepLeftAsync();
                break;
            case LifeWrite.Progress or LifeWrite.LastProgress:
                await _writer.ProgressAsync(run!, leaves: write == LifeWrite.LastProgress);
                break;
            case LifeWrite.Swept:
                await _writer.SweptAsync(_deleted);
                break;
            case LifeWrite.End:
                _ending ??= await GatherEndAsync(run);
                await _writer.EndAsync(_ending);
                break;
            case LifeWrite.Reopened:
                await _writer.ReopenedAsync();
                _ending = null;
                break;
            case LifeWrite.Deletion:
                await _log.DeleteAsync();
                await _record.DeleteAsync();
                break;
            default:
                throw new InvalidOperationException($"No such write: {write}.");
        }
    }

    private Task<JobEnding> GatherEndAsync(JobRun? run)
    {
        (JobPhase phase, JobFailure? failure) = _life.End!.Value;
        JobState state = phase switch
        {
            JobPhase.Succeeded => JobState.Succeeded,
            JobPhase.Canceled => JobState.Canceled,
            _ => JobState.Failed,
        };

        // Where nothing but the kind's code decides; units, silos that cannot prepare the job, and the rest may do better next time.
        Guid? build = state == JobState.Failed && failure is { IsOfKind: true } ? _facts.BuildOf(_record.Current!) : null;
        return _writer.GatherEndAsync(run, state, failure, build);
    }

    /// <summary>Moves this coordinator to a silo that has a kind.</summary>
    /// <returns>Where to, or that there is none.</returns>
    private string MoveToSiloWith(string kind, int version, SiloAddress? but = null)
    {
        if (KindHosts.Choose(_services.Loads.Snapshot(), kind, version, but) is not { } silo)
            return $"No silo has kind {kind} version {version} at present.";
        RequestContext.Set(Orleans.Runtime.Placement.IPlacementDirector.PlacementHintKey, silo);
        MigrateOnIdle();
        RequestContext.Remove(Orleans.Runtime.Placement.IPlacementDirector.PlacementHintKey);
        if (_record.Current is not null)
            _ = EnsureRunningElsewhereAsync();
        return $"Job {JobId} moves to {silo}, which has kind {kind} version {version}.";
    }

    private async Task EnsureRunningElsewhereAsync()
    {
        try
        {
            await _services.Grains.GetGrain<IJobGrain>(JobId).EnsureRunningAsync();
        }
        catch (Exception exception)
        {
            _services.StorageLog.Failed($"Job {JobId} was not started elsewhere; the catalogue does it", exception);
        }
    }

    private async Task StepAsync(int step, Func<Task> work, LifeEvent done)
    {
        // However long the kind's code takes, the grain is in use.
        DelayDeactivation(TimeSpan.MaxValue);
        LifeEvent outcome = await _steps.RunAsync(step, work, done, () => _life.IsOver);
        DelayDeactivation(StayActive);
        Apply(outcome);
    }

    private async Task StartRunAsync(StartRun start)
    {
        JobRun run = _prepared!;
        (_run, _prepared, _waiting) = (run, null, null);
        _states.Became(_record.Current!.Kind, State);
        StartedRunning(JobId, _record.Current.Epoch, _record.Current.UnitCount);
        try
        {
            await run.StartAsync(_record.Current.UnitCount, start.Resumed, start.Paused);
        }
        catch (Exception exception)
        {
            StartFailed(exception, JobId);
        }
    }

    private async Task DisposeRunAsync()
    {
        (JobRun? run, JobRun? prepared) = (_run, _prepared);
        (_run, _prepared) = (null, null);
        if (run is not null)
            await run.DisposeAsync();
        if (prepared is not null)
            await prepared.DisposeAsync();
        _preparation.Release();
        _steps.LeaveRecorded();
    }

    /// <summary>Tells silos that the job is over; every one where there was no run: an earlier coordinator may have left leases that nobody here knows.</summary>
    private async Task ReleaseSilosAsync()
    {
        JobRun? run = _run;
        _run = null;
        _runWake?.Dispose();
        _runWake = null;
        if (run is null)
        {
            LeaseDispatch.Release(_record.Current!, _services);
            _preparation.Forget();
            return;
        }

        await run.DisposeAsync();
        _preparation.Forget();
        await run.ReleaseSilosAsync();
    }

    private async Task DeleteOrphansAsync()
    {
        _deleted = await _record.DeleteOrphansAsync();
        Apply(new OrphansDeleted());
    }

    private void Show(LifeMoment moment)
    {
        JobManifest? manifest = _record.Current;
        switch (moment)
        {
            case LifeMoment.Recorded:
                _states.Became(manifest!.Kind, JobState.Queued);
                JobRecorded(JobId, manifest.Kind, manifest.KindVersion);
                break;
            case LifeMoment.Decomposing:
                _states.Became(manifest!.Kind, State);
                _status.Changed();
                return;
            case LifeMoment.Held:
                _states.Became(manifest!.Kind, State);
                break;
            case LifeMoment.Ended:
                _states.Became(manifest!.Kind, manifest.State);
                _writer.CountStored();
                _results.Stored();
                JobEnded(JobId, manifest.State, manifest.Leases, manifest.Attempts);
                break;
            case LifeMoment.Reopened:
                _states.Became(manifest!.Kind, JobState.Queued);
                JobRetried(JobId, manifest.Retries);
                break;
            case LifeMoment.Forgotten:
                _states.Leave();
                _log.Close();
                Forgotten(JobId);
                break;
        }

        _status.Publish();
    }
}
