using Microsoft.Extensions.Logging;
using OrleansWork.Engine.Storage;
using OrleansWork.Protocol;
using OrleansWork.Scheduling.Coordination;
using OrleansWork.Scheduling.Failures;

namespace OrleansWork.Engine.Coordination;

/// <summary>What a coordinator tells and asks the catalogue. No call throws: what came of it is an event of the coordinator's life.</summary>
internal sealed partial class JobCatalog(CoordinatorServices services, string jobId, ILogger logger)
{
    private const int GoOnAttempts = 10;

    private const int PriorityAttempts = 5;

    private readonly ILogger _logger = logger;
    private bool _isTelling;
    private bool _isPriorityUntold;

    private ICatalogShardGrain Shard => services.Grains.GetGrain<ICatalogShardGrain>(Keys.CatalogShard(jobId));

    /// <summary>Has the job taken among the open ones.</summary>
    public async Task<LifeEvent> OpenAsync(JobManifest manifest)
    {
        try
        {
            return new EntryOpened((await Shard.OpenAsync(JobDocuments.OpenEntry(manifest))).Accepted);
        }
        catch (Exception exception)
        {
            services.StorageLog.Failed($"Job {jobId} could not be opened in the catalogue; the request is refused", exception);
            return new EntryNotOpened(exception.Message);
        }
    }

    /// <summary>Asks whether the job may run now.</summary>
    public async Task<LifeEvent> AskPlaceAsync()
    {
        try
        {
            return new PlaceAnswered(await Shard.RecordedAsync(jobId));
        }
        catch (Exception exception)
        {
            services.StorageLog.Failed($"Job {jobId} could not be started; it is tried again", exception);
            return new PlaceNotAnswered();
        }
    }

    /// <summary>Asks where the job waits for its turn.</summary>
    /// <returns>Null when it does not wait, or nobody can say.</returns>
    public async Task<QueuePlace?> FindPlaceAsync()
    {
        try
        {
            return await Shard.FindPlaceAsync(jobId);
        }
        catch (Exception exception)
        {
            PlaceUnknown(exception, jobId);
            return null;
        }
    }

    /// <summary>Counts the jobs of the shard that has the job, or would have it; null when it does not say.</summary>
    public async Task<CatalogCounts?> CountAsync()
    {
        try
        {
            return await Shard.CountAsync();
        }
        catch (Exception exception) when (exception is OrleansException or TimeoutException)
        {
            return null;
        }
    }

    /// <summary>Says that the job has ended, which frees its place.</summary>
    public async Task<LifeEvent> CloseAsync(JobManifest manifest, JobStatus status)
    {
        try
        {
            await Shard.CloseAsync(JobDocuments.ClosedEntry(manifest, status));
        }
        catch (Exception exception)
        {
            // The shard's next scan finds the ended job and closes it.
            CloseFailed(exception, jobId);
        }

        return new EntryClosed();
    }

    /// <summary>Says that nobody can read the job.</summary>
    public async Task CloseCorruptAsync(string why)
    {
        try
        {
            await Shard.CloseCorruptAsync(jobId, why);
        }
        catch (Exception exception)
        {
            CloseFailed(exception, jobId);
        }
    }

    /// <summary>Says which priority the job has, one call at a time so that the newest comes last.</summary>
    /// <param name="present">Gets the priority that it has when the call is made; null when it has ended.</param>
    public async Task TellPriorityAsync(Func<int?> present)
    {
        _isPriorityUntold = true;
        if (_isTelling)
            return;
        _isTelling = true;
        int failures = 0;
        while (_isPriorityUntold && failures < PriorityAttempts)
        {
            _isPriorityUntold = false;
            try
            {
                if (present() is { } priority)
                    await Shard.PrioritizeAsync(jobId, priority);
                failures = 0;
            }
            catch (Exception exception)
            {
                _isPriorityUntold = true;
                PriorityNotTold(exception, jobId);
                await Task.Delay(BackOff.OfStorage.After(failures++), services.Time);
            }
        }

        _isTelling = false;
    }

    /// <summary>Has the ended job no longer listed.</summary>
    public async Task<LifeEvent> RemoveAsync(JobManifest manifest)
    {
        try
        {
            await Shard.RemoveAsync(jobId, manifest.Incarnation, manifest.SubmittedTicks);
            return new EntryRemoved();
        }
        catch (Exception exception)
        {
            services.StorageLog.Failed($"Job {jobId} could not be removed from the catalogue; the request is refused", exception);
            return new EntryNotRemoved(exception.Message);
        }
    }

    /// <summary>Has the job started on another activation: this one has stopped, and nobody else may know. Goes on when the grain is gone.</summary>
    public void GoOnElsewhere()
    {
        ICatalogShardGrain shard = Shard;
        _ = Task.Run(async () =>
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

    [LoggerMessage(
        LogLevel.Information,
        "Job {JobId}: its catalogue shard could not be told its new priority; it is tried again a few times, and the shard reads it when it starts"
    )]
    private partial void PriorityNotTold(Exception exception, string jobId);

    [LoggerMessage(LogLevel.Debug, "Job {JobId}: its catalogue shard does not say where it waits")]
    private partial void PlaceUnknown(Exception exception, string jobId);

    [LoggerMessage(LogLevel.Information, "Job {JobId} ended and its catalogue entry is still open; the next scan closes it")]
    private partial void CloseFailed(Exception exception, string jobId);
}
