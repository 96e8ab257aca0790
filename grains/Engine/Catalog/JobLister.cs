using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using OrleansWork.Engine.Cluster;
using OrleansWork.Engine.Coordination;
using OrleansWork.Protocol;

namespace OrleansWork.Engine.Catalog;

/// <summary>Lists jobs over all shards, newest first, asking running ones how they stand.</summary>
internal sealed partial class JobLister(IGrainFactory grains, TimeProvider time, ILogger<JobLister> logger) : IJobLister
{
    private const int MaxRounds = 20;
    private const int MaxLimit = 1_000;
    private static readonly TimeSpan AskWait = TimeSpan.FromSeconds(2);

    /// <inheritdoc/>
    public async Task<DocumentReply> ListJobsAsync(byte[] query)
    {
        JobQuery wanted = JsonSerializer.Deserialize<JobQuery>(query, OrleansWorkJson.Documents) ?? new JobQuery();
        int limit = Math.Clamp(wanted.Limit, 1, MaxLimit);
        if (!TryReadCursor(wanted.Cursor, out long beforeTicks, out string beforeId))
            return new DocumentReply(
                null,
                new Refusal(
                    ErrorReason.WrongInput,
                    "The cursor is not one that this cluster gave.",
                    [new("cursor", "Use nextCursor of the page before.")]
                )
            );

        Task<long?> total = TotalAsync(wanted);
        List<JobSummary> items = [];
        SortedSet<string> warnings = new(StringComparer.Ordinal);
        bool more = true;
        for (int round = 0; round < MaxRounds && items.Count <= limit && more; round++)
        {
            CatalogQuery ask = new(beforeTicks, beforeId, limit + 1, wanted.Kind, wanted.Text);
            ImmutableArray<CatalogEntry>[] shards = await Task.WhenAll(
                Enumerable.Range(0, Keys.CatalogShards).Select(shard => ShardAsync(shard, ask, warnings))
            );
            CatalogEntry[] page =
            [
                .. shards
                    .SelectMany(entries => entries)
                    .OrderByDescending(entry => entry.SubmittedTicks)
                    .ThenByDescending(entry => entry.JobId, StringComparer.Ordinal)
                    .Take(limit + 1),
            ];
            more = page.Length > limit;
            JobSummary[] summaries = await Task.WhenAll(page.Take(limit).Select(SummaryAsync));
            items.AddRange(summaries.Where(summary => wanted.State is null || summary.State == wanted.State));
            if (page.Length > 0)
                (beforeTicks, beforeId) = (
                    page[Math.Min(limit, page.Length) - 1].SubmittedTicks,
                    page[Math.Min(limit, page.Length) - 1].JobId
                );
        }

        bool cut = items.Count > limit;
        if (cut)
            items.RemoveRange(limit, items.Count - limit);
        JobSummary? last = items.Count > 0 ? items[^1] : null;
        string? cursor =
            !more && !cut ? null
            : cut ? Cursor(last!.SubmittedAt.UtcTicks, last.Id)
            : Cursor(beforeTicks, beforeId);
        return new DocumentReply(
            JobDocuments.Write(
                new Page<JobSummary>(items, cursor) { Total = await total, Warnings = warnings.Count > 0 ? [.. warnings] : null }
            ),
            null
        );
    }

    /// <inheritdoc/>
    public async Task<CatalogCounts> CountAsync()
    {
        CatalogCounts[] counts = await Task.WhenAll(
            Enumerable.Range(0, Keys.CatalogShards).Select(shard => grains.GetGrain<ICatalogShardGrain>(shard).CountAsync())
        );
        return new CatalogCounts(counts.Sum(count => count.Total), counts.Sum(count => count.Queued), counts.Sum(count => count.Started))
        {
            MostStarted = counts.Sum(count => count.MostStarted),
            MostOpen = counts.Sum(count => count.MostOpen),
        };
    }

    /// <summary>Counts all jobs; null where only going through them would tell how many match, or a shard does not say.</summary>
    private async Task<long?> TotalAsync(JobQuery wanted)
    {
        if (wanted is not { State: null, Kind: null, Text: null })
            return null;
        try
        {
            return (await CountAsync()).Total;
        }
        catch (Exception exception) when (exception is OrleansException or TimeoutException)
        {
            return null;
        }
    }

    /// <summary>Asks a shard; what it cannot read of itself is told with the list and costs no other shard's jobs.</summary>
    private async Task<ImmutableArray<CatalogEntry>> ShardAsync(int shard, CatalogQuery ask, SortedSet<string> warnings)
    {
        ImmutableArray<CatalogEntry> entries = await grains.GetGrain<ICatalogShardGrain>(shard).ListAsync(ask);
        foreach (CatalogEntry entry in entries)
        {
            if (entry.Gap is { } gap)
                warnings.Add(gap);
        }

        return entries.RemoveAll(entry => entry.Gap is not null);
    }

    /// <summary>Makes the row of one job: whatever is wrong with it, the others have theirs.</summary>
    private async Task<JobSummary> SummaryAsync(CatalogEntry entry)
    {
        JobError? error = null;
        try
        {
            if (entry.Summary is { } ended)
                return JsonSerializer.Deserialize<JobSummary>(ended, OrleansWorkJson.Documents)!;
        }
        catch (Exception exception)
        {
            error = JobDocuments.CannotBeShown(entry.JobId, exception);
        }

        if (entry.Started || entry.Summary is not null)
        {
            try
            {
                StatusReply reply = await grains
                    .GetGrain<IJobGrain>(entry.JobId)
                    .GetStatusAsync(-1, TimeSpan.Zero)
                    .WaitAsync(AskWait, time);
                if (reply.Document is { } document)
                    return JobDocuments.Summary(JsonSerializer.Deserialize<JobStatus>(document, OrleansWorkJson.Documents)!);
                if (reply.Refusal is { Reason: not ErrorReason.Unavailable } refusal)
                    error ??= new JobError(refusal.Reason.ToString(), refusal.Message);
            }
            catch (Exception exception) when (exception is TimeoutException || exception.GetType() == typeof(OrleansException))
            {
                // Its coordinator is moving: the catalogue's own knowledge will do for a list.
            }
            catch (Exception exception)
            {
                RowFailed(exception, entry.JobId);
                error ??= JobDocuments.CannotBeShown(entry.JobId, exception);
            }
        }

        return JobDocuments.Summary(entry, time.GetUtcNow(), error);
    }

    private static string Cursor(long ticks, string id) =>
        Convert.ToBase64String(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{ticks}/{id}")));

    private static bool TryReadCursor(string? cursor, out long ticks, out string id)
    {
        (ticks, id) = (long.MaxValue, "");
        if (cursor is null)
            return true;
        try
        {
            string text = Encoding.UTF8.GetString(Convert.FromBase64String(cursor));
            int slash = text.IndexOf('/', StringComparison.Ordinal);
            if (slash < 0 || !long.TryParse(text.AsSpan(0, slash), NumberStyles.None, CultureInfo.InvariantCulture, out ticks))
                return false;
            id = text[(slash + 1)..];
            return true;
        }
        catch (FormatException)
        {
            return false;
        }
    }

    [LoggerMessage(LogLevel.Warning, "Job {JobId} could not be asked for its row in a list; the list has what the catalogue knows")]
    private partial void RowFailed(Exception exception, string jobId);
}
