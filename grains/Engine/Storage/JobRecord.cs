using System.Collections.Immutable;
using Microsoft.Extensions.Logging;

namespace OrleansWork.Engine.Storage;

/// <summary>The stored record of one job: its manifest, and the pages that belong to it.</summary>
/// <remarks>
/// One write at a time. Pages are written before the manifest that names them and deleted after the one that no longer does; the manifest
/// reserves page numbers ahead, so what a dead coordinator may have left is the reserved pages that nothing names.
/// </remarks>
internal sealed partial class JobRecord(JobStore store, string jobId, ILogger logger)
{
    private const int PagesReservedAhead = 64;

    private readonly JobStore.DocumentSlot<JobManifest> _slot = store.Manifest(jobId);
    private Task _writing = Task.CompletedTask;

    /// <summary>Gets the job's id.</summary>
    public string JobId => jobId;

    /// <summary>Gets the manifest as stored; null when there is none.</summary>
    public JobManifest? Current { get; private set; }

    /// <summary>Gets the first page number of this epoch that was never written.</summary>
    public long NextPage { get; private set; }

    /// <summary>Reads the record.</summary>
    /// <exception cref="StoredRecordException">It cannot be read by this build.</exception>
    public async Task<JobManifest?> LoadAsync()
    {
        Current = await _slot.ReadAsync();
        NextPage = 0;
        return Current;
    }

    /// <summary>Makes what reads the items and results of the job.</summary>
    public SegmentReader Segments() => new(store, jobId, Current!.Incarnation);

    /// <summary>Writes the manifest with the next epoch; what its predecessor reserved and nothing names becomes orphans.</summary>
    /// <param name="change">What else the new coordinator changes.</param>
    /// <exception cref="Orleans.Storage.InconsistentStateException">Somebody else wrote it: this coordinator is not the one.</exception>
    public async Task<JobManifest> BeginEpochAsync(Func<JobManifest, JobManifest> change)
    {
        HashSet<PageKey> segments = await SegmentPagesAsync(Current!);
        return await WriteAsync((current, _) => change(NextEpoch(current!, segments)));
    }

    /// <summary>Forgets the items of an enumeration that never ended; their pages become orphans.</summary>
    public async Task ForgetItemsAsync()
    {
        HashSet<PageKey> pages = await Segments().PagesAsync(Current!.Items);
        await WriteAsync((current, _) => current! with { Items = SegmentIndex.Empty, Orphans = [.. current.Orphans.Union(pages)] });
    }

    private static JobManifest NextEpoch(JobManifest manifest, HashSet<PageKey> segments)
    {
        HashSet<PageKey> named = [.. Pages(manifest), .. segments];
        IEnumerable<PageKey> left = manifest.Orphans;
        for (long number = manifest.PagesFloor; number < manifest.PagesReserved; number++)
        {
            PageKey key = new(manifest.Epoch, number);
            if (!named.Contains(key))
                left = left.Append(key);
        }

        return manifest with
        {
            Epoch = manifest.Epoch + 1,
            PagesReserved = 0,
            PagesFloor = 0,
            Orphans = [.. left],
        };
    }

    /// <summary>Writes a manifest with the pages it names; earlier writes end first.</summary>
    /// <param name="change">Makes the manifest from the stored one and adds payloads to the writer.</param>
    /// <exception cref="Orleans.Storage.InconsistentStateException">Somebody else wrote it: this coordinator is not the one.</exception>
    public async Task<JobManifest> WriteAsync(Func<JobManifest?, PayloadWriter, JobManifest> change)
    {
        TaskCompletionSource mine = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task before = _writing;
        _writing = mine.Task;
        await before;
        try
        {
            return await WriteNowAsync(change);
        }
        finally
        {
            mine.SetResult();
        }
    }

    /// <summary>Deletes the record with everything that belongs to it.</summary>
    public async Task DeleteAsync()
    {
        await _writing;
        if (Current is not { } manifest)
            return;
        HashSet<PageKey> segments = await SegmentPagesAsync(manifest);
        await _slot.ClearAsync();
        Current = null;
        List<PageKey> pages = [.. Pages(manifest), .. segments, .. NextEpoch(manifest, segments).Orphans];
        foreach (PageKey page in pages.Distinct())
            await DeleteQuietlyAsync(manifest.Incarnation, page);
    }

    /// <summary>Deletes what earlier coordinators may have left.</summary>
    /// <returns>The pages that are not there any more; the record still names them.</returns>
    public async Task<IReadOnlyCollection<PageKey>> DeleteOrphansAsync()
    {
        if (Current is not { Orphans.IsEmpty: false } manifest)
            return [];
        foreach (PageKey page in manifest.Orphans)
            await DeleteQuietlyAsync(manifest.Incarnation, page);
        return manifest.Orphans;
    }

    /// <summary>Reads bytes that belong to the job.</summary>
    public Task<byte[]> ReadAsync(StoredPayload payload) => store.ReadAsync(jobId, Current!.Incarnation, payload);

    // Items and results are never obsolete: they go with the job, so a write need not look at them.
    private async Task<HashSet<PageKey>> SegmentPagesAsync(JobManifest manifest)
    {
        SegmentReader segments = Segments();
        HashSet<PageKey> pages = await segments.PagesAsync(manifest.Items);
        pages.UnionWith(await segments.PagesAsync(manifest.Results));
        return pages;
    }

    private static IEnumerable<PageKey> Pages(JobManifest manifest)
    {
        IEnumerable<StoredPayload> payloads = manifest.Nodes.Select(node => node.Partial).Append(manifest.Input);
        if (manifest.Result is { } result)
            payloads = payloads.Append(result);
        if (manifest.Trace is { } trace)
            payloads = payloads.Append(trace);
        return payloads.SelectMany(payload => payload.Pieces).Select(piece => piece.Page).Distinct();
    }

    private async Task<JobManifest> WriteNowAsync(Func<JobManifest?, PayloadWriter, JobManifest> change)
    {
        if (await _slot.ReconcileAsync() is { } ahead)
            Current = ahead;
        JobManifest? previous = Current;
        PayloadWriter writer = new(previous?.Epoch ?? 0, NextPage);
        JobManifest next = change(previous, writer);
        writer.Close();
        if (writer.Pages.Count > 0)
        {
            if (previous is not null && writer.NextPage > previous.PagesReserved)
            {
                previous = previous with { PagesReserved = writer.NextPage + PagesReservedAhead };
                await _slot.WriteAsync(previous);
                Current = previous;
            }

            // The numbers are spent even if a write fails: a page is written once or never.
            NextPage = writer.NextPage;
            while (writer.Pages.TryDequeue(out (PageKey Key, byte[] Content) page))
                await store.WritePageAsync(jobId, next.Incarnation, page.Key, page.Content);
        }

        if (previous is not null && next.Epoch == previous.Epoch)
            next = next with { PagesReserved = Math.Max(previous.PagesReserved, NextPage) };
        if (next.Epoch != (previous?.Epoch ?? 0))
            NextPage = 0;
        await _slot.WriteAsync(next);
        Current = next;
        if (previous is not null)
            DeleteObsolete(previous, next);
        return next;
    }

    private void DeleteObsolete(JobManifest previous, JobManifest next)
    {
        HashSet<PageKey> named = [.. Pages(next)];
        PageKey[] obsolete = [.. Pages(previous).Where(page => !named.Contains(page))];
        if (obsolete.Length > 0)
            _ = DeleteAllAsync(next.Incarnation, obsolete);
    }

    private async Task DeleteAllAsync(ulong incarnation, PageKey[] pages)
    {
        foreach (PageKey page in pages)
            await DeleteQuietlyAsync(incarnation, page);
    }

    private async Task DeleteQuietlyAsync(ulong incarnation, PageKey page)
    {
        try
        {
            await store.DeletePageAsync(jobId, incarnation, page);
        }
        catch (Exception exception)
        {
            PageNotDeleted(exception, jobId, page.Epoch, page.Number);
        }
    }

    [LoggerMessage(LogLevel.Information, "Job {JobId}: page {Epoch}/{Number} could not be deleted; it stays until the job is forgotten")]
    private partial void PageNotDeleted(Exception exception, string jobId, int epoch, long number);
}
