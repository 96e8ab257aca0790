using System.Globalization;
using System.Net.ServerSentEvents;
using System.Text.Json;
using OrleansWork.SystemTests.Faults.Driver;

namespace OrleansWork.SystemTests.Faults.Rows;

/// <summary>Streams of events whose connections are reset again and again, resumed at one silo and the other.</summary>
internal static class HttpStreams
{
    private const int Units = 200;
    private const int MostBytes = 6_000;
    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(30);

    /// <summary>F43.</summary>
    public static async Task CutAsync(FaultRun run, FaultCluster cluster)
    {
        await using CuttingLink first = new(cluster.Silos[0].Http.Port, seed: 43, MostBytes);
        await using CuttingLink second = new(cluster.Silos[1].Http.Port, seed: 44, MostBytes);
        Uri[] urls = [first.Url, second.Url];
        run.Inject("connections of event streams are reset after up to 6,000 bytes", () => { });
        JobHandle job = await cluster.Client.SubmitAsync(
            LoggingWork.Kind,
            new LoggingWork.Input(Units, 100),
            new JobOptions { ChunkUnits = 1 }
        );
        using HttpComputeClient client = new(new HttpClusterAddress { Urls = urls, Key = cluster.Access.Key });
        using HttpClient http = cluster.Access.Http();
        using CancellationTokenSource bound = new(s_bound);
        List<JobStatus> watched = [];
        List<UnitLogLine> logged = [];
        List<UnitLogLine> loggedByClient = [];
        Leases leases = new(http, new Uri(cluster.Silos[0].Http, $"/api/jobs/{job.Id}/leases?limit=10000"));
        bool hasEnded = false;
        await leases.ReadAsync(bound.Token);
        await Task.WhenAll(
            FollowAsync(http, urls, $"/api/jobs/{job.Id}/logs?follow=true", TakeLineAsync, leases.Connect, bound.Token),
            FollowAsync(http, urls, $"/api/jobs/{job.Id}/events?include=lease", TakeEventAsync, leases.Connect, bound.Token),
            WatchAsync(),
            LogAsync()
        );
        await leases.EndAsync(bound.Token);

        Numbers("by Last-Event-ID", logged);
        Numbers("by the client", loggedByClient);
        run.Measured(
            "F43: ends of jobs not seen by two watchers",
            (hasEnded ? 0 : 1) + (watched.Count > 0 && watched[^1].State == JobState.Succeeded ? 0 : 1),
            0,
            ""
        );
        run.Measured($"F43: leases of {leases.Known} missed and not said to be", leases.Missing, 0, "");
        run.Measured("F43: leases that came twice on one connection", leases.Twice, 0, "");
        run.Noted("F43: connections reset", $"{first.Cuts + second.Cuts}; leases-missed said {leases.Said} times");
        run.Holds("F43: streams were reset often", $"{first.Cuts + second.Cuts}", first.Cuts + second.Cuts >= 20);

        async Task WatchAsync()
        {
            await foreach (JobStatus status in client.GetJob(job.Id).WatchAsync(bound.Token))
                watched.Add(status);
        }

        async Task LogAsync()
        {
            await foreach (UnitLogLine line in client.GetJob(job.Id).LogAsync(follow: true, cancellationToken: bound.Token))
                loggedByClient.Add(line);
        }

        Task<bool> TakeLineAsync(SseItem<string> item)
        {
            if (item.EventType == "log")
                logged.Add(JsonSerializer.Deserialize<UnitLogLine>(item.Data, OrleansWorkJson.Documents)!);
            return Task.FromResult(item.EventType == "end");
        }

        async Task<bool> TakeEventAsync(SseItem<string> item)
        {
            if (item.EventType is "lease" or "leases-missed")
                await leases.TakeAsync(item, bound.Token);
            hasEnded |=
                item.EventType == "status"
                && JsonSerializer.Deserialize<JobStatus>(item.Data, OrleansWorkJson.Documents)!.State == JobState.Succeeded;
            return hasEnded;
        }

        void Numbers(string how, List<UnitLogLine> lines)
        {
            int gaps = lines.Zip(lines.Skip(1)).Count(pair => pair.Second.Number > pair.First.Number + 1);
            int twice = lines.Zip(lines.Skip(1)).Count(pair => pair.Second.Number <= pair.First.Number);
            run.Measured($"F43: gaps in the numbers of log lines {how}", gaps, 0, "");
            run.Measured($"F43: log lines that came twice {how}", twice, 0, "");
            run.Holds($"F43: a line of each unit {how}", $"{lines.Count}", lines.Select(line => line.Unit).Distinct().Count() == Units);
        }
    }

    /// <summary>Reads a stream to its end, at one address after the other.</summary>
    private static async Task FollowAsync(
        HttpClient http,
        Uri[] urls,
        string path,
        Func<SseItem<string>, Task<bool>> take,
        Action connected,
        CancellationToken cancellationToken
    )
    {
        string? last = null;
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                using HttpRequestMessage request = new(HttpMethod.Get, new Uri(urls[attempt % urls.Length], path));
                if (last is not null)
                    request.Headers.TryAddWithoutValidation("Last-Event-ID", last);
                using HttpResponseMessage answer = await http.SendAsync(
                    request,
                    HttpCompletionOption.ResponseHeadersRead,
                    cancellationToken
                );
                answer.EnsureSuccessStatusCode();
                connected();
                await using Stream body = await answer.Content.ReadAsStreamAsync(cancellationToken);
                await foreach (SseItem<string> item in SseParser.Create(body).EnumerateAsync(cancellationToken))
                {
                    if (await take(item))
                        return;
                    last = item.EventId ?? last;
                }
            }
            catch (Exception exception)
                when (exception is HttpRequestException or IOException && !cancellationToken.IsCancellationRequested)
            {
                // Cut.
            }

            await Task.Delay(s_pause, cancellationToken);
        }
    }

    /// <summary>What a viewer knows of a job's leases who reads the list at first and whenever he is told that he missed some, as the page does.</summary>
    private sealed class Leases(HttpClient http, Uri list)
    {
        private readonly HashSet<(long Epoch, long Number)> _known = [];
        private HashSet<(long Epoch, long Number)> _ofConnection = [];
        private double _horizon = double.MinValue;

        public int Known => _known.Count;

        public int Missing { get; private set; }

        public int Twice { get; private set; }

        public int Said { get; private set; }

        public void Connect() => _ofConnection = [];

        public async Task ReadAsync(CancellationToken cancellationToken) => Add(await AskAsync(cancellationToken));

        public async Task TakeAsync(SseItem<string> item, CancellationToken cancellationToken)
        {
            foreach ((long epoch, long number, double? ended) in Add(item.Data))
            {
                if (!_ofConnection.Add((epoch, number)))
                    Twice++;
                _horizon = Math.Max(_horizon, ended ?? _horizon);
            }

            if (item.EventType != "leases-missed")
                return;
            Said++;
            await ReadAsync(cancellationToken);
        }

        /// <summary>Looks for leases that ended before the newest that was told of, and of which nobody told.</summary>
        public async Task EndAsync(CancellationToken cancellationToken) =>
            Missing = Committed(await AskAsync(cancellationToken))
                .Count(lease => lease.Ended < _horizon && !_known.Contains((lease.Epoch, lease.Number)));

        private List<(long Epoch, long Number, double? Ended)> Add(string document)
        {
            List<(long Epoch, long Number, double? Ended)> committed = Committed(document);
            foreach ((long epoch, long number, _) in committed)
                _known.Add((epoch, number));
            return committed;
        }

        private Task<string> AskAsync(CancellationToken cancellationToken) => http.GetStringAsync(list, cancellationToken);

        private static List<(long Epoch, long Number, double? Ended)> Committed(string document)
        {
            JsonElement columns = JsonSerializer.Deserialize<JsonElement>(document).GetProperty("columns");
            List<(long Epoch, long Number, double? Ended)> committed = [];
            for (int i = 0; i < columns.GetProperty("number").GetArrayLength(); i++)
            {
                if (columns.GetProperty("outcome")[i].GetString() != "committed")
                    continue;
                JsonElement ended = columns.GetProperty("endedMs")[i];
                committed.Add(
                    (
                        columns.GetProperty("epoch")[i].GetInt64(),
                        columns.GetProperty("number")[i].GetInt64(),
                        ended.ValueKind == JsonValueKind.Null ? null : double.Parse(ended.GetRawText(), CultureInfo.InvariantCulture)
                    )
                );
            }

            return committed;
        }
    }
}
