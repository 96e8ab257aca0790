using Orleans.Storage;
using OrleansWork.Engine.Execution;
using OrleansWork.Engine.Placement;
using OrleansWork.Engine.Storage;
using OrleansWork.Protocol;
using OrleansWork.Scheduling.Coordination;
using OrleansWork.Scheduling.Failures;

namespace OrleansWork.Engine.Coordination;

internal sealed partial class JobGrain
{
    private readonly StoredPartials _partials = new();
    private readonly CheckpointSchedule _checkpoints = new(
        services.CoordinatorOptions.Value.CheckpointDelay,
        services.CoordinatorOptions.Value.MaxUnsavedWork
    );
    private Task? _ending;
    private Task? _storingEnd;
    private (long Done, long Failed, long Wasted)? _counted;

    /// <inheritdoc/>
    public void Progressed(double busySeconds, TimeSpan now)
    {
        _checkpoints.Progressed(busySeconds, now);
        CheckpointIfDue(now);
    }

    /// <inheritdoc/>
    public void Ended(JobRun run, JobPhase phase, JobFailure? failure, ResultPayload? result)
    {
        // A run whose last checkpoint is being stored may end all the same: its successor makes the result again.
        if (run == _run)
            _ending ??= EndAsync(run, phase, failure, result);
    }

    /// <inheritdoc/>
    public void Leased(long to, TimeSpan now) => _checkpoints.Leased(to, now);

    /// <inheritdoc/>
    public void StoreNow()
    {
        TimeSpan now = services.Now;
        _checkpoints.Wanted(now);
        CheckpointIfDue(now);
    }

    private void End(JobPhase phase, JobFailure failure) => _ending ??= EndAsync(_run, phase, failure, result: null);

    private void CheckpointIfDue(TimeSpan now)
    {
        if (_ending is not null || _run is not { } run)
            return;
        if (_checkpoints.TryBegin(now, isFull: run.Results?.PendingBytes > ResultLog.StoreAtOnceBytes))
            _ = CheckpointAsync(run);
    }

    private async Task CheckpointAsync(JobRun run)
    {
        try
        {
            TimeSpan started = services.Now;
            await CheckpointNowAsync(run);
            services.Instruments.Checkpointed(services.Now - started);
            CountUnits(_record.Current!);
            _checkpoints.Stored();
        }
        catch (InconsistentStateException)
        {
            _checkpoints.GivenUp();
            Superseded();
        }
        catch (Exception exception) when (exception is OperationCanceledException or UserCodeException)
        {
            // The lane broke: its failure is ending the job.
            _checkpoints.GivenUp();
        }
        catch (Exception exception)
        {
            _checkpoints.Failed(services.Now);
            services.StorageLog.Failed($"Job {JobId}: a checkpoint could not be stored; the job runs on and it is tried again", exception);
        }

        // What asked to be stored meanwhile need not wait for the next wake.
        CheckpointIfDue(services.Now);
    }

    /// <summary>Stores a snapshot of one turn: the partials are encoded at that place in their order of operations.</summary>
    private async Task CheckpointNowAsync(JobRun run, bool leaves = false)
    {
        long suspects = run.Machine.SuspectsVersion;
        if (run.Results is { } results)
        {
            // Nothing is encoded, so the snapshot can be of the turn in which it is written, with exactly the results that it counts.
            await _record.WriteAsync(
                (current, pages) =>
                    current!.IsTerminal
                        ? current
                        : Coordinated(results.AppendTo(WithProgress(current, run.Machine.Snapshot(), [], pages), pages), leaves) with
                        {
                            State = RunningOrPaused(current),
                        }
            );
            _checkpoints.Reaches(_record.Current!.LeasedTo);
            run.Stored(suspects);
            run.ResultsStored(_record.Current!.ResultCount);
            ResultsStored();
            return;
        }

        JobSnapshot snapshot = run.Machine.Snapshot();
        Dictionary<long, byte[]> encoded = await EncodeNodesAsync(run, snapshot);
        JobManifest stored = await _record.WriteAsync(
            (current, pages) =>
                current!.IsTerminal
                    ? current
                    : Coordinated(WithProgress(current, snapshot, encoded, pages), leaves) with
                    {
                        State = RunningOrPaused(current),
                    }
        );
        if (stored.IsTerminal)
            return;
        _partials.Remember(snapshot, stored);
        _checkpoints.Reaches(snapshot.LeasedTo);
        run.Stored(suspects);
    }

    /// <summary>Counts what is stored and was not counted yet, so that a coordinator that dies counts nothing twice.</summary>
    private void CountUnits(JobManifest stored)
    {
        JobSnapshotView view = JobSnapshotView.Of(stored);
        (long done, long failed, long wasted) = (view.Done, view.Failures.Count(failure => failure.ForGood), view.Wasted);
        if (_counted is { } before)
            services.Instruments.UnitsBecame(done - before.Done, failed - before.Failed, wasted - before.Wasted);
        else if (stored.Epoch == 1)
            services.Instruments.UnitsBecame(done, failed, wasted);
        _counted = (done, failed, wasted);
    }

    private Task<Dictionary<long, byte[]>> EncodeNodesAsync(JobRun run, JobSnapshot snapshot) =>
        run.Lane.EncodeAsync(_partials.ToWrite(snapshot));

    private JobManifest WithProgress(JobManifest current, JobSnapshot snapshot, Dictionary<long, byte[]> encoded, PayloadWriter pages) =>
        WithNotes(current.WithProgress(snapshot, handle => _partials.Place(handle, encoded, pages)));

    /// <summary>Writes what this coordinator, and not the machine, knows of the run.</summary>
    private JobManifest WithNotes(JobManifest manifest) =>
        manifest with
        {
            Warnings = _warning is { } warning ? [warning] : manifest.Warnings,
            StartedTicks = manifest.StartedTicks == 0 && manifest.Leases > 0 ? _startedTicks : manifest.StartedTicks,
        };

    private async Task<(JobSnapshot Snapshot, List<(long, byte[])> Partials)> ReadSnapshotAsync(JobManifest manifest)
    {
        JobSnapshot snapshot = manifest.ToSnapshot();
        List<(long, byte[])> partials = [];
        for (int i = 0; i < manifest.Nodes.Length; i++)
            partials.Add((snapshot.Nodes[i].Handle, await _record.ReadAsync(manifest.Nodes[i].Partial)));
        _partials.Clear();
        _partials.Remember(snapshot, manifest);
        return (snapshot, partials);
    }

    /// <summary>Says who may have leases out, and where; nobody, once the coordinator has left in order.</summary>
    private JobManifest Coordinated(JobManifest manifest, bool leaves = false) =>
        manifest with
        {
            Coordinator = leaves ? null : services.LocalSilo.SiloAddress.ToParsableString(),
            Silos = leaves
                ? []
                :
                [
                    .. services
                        .Loads.Snapshot()
                        .Where(silo => silo.State != SiloViewState.Dead)
                        .Select(silo => silo.Address.ToParsableString()),
                ],
        };

    // Membership itself, too: this may run because a silo was declared dead, before the load table has heard of it.
    private bool IsAlive(string silo)
    {
        SiloAddress address = SiloAddress.FromParsableString(silo);
        return services.Loads.Find(address) is { State: not SiloViewState.Dead }
            && services.Membership.CurrentSnapshot.GetSiloStatus(address) != Orleans.Runtime.SiloStatus.Dead;
    }

    /// <summary>Stores the end of the job, however long storage takes; only then is it published.</summary>
    /// <param name="run">The run that ended, which a deactivation may take from this grain meanwhile; null when none was there.</param>
    /// <param name="phase">How it ended.</param>
    /// <param name="failure">Why, when it failed.</param>
    /// <param name="result">What came of it.</param>
    private async Task EndAsync(JobRun? run, JobPhase phase, JobFailure? failure, ResultPayload? result)
    {
        JobState state = phase switch
        {
            JobPhase.Succeeded => JobState.Succeeded,
            JobPhase.Canceled => JobState.Canceled,
            _ => JobState.Failed,
        };
        await (_storingEnd = StoreEndAsync(run, state, failure, result));
        if (_superseded)
            return;
        _state = state;
        services.Instruments.JobBecame(_record.Current!.Kind, state);
        CountUnits(_record.Current);
        ResultsStored();
        JobEnded(JobId, state, _record.Current.Leases, _record.Current.Attempts);
        Publish();
        if (run is not null)
        {
            _run = null;
            _wakeTimer?.Dispose();
            _wakeTimer = null;
            await run.ReleaseSilosAsync();
            await run.DisposeAsync();
        }
        else
        {
            ReleaseEverySilo(_record.Current);
        }

        _partials.Clear();
        _input = [];
        await CloseInCatalogAsync();
    }

    private async Task StoreEndAsync(JobRun? run, JobState state, JobFailure? failure, ResultPayload? result)
    {
        run?.LetNoneBegin();
        await Task.Yield();
        await StopListingAsync();
        JobSnapshot? snapshot = run?.Machine.Snapshot();
        ResultLog? results = run?.Results;
        Dictionary<long, byte[]>? encoded = null;
        bool keepsNodes = state == JobState.Failed || (state == JobState.Succeeded && snapshot is { HasHoles: true });
        if (keepsNodes && snapshot is not null)
            encoded = await TryEncodeAsync(run!, snapshot);
        long finished = services.Time.GetUtcNow().UtcTicks;
        for (int attempt = 0; !_superseded; attempt++)
        {
            try
            {
                await _record.WriteAsync(
                    (current, pages) =>
                    {
                        JobManifest ended = Terminal(current!, state, failure, result, snapshot, encoded, finished, keepsNodes, pages);
                        return results is null ? ended : results.AppendTo(ended, pages);
                    }
                );
                return;
            }
            catch (InconsistentStateException)
            {
                Superseded();
            }
            catch (Exception exception)
            {
                services.StorageLog.Failed(
                    $"Job {JobId} has {Verb(state)}, which could not be stored; it is tried again and published then",
                    exception
                );
                DelayDeactivation(StayActive);
                await Task.Delay(BackOff.OfStorage.After(attempt), services.Time);
            }
        }
    }

    /// <summary>Tells every silo that the job is over: an earlier coordinator may have left leases that nobody here knows.</summary>
    private void ReleaseEverySilo(JobManifest ended)
    {
        ControlRequest request = new(JobId, ended.Incarnation, ended.Epoch, ControlAction.Drop, [], JobEnded: true);
        foreach (SiloView silo in services.Loads.Snapshot())
        {
            if (silo.State != SiloViewState.Dead)
                services.Grains.GetGrain<IWorkerGrain>(Keys.Worker(silo.Address, 0)).ControlAsync(request).AsTask().Ignore();
        }
    }

    private async Task<Dictionary<long, byte[]>?> TryEncodeAsync(JobRun run, JobSnapshot snapshot)
    {
        try
        {
            return await EncodeNodesAsync(run, snapshot);
        }
        catch (Exception exception) when (exception is OperationCanceledException or UserCodeException)
        {
            // Combining itself is what failed: the last stored partials stay as they are.
            return null;
        }
    }

    private JobManifest Terminal(
        JobManifest current,
        JobState state,
        JobFailure? failure,
        ResultPayload? result,
        JobSnapshot? snapshot,
        Dictionary<long, byte[]>? encoded,
        long finished,
        bool keepsNodes,
        PayloadWriter pages
    )
    {
        JobManifest next = current;
        if (snapshot is not null && encoded is not null)
            next = WithProgress(current, snapshot, encoded, pages);
        else if (snapshot is not null)
            next = WithNotes(current.WithCounters(snapshot));
        if (!keepsNodes)
            next = (snapshot is null ? next : next.WithCommitted(snapshot)) with { Nodes = [] };

        return next with
        {
            State = state,
            Coordinator = null,
            FailedBuild = state == JobState.Failed ? BuildThatFailed(current, failure) : null,
            FinishedTicks = finished,
            Result = result is null ? null : pages.Add(result.Content),
            ResultMediaType = result?.MediaType,
            ErrorJson = failure is null
                ? null
                : JobDocuments.Write(
                    new JobError(
                        failure.Type,
                        BoundedText.Cut(
                            $"Job {JobId} {(state == JobState.Canceled ? "was canceled" : "failed")}: {failure.Message}",
                            services.Options.Value.MaxErrorTextBytes
                        ),
                        failure.Unit,
                        failure.Silo
                    )
                    {
                        Stack = failure.Stack,
                    }
                ),
        };
    }

    private async Task<DocumentReply> AfterEndAsync()
    {
        if (_ending is { } ending)
            await Task.WhenAny(ending, _published.Task, Task.Delay(TimeSpan.FromSeconds(15), services.Time));
        return _record.Current!.IsTerminal
            ? StatusDocument()
            : new DocumentReply(
                null,
                new Refusal(
                    ErrorReason.Unavailable,
                    $"Job {JobId} is ending, but storage does not answer; it ends when storage returns.",
                    []
                )
            );
    }

    private async Task CloseInCatalogAsync()
    {
        try
        {
            JobManifest manifest = _record.Current!;
            await services
                .Grains.GetGrain<ICatalogShardGrain>(Keys.CatalogShard(JobId))
                .CloseAsync(JobDocuments.ClosedEntry(manifest, Status()));
        }
        catch (Exception exception)
        {
            // The shard's next scan finds the ended job and closes it.
            CloseFailed(exception, JobId);
        }
    }
}
