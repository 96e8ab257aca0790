using System.Text.Json;
using OrleansWork.Engine.Recording;
using OrleansWork.Protocol;

namespace OrleansWork.Engine.Coordination;

/// <content>How the job ran, and why.</content>
internal sealed partial class JobGrain
{
    private const int MostBands = 1_200;

    /// <inheritdoc/>
    public async Task<DocumentReply> ExplainAsync(long? unit, long? lease)
    {
        if (Missing() is { } refusal)
            return new DocumentReply(null, refusal);
        await NeedRunAsync();
        JobStatus status = Status();
        if (unit is { } asked && (asked < 0 || asked >= (status.Units.Total ?? long.MaxValue)))
            return new DocumentReply(null, JobAnswers.NoSuchUnit(JobId, asked, status.Units.Total));
        if (lease is { } number && await GrantedAsync(status) is { } granted && (number < 1 || number > granted))
            return new DocumentReply(null, JobAnswers.NoSuchLease(JobId, number, granted));
        QueuePlace? place = status.State == JobState.Queued ? await _catalog.FindPlaceAsync() : null;
        return await AnswerAsync(async () =>
            await _history.ExplainAsync(
                new ExplainedJob(status, null)
                {
                    Held = _waiting,
                    IsKindNowhere =
                        _waiting is not null
                        && KindHosts.Choose(_services.Loads.Snapshot(), status.Kind, status.Version, but: null) is null,
                    Queue = place,
                    Now = _services.Time.GetUtcNow(),
                },
                _run,
                unit,
                lease
            )
        );
    }

    /// <inheritdoc/>
    public async Task<DocumentReply> GetAttemptsAsync(long unit)
    {
        if (Missing() is { } refusal)
            return new DocumentReply(null, refusal);
        await NeedRunAsync();
        JobStatus status = Status();
        return unit < 0 || unit >= (status.Units.Total ?? long.MaxValue)
            ? new DocumentReply(null, JobAnswers.NoSuchUnit(JobId, unit, status.Units.Total))
            : await AnswerAsync(async () =>
                await _history.AttemptsAsync(new ExplainedJob(status, null) { Now = _services.Time.GetUtcNow() }, _run, unit)
            );
    }

    /// <inheritdoc/>
    public async Task<DocumentReply> GetLeasesAsync(byte[] query)
    {
        if (Missing() is { } refusal)
            return new DocumentReply(null, refusal);
        await NeedRunAsync();
        LeaseQuery wanted = JsonSerializer.Deserialize<LeaseQuery>(query, OrleansWorkJson.Documents) ?? new LeaseQuery();
        return await AnswerAsync(async () => await _history.LeasesAsync(_run, wanted));
    }

    /// <inheritdoc/>
    public async Task<DocumentReply> GetLeaseHistoryAsync(double stepSeconds)
    {
        if (Missing() is { } refusal)
            return new DocumentReply(null, refusal);
        await NeedRunAsync();
        return await AnswerAsync(async () => await _history.LeaseHistoryAsync(Status(), _run, stepSeconds));
    }

    /// <inheritdoc/>
    public async Task<DocumentReply> GetLeaseBandsAsync(DateTimeOffset? from, DateTimeOffset? to, int columns)
    {
        if (Missing() is { } refusal)
            return new DocumentReply(null, refusal);
        await NeedRunAsync();
        return await AnswerAsync(async () => await _history.LeaseBandsAsync(Status(), _run, from, to, Math.Clamp(columns, 1, MostBands)));
    }

    private async Task<long?> GrantedAsync(JobStatus status)
    {
        try
        {
            return await _history.GrantedAsync(status, _run);
        }
        catch (Exception exception) when (Storage.StorageFailures.Is(exception))
        {
            // The explanation says so.
            return null;
        }
    }

    private async Task<DocumentReply> AnswerAsync<T>(Func<Task<T>> make)
    {
        try
        {
            return new DocumentReply(JobDocuments.Write(await make()), null);
        }
        catch (Exception exception) when (Storage.StorageFailures.Is(exception))
        {
            return new DocumentReply(null, JobAnswers.NoStorage(JobId, exception.Message));
        }
    }
}
