using System.Text.Json;
using OrleansWork.Engine.Storage;
using OrleansWork.Protocol;

namespace OrleansWork.Engine.Coordination;

internal sealed partial class JobGrain
{
    private static readonly JsonElement Null = JsonElement.Parse("null");
    private static readonly TimeSpan PublishPeriod = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan EtaPeriod = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);

    private TaskCompletionSource _published = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private JobState _state = JobState.Queued;
    private string? _waiting;
    private long _sequence = 1;
    private TimeSpan _publishedAt;
    private bool _unpublished;
    private long _startedTicks;
    private EtaInterval? _eta;
    private TimeSpan _etaAt;
    private string? _warning;
    private bool _saidNotEstimated;

    /// <inheritdoc/>
    public void Changed()
    {
        if (_startedTicks == 0 && _run?.Machine.Counters.Leases > 0)
            _startedTicks = services.Time.GetUtcNow().UtcTicks;
        if (services.Now - _publishedAt >= PublishPeriod)
            Publish();
        else
            _unpublished = true;
    }

    /// <inheritdoc/>
    public void Warned(string warning)
    {
        if (string.Equals(_warning, warning, StringComparison.Ordinal))
            return;
        _warning = warning;
        Changed();
    }

    /// <inheritdoc/>
    public async Task<StatusReply> GetStatusAsync(long knownSequence, TimeSpan wait)
    {
        if (Missing() is { } refusal)
            return new StatusReply(0, null, refusal);
        if (_run is null && _starting is null && !_record.Current!.IsTerminal && _ending is null)
            await StartIfPlacedAsync();
        if (_unpublished && services.Now - _publishedAt >= PublishPeriod)
            Publish();
        if (knownSequence == _sequence)
            await Task.WhenAny(_published.Task, Task.Delay(wait < LongestWait ? wait : LongestWait, services.Time));
        return new StatusReply(_sequence, JobDocuments.Write(Status()), null);
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
            try
            {
                input = Parse(await ReadInputAsync(manifest));
                if (manifest.Result is { } stored && manifest.ResultMediaType == "application/json")
                    result = Parse(await _record.ReadAsync(stored));
            }
            catch (Exception exception) when (exception is StoredRecordException or JsonException)
            {
                // The rest of the job is still to be seen.
                status = status with
                {
                    Error = status.Error ?? JobDocuments.CannotBeShown(JobId, exception),
                };
            }

            JobDetails details = new()
            {
                Id = status.Id,
                Kind = status.Kind,
                Version = status.Version,
                State = status.State,
                Input = input,
                Options = status.Options,
                Result = result,
                Coverage = status.Coverage,
                Error = status.Error,
                Units = status.Units,
                Leases = status.Leases,
                Attempts = status.Attempts,
                SubmittedAt = status.SubmittedAt,
                StartedAt = status.StartedAt,
                FinishedAt = status.FinishedAt,
                ElapsedSeconds = status.ElapsedSeconds,
                EtaSeconds = status.EtaSeconds,
                Coordinator = status.Coordinator,
                Waiting = status.Waiting,
                Warnings = status.Warnings,
                Failures = status.Failures,
                Silos = status.Silos,
            };
            return new DocumentReply(JobDocuments.Write(details), null);
        }
        catch (Exception exception) when (StorageFailures.Is(exception))
        {
            return new DocumentReply(
                null,
                new Refusal(ErrorReason.Unavailable, $"Job {JobId}: storage does not answer: {exception.Message}", [])
            );
        }
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
            return new ResultReply(
                0,
                "",
                [],
                new Refusal(
                    ErrorReason.Refused,
                    manifest.IsTerminal
                        ? $"Job {JobId} has {Verb(manifest.State)}; it has no result."
                        : $"Job {JobId} is not finished yet.",
                    []
                )
            );
        }

        try
        {
            return new ResultReply(
                result.Length,
                manifest.ResultMediaType ?? "application/json",
                await ReadPieceAsync(manifest, result, offset),
                null
            );
        }
        catch (Exception exception) when (StorageFailures.Is(exception))
        {
            return new ResultReply(
                0,
                "",
                [],
                new Refusal(ErrorReason.Unavailable, $"Job {JobId}: storage does not answer: {exception.Message}", [])
            );
        }
    }

    private async Task<byte[]> ReadPieceAsync(JobManifest manifest, StoredPayload payload, long offset)
    {
        if (payload.Inline is { } inline)
            return offset >= inline.Length ? [] : inline[(int)offset..];
        foreach (PagePiece piece in payload.Pieces)
        {
            if (offset < piece.Length)
            {
                byte[] page = await services.Store.ReadPageAsync(JobId, manifest.Incarnation, piece.Page);
                return page.AsSpan(piece.Offset + (int)offset, piece.Length - (int)offset).ToArray();
            }

            offset -= piece.Length;
        }

        return [];
    }

    private void Publish()
    {
        _sequence++;
        _publishedAt = services.Now;
        _unpublished = false;
        TaskCompletionSource waiting = _published;
        _published = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        waiting.TrySetResult();
    }

    private JobStatus Status() =>
        JobDocuments.Status(
            _record.Current!,
            _options,
            _run?.Machine,
            new CoordinatorView(
                _record.Current!.IsTerminal ? _record.Current.State : _state,
                services.Time.GetUtcNow(),
                _run is null ? null : services.LocalSilo.SiloAddress.ToParsableString(),
                _run?.Waiting ?? (_run is null ? _waiting : null),
                Eta(),
                _warning
            )
        );

    private EtaInterval? Eta()
    {
        if (_run is not { } run)
            return null;
        if (services.Now - _etaAt >= EtaPeriod)
        {
            _etaAt = services.Now;
            try
            {
                _eta = run.Machine.Eta(services.Now) is { } eta
                    ? new EtaInterval(Math.Round(eta.Low.TotalSeconds, 3), Math.Round(eta.High.TotalSeconds, 3))
                    : null;
            }
            catch (Exception exception)
            {
                // Nobody needs an estimate to know where the job stands, or to end it.
                _eta = null;
                if (!_saidNotEstimated)
                    NotEstimated(exception, JobId);
                _saidNotEstimated = true;
            }
        }

        return _eta;
    }

    private DocumentReply StatusDocument() => new(JobDocuments.Write(Status()), null);

    private Refusal? Missing() =>
        Unread() is { } unread ? unread
        : _broken is not null ? new Refusal(ErrorReason.Refused, _broken, [])
        : _record.Current is null ? new Refusal(ErrorReason.NotFound, $"There is no job {JobId}.", [])
        : null;

    private static DocumentReply Refused(string message) => new(null, new Refusal(ErrorReason.Refused, message, []));

    private static string Verb(JobState state) =>
        state switch
        {
            JobState.Succeeded => "succeeded",
            JobState.Failed => "failed",
            JobState.Canceled => "been canceled",
            _ => $"become {state.ToString().ToLowerInvariant()}",
        };

    private static JsonElement Parse(byte[] json)
    {
        Utf8JsonReader reader = new(json);
        return JsonElement.ParseValue(ref reader);
    }
}
