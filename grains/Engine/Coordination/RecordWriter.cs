using OrleansWork.Engine.Cluster;
using OrleansWork.Engine.Execution;
using OrleansWork.Engine.Recording;
using OrleansWork.Engine.Storage;
using OrleansWork.Scheduling.Coordination;

namespace OrleansWork.Engine.Coordination;

/// <summary>What each write of a coordinator makes of its job's record. What is written is asked for by <see cref="JobLife"/>, one write at a time.</summary>
/// <remarks>Called in the coordinator's turns. A write that fails can be made again: none depends on what another may have left.</remarks>
internal sealed class RecordWriter(CoordinatorServices services, JobRecord record)
{
    private readonly StoredPartials _partials = new();
    private (long Done, long Failed, long Wasted)? _counted;

    /// <summary>Says which write failed, after the name of the job, and what comes of that.</summary>
    public static string WhatFailed(LifeWrite write, JobPhase? end) =>
        write switch
        {
            LifeWrite.Record => " could not be stored; the submission is refused",
            LifeWrite.Epoch or LifeWrite.Waits => " could not be started; it is tried again",
            LifeWrite.NotPrepared => ": that its kind could not be prepared could not be stored; it is tried again",
            LifeWrite.StepEntered or LifeWrite.StepLeft => ": a step of its kind's code could not be recorded; it is tried again",
            LifeWrite.Units or LifeWrite.NoItems or LifeWrite.Items => ": its decomposition could not be stored; it is tried again",
            LifeWrite.Paused or LifeWrite.Resumed =>
                $" could not be stored as {write.ToString().ToLowerInvariant()}; the request is refused",
            LifeWrite.Options => ": its changed options could not be stored; the request is refused",
            LifeWrite.Progress => ": a checkpoint could not be stored; the job runs on and it is tried again",
            LifeWrite.LastProgress => ": the last checkpoint before the silo stops could not be stored",
            LifeWrite.Swept => ": pages of earlier coordinators could not be swept; the next one does it",
            LifeWrite.End => $" has ended ({end}), which could not be stored; it is tried again and published then",
            LifeWrite.Reopened => " could not be opened again; the retry is refused",
            _ => " could not be deleted; the request is refused",
        };

    /// <summary>Writes the first record.</summary>
    /// <param name="manifest">The job as it was submitted.</param>
    /// <param name="input">Its input.</param>
    /// <param name="units">How many units it has; -1 while that is unknown.</param>
    /// <param name="isRepeated">Whether the submission may have ended a process before.</param>
    public Task FirstAsync(JobManifest manifest, byte[] input, long units, bool isRepeated) =>
        record.WriteAsync(
            (_, pages) =>
                Coordinated(manifest with { Epoch = 1, UnitCount = units, Input = pages.Add(input), StepDeaths = isRepeated ? 1 : 0 })
        );

    /// <summary>Writes the next epoch.</summary>
    public Task EpochAsync() => record.BeginEpochAsync(stored => Coordinated(stored.AfterDeaths(IsAlive)));

    /// <summary>Writes that no coordinator has anything out.</summary>
    public Task WaitsAsync() => OpenAsync(static current => current with { Coordinator = null });

    /// <summary>Writes how many units there are.</summary>
    public Task UnitsAsync(long units) => OpenAsync(current => current.AfterStep() with { UnitCount = units });

    /// <summary>Writes that the kind could not be prepared once more.</summary>
    public Task NotPreparedAsync() =>
        OpenAsync(static current => current.AfterStep() with { PrepareFailures = current.PrepareFailures + 1 });

    /// <summary>Writes that a step of the kind's code is about to be entered.</summary>
    public Task StepEnteredAsync(KindStep step) => OpenAsync(current => current.With(current.Steps().Enter(step)));

    /// <summary>Writes that a step was left.</summary>
    public Task StepLeftAsync() => OpenAsync(static current => current.AfterStep());

    /// <summary>Writes the items that were listed last.</summary>
    public Task ItemsAsync(ItemListing listing) =>
        record.WriteAsync((current, pages) => current!.IsTerminal ? current : listing.AddTo(current, pages));

    /// <summary>Writes that the job is held, or no longer.</summary>
    /// <param name="isHeld">Which.</param>
    /// <param name="runs">Whether it runs.</param>
    public Task HeldAsync(bool isHeld, bool runs) =>
        OpenAsync(current =>
            current with
            {
                State =
                    isHeld ? JobState.Paused
                    : runs ? JobState.Running
                    : JobState.Queued,
            }
        );

    /// <summary>Writes changes of the job's options, one after the other.</summary>
    public Task OptionsAsync(IReadOnlyList<JobOptionsChange> changes) =>
        OpenAsync(current =>
        {
            JobOptions before = JobDocuments.Options(current);
            JobOptions after = changes.Aggregate(before, static (options, change) => change.ApplyTo(options));
            return after == before
                ? current
                : current with
                {
                    ChangedOptionsJson = JobDocuments.Write(after),
                    OptionsVersion = current.OptionsVersion + 1,
                };
        });

    /// <summary>Writes that orphans are deleted.</summary>
    public Task SweptAsync(IReadOnlyCollection<PageKey> deleted) =>
        record.WriteAsync((current, _) => current! with { Orphans = [.. current.Orphans.Except(deleted)] });

    /// <summary>Writes that an ended job is open again: what is committed stays, units that failed start afresh, and the rest goes on.</summary>
    public async Task ReopenedAsync()
    {
        await record.WriteAsync(
            (current, _) =>
                Coordinated(current!.With(default(StepRecord))) with
                {
                    State = JobState.Queued,
                    Failures = [],
                    Suspects = [],
                    PrepareFailures = 0,
                    Result = null,
                    ResultMediaType = null,
                    ErrorJson = null,
                    FinishedTicks = 0,
                    Retries = current!.Retries + 1,
                }
        );
        _counted = null;
    }

    /// <summary>Writes a snapshot of one turn: the partials are encoded at that place in their order of operations.</summary>
    /// <param name="run">The run.</param>
    /// <param name="leaves">Whether the coordinator leaves after it.</param>
    public async Task ProgressAsync(JobRun run, bool leaves)
    {
        if (run.Results is { } results)
        {
            // Nothing is encoded, so the snapshot can be of the turn in which it is written, with exactly the results that it counts.
            await record.WriteAsync(
                (current, pages) =>
                    current!.IsTerminal
                        ? current
                        : Running(results.AppendTo(WithProgress(current, run, run.Machine.Snapshot(), [], pages), pages), leaves)
            );
        }
        else
        {
            JobSnapshot snapshot = run.Machine.Snapshot();
            Dictionary<long, byte[]> encoded = await run.Lane.EncodeAsync(_partials.ToWrite(snapshot));
            JobManifest stored = await record.WriteAsync(
                (current, pages) => current!.IsTerminal ? current : Running(WithProgress(current, run, snapshot, encoded, pages), leaves)
            );
            if (!stored.IsTerminal)
                _partials.Remember(snapshot, stored);
        }
    }

    /// <summary>Writes how the job ended.</summary>
    /// <param name="ending">All that is written.</param>
    public async Task EndAsync(JobEnding ending)
    {
        await record.WriteAsync(
            (current, pages) =>
            {
                JobManifest ended = WithEnd(current!, ending, pages);
                return ending.Run?.Results is { } results ? results.AppendTo(ended, pages) : ended;
            }
        );
        _partials.Clear();
    }

    /// <summary>Gathers what is written of the end; the partials, where the job may go on from them some day, as far as they can be encoded.</summary>
    public async Task<JobEnding> GatherEndAsync(JobRun? run, JobState state, JobFailure? failure, Guid? failedBuild)
    {
        JobSnapshot? snapshot = run?.Machine.Snapshot();
        bool keepsNodes = state == JobState.Failed || (state == JobState.Succeeded && snapshot is { HasHoles: true });
        Dictionary<long, byte[]>? encoded = null;
        if (keepsNodes && snapshot is not null)
        {
            try
            {
                encoded = await run!.Lane.EncodeAsync(_partials.ToWrite(snapshot));
            }
            catch (Exception exception) when (exception is OperationCanceledException or UserCodeException or LaneWaitsException)
            {
                // Combining itself is what failed: the last stored partials stay as they are.
            }
        }

        byte[]? trace = run is { Machine.Record.Began: not null } ? RunTraces.Store(RunTraces.Whole(run.Moment)) : null;
        return new JobEnding(run, state, failure, failedBuild, snapshot, encoded, keepsNodes, trace, services.Time.GetUtcNow().UtcTicks);
    }

    /// <summary>Reads the snapshot that is stored, with its partials by handle.</summary>
    public async Task<(JobSnapshot Snapshot, List<(long Handle, byte[] Bytes)> Partials)> ReadSnapshotAsync(JobManifest manifest)
    {
        JobSnapshot snapshot = manifest.ToSnapshot();
        List<(long, byte[])> partials = [];
        for (int i = 0; i < manifest.Nodes.Length; i++)
            partials.Add((snapshot.Nodes[i].Handle, await record.ReadAsync(manifest.Nodes[i].Partial)));
        _partials.Clear();
        _partials.Remember(snapshot, manifest);
        return (snapshot, partials);
    }

    /// <summary>Counts what is stored and was not counted yet, so that a coordinator that dies counts nothing twice.</summary>
    public void CountStored()
    {
        JobManifest stored = record.Current!;
        JobSnapshotView view = JobSnapshotView.Of(stored);
        (long done, long failed, long wasted) = (view.Done, view.Failures.Count(failure => failure.ForGood), view.Wasted);
        if (_counted is { } before)
            services.Instruments.UnitsBecame(done - before.Done, failed - before.Failed, wasted - before.Wasted);
        else if (stored.Epoch == 1)
            services.Instruments.UnitsBecame(done, failed, wasted);
        _counted = (done, failed, wasted);
    }

    private Task<JobManifest> OpenAsync(Func<JobManifest, JobManifest> change) =>
        record.WriteAsync((current, _) => current!.IsTerminal ? current : change(current));

    // Where leases may be says the snapshot: its machine may not have heard yet of silos that the load table counts as dead.
    private JobManifest Running(JobManifest manifest, bool leaves) =>
        manifest with
        {
            Coordinator = leaves ? null : services.LocalSilo.SiloAddress.ToParsableString(),
            Silos = leaves ? [] : manifest.Silos,
            State = manifest.State == JobState.Paused ? JobState.Paused : JobState.Running,
        };

    private JobManifest WithProgress(
        JobManifest current,
        JobRun run,
        JobSnapshot snapshot,
        Dictionary<long, byte[]> encoded,
        PayloadWriter pages
    ) => WithNotes(current.WithProgress(snapshot, handle => _partials.Place(handle, encoded, pages)), run);

    /// <summary>Writes what the run, and not its machine, knows.</summary>
    private static JobManifest WithNotes(JobManifest manifest, JobRun run) =>
        manifest with
        {
            Warnings = run.Warning is { } warning ? [warning] : manifest.Warnings,
            StartedTicks = manifest.StartedTicks == 0 && manifest.Leases > 0 ? run.StartedTicks : manifest.StartedTicks,
        };

    private JobManifest WithEnd(JobManifest current, JobEnding ending, PayloadWriter pages)
    {
        JobManifest next = current;
        if (ending is { Run: { } run, Snapshot: { } snapshot })
        {
            next = ending.Encoded is { } encoded
                ? WithProgress(current, run, snapshot, encoded, pages)
                : WithNotes(current.WithCounters(snapshot), run);
            if (!ending.KeepsNodes)
                next = next.WithCommitted(snapshot);
        }

        ResultPayload? result = ending.State == JobState.Succeeded ? ending.Run?.Result : null;
        return next with
        {
            State = ending.State,
            Coordinator = null,
            Step = null,
            Nodes = ending.KeepsNodes ? next.Nodes : [],
            FailedBuild = ending.FailedBuild,
            FinishedTicks = ending.FinishedTicks,
            Trace = ending.Trace is { } trace ? pages.Add(trace) : next.Trace,
            Result = result is null ? null : pages.Add(result.Content),
            ResultMediaType = result?.MediaType,
            ErrorJson = ending.Failure is { } failure ? JobDocuments.Write(Error(current.JobId, ending.State, failure)) : null,
        };
    }

    private JobError Error(string jobId, JobState state, JobFailure failure) =>
        new(
            failure.Type,
            BoundedText.Cut(
                $"Job {jobId} {(state == JobState.Canceled ? "was canceled" : "failed")}: {failure.Message}",
                services.Options.Value.MaxErrorTextBytes
            ),
            failure.Unit,
            failure.Silo
        )
        {
            Stack = failure.Stack,
        };

    /// <summary>Says who may have leases out, and where.</summary>
    private JobManifest Coordinated(JobManifest manifest) =>
        manifest.Begun(JobDocuments.Options(manifest).ChunkUnits ?? 1) with
        {
            Coordinator = services.LocalSilo.SiloAddress.ToParsableString(),
            Silos =
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
}
