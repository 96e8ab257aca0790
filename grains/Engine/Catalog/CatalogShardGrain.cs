using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Concurrency;
using Orleans.Serialization;
using Orleans.Storage;
using OrleansWork.Engine.Cluster;
using OrleansWork.Engine.Coordination;
using OrleansWork.Engine.Security;
using OrleansWork.Engine.Storage;
using OrleansWork.Protocol;
using OrleansWork.Scheduling.Failures;
using OrleansWork.Scheduling.Fairness;

namespace OrleansWork.Engine.Catalog;

/// <summary>One of the shards of the job catalogue: which jobs are open, which of them run, and which have ended.</summary>
/// <remarks>Changes that come while a write is under way go together with the next one.</remarks>
[Reentrant]
[GrainType("catalogshard")]
internal sealed partial class CatalogShardGrain(
    JobStore store,
    Serializer serializer,
    LoadTable loads,
    TimeProvider time,
    IOptions<CoordinatorOptions> options,
    IServiceProvider provider,
    StorageLog storageLog,
    ILoggerFactory loggers
) : Grain, ICatalogShardGrain, IRemindable, IGuardedGrain
{
    private const int StartsAtOnce = 50;
    private const string ReminderName = "scan";
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(2);

    // As long as a submission takes that goes well: whatever is open and not recorded by then is looked at.
    private static readonly TimeSpan LookAfter = TimeSpan.FromSeconds(5);

    private readonly ILogger _logger = loggers.CreateLogger("OrleansWork.Engine.Catalog.CatalogShardGrain");
    private readonly StartQueue _queue = new();
    private readonly HashSet<string> _unrecorded = new(StringComparer.Ordinal);
    private readonly Dictionary<string, CatalogEntry> _open = new(StringComparer.Ordinal);
    private readonly List<CatalogEntry> _tail = [];
    private JobStore.DocumentSlot<CatalogDocument> _slot = null!;
    private ImmutableArray<CatalogPage> _pages = [];
    private long _nextPage;
    private Task? _writing;
    private Task? _nextWrite;
    private Task _removing = Task.CompletedTask;
    private bool _removalIsUnsaved;
    private readonly HashSet<string> _starting = new(StringComparer.Ordinal);
    private Task? _reading;
    private IGrainTimer? _scanTimer;
    private bool _isRead;
    private string? _unreadable;
    private bool _isSaving;
    private bool _isGone;
    private bool _scanning;

    private int Number => (int)this.GetPrimaryKeyLong();

    private string PageOwner => string.Create(CultureInfo.InvariantCulture, $"catalog-{Number}");

    private int RunningLimit =>
        Math.Max(
            1,
            (int)
                Math.Ceiling(
                    (double)options.Value.MaxRunningJobsPerSilo
                        * Math.Max(1, loads.Snapshot().Count(silo => silo.State != SiloViewState.Dead))
                        / Keys.CatalogShards
                )
        );

    private int OpenLimit => Math.Max(1, (int)Math.Ceiling((double)options.Value.MaxOpenJobs / Keys.CatalogShards));

    /// <inheritdoc/>
    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _slot = store.Document<CatalogDocument>("catalog", this.GetGrainId(), CatalogDocument.CurrentSchema);
        if (provider.GetService<IReminderTable>() is not null)
            _ = KeepReminderAsync();
        try
        {
            await ReadAsync();
        }
        catch (Exception exception) when (StorageFailures.Is(exception))
        {
            // An activation that fails tells its callers nothing; this one says what is wrong and reads again when it is asked.
            storageLog.Failed($"Catalogue shard {Number} could not be read; it is tried again", exception);
            ScanSoon(FirstRetry);
        }
    }

    /// <inheritdoc/>
    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _isGone = true;
        if (_open.Count > 0 && reason.ReasonCode is not DeactivationReasonCode.ShuttingDown)
            _ = ScanElsewhereAsync();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task<OpenReply> OpenAsync(CatalogEntry entry)
    {
        await EnsureReadAsync();
        if (!_open.ContainsKey(entry.JobId) && _open.Count >= OpenLimit)
            return new OpenReply(Accepted: false);
        CatalogEntry? earlier = _open.GetValueOrDefault(entry.JobId);
        _open[entry.JobId] = entry;
        _unrecorded.Add(entry.JobId);
        try
        {
            await SaveAsync();
        }
        catch
        {
            if (earlier is null)
            {
                _open.Remove(entry.JobId);
                _unrecorded.Remove(entry.JobId);
            }

            throw;
        }

        ScanSoon(LookAfter);
        return new OpenReply(Accepted: true);
    }

    /// <inheritdoc/>
    public async Task<bool> RecordedAsync(string jobId)
    {
        await EnsureReadAsync();
        if (!_open.TryGetValue(jobId, out CatalogEntry? entry))
            return false;
        _unrecorded.Remove(jobId);
        if (_queue.IsRunning(jobId))
            return true;
        _queue.Add(jobId, entry.Priority, entry.SubmittedTicks);
        foreach (string next in _queue.TakeNext(RunningLimit))
        {
            if (!string.Equals(next, jobId, StringComparison.Ordinal))
                Start(next);
        }

        return _queue.IsRunning(jobId);
    }

    /// <inheritdoc/>
    public async Task<QueuePlace?> FindPlaceAsync(string jobId)
    {
        await EnsureReadAsync();
        return _queue.CountBefore(jobId) is { } before ? new QueuePlace(before, _queue.Running.Count, RunningLimit) : null;
    }

    /// <inheritdoc/>
    public async Task PrioritizeAsync(string jobId, int priority)
    {
        await EnsureReadAsync();
        if (!_open.TryGetValue(jobId, out CatalogEntry? entry) || entry.Priority == priority)
            return;
        _open[jobId] = entry with { Priority = priority };
        _queue.Prioritize(jobId, priority);
        SaveSoon();
    }

    /// <inheritdoc/>
    public async Task StartAgainAsync(string jobId)
    {
        await EnsureReadAsync();
        if (_queue.IsRunning(jobId))
            Start(jobId);
    }

    /// <inheritdoc/>
    public async Task CloseAsync(CatalogEntry entry)
    {
        await EnsureReadAsync();
        MoveToTail(entry);
    }

    /// <inheritdoc/>
    public async Task CloseCorruptAsync(string jobId, string why)
    {
        await EnsureReadAsync();
        if (!_open.TryGetValue(jobId, out CatalogEntry? entry))
            return;
        JobClosedCorrupt(jobId, why);
        MoveToTail(JobDocuments.CorruptEntry(entry, why, time.GetUtcNow()));
    }

    /// <inheritdoc/>
    public async Task<ImmutableArray<CatalogEntry>> ListAsync(CatalogQuery query)
    {
        try
        {
            await EnsureReadAsync();
        }
        catch (OrleansException) when (_unreadable is { } unreadable)
        {
            return [CatalogEntry.OfGap($"The jobs of catalogue shard {Number} cannot be listed: {unreadable}")];
        }

        List<CatalogEntry> found = [];
        List<CatalogEntry> gaps = [];
        foreach (CatalogEntry entry in _open.Values)
            Consider(entry with { Started = _queue.IsRunning(entry.JobId) });
        foreach (CatalogEntry entry in _tail)
            Consider(entry);
        foreach (CatalogPage page in _pages.OrderByDescending(page => page.NewestTicks))
        {
            if (found.Count >= query.Limit && found.Order(NewestFirst).ElementAt(query.Limit - 1)!.SubmittedTicks > page.NewestTicks)
                break;
            try
            {
                byte[] content = await store.ReadPageAsync(PageOwner, 0, new PageKey(0, page.Number));
                foreach (CatalogEntry entry in serializer.Deserialize<CatalogPageContent>(content)!.Entries)
                    Consider(entry);
            }
            catch (Exception exception) when (exception is StoredRecordException || !StorageFailures.Is(exception))
            {
                PageUnreadable(exception, page.Number, Number);
                gaps.Add(CatalogEntry.OfGap($"{page.Count} ended jobs of catalogue shard {Number} cannot be listed: {exception.Message}"));
            }
        }

        return [.. found.Order(NewestFirst).Take(query.Limit), .. gaps];

        void Consider(CatalogEntry entry)
        {
            bool before =
                entry.SubmittedTicks < query.BeforeTicks
                || (entry.SubmittedTicks == query.BeforeTicks && string.CompareOrdinal(entry.JobId, query.BeforeId) < 0);
            bool kind = query.Kind is null || string.Equals(entry.Kind, query.Kind, StringComparison.Ordinal);
            bool text =
                query.Text is null
                || entry.JobId.Contains(query.Text, StringComparison.OrdinalIgnoreCase)
                || entry.Kind.Contains(query.Text, StringComparison.OrdinalIgnoreCase);
            if (before && kind && (text || ErrorHas(entry, query.Text!)))
                found.Add(entry);
        }
    }

    /// <inheritdoc/>
    public async Task<CatalogCounts> CountAsync()
    {
        await EnsureReadAsync();
        int started = _open.Keys.Count(_queue.IsRunning);
        return new CatalogCounts(_open.Count + _tail.Count + _pages.Sum(page => (long)page.Count), _open.Count - started, started)
        {
            MostStarted = RunningLimit,
            MostOpen = OpenLimit,
        };
    }

    private static bool ErrorHas(CatalogEntry entry, string text)
    {
        if (entry.Summary is null)
            return false;
        try
        {
            return JsonSerializer.Deserialize<JobSummary>(entry.Summary, OrleansWorkJson.Documents)?.Error is { } error
                && (
                    error.Type.Contains(text, StringComparison.OrdinalIgnoreCase)
                    || error.Message.Contains(text, StringComparison.OrdinalIgnoreCase)
                );
        }
        catch (JsonException)
        {
            // Whoever lists it is told that it cannot be read.
            return false;
        }
    }

    /// <inheritdoc/>
    public Task RemoveAsync(string jobId, ulong incarnation, long submittedTicks) =>
        _removing = RemoveAfterAsync(_removing, jobId, incarnation, submittedTicks);

    /// <inheritdoc/>
    public async Task ScanAsync()
    {
        if (_scanning || _isGone)
            return;
        _scanning = true;
        bool again = false;
        try
        {
            await EnsureReadAsync();
            foreach (string jobId in _unrecorded.ToArray())
                again |= !await LookForManifestAsync(jobId);
            foreach (string[] some in _queue.Running.ToArray().Chunk(StartsAtOnce))
                await Task.WhenAll(some.Select(StartOrKeepStartingAsync));
            StartWaiting();
        }
        catch (Exception exception) when (StorageFailures.Is(exception))
        {
            storageLog.Failed($"Catalogue shard {Number} could not be read; it is tried again", exception);
            again = true;
        }
        finally
        {
            _scanning = false;
        }

        if (again || _unrecorded.Count > 0)
            ScanSoon(again ? LongestRetry : LookAfter);
    }

    /// <inheritdoc/>
    public Task ReceiveReminder(string reminderName, TickStatus status) => ScanAsync();

    private static Comparer<CatalogEntry> NewestFirst { get; } =
        Comparer<CatalogEntry>.Create(
            static (left, right) =>
                left.SubmittedTicks != right.SubmittedTicks
                    ? right.SubmittedTicks.CompareTo(left.SubmittedTicks)
                    : string.CompareOrdinal(right.JobId, left.JobId)
        );

    private async Task RemoveAfterAsync(Task earlier, string jobId, ulong incarnation, long submittedTicks)
    {
        await earlier.ContinueWith(static _ => { }, TaskScheduler.Current);
        await EnsureReadAsync();
        // A write under way may be moving the entry to a page.
        while (_writing is { IsCompleted: false } writing)
            await writing.ContinueWith(static _ => { }, TaskScheduler.Current);
        bool IsIt(CatalogEntry entry) => entry.Incarnation == incarnation && string.Equals(entry.JobId, jobId, StringComparison.Ordinal);

        if (_open.TryGetValue(jobId, out CatalogEntry? open) && IsIt(open))
        {
            _open.Remove(jobId);
            _queue.Remove(jobId);
            _unrecorded.Remove(jobId);
            _removalIsUnsaved = true;
        }
        else if (_tail.RemoveAll(IsIt) > 0)
            _removalIsUnsaved = true;

        PageKey? left = _removalIsUnsaved ? null : await RemoveFromPagesAsync(IsIt, submittedTicks);
        // A repeated call finds nothing more, and stores what the first one could not.
        if (!_removalIsUnsaved)
            return;
        await SaveAsync();
        _removalIsUnsaved = false;
        if (left is { } page)
            await store.DeletePageAsync(PageOwner, 0, page);
    }

    /// <summary>Takes entries out of the pages.</summary>
    /// <returns>The page that is to be deleted once that is stored, or null.</returns>
    private async Task<PageKey?> RemoveFromPagesAsync(Predicate<CatalogEntry> isIt, long submittedTicks)
    {
        foreach (CatalogPage page in _pages.Where(page => page.NewestTicks >= submittedTicks).ToArray())
        {
            ImmutableArray<CatalogEntry> entries;
            try
            {
                byte[] content = await store.ReadPageAsync(PageOwner, 0, new PageKey(0, page.Number));
                entries = serializer.Deserialize<CatalogPageContent>(content)!.Entries;
            }
            catch (Exception exception) when (exception is StoredRecordException || !StorageFailures.Is(exception))
            {
                // What it listed is lost to lists already; the others may hold the job.
                PageUnreadable(exception, page.Number, Number);
                continue;
            }

            ImmutableArray<CatalogEntry> rest = entries.RemoveAll(isIt);
            if (rest.Length == entries.Length)
                continue;
            // Pages never change: the rest of this one becomes another.
            CatalogPage? next = rest.IsEmpty ? null : await WritePageAsync(rest);
            int at = _pages.IndexOf(page);
            _pages = next is { } written ? _pages.SetItem(at, written) : _pages.RemoveAt(at);
            _removalIsUnsaved = true;
            return new PageKey(0, page.Number);
        }

        return null;
    }

    private async Task<CatalogPage> WritePageAsync(ImmutableArray<CatalogEntry> entries)
    {
        long number = _nextPage++;
        byte[] content = serializer.SerializeToArray(new CatalogPageContent(entries));
        await store.WritePageAsync(PageOwner, 0, new PageKey(0, number), content);
        return new CatalogPage(number, entries.Length, entries.Max(entry => entry.SubmittedTicks));
    }

    private Task EnsureReadAsync()
    {
        if (_isRead)
            return Task.CompletedTask;
        return _reading is { IsCompleted: false } ? _reading : _reading = ReadAsync();
    }

    private async Task ReadAsync()
    {
        CatalogDocument? document;
        try
        {
            document = await _slot.ReadAsync();
        }
        catch (StoredRecordException exception)
        {
            // A type of the engine's own does not cross to another silo.
            ShardUnreadable(exception, Number);
            _unreadable = exception.Message;
            throw new OrleansException(exception.Message);
        }

        _isRead = true;
        _unreadable = null;
        if (document is null)
            return;
        foreach (CatalogEntry entry in document.Open)
        {
            _open[entry.JobId] = entry;
            _unrecorded.Add(entry.JobId);
        }

        _tail.AddRange(document.Tail);
        _pages = document.Pages;
        _nextPage = document.NextPage;
        if (_open.Count > 0)
            ScanSoon(TimeSpan.Zero);
    }

    /// <summary>Scans after a while; of several wishes the earliest counts.</summary>
    private void ScanSoon(TimeSpan delay)
    {
        if (_isGone || (_scanTimer is not null && delay >= LookAfter))
            return;
        _scanTimer?.Dispose();
        _scanTimer = this.RegisterGrainTimer(
            static (grain, _) =>
            {
                grain._scanTimer?.Dispose();
                grain._scanTimer = null;
                return grain.ScanAsync();
            },
            this,
            new GrainTimerCreationOptions(delay, Timeout.InfiniteTimeSpan) { KeepAlive = true, Interleave = true }
        );
    }

    private async Task ScanElsewhereAsync()
    {
        try
        {
            await GrainFactory.GetGrain<ICatalogShardGrain>(Number).ScanAsync();
        }
        catch (Exception exception)
        {
            storageLog.Failed($"Catalogue shard {Number} stopped here and was not activated elsewhere; the next call does it", exception);
        }
    }

    private void StartWaiting()
    {
        foreach (string jobId in _queue.TakeNext(RunningLimit))
            Start(jobId);
    }

    /// <summary>Has a job's coordinator run, again until it has heard of it; what may be wrong from there on is its own business.</summary>
    private void Start(string jobId)
    {
        if (_starting.Add(jobId))
            _ = KeepStartingAsync();

        async Task KeepStartingAsync()
        {
            for (int attempt = 0; _queue.IsRunning(jobId) && !_isGone && !await TryStartAsync(jobId); attempt++)
                await Task.Delay(BackOff.OfStorage.After(attempt), time);

            _starting.Remove(jobId);
        }
    }

    private async Task StartOrKeepStartingAsync(string jobId)
    {
        if (!await TryStartAsync(jobId))
            Start(jobId);
    }

    private async Task<bool> TryStartAsync(string jobId)
    {
        // Orleans holds an activation's lock until a turn first waits, and a call to a grain of the same silo takes that one's lock: a shard that
        // calls a job that calls the shard, each in its first step, would stop both for ever.
        await Task.Yield();
        try
        {
            await GrainFactory.GetGrain<IJobGrain>(jobId).EnsureRunningAsync();
            return true;
        }
        catch (Exception exception)
        {
            JobNotStarted(exception, jobId);
            return false;
        }
    }

    /// <summary>An open job is queued once its manifest is seen; one that never got any is dropped.</summary>
    /// <returns>False when storage did not say whether there is one.</returns>
    private async Task<bool> LookForManifestAsync(string jobId)
    {
        if (!_open.TryGetValue(jobId, out CatalogEntry? entry))
            return true;
        try
        {
            JobManifest? manifest = await store.Manifest(jobId).ReadAsync();
            if (manifest is not null)
            {
                _unrecorded.Remove(jobId);
                _queue.Add(jobId, JobDocuments.OpenEntry(manifest).Priority, entry.SubmittedTicks);
            }
            else if (time.GetUtcNow().UtcTicks - entry.SubmittedTicks > options.Value.OpenWithoutManifest.Ticks)
            {
                _unrecorded.Remove(jobId);
                _open.Remove(jobId);
                JobDropped(jobId);
                SaveSoon();
            }
        }
        catch (StoredRecordException exception)
        {
            // A record that a later build wrote stays open, for that build.
            _unrecorded.Remove(jobId);
            if (exception.IsForGood)
                await CloseCorruptAsync(jobId, exception.Message);
        }
        catch (Exception exception)
        {
            storageLog.Failed($"Job {jobId} could not be looked after; catalogue shard {Number} tries again", exception);
            return false;
        }

        return true;
    }

    private void MoveToTail(CatalogEntry entry)
    {
        _queue.Remove(entry.JobId);
        _unrecorded.Remove(entry.JobId);
        if (_open.Remove(entry.JobId))
            _tail.Add(entry);
        StartWaiting();
        SaveSoon();
    }

    /// <summary>Stores what has changed together with what else changes soon, again while storage does not answer.</summary>
    private void SaveSoon()
    {
        if (_isSaving)
            return;
        _isSaving = true;
        _ = KeepSavingAsync();

        async Task KeepSavingAsync()
        {
            TimeSpan delay = options.Value.CatalogCloseDelay;
            for (int attempt = 0; !_isGone; attempt++)
            {
                await Task.Delay(delay, time);
                _isSaving = false;
                try
                {
                    await SaveAsync();
                    return;
                }
                catch (Exception exception)
                {
                    if (_isSaving)
                        return;
                    _isSaving = true;
                    storageLog.Failed($"Catalogue shard {Number} could not be stored; it is tried again", exception);
                    delay = BackOff.OfStorage.After(attempt);
                    DelayDeactivation(TimeSpan.FromMinutes(5));
                }
            }
        }
    }

    private Task SaveAsync()
    {
        if (_writing is null)
            return _writing = WriteAsync();
        return _nextWrite ??= WriteNextAsync(_writing);
    }

    private async Task WriteNextAsync(Task before)
    {
        await before.ContinueWith(static _ => { }, TaskScheduler.Current);
        _nextWrite = null;
        await (_writing = WriteAsync());
    }

    private async Task WriteAsync()
    {
        try
        {
            if (_tail.Count > CatalogDocument.MaxTail)
                await MoveTailToPageAsync();
            await _slot.WriteAsync(
                new CatalogDocument
                {
                    Open = [.. _open.Values],
                    Tail = [.. _tail],
                    Pages = _pages,
                    NextPage = _nextPage,
                }
            );
        }
        catch (InconsistentStateException)
        {
            DeactivateOnIdle();
            throw new OrleansException($"Catalogue shard {Number} moved to another silo; try again.");
        }
        finally
        {
            _writing = null;
        }
    }

    private async Task MoveTailToPageAsync()
    {
        CatalogEntry[] moved = [.. _tail.Take(CatalogDocument.MaxTail)];
        CatalogPage page = await WritePageAsync([.. moved]);
        _pages = _pages.Add(page);
        _tail.RemoveRange(0, moved.Length);
    }

    private async Task KeepReminderAsync()
    {
        try
        {
            await this.RegisterOrUpdateReminder(ReminderName, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(2));
        }
        catch (Exception exception)
        {
            ReminderFailed(exception, Number);
        }
    }

    [LoggerMessage(LogLevel.Information, "Job {JobId}: its coordinator did not answer; it is called again")]
    private partial void JobNotStarted(Exception exception, string jobId);

    [LoggerMessage(LogLevel.Error, "Job {JobId} is listed as failed: {Why}")]
    private partial void JobClosedCorrupt(string jobId, string why);

    [LoggerMessage(
        LogLevel.Error,
        "Catalogue shard {Shard} cannot be read; its jobs cannot be listed or started, those of other shards can"
    )]
    private partial void ShardUnreadable(Exception exception, int shard);

    [LoggerMessage(LogLevel.Error, "Page {Page} of catalogue shard {Shard} cannot be read; lists go on without its ended jobs")]
    private partial void PageUnreadable(Exception exception, long page, int shard);

    [LoggerMessage(
        LogLevel.Information,
        "Job {JobId} was opened and never recorded; its submission was not acknowledged, and it is dropped"
    )]
    private partial void JobDropped(string jobId);

    [LoggerMessage(LogLevel.Information, "Catalogue shard {Shard} has no reminder; scans come with membership changes only")]
    private partial void ReminderFailed(Exception exception, int shard);
}
