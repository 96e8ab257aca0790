using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Storage;
using OrleansWork.Engine.Execution;
using OrleansWork.Engine.Placement;
using OrleansWork.Engine.Security;
using OrleansWork.Engine.Storage;
using OrleansWork.Protocol;
using OrleansWork.Scheduling.Coordination;

namespace OrleansWork.Engine.Coordination;

/// <summary>The coordinator of one job: a shell around its <see cref="JobRecord"/> and, while it runs, its <see cref="JobRun"/>.</summary>
[Reentrant, LeastLoadedPlacement, CollectionAgeLimit(Minutes = 2)]
internal sealed partial class JobGrain(CoordinatorServices services) : Grain, IJobGrain, IJobRunHost, IGuardedGrain
{
    private static readonly TimeSpan EndingWait = TimeSpan.FromSeconds(5);

    private readonly ILogger _logger = services.Loggers.CreateLogger("OrleansWork.Engine.Coordination.JobGrain");
    private JobRecord _record = null!;
    private JobOptions _options = new();
    private byte[] _input = [];
    private JobRun? _run;
    private Task<SubmitReply>? _submitting;
    private Task? _starting;
    private IGrainTimer? _wakeTimer;
    private string? _broken;
    private bool _superseded;

    private string JobId => this.GetPrimaryKeyString();

    private CoordinatorOptions Limits => services.CoordinatorOptions.Value;

    /// <inheritdoc/>
    public TaskScheduler Scheduler { get; private set; } = TaskScheduler.Default;

    /// <inheritdoc/>
    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        Scheduler = TaskScheduler.Current;
        _record = new JobRecord(services.Store, JobId, _logger);
        await ReadRecordAsync();
    }

    /// <inheritdoc/>
    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _wakeTimer?.Dispose();
        await StopListingAsync();
        await SaveLogAsync();
        bool wasBusy = _run is not null || _superseded || _keepingToStart is { IsCompleted: false };
        if (wasBusy && reason.ReasonCode is not (DeactivationReasonCode.ShuttingDown or DeactivationReasonCode.Migrating))
            _ = GoOnElsewhereAsync();
        // A run that has just ended is the only one that knows all that came of it.
        if (_storingEnd is { } storing)
            await Task.WhenAny(storing, Task.Delay(EndingWait, services.Time, cancellationToken));
        if (_run is not { } run)
        {
            // A start that is still under way ends here: the next activation has its own.
            _superseded |= _ending is null;
            return;
        }

        _run = null;
        try
        {
            if (!_superseded && reason.ReasonCode == DeactivationReasonCode.ShuttingDown)
                await CheckpointNowAsync(run, leaves: true).WaitAsync(EndingWait, services.Time, cancellationToken);
        }
        catch (Exception exception)
        {
            services.StorageLog.Failed($"Job {JobId}: the last checkpoint before the silo stops could not be stored", exception);
        }

        await run.DisposeAsync();
        _superseded = true;
    }

    /// <inheritdoc/>
    public async Task<SubmitReply> SubmitAsync(SubmitRequest request)
    {
        while (_submitting is { } running)
            await running.ContinueWith(static _ => { }, TaskScheduler.Current);
        _submitting = SubmitOnceAsync(request);
        try
        {
            return await _submitting;
        }
        finally
        {
            _submitting = null;
        }
    }

    /// <inheritdoc/>
    public Task<JobDescription?> GetDescriptionAsync(ulong incarnation)
    {
        if (Unread() is { } refusal)
            throw new OrleansException(refusal.Message);
        if (
            _record.Current is not { IsTerminal: false, UnitCount: >= 0 } manifest
            || manifest.Incarnation != incarnation
            || _input.Length == 0
        )
            return Task.FromResult<JobDescription?>(null);
        return Task.FromResult<JobDescription?>(
            new JobDescription(
                manifest.Kind,
                manifest.KindVersion,
                manifest.UnitCount,
                manifest.Seed,
                _input,
                _options.UnitTimeout is { } timeout ? Math.Max(1, (long)timeout.TotalMicroseconds) : 0
            )
            {
                Items = manifest.Items.Count == 0 ? null : manifest.Items.ToBytes(),
            }
        );
    }

    /// <inheritdoc/>
    public async Task<bool> ReportAsync(ReportBatch batch)
    {
        if (Unread() is not null)
            return false;
        if (_record.Current is not { } manifest || manifest.IsTerminal || manifest.Incarnation != batch.Incarnation)
            return true;
        if (_run is null)
            await StartIfPlacedAsync();
        if (_run is not { } run)
            return false;
        run.OnReport(batch);
        return true;
    }

    /// <inheritdoc/>
    public Task<bool> BeginsAsync(BeginRequest request) =>
        _run is { } run && !_superseded && _ending is null && _record.Current?.Incarnation == request.Incarnation
            ? run.BeginsAsync(request)
            : Task.FromResult(false);

    /// <inheritdoc/>
    public Task NoteAsync(UnitNotes notes)
    {
        if (_record.Current?.Incarnation == notes.Incarnation)
            _notes.Add(notes);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task EnsureRunningAsync()
    {
        // Not awaited: the shard, which waits for this answer, may be stopping with its silo and take no call before that.
        if (_unread is null && _record.Current is { IsTerminal: true })
            _ = CloseInCatalogAsync();
        else if (_corrupt is not null)
            _ = CloseCorruptAsync(_corrupt);
        else if (_superseded)
            throw new OrleansException($"Job {JobId}: its coordinator moves; ask again.");
        else
            await FirstTryAsync(KeepStarting(ask: false));
    }

    /// <inheritdoc/>
    public async Task<DocumentReply> CancelAsync(string? reason)
    {
        if (Missing() is { } refusal)
            return new DocumentReply(null, refusal);
        if (_record.Current!.IsTerminal)
        {
            return _record.Current.State == JobState.Canceled
                ? StatusDocument()
                : Refused($"Job {JobId} has {Verb(_record.Current.State)}; only an open job can be canceled.");
        }

        string why = string.IsNullOrWhiteSpace(reason) ? "canceled on request" : reason;
        if (_run is { } run)
            run.Apply(new CancelRequested(why));
        else
            End(JobPhase.Canceled, new JobFailure("Canceled", why, null, null));
        return await AfterEndAsync();
    }

    /// <inheritdoc/>
    public void WakeAfter(TimeSpan due)
    {
        _wakeTimer ??= this.RegisterGrainTimer(
            static (grain, _) =>
            {
                grain.OnWake();
                return Task.CompletedTask;
            },
            this,
            new GrainTimerCreationOptions(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan) { KeepAlive = true, Interleave = true }
        );
        _wakeTimer.Change(due, Timeout.InfiniteTimeSpan);
    }

    /// <inheritdoc/>
    public void Superseded()
    {
        if (_superseded)
            return;
        _superseded = true;
        SupersededBy(JobId, _record.Current?.Epoch ?? 0);

        // Their answers would be stored by nobody, and a grain that is asked something does not go.
        _run?.LetNoneBegin();
        DeactivateOnIdle();
    }

    private void OnWake()
    {
        if (_superseded || _run is not { } run)
            return;
        DelayDeactivation(TimeSpan.FromMinutes(5));
        run.OnTimer();
        CheckpointIfDue(services.Now);
    }

    private async Task<SubmitReply> SubmitOnceAsync(SubmitRequest request)
    {
        if (!Keys.IsJobId(JobId))
            return Refuse(ErrorReason.WrongInput, "id", $"'{JobId}' is not a job id; use 1 to 64 of letters, digits, '.', '_' and '-'.");
        if (Unread() is { } unread)
            return new SubmitReply(Created: false, Status: null, unread);
        if (_broken is not null)
            return Refuse(ErrorReason.Refused, "id", _broken);
        if (_superseded)
            return Refuse(ErrorReason.Unavailable, "", $"The coordinator of job {JobId} moves; submit it again with the same id.");
        if (TooLarge(request) is { } tooLarge)
            return tooLarge;
        string name =
            _record.Current?.Kind is { } known && string.Equals(known, request.Kind, StringComparison.Ordinal) ? known : request.Kind;
        int? version = _record.Current?.KindVersion ?? KindHosts.NewestVersion(services.Loads.Snapshot(), services.Kinds, name);
        if (version is null)
        {
            return services.Loads.Snapshot().Any(silo => silo is { State: SiloViewState.Active, Profile: null })
                ? Refuse(
                    ErrorReason.Unavailable,
                    "kind",
                    $"No silo is known to have kind '{request.Kind}', and not every silo has said yet what it has."
                )
                : Refuse(ErrorReason.WrongInput, "kind", UnknownKind(request.Kind));
        }

        if (!services.Kinds.TryGet(name, version.Value, out KindRuntime? kind))
            return MoveToKind(name, version.Value);

        if (!TryReadOptions(request.OptionsJson, out JobOptions options, out ImmutableArray<ProblemRecord> optionProblems))
            return Refuse(ErrorReason.WrongInput, optionProblems);
        InputReading reading;
        try
        {
            reading = await services.UserCode.RunAsync("Validate", () => kind.ReadInput(request.InputJson), CancellationToken.None);
        }
        catch (UserCodeException exception)
        {
            return Refuse(ErrorReason.WrongInput, "input", exception.Message);
        }

        if (reading.Canonical is not { } input)
            return Refuse(reading.IsRefused ? ErrorReason.Refused : ErrorReason.WrongInput, reading.Problems);

        byte[] optionsJson = JobDocuments.Write(options);
        if (_record.Current is { } existing)
        {
            bool same =
                string.Equals(existing.Kind, request.Kind, StringComparison.Ordinal)
                && existing.OptionsJson.AsSpan().SequenceEqual(optionsJson)
                && (await ReadInputAsync(existing)).AsSpan().SequenceEqual(input);
            return same
                ? new SubmitReply(Created: false, StatusDocument().Document, Refusal: null)
                : Refuse(ErrorReason.Conflict, "id", $"Job {JobId} exists with another kind, input or options; choose another id.");
        }

        return await RecordAsync(kind, options, optionsJson, input);
    }

    private async Task<SubmitReply> RecordAsync(KindRuntime kind, JobOptions options, byte[] optionsJson, byte[] input)
    {
        JobManifest manifest = new()
        {
            JobId = JobId,
            Incarnation = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8)),
            Kind = kind.Descriptor.Name,
            KindVersion = kind.Descriptor.Version,
            Input = StoredPayload.OfInline([]),
            OptionsJson = optionsJson,
            Seed = JobSeed.Of(options, kind.Descriptor.Name, input),
            State = JobState.Queued,
            SubmittedTicks = services.Time.GetUtcNow().UtcTicks,
            IsAsync = kind.Descriptor.IsAsync,
            SideEffects = kind.Descriptor.SideEffects,
            IsMap = kind.Descriptor.IsMap,
        };
        ICatalogShardGrain shard = services.Grains.GetGrain<ICatalogShardGrain>(Keys.CatalogShard(JobId));
        // Items are counted while they are listed, once the job is recorded.
        Task<long> counting = kind.Descriptor.ItemType is not null ? Task.FromResult(-1L) : CountAsync(kind, input);
        try
        {
            if (!(await shard.OpenAsync(JobDocuments.OpenEntry(manifest))).Accepted)
                return Refuse(ErrorReason.LimitReached, "", TooManyJobs());
            await Task.WhenAny(counting, Task.Delay(Limits.DecomposeWait, services.Time));
            long units = counting.IsCompletedSuccessfully ? await counting : -1;
            await _record.WriteAsync((_, pages) => Coordinated(manifest with { Epoch = 1, UnitCount = units, Input = pages.Add(input) }));
        }
        catch (Exception exception) when (StorageFailures.Is(exception) || exception is InconsistentStateException)
        {
            services.StorageLog.Failed($"Job {JobId} could not be stored; the submission is refused", exception);
            _superseded = true;
            _ = counting.ContinueWith(static task => task.Exception, TaskScheduler.Default);
            DeactivateOnIdle();
            return Refuse(
                ErrorReason.Unavailable,
                "",
                $"Job {JobId} could not be stored: {exception.Message} Nothing was recorded for certain; submit it again with the same id."
            );
        }

        _options = options;
        _input = input;
        _state = JobState.Queued;
        services.Instruments.JobBecame(manifest.Kind, JobState.Queued);
        JobRecorded(JobId, manifest.Kind, manifest.KindVersion);
        _ = KeepStarting(ask: true, counting);
        return new SubmitReply(Created: true, StatusDocument().Document, Refusal: null);
    }

    private Task StartAsync(Task<long>? counting = null)
    {
        if (_run is not null || _superseded)
            return Task.CompletedTask;
        if (_starting is { IsCompleted: false } running)
            return running;
        return _starting = StartOnceAsync(counting);
    }

    private async Task StartOnceAsync(Task<long>? counting)
    {
        JobManifest manifest = _record.Current!;
        if (!services.Kinds.TryGet(manifest.Kind, manifest.KindVersion, out KindRuntime? kind))
        {
            // A silo without the kind cannot combine its partials: the coordinator goes where the kind is.
            _waiting = MoveToKind(manifest.Kind, manifest.KindVersion).Refusal!.Message;
            return;
        }

        try
        {
            if (_input.Length == 0)
                _input = await ReadInputAsync(manifest);
            bool resumed = counting is null;
            if (resumed)
                manifest = await _record.BeginEpochAsync(stored => Coordinated(stored.AfterDeaths(IsAlive)));
            if (manifest.UnitCount < 0 && !await DecomposeAsync(kind, counting))
                return;
            manifest = _record.Current!;
            JobSnapshot? snapshot = null;
            List<(long, byte[])> partials = [];
            if (resumed)
                (snapshot, partials) = await ReadSnapshotAsync(manifest);
            PartialStore store = await services.UserCode.RunAsync("Prepare", () => kind.CreatePartials(_input), CancellationToken.None);
            if (_superseded || _ending is not null || _record.Current!.IsTerminal)
                return;
            JobRun run = new(services, this, manifest, _options, store, snapshot, _logger);
            run.Restore(partials);
            _run = run;
            _state = RunningOrPaused(_record.Current);
            StartedRunning(JobId, manifest.Epoch, manifest.UnitCount);
            await run.StartAsync(manifest.UnitCount, resumed);
            if (resumed)
                _ = SweepAsync();
        }
        catch (InconsistentStateException)
        {
            Superseded();
        }
        catch (UserCodeException exception)
        {
            JobFailure failure = new(exception.Failure.Type, exception.Failure.Message, null, null) { Stack = exception.Failure.Stack };
            End(JobPhase.Failed, failure);
        }
        catch (StoredRecordException exception) when (exception.IsForGood)
        {
            RecordUnreadable(exception, JobId);
            End(JobPhase.Failed, new JobFailure("CorruptRecord", exception.Message, null, null));
        }
    }

    private async Task<bool> DecomposeAsync(KindRuntime kind, Task<long>? counting)
    {
        _state = JobState.Decomposing;
        Changed();
        if (_options.Deadline is { } deadline)
            _ = EndAtDeadlineAsync(deadline);
        if (kind.Descriptor.ItemType is not null)
            return await ListItemsAsync(kind);
        long units = await (counting ?? CountAsync(kind, _input));
        if (_record.Current!.IsTerminal || _superseded)
            return false;
        await WriteUntilStoredAsync((current, _) => current! with { UnitCount = units });
        return true;
    }

    private async Task SweepAsync()
    {
        try
        {
            await _record.SweepOrphansAsync();
        }
        catch (Exception exception) when (StorageFailures.Is(exception) || exception is InconsistentStateException)
        {
            services.StorageLog.Failed($"Job {JobId}: pages of earlier coordinators could not be swept; the next one does it", exception);
        }
    }

    private Task<byte[]> ReadInputAsync(JobManifest manifest) => services.Store.ReadAsync(JobId, manifest.Incarnation, manifest.Input);

    /// <summary>Moves this coordinator to a silo that has the kind; the caller asks again.</summary>
    private SubmitReply MoveToKind(string kind, int version)
    {
        if (KindHosts.Choose(services.Loads.Snapshot(), kind, version) is not { } silo)
            return Refuse(ErrorReason.Unavailable, "kind", $"No silo has kind {kind} version {version} at present.");
        RequestContext.Set(Orleans.Runtime.Placement.IPlacementDirector.PlacementHintKey, silo);
        MigrateOnIdle();
        RequestContext.Remove(Orleans.Runtime.Placement.IPlacementDirector.PlacementHintKey);
        if (_record.Current is not null)
            _ = EnsureRunningElsewhereAsync();
        return Refuse(ErrorReason.Unavailable, "kind", $"Job {JobId} moves to {silo}, which has kind {kind} version {version}.");
    }

    private async Task EnsureRunningElsewhereAsync()
    {
        try
        {
            await services.Grains.GetGrain<IJobGrain>(JobId).EnsureRunningAsync();
        }
        catch (Exception exception)
        {
            services.StorageLog.Failed($"Job {JobId} was not started elsewhere; the catalogue does it", exception);
        }
    }

    private string UnknownKind(string kind)
    {
        string[] names = KindHosts.Names(services.Loads.Snapshot(), services.Kinds);
        string? nearest = Suggestions.Nearest(kind, names);
        string hint = nearest is null ? "" : $" Did you mean '{nearest}'?";
        return $"There is no job kind '{kind}'.{hint} The cluster has: {string.Join(", ", names)}.";
    }

    private static bool TryReadOptions(byte[] json, out JobOptions options, out ImmutableArray<ProblemRecord> problems)
    {
        try
        {
            options = JsonSerializer.Deserialize<JobOptions>(json, OrleansWorkJson.Payloads) ?? new JobOptions();
            problems = [.. options.Validate().Select(problem => new ProblemRecord(problem.Field, problem.Message))];
        }
        catch (JsonException exception)
        {
            options = new JobOptions();
            problems = [new ProblemRecord("options", exception.Message)];
        }

        return problems.IsEmpty;
    }

    private static SubmitReply Refuse(ErrorReason reason, ImmutableArray<ProblemRecord> problems) =>
        new(Created: false, Status: null, new Refusal(reason, InWords(problems), problems));

    private static SubmitReply Refuse(ErrorReason reason, string field, string message) =>
        Refuse(reason, [new ProblemRecord(field, message)]);
}
