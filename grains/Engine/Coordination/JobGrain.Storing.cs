using System.Collections.Immutable;
using Orleans.Storage;
using OrleansWork.Engine.Execution;
using OrleansWork.Engine.Placement;
using OrleansWork.Engine.Storage;
using OrleansWork.Protocol;
using OrleansWork.Scheduling.Coordination;
using OrleansWork.Scheduling.Ledger;
using OrleansWork.Scheduling.Reduction;

namespace OrleansWork.Engine.Coordination;

internal sealed partial class JobGrain
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(2);

    private readonly Dictionary<long, StoredPayload> _stored = [];
    private TimeSpan? _dirtySince;
    private TimeSpan _retryCheckpointAt;
    private TimeSpan _retryDelay = FirstRetry;
    private double _unsavedSeconds;
    private long _storedReach;
    private bool _checkpointing;
    private Task? _ending;
    private Task? _storingEnd;
    private (long Done, long Failed, long Wasted)? _counted;

    /// <inheritdoc/>
    public void Progressed(double busySeconds)
    {
        _dirtySince ??= services.Now;
        _unsavedSeconds += busySeconds;
        CheckpointIfDue();
    }

    /// <inheritdoc/>
    public void Ended(JobRun run, JobPhase phase, JobFailure? failure, ResultPayload? result)
    {
        // A run whose last checkpoint is being stored may end all the same: its successor makes the result again.
        if (run == _run)
            _ending ??= EndAsync(run, phase, failure, result);
    }

    /// <inheritdoc/>
    public void Leased(long to)
    {
        if (to > _storedReach)
            _dirtySince ??= services.Now;
    }

    /// <inheritdoc/>
    public void StoreNow()
    {
        _dirtySince = services.Now - Limits.CheckpointDelay;
        CheckpointIfDue();
    }

    private void End(JobPhase phase, JobFailure failure) => _ending ??= EndAsync(_run, phase, failure, result: null);

    private void CheckpointIfDue()
    {
        if (_checkpointing || _ending is not null || _dirtySince is not { } since || _run is not { } run)
            return;
        TimeSpan now = services.Now;
        if (now < _retryCheckpointAt)
            return;
        if (
            now - since >= Limits.CheckpointDelay
            || _unsavedSeconds >= Limits.MaxUnsavedWork.TotalSeconds
            || run.Results?.PendingBytes > ResultLog.StoreAtOnceBytes
        )
            _ = CheckpointAsync(run);
    }

    private async Task CheckpointAsync(JobRun run)
    {
        _checkpointing = true;
        try
        {
            _dirtySince = null;
            _unsavedSeconds = 0;
            TimeSpan started = services.Now;
            await CheckpointNowAsync(run);
            services.Instruments.Checkpointed(services.Now - started);
            CountUnits(_record.Current!);
            _retryDelay = FirstRetry;
        }
        catch (InconsistentStateException)
        {
            Superseded();
        }
        catch (Exception exception) when (exception is OperationCanceledException or UserCodeException)
        {
            // The lane broke: its failure is ending the job.
        }
        catch (Exception exception)
        {
            services.StorageLog.Failed($"Job {JobId}: a checkpoint could not be stored; the job runs on and it is tried again", exception);
            _dirtySince ??= services.Now;
            _retryCheckpointAt = services.Now + _retryDelay;
            _retryDelay = _retryDelay * 2 < LongestRetry ? _retryDelay * 2 : LongestRetry;
        }
        finally
        {
            _checkpointing = false;
        }

        // What asked to be stored meanwhile need not wait for the next wake.
        CheckpointIfDue();
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
            _storedReach = _record.Current!.LeasedTo;
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
        Remember(snapshot, stored);
        _storedReach = snapshot.LeasedTo;
        run.Stored(suspects);
    }

    /// <summary>Remembers where partials are stored, now that they are: after a write that failed their pages may not exist.</summary>
    private void Remember(JobSnapshot snapshot, JobManifest stored)
    {
        for (int i = 0; i < snapshot.Nodes.Count; i++)
            _stored[snapshot.Nodes[i].Handle] = stored.Nodes[i].Partial;
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

    private async Task<Dictionary<long, byte[]>> EncodeNodesAsync(JobRun run, JobSnapshot snapshot)
    {
        HashSet<long> held = [.. snapshot.Nodes.Select(node => node.Handle)];
        foreach (long handle in _stored.Keys.Where(handle => !held.Contains(handle)).ToArray())
            _stored.Remove(handle);
        return await run.Lane.EncodeAsync([.. held.Where(handle => !_stored.ContainsKey(handle))]);
    }

    private JobManifest WithProgress(JobManifest current, JobSnapshot snapshot, Dictionary<long, byte[]> encoded, PayloadWriter pages)
    {
        ImmutableArray<StoredNode>.Builder nodes = ImmutableArray.CreateBuilder<StoredNode>(snapshot.Nodes.Count);
        foreach ((TreeNode node, long handle) in snapshot.Nodes)
        {
            StoredPayload payload;
            if (encoded.TryGetValue(handle, out byte[]? bytes))
                payload = pages.Add(bytes);
            else if (_stored[handle] is { Inline: { } inline })
                payload = pages.Add(inline);
            else
                payload = _stored[handle];
            nodes.Add(new StoredNode((byte)node.Level, node.Index, payload));
        }

        return WithCounters(current, snapshot) with
        {
            UnitCount = snapshot.UnitCount,
            LeasedTo = snapshot.LeasedTo,
            Suspects = Stored(snapshot.Suspects),
            VagueTo = snapshot.VagueTo,
            Committed = [.. snapshot.Committed.SelectMany(range => new[] { range.From, range.To })],
            Nodes = nodes.DrainToImmutable(),
        };
    }

    private JobManifest WithCounters(JobManifest current, JobSnapshot snapshot) =>
        current with
        {
            Failures = [.. snapshot.Failures.Select(f => new StoredFailure(f.Unit, f.Attempts, f.Type, f.Message, f.Silo, f.ForGood))],
            Leases = snapshot.Counters.Leases,
            Attempts = snapshot.Counters.Attempts,
            Wasted = snapshot.Counters.Wasted,
            Shares = [.. snapshot.Shares.Select(s => new StoredShare(s.Silo, s.Units, s.Leases, s.BusySeconds))],
            Warnings = _warning is { } warning ? [warning] : current.Warnings,
            StartedTicks = current.StartedTicks == 0 && snapshot.Counters.Leases > 0 ? _startedTicks : current.StartedTicks,
        };

    private async Task<(JobSnapshot Snapshot, List<(long, byte[])> Partials)> ReadSnapshotAsync(JobManifest manifest)
    {
        List<UnitRange> committed = [];
        for (int i = 0; i + 1 < manifest.Committed.Length; i += 2)
            committed.Add(new UnitRange(manifest.Committed[i], manifest.Committed[i + 1]));
        List<(TreeNode, long)> nodes = [];
        List<(long, byte[])> partials = [];
        _stored.Clear();
        long handle = 1;
        foreach (StoredNode node in manifest.Nodes)
        {
            nodes.Add((new TreeNode(node.Level, node.Index), handle));
            partials.Add((handle, await _record.ReadAsync(node.Partial)));
            _stored[handle++] = node.Partial;
        }

        JobSnapshot snapshot = new(
            manifest.State == JobState.Paused ? JobPhase.Paused : JobPhase.Running,
            manifest.UnitCount,
            committed,
            [.. manifest.Failures.Select(f => new UnitFailureRecord(f.Unit, f.Attempts, f.Type, f.Message, f.Silo, f.ForGood))],
            nodes,
            new JobCounters(manifest.Leases, manifest.Attempts, manifest.Wasted),
            [.. manifest.Shares.Select(s => new SiloShareRecord(s.Silo, s.Units, s.Leases, s.BusySeconds))]
        )
        {
            LeasedTo = manifest.LeasedTo,
            Suspects = Suspects(manifest),
            VagueTo = manifest.VagueTo,
        };
        return (snapshot, partials);
    }

    /// <summary>Takes the deaths that happened since into what was stored, for whoever comes after this coordinator.</summary>
    private JobManifest WithDeaths(JobManifest stored)
    {
        // Without its own death: when any silo dies, Orleans gives up activations on others whose place in the directory it kept.
        bool leasesDied = stored.Coordinator is { } predecessor && !(IsAlive(predecessor) && stored.Silos.All(IsAlive));
        JobSnapshot after = new JobSnapshot(JobPhase.Running, stored.UnitCount, [], [], [], default, [])
        {
            LeasedTo = stored.LeasedTo,
            Suspects = Suspects(stored),
            VagueTo = stored.VagueTo,
        }.After(leasesDied, IsAlive);
        return Coordinated(stored) with { Suspects = Stored(after.Suspects), LeasedTo = after.LeasedTo, VagueTo = after.VagueTo };
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

    private static SuspectRecord[] Suspects(JobManifest manifest) =>
        [.. manifest.Suspects.Select(s => new SuspectRecord(new UnitRange(s.From, s.To), s.Deaths, s.Silo))];

    private static ImmutableArray<StoredSuspect> Stored(IEnumerable<SuspectRecord> suspects) =>
        [.. suspects.Select(s => new StoredSuspect(s.Range.From, s.Range.To, s.Deaths, s.Silo))];

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

        _stored.Clear();
        _input = [];
        await CloseInCatalogAsync();
    }

    private async Task StoreEndAsync(JobRun? run, JobState state, JobFailure? failure, ResultPayload? result)
    {
        await Task.Yield();
        await StopListingAsync();
        JobSnapshot? snapshot = run?.Machine.Snapshot();
        ResultLog? results = run?.Results;
        Dictionary<long, byte[]>? encoded = null;
        bool keepsNodes = state == JobState.Failed || (state == JobState.Succeeded && snapshot is { HasHoles: true });
        if (keepsNodes && snapshot is not null)
            encoded = await TryEncodeAsync(run!, snapshot);
        long finished = services.Time.GetUtcNow().UtcTicks;
        TimeSpan delay = FirstRetry;
        while (!_superseded)
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
                await Task.Delay(delay, services.Time);
                delay = delay * 2 < LongestRetry ? delay * 2 : LongestRetry;
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
            next = WithCounters(current, snapshot);
        if (!keepsNodes)
        {
            next = next with
            {
                Nodes = [],
                Committed = snapshot is null ? next.Committed : [.. snapshot.Committed.SelectMany(range => new[] { range.From, range.To })],
            };
        }

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
