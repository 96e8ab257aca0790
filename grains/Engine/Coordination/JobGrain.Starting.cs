using OrleansWork.Engine.Storage;
using OrleansWork.Protocol;
using OrleansWork.Scheduling.Failures;

namespace OrleansWork.Engine.Coordination;

/// <content>How a coordinator comes to its record and starts, and goes on trying while storage does not answer.</content>
internal sealed partial class JobGrain
{
    private static readonly TimeSpan FirstTry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan StayActive = TimeSpan.FromMinutes(5);
    private const int GoOnAttempts = 10;

    private string? _unread;
    private string? _corrupt;
    private Task? _reading;
    private Task? _keepingToStart;

    private ICatalogShardGrain Shard => services.Grains.GetGrain<ICatalogShardGrain>(Keys.CatalogShard(JobId));

    private async Task ReadRecordAsync()
    {
        try
        {
            if (await _record.LoadAsync() is { } manifest)
            {
                _options = JobDocuments.Options(manifest);
                _state = manifest.State;
            }

            _unread = null;
        }
        catch (StoredRecordException exception)
        {
            // One unreadable record must not hide behind call failures: the job answers, and says what is wrong with it.
            _unread = null;
            _broken = $"Job {JobId} cannot be read: {exception.Message}";
            _corrupt = exception.IsForGood ? exception.Message : null;
            RecordUnreadable(exception, JobId);
            if (_corrupt is not null)
                _ = CloseCorruptAsync(_corrupt);
        }
        catch (System.Text.Json.JsonException exception)
        {
            // Options that this build does not know: another one may.
            _unread = null;
            _broken = $"Job {JobId} cannot be read: its options are none that this build knows. {Causes.Message(exception)}";
            RecordUnreadable(exception, JobId);
        }
        catch (Exception exception) when (StorageFailures.Is(exception))
        {
            _unread = $"Job {JobId}: storage does not answer: {exception.Message}";
            services.StorageLog.Failed($"Job {JobId}: its record could not be read; it is tried again", exception);
        }
    }

    /// <summary>Says that the record could not be read yet, and has it read again.</summary>
    private Refusal? Unread()
    {
        if (_unread is not { } why)
            return null;
        if (_reading is not { IsCompleted: false })
            _reading = ReadRecordAsync();
        return new Refusal(ErrorReason.Unavailable, why, []);
    }

    /// <summary>Starts the job once its record is read, the catalogue has a place for it and storage answers; one such loop at a time.</summary>
    /// <param name="ask">Whether the catalogue is asked first; it need not be when it is the one that says so.</param>
    /// <param name="counting">The decomposition that the submission began.</param>
    private Task KeepStarting(bool ask, Task<long>? counting = null)
    {
        if (_keepingToStart is not { IsCompleted: false })
            _keepingToStart = KeepStartingAsync(ask, counting);
        return _keepingToStart;
    }

    private async Task KeepStartingAsync(bool ask, Task<long>? counting)
    {
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                if (_unread is not null)
                    await ReadRecordAsync();
                if (_unread is null)
                {
                    if (_record.Current is { IsTerminal: true })
                        await CloseInCatalogAsync();
                    if (!MayStart)
                        return;
                    if (ask && !await Shard.RecordedAsync(JobId))
                    {
                        _ = counting?.ContinueWith(static task => task.Exception, TaskScheduler.Default);
                        // It waits for its turn and has nothing out that could be suspect some day.
                        if (_run is null && _starting is null && _record.Current is { Coordinator: not null })
                            await _record.WriteAsync((current, _) => current! with { Coordinator = null });
                        return;
                    }

                    await StartAsync(counting);
                    return;
                }
            }
            catch (Exception exception)
            {
                counting = null;
                services.StorageLog.Failed($"Job {JobId} could not be started; it is tried again", exception);
            }

            DelayDeactivation(StayActive);
            await Task.Delay(BackOff.OfStorage.After(attempt), services.Time);
        }
    }

    /// <summary>Writes, again while storage does not answer: what led to this is not done twice.</summary>
    private async Task WriteUntilStoredAsync(Func<JobManifest?, PayloadWriter, JobManifest> change)
    {
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                await _record.WriteAsync(change);
                return;
            }
            catch (Exception exception) when (StorageFailures.Is(exception) && !_superseded && _ending is null)
            {
                services.StorageLog.Failed($"Job {JobId}: its decomposition could not be stored; it is tried again", exception);
            }

            DelayDeactivation(StayActive);
            await Task.Delay(BackOff.OfStorage.After(attempt), services.Time);
        }
    }

    private bool MayStart => _broken is null && !_superseded && _run is null && _ending is null && _record.Current is { IsTerminal: false };

    private Task StartIfPlacedAsync() => FirstTryAsync(KeepStarting(ask: true));

    /// <summary>Waits a little: what takes longer goes on by itself.</summary>
    private async Task FirstTryAsync(Task starting) => await Task.WhenAny(starting, Task.Delay(FirstTry, services.Time));

    /// <summary>Has the catalogue start the job on another activation: this one has stopped, and nobody else may know.</summary>
    private async Task GoOnElsewhereAsync()
    {
        if (_record.Current is not { IsTerminal: false })
            return;
        ICatalogShardGrain shard = Shard;
        string jobId = JobId;
        await Task.Run(async () =>
        {
            for (int attempt = 0; attempt < GoOnAttempts; attempt++)
            {
                try
                {
                    await shard.StartAgainAsync(jobId);
                    return;
                }
                catch (Exception exception)
                {
                    services.StorageLog.Failed($"Job {jobId} stopped here, and its catalogue shard could not be told", exception);
                    await Task.Delay(BackOff.OfStorage.After(attempt), services.Time);
                }
            }
        });
    }

    private async Task CloseCorruptAsync(string why)
    {
        try
        {
            await Shard.CloseCorruptAsync(JobId, why);
        }
        catch (Exception exception)
        {
            CloseFailed(exception, JobId);
        }
    }
}
