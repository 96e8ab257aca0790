using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using OrleansWork.Engine.Coordination;
using OrleansWork.Engine.Placement;
using OrleansWork.Protocol;

namespace OrleansWork.Engine.Catalog;

/// <summary>Lists jobs over all shards, newest first, asking running ones how they stand.</summary>
internal sealed class JobLister(IGrainFactory grains, TimeProvider time) : IJobLister
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

        List<JobSummary> items = [];
        bool more = true;
        for (int round = 0; round < MaxRounds && items.Count <= limit && more; round++)
        {
            CatalogQuery ask = new(beforeTicks, beforeId, limit + 1, wanted.Kind, wanted.Text);
            ImmutableArray<CatalogEntry>[] shards = await Task.WhenAll(
                Enumerable.Range(0, Keys.CatalogShards).Select(shard => grains.GetGrain<ICatalogShardGrain>(shard).ListAsync(ask))
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
        return new DocumentReply(JobDocuments.Write(new Page<JobSummary>(items, cursor)), null);
    }

    private async Task<JobSummary> SummaryAsync(CatalogEntry entry)
    {
        if (entry.Summary is { } ended)
            return JsonSerializer.Deserialize<JobSummary>(ended, OrleansWorkJson.Documents)!;
        if (entry.Started)
        {
            try
            {
                StatusReply reply = await grains
                    .GetGrain<IJobGrain>(entry.JobId)
                    .GetStatusAsync(-1, TimeSpan.Zero)
                    .WaitAsync(AskWait, time);
                if (
                    reply.Document is { } document
                    && JsonSerializer.Deserialize<JobStatus>(document, OrleansWorkJson.Documents) is { } status
                )
                {
                    return new JobSummary(
                        status.Id,
                        status.Kind,
                        status.Version,
                        status.State,
                        status.Units,
                        status.SubmittedAt,
                        status.FinishedAt,
                        status.ElapsedSeconds,
                        status.Error
                    );
                }
            }
            catch (Exception exception) when (exception is TimeoutException or OrleansException)
            {
                // Its coordinator is moving: the catalogue's own knowledge will do for a list.
            }
        }

        DateTimeOffset submitted = new(entry.SubmittedTicks, TimeSpan.Zero);
        return new JobSummary(
            entry.JobId,
            entry.Kind,
            entry.Version,
            entry.Started ? JobState.Running : JobState.Queued,
            new UnitCounts(null, 0, 0, 0),
            submitted,
            null,
            (time.GetUtcNow() - submitted).TotalSeconds,
            null
        );
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
}
