using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using OrleansWork.Engine.Execution;
using OrleansWork.Engine.Placement;
using OrleansWork.Engine.Recording;
using OrleansWork.Engine.Security;
using OrleansWork.Engine.Storage;
using OrleansWork.Protocol;
using OrleansWork.Scheduling.Coordination;

namespace OrleansWork.Engine.Coordination;

/// <summary>The coordinator of one job: a shell around its <see cref="JobLife"/>, which decides, and while the job runs its <see cref="JobRun"/>.</summary>
/// <content>What is asked of a coordinator.</content>
[Reentrant, LeastLoadedPlacement, CollectionAgeLimit(Minutes = 2)]
[GrainType("job")]
internal sealed partial class JobGrain : Grain, IJobGrain, IJobRunHost, IGuardedGrain
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);

    // Silos send the last lines when the job's end reaches them.
    private static readonly TimeSpan LateNotes = TimeSpan.FromSeconds(2);
    private static readonly JsonElement Null = JsonElement.Parse("null");

    private readonly SemaphoreSlim _submitting = new(1, 1);
    private readonly Dictionary<long, TaskCompletionSource<LifeAnswer>> _asked = [];
    private readonly SortedDictionary<long, JobOptionsChange> _changes = [];

    // What is stored never changes, and a job may be looked at often.
    private readonly ConditionalWeakTable<StoredPayload, string> _hashes = [];
    private long _requests;

    private string JobId => this.GetPrimaryKeyString();

    private CoordinatorOptions Limits => _services.CoordinatorOptions.Value;

    /// <inheritdoc/>
    public async Task<SubmitReply> SubmitAsync(SubmitRequest request)
    {
        await _submitting.WaitAsync();
        try
        {
            return await SubmitOnceAsync(request);
        }
        finally
        {
            _submitting.Release();
        }
    }

    /// <inheritdoc/>
    public async Task<DocumentReply> CheckAsync(SubmitRequest request)
    {
        (Submission? submission, SubmitReply? refusal) = await ReadAsync(request);
        if (submission is null)
            return new DocumentReply(null, refusal!.Refusal);
        if (_record.Current is { } recorded && (await CompareAsync(recorded, request, submission)).Refusal is { } conflict)
            return new DocumentReply(null, conflict);
        SubmissionCheck check = new(_services, JobId, submission);
        CatalogCounts? counts = await _catalog.CountAsync();
        return _record.Current is null && counts is { MostOpen: > 0 } known && known.Queued + known.Started >= known.MostOpen
            ? new DocumentReply(null, TooManyOpen().Refusal)
            : new DocumentReply(JobDocuments.Write(await check.MakeAsync(counts, isThere: _record.Current is not null)), null);
    }

    /// <inheritdoc/>
    public Task<JobDescription?> GetDescriptionAsync(ulong incarnation)
    {
        if (Missing(LifeAnswer.NotRead) is { } refusal)
            throw new OrleansException(refusal.Message);
        if (
            _record.Current is not { IsTerminal: false, UnitCount: >= 0 } manifest
            || manifest.Incarnation != incarnation
            || _preparation.Input.Length == 0
        )
            return Task.FromResult<JobDescription?>(null);
        return Task.FromResult<JobDescription?>(
            new JobDescription(
                manifest.Kind,
                manifest.KindVersion,
                manifest.UnitCount,
                manifest.Seed,
                _preparation.Input,
                _preparation.Options.UnitTimeout is { } timeout ? Math.Max(1, (long)timeout.TotalMicroseconds) : 0
            )
            {
                Items = manifest.Items.Count == 0 ? null : manifest.Items.ToBytes(),
            }
        );
    }

    /// <inheritdoc/>
    public async Task<bool> ReportAsync(ReportBatch batch)
    {
        if (Missing(LifeAnswer.NotRead) is not null)
            return false;
        if (_record.Current is not { } manifest || manifest.IsTerminal || manifest.Incarnation != batch.Incarnation)
            return true;
        if (_run is null)
            await NeedRunAsync();
        if (_run is not { } run)
            return false;
        run.OnReport(batch);
        return true;
    }

    /// <inheritdoc/>
    public Task<bool> BeginsAsync(BeginRequest request) =>
        _run is { } run && _life.IsRunning && _record.Current?.Incarnation == request.Incarnation
            ? run.BeginsAsync(request)
            : Task.FromResult(false);

    /// <inheritdoc/>
    public Task NoteAsync(UnitNotes notes)
    {
        if (_record.Current?.Incarnation == notes.Incarnation)
            _log.Add(notes);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task EnsureRunningAsync()
    {
        if (await AskAsync(request => new RunNeeded(request, Placed: true)) == LifeAnswer.Moves)
            throw new OrleansException($"Job {JobId}: its coordinator moves; ask again.");
    }

    /// <inheritdoc/>
    public Task<DocumentReply> PauseAsync() => HoldAsync(request => new PauseAsked(request), "only an open job can be paused");

    /// <inheritdoc/>
    public Task<DocumentReply> ResumeAsync() => HoldAsync(request => new ResumeAsked(request), "only a paused job can be resumed");

    /// <inheritdoc/>
    public async Task<DocumentReply> CancelAsync(string? reason)
    {
        string why = string.IsNullOrWhiteSpace(reason) ? "no reason was given" : reason;
        LifeAnswer answer = await AskAsync(request => new CancelAsked(request, why));
        return answer == LifeAnswer.HasEnded
            ? Refused($"Job {JobId} has {JobAnswers.Verb(_record.Current!.State)}; only an open job can be canceled.")
            : Reply(answer);
    }

    /// <inheritdoc/>
    public async Task<DocumentReply> ChangeOptionsAsync(byte[] patch)
    {
        (JobOptionsChange change, Refusal? refusal) = Submission.ReadChange(patch);
        if (refusal is not null)
            return new DocumentReply(null, refusal);
        long request = 0;
        try
        {
            LifeAnswer answer = await AskAsync(id =>
            {
                _changes.Add(request = id, change);
                return new OptionsAsked(id, change.ApplyTo(_preparation.Options) != _preparation.Options)
                {
                    Version = _record.Current?.OptionsVersion,
                };
            });
            return answer == LifeAnswer.HasEnded
                ? Refused($"Job {JobId} has {JobAnswers.Verb(_record.Current!.State)}; only the options of an open job can be changed.")
                : Reply(answer);
        }
        finally
        {
            _changes.Remove(request);
        }
    }

    /// <inheritdoc/>
    public async Task<DocumentReply> RetryAsync()
    {
        if (_record.Current is { IsTerminal: true } ended)
        {
            bool isLate = _preparation.Options.Deadline is { } deadline && _services.Until(ended.SubmittedTicks, deadline) <= TimeSpan.Zero;
            if (JobAnswers.WhyNotRetried(ended, isLate, _facts.BuildOf(ended)) is { } why)
                return Refused(why);
        }

        LifeAnswer answer = await AskAsync(request => new RetryAsked(request));
        return answer == LifeAnswer.HasNotEnded
            ? Refused($"Job {JobId} has not ended; only the failed units of an ended job can be retried.")
            : Reply(answer);
    }

    /// <inheritdoc/>
    public async Task<DocumentReply> ForgetAsync()
    {
        DocumentReply? last = _record.Current is { IsTerminal: true } ? StatusDocument() : null;
        LifeAnswer answer = await AskAsync(request => new ForgetAsked(request));
        return answer switch
        {
            LifeAnswer.Done when last is not null => last,
            LifeAnswer.HasNotEnded => Refused(
                $"Job {JobId} is {State.ToString().ToLowerInvariant()}; only a job that has ended can be forgotten. Cancel it first."
            ),
            _ => Reply(answer),
        };
    }

    /// <inheritdoc/>
    public async Task<StatusReply> GetStatusAsync(long knownSequence, TimeSpan wait)
    {
        if (Missing() is { } refusal)
            return new StatusReply(0, null, refusal);
        await NeedRunAsync();
        await _status.WaitAsync(knownSequence, Bounded(wait));
        return Missing() is { } gone
            ? new StatusReply(0, null, gone)
            : new StatusReply(_status.Sequence, JobDocuments.Write(Status()), null);
    }

    /// <inheritdoc/>
    public async Task<DocumentReply> GetDetailsAsync()
    {
        if (Missing() is { } refusal)
            return new DocumentReply(null, refusal);
        JobManifest manifest = _record.Current!;
        try
        {
            JobStatus status = Status();
            JsonElement input = Null;
            JsonElement? result = null;
            string? inputHash = null;
            try
            {
                byte[] read = await _preparation.ReadInputAsync(manifest);
                inputHash = HashOf(manifest.Input, read);
                input = Parse(read);
                if (manifest.Result is { } stored)
                    result = await ReadResultAsync(stored, isJson: manifest.ResultMediaType == "application/json");
            }
            catch (Exception exception) when (exception is StoredRecordException or JsonException)
            {
                // The rest of the job is still to be seen.
                status = status with
                {
                    Error = status.Error ?? JobDocuments.CannotBeShown(JobId, exception),
                };
            }

            JobMeasures measures = await _history.MeasuresAsync(status, _run);
            JobDetails details = JobDocuments.Details(status, measures, input, result) with
            {
                InputHash = inputHash,
                ResultHash = manifest.Result is { } kept && _hashes.TryGetValue(kept, out string? hash) ? hash : null,
            };
            return new DocumentReply(JobDocuments.Write(details), null);
        }
        catch (Exception exception) when (StorageFailures.Is(exception))
        {
            return new DocumentReply(null, JobAnswers.NoStorage(JobId, exception.Message));
        }
    }

    /// <summary>Reads a stored result, where it is needed: to be shown, or to be told from others for the first time.</summary>
    private async Task<JsonElement?> ReadResultAsync(StoredPayload stored, bool isJson)
    {
        if (!isJson && _hashes.TryGetValue(stored, out _))
            return null;
        byte[] read = await _record.ReadAsync(stored);
        HashOf(stored, read);
        return isJson ? Parse(read) : null;
    }

    private string HashOf(StoredPayload stored, byte[] read)
    {
        if (!_hashes.TryGetValue(stored, out string? hash))
            _hashes.AddOrUpdate(stored, hash = Convert.ToHexStringLower(SHA256.HashData(read)));
        return hash;
    }

    /// <inheritdoc/>
    public async Task<ResultReply> GetResultAsync(long offset)
    {
        if (Missing() is { } refusal)
            return new ResultReply(0, "", [], refusal);
        JobManifest manifest = _record.Current!;
        if (manifest is { IsMap: true, State: JobState.Succeeded })
            return new ResultReply(-1, JobKindDescriptor.UnitResultsMediaType, [], null);
        if (manifest.Result is not { } result)
        {
            string why = manifest.IsTerminal
                ? $"Job {JobId} has {JobAnswers.Verb(manifest.State)}; it has no result."
                : $"Job {JobId} is not finished yet.";
            return new ResultReply(0, "", [], JobAnswers.Refused(why));
        }

        try
        {
            byte[] piece = await _services.Store.ReadPieceAsync(JobId, manifest.Incarnation, result, offset);
            return new ResultReply(result.Length, manifest.ResultMediaType ?? "application/json", piece, null);
        }
        catch (Exception exception) when (StorageFailures.Is(exception))
        {
            return new ResultReply(0, "", [], JobAnswers.NoStorage(JobId, exception.Message));
        }
    }

    /// <inheritdoc/>
    public async Task<UnitResultsReply> GetUnitResultsAsync(long cursor, bool inOrder, TimeSpan wait)
    {
        if (Missing() is { } refusal)
            return NoResults(cursor, refusal);
        if (!_record.Current!.IsMap)
        {
            string why = $"Job {JobId} is of kind {_record.Current.Kind}, which combines its units to one result.";
            return NoResults(cursor, JobAnswers.Refused(why));
        }

        if (cursor < 0)
            return NoResults(cursor, new Refusal(ErrorReason.WrongInput, $"The cursor is {cursor}; results start at 0.", []));
        await NeedRunAsync();
        try
        {
            return await _results.GetAsync(cursor, inOrder, Bounded(wait));
        }
        catch (Exception exception) when (StorageFailures.Is(exception))
        {
            return NoResults(cursor, JobAnswers.NoStorage(JobId, exception.Message));
        }
    }

    /// <inheritdoc/>
    public async Task<LogReply> GetLogAsync(long after, long? unit, TimeSpan wait)
    {
        if (Missing() is { } refusal)
            return new LogReply(after, [], End: false, refusal);
        try
        {
            TimeSpan most = _record.Current is { IsTerminal: true } ? LateNotes : LongestWait;
            return await _log.GetAsync(after, unit, wait < most ? wait : most, NothingFollows);
        }
        catch (Exception exception) when (StorageFailures.Is(exception))
        {
            return new LogReply(after, [], End: false, JobAnswers.NoStorage(JobId, exception.Message));
        }
    }

    private async Task<SubmitReply> SubmitOnceAsync(SubmitRequest request)
    {
        (Submission? submission, SubmitReply? refusal) = await ReadAsync(request);
        if (submission is null)
            return refusal!;
        if (_record.Current is { } recorded)
            return await CompareAsync(recorded, request, submission);
        _preparation.Take(submission, request.TraceParent);
        bool listsItems = submission.Kind.Descriptor.ItemType is not null;
        return await AskAsync(id => new SubmitAsked(id, listsItems) { IsRepeated = request.IsRepeated }) switch
        {
            LifeAnswer.Done => new SubmitReply(Created: true, StatusDocument().Document, Refusal: null),
            LifeAnswer.TooManyOpen => TooManyOpen(),
            LifeAnswer.NotStored => Submission.Refuse(
                ErrorReason.Unavailable,
                "",
                $"Job {JobId} could not be stored: {_notStored} Nothing was recorded for certain; submit it again with the same id."
            ),
            _ => MovesOn(),
        };
    }

    /// <summary>Reads a submission, and refuses what can be refused of it before anything is recorded.</summary>
    private async Task<(Submission? Submission, SubmitReply? Refusal)> ReadAsync(SubmitRequest request)
    {
        if (!Keys.IsJobId(JobId))
        {
            string rule = $"'{JobId}' is not a job id; use 1 to 64 of letters, digits, '.', '_' and '-', and neither . nor ..";
            return (null, Submission.Refuse(ErrorReason.WrongInput, "id", rule));
        }

        if ((Missing(LifeAnswer.NotRead) ?? Missing(LifeAnswer.Unreadable)) is { } unread)
            return (null, new SubmitReply(Created: false, Status: null, unread));
        if (_life.IsOver)
            return (null, MovesOn());
        if (Submission.TooLarge(request, _services.Options.Value.MaxPayloadBytes) is { } tooLarge)
            return (null, tooLarge);
        JobManifest? existing = _record.Current;
        bool isOfItsKind = existing is not null && string.Equals(existing.Kind, request.Kind, StringComparison.Ordinal);
        string name = isOfItsKind ? existing!.Kind : request.Kind;
        int? asked = isOfItsKind ? existing!.KindVersion : KindHosts.NewestVersion(_services.Loads.Snapshot(), _services.Kinds, name);
        if (asked is not { } version)
            return (null, Submission.UnknownKind(request.Kind, _services));
        // Whatever its input is; and this job's coordinator does not move to where the other kind is.
        if (existing is not null && !isOfItsKind)
            return (null, OtherJob());
        if (!_services.Kinds.TryGet(name, version, out KindRuntime? kind))
            return (null, Submission.Refuse(ErrorReason.Unavailable, "kind", MoveToSiloWith(name, version)));
        return await Submission.ReadAsync(request, kind, _services);
    }

    private SubmitReply MovesOn() =>
        Submission.Refuse(ErrorReason.Unavailable, "", $"The coordinator of job {JobId} moves; submit it again with the same id.");

    private SubmitReply TooManyOpen() =>
        Submission.Refuse(
            ErrorReason.LimitReached,
            "",
            $"{Limits.MaxOpenJobs:N0} jobs may be open at once (MaxOpenJobs), and job {JobId} would be one too many; submit it again when some have ended."
        );

    private async Task<SubmitReply> CompareAsync(JobManifest existing, SubmitRequest request, Submission submission)
    {
        bool same =
            string.Equals(existing.Kind, request.Kind, StringComparison.Ordinal)
            && existing.OptionsJson.AsSpan().SequenceEqual(submission.OptionsJson)
            && (await _preparation.ReadInputAsync(existing)).AsSpan().SequenceEqual(submission.Input);
        return same ? new SubmitReply(Created: false, StatusDocument().Document, Refusal: null) : OtherJob();
    }

    private SubmitReply OtherJob() =>
        Submission.Refuse(ErrorReason.Conflict, "id", $"Job {JobId} exists with another kind, input or options; choose another id.");

    private async Task<DocumentReply> HoldAsync(Func<long, LifeEvent> ask, string rule)
    {
        LifeAnswer answer = await AskAsync(ask);
        return answer == LifeAnswer.HasEnded
            ? Refused($"Job {JobId} has {JobAnswers.Verb(_record.Current!.State)}; {rule}.")
            : Reply(answer);
    }

    private Task NeedRunAsync() => _life.NeedsStart ? AskAsync(request => new RunNeeded(request, Placed: false)) : Task.CompletedTask;

    private Task<LifeAnswer> AskAsync(Func<long, LifeEvent> ask)
    {
        long request = ++_requests;
        TaskCompletionSource<LifeAnswer> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _asked.Add(request, answer);
        Apply(ask(request));
        return answer.Task;
    }

    private void Answer(AnswerRequest answer)
    {
        if (_asked.Remove(answer.Request, out TaskCompletionSource<LifeAnswer>? asked))
            asked.SetResult(answer.Answer);
    }

    private DocumentReply Reply(LifeAnswer answer) =>
        answer == LifeAnswer.Done && Missing() is null ? StatusDocument() : new DocumentReply(null, RefusalOf(answer));

    private Refusal RefusalOf(LifeAnswer answer) =>
        JobAnswers.Of(answer, JobId, answer == LifeAnswer.NotStored ? _notStored : _unread, Limits.MaxOpenJobs);

    /// <summary>Says why nothing can be said of the job, and has its record read again when storage did not answer.</summary>
    private Refusal? Missing()
    {
        // Its record is gone before it is known that its deletion was stored.
        if (_life.Missing is not { } missing)
            return _record.Current is null ? RefusalOf(LifeAnswer.NoJob) : null;
        if (missing == LifeAnswer.NotRead)
            Apply(new RecordNeeded());
        return RefusalOf(missing);
    }

    private Refusal? Missing(LifeAnswer only) => _life.Missing == only ? Missing() : null;

    private JobState State =>
        _record.Current is { IsTerminal: true } ended ? ended.State
        : _record.Current?.State == JobState.Paused ? JobState.Paused
        : _run is not null ? JobState.Running
        : _life.IsDecomposing ? JobState.Decomposing
        : _record.Current?.State ?? JobState.Queued;

    private JobStatus Status() =>
        JobDocuments.Status(
            _record.Current!,
            _preparation.Options,
            _run?.Machine,
            new CoordinatorView(
                State,
                _services.Time.GetUtcNow(),
                _run is null ? null : _services.LocalSilo.SiloAddress.ToParsableString(),
                _run is { } run ? run.Waiting : _waiting,
                _run?.Eta(),
                _run?.Warning
            )
            {
                MachineTime = _services.Now,
            }
        );

    private DocumentReply StatusDocument() => new(JobDocuments.Write(Status()), null);

    private bool NothingFollows() =>
        _record.Current is { IsTerminal: true } ended
        && (_life.End is null || _services.Time.GetUtcNow().UtcTicks - ended.FinishedTicks >= LateNotes.Ticks);

    private static DocumentReply Refused(string message) => new(null, JobAnswers.Refused(message));

    private static UnitResultsReply NoResults(long cursor, Refusal refusal) => new(cursor, [], [], End: false, refusal);

    private static TimeSpan Bounded(TimeSpan wait) => wait < LongestWait ? wait : LongestWait;

    private static JsonElement Parse(byte[] json)
    {
        Utf8JsonReader reader = new(json);
        return JsonElement.ParseValue(ref reader);
    }
}
