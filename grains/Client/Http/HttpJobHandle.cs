using System.Buffers;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Mime;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace OrleansWork.Http;

/// <summary>A job, asked by the HTTP API of any silo.</summary>
internal sealed class HttpJobHandle(string id, HttpCalls calls, HttpEvents events, ComputeClientOptions options, TimeProvider time)
    : JobHandle(id)
{
    private const int PieceBytes = 256 * 1024;

    private static readonly TimeSpan LongestPace = TimeSpan.FromMilliseconds(100);

    private string Path => $"/api/jobs/{Uri.EscapeDataString(Id)}";

    public override Task<JobStatus> GetStatusAsync(CancellationToken cancellationToken = default) =>
        calls.DocumentAsync<JobStatus>($"status of job {Id}", _ => Get("/status"), cancellationToken);

    public override Task<JobDetails> GetDetailsAsync(CancellationToken cancellationToken = default) =>
        calls.DocumentAsync<JobDetails>($"details of job {Id}", _ => Get(""), cancellationToken);

    public override async IAsyncEnumerable<JobStatus> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (SseItem<string> item in events.ReadAsync($"status of job {Id}", $"{Path}/events", cancellationToken))
        {
            if (item.EventType != HttpApi.Status)
                continue;
            JobStatus status = Documents.Read<JobStatus>(item.Data);
            yield return status;
            if (status.IsTerminal)
                yield break;
        }
    }

    public override async Task<JobResultStream> OpenResultAsync(CancellationToken cancellationToken = default)
    {
        JobStatus ended = await this.EndAsync(cancellationToken);
        HttpResponseMessage first = await OpenFromAsync(0, cancellationToken);
        string mediaType = first.Content.Headers.ContentType?.ToString() ?? MediaTypeNames.Application.Json;
        if (!IsOfUnits(first))
            return new JobResultStream(mediaType, ended, PiecesAsync(first, cancellationToken));
        first.Dispose();
        return new JobResultStream(mediaType, ended, this.ChunksAsync(cancellationToken));
    }

    protected internal override async Task<JobResult> ResultCoreAsync(CancellationToken cancellationToken)
    {
        JobStatus ended = await this.EndAsync(cancellationToken);
        HttpResponseMessage first = await OpenFromAsync(0, cancellationToken);
        string mediaType = first.Content.Headers.ContentType?.ToString() ?? MediaTypeNames.Application.Json;
        bool isOfUnits = IsOfUnits(first);
        if (isOfUnits)
            first.Dispose();
        using MemoryStream content = new();
        await foreach (
            ReadOnlyMemory<byte> piece in isOfUnits ? this.ChunksAsync(cancellationToken) : PiecesAsync(first, cancellationToken)
        )
            content.Write(piece.Span);
        return new JobResult(content.ToArray(), mediaType, ended) { IsOfUnits = isOfUnits };
    }

    protected internal override async IAsyncEnumerable<UnitResult> UnitResultsCoreAsync(
        bool inOrder,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        string cursor = "0";
        // A reader in a hurry would ask for one result at a time: what comes within a pace comes together.
        while (true)
        {
            long asked = time.GetTimestamp();
            string from = cursor;
            (byte[] lines, string next, bool isFull, bool isEnd) = await calls.AskAsync(
                $"results of job {Id}",
                _ => Get($"/results?cursor={from}&inOrder={(inOrder ? "true" : "false")}&wait={Duration.Format(options.StatusWait)}"),
                options.StatusWait + HttpCalls.AnswerTimeout,
                static async (answer, token) =>
                    (
                        await answer.Content.ReadAsByteArrayAsync(token),
                        Header(answer, HttpApi.NextCursor),
                        Header(answer, HttpApi.Full) == "true",
                        Header(answer, HttpApi.End) == "true"
                    ),
                cancellationToken
            );
            cursor = next;
            foreach (UnitResult result in ResultsOf(lines))
                yield return result;
            if (isEnd)
                break;
            if (!isFull && time.GetElapsedTime(asked) is var took && took < LongestPace)
                await Task.Delay(LongestPace - took, time, cancellationToken);
        }

        JobStatus status = await GetStatusAsync(cancellationToken);
        if (status.State != JobState.Succeeded)
            throw JobEndedException.Of(status);
    }

    public override Task<JobStatus> CancelAsync(string? reason = null, CancellationToken cancellationToken = default) =>
        calls.DocumentAsync<JobStatus>(
            $"cancel of job {Id}",
            _ =>
            {
                HttpRequestMessage request = Post("cancel");
                if (reason is not null)
                    request.Content = Body(JsonSerializer.SerializeToUtf8Bytes(new { reason }, OrleansWorkJson.Documents));
                return request;
            },
            cancellationToken
        );

    public override Task<JobStatus> PauseAsync(CancellationToken cancellationToken = default) => ControlAsync("pause", cancellationToken);

    public override Task<JobStatus> ResumeAsync(CancellationToken cancellationToken = default) => ControlAsync("resume", cancellationToken);

    public override async Task<JobStatus> ChangeOptionsAsync(JobOptionsChange change, CancellationToken cancellationToken = default)
    {
        Submissions.Check(change);
        byte[] patch = JobOptionsPatch.Write(change);
        return await calls.DocumentAsync<JobStatus>(
            $"change of options of job {Id}",
            _ => new HttpRequestMessage(HttpMethod.Patch, $"{Path}/options") { Content = Body(patch, HttpApi.MergePatch) },
            cancellationToken
        );
    }

    public override Task<JobStatus> RetryAsync(CancellationToken cancellationToken = default) => ControlAsync("retry", cancellationToken);

    public override Task<UnitAttempts> GetAttemptsAsync(long unit, CancellationToken cancellationToken = default) =>
        calls.DocumentAsync<UnitAttempts>(
            $"attempts at unit {unit} of job {Id}",
            _ => Get(FormattableString.Invariant($"/units/{unit}/attempts")),
            cancellationToken
        );

    public override Task<JobLeases> GetLeasesAsync(LeaseQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        List<string> asked = [FormattableString.Invariant($"limit={query.Limit}")];
        if (query.From is { } from)
            asked.Add($"from={Uri.EscapeDataString(from.ToString("O", CultureInfo.InvariantCulture))}");
        if (query.To is { } to)
            asked.Add($"to={Uri.EscapeDataString(to.ToString("O", CultureInfo.InvariantCulture))}");
        if (query.Cursor is { } cursor)
            asked.Add($"cursor={Uri.EscapeDataString(cursor)}");
        if (query.Follow)
            asked.Add("follow=true");
        if (query.Others)
            asked.Add("others=true");
        return calls.DocumentAsync<JobLeases>($"leases of job {Id}", _ => Get($"/leases?{string.Join('&', asked)}"), cancellationToken);
    }

    protected internal override Task<JobExplanation> ExplainCoreAsync(long? unit, long? lease, CancellationToken cancellationToken)
    {
        string query =
            unit is { } one ? FormattableString.Invariant($"?unit={one}")
            : lease is { } other ? FormattableString.Invariant($"?lease={other}")
            : "";
        return calls.DocumentAsync<JobExplanation>($"explanation of job {Id}", _ => Get($"/explain{query}"), cancellationToken);
    }

    public override async Task ForgetAsync(CancellationToken cancellationToken = default)
    {
        int attempts = 0;
        try
        {
            await calls.AskAsync(
                $"forget of job {Id}",
                attempt =>
                {
                    attempts = attempt;
                    return new HttpRequestMessage(HttpMethod.Delete, Path);
                },
                HttpCalls.AnswerTimeout,
                static (_, _) => Task.FromResult(true),
                cancellationToken
            );
        }
        catch (RequestException refusal) when (refusal.Reason == ErrorReason.NotFound && attempts > 1)
        {
            // What an unanswered call has deleted is gone, as it was asked to be.
        }
    }

    public override async IAsyncEnumerable<UnitLogLine> LogAsync(
        long? unit = null,
        bool follow = false,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        string only = unit is { } number ? string.Create(CultureInfo.InvariantCulture, $"unit={number}") : "";
        if (!follow)
        {
            Page<UnitLogLine> page = await calls.DocumentAsync<Page<UnitLogLine>>(
                $"log of job {Id}",
                _ => Get($"/logs?{only}"),
                cancellationToken
            );
            foreach (UnitLogLine line in page.Items.Reverse())
                yield return line;
            yield break;
        }

        await foreach (SseItem<string> item in events.ReadAsync($"log of job {Id}", $"{Path}/logs?follow=true&{only}", cancellationToken))
        {
            if (item.EventType == HttpApi.Log)
                yield return Documents.Read<UnitLogLine>(item.Data);
        }
    }

    private Task<JobStatus> ControlAsync(string what, CancellationToken cancellationToken) =>
        calls.DocumentAsync<JobStatus>($"{what} of job {Id}", _ => Post(what), cancellationToken);

    private static ByteArrayContent Body(byte[] json, string mediaType = MediaTypeNames.Application.Json) =>
        new(json) { Headers = { ContentType = new MediaTypeHeaderValue(mediaType) } };

    private HttpRequestMessage Get(string more) => new(HttpMethod.Get, Path + more);

    private HttpRequestMessage Post(string what) => new(HttpMethod.Post, $"{Path}/{what}");

    private Task<HttpResponseMessage> OpenFromAsync(long from, CancellationToken cancellationToken) =>
        calls.OpenAsync(
            string.Create(CultureInfo.InvariantCulture, $"result of job {Id} from byte {from}"),
            () =>
            {
                HttpRequestMessage request = Get("/result");
                if (from > 0)
                    request.Headers.Range = new RangeHeaderValue(from, to: null);
                return request;
            },
            cancellationToken
        );

    /// <summary>Reads a result to its end; where a silo breaks off, another goes on at the same byte.</summary>
    private async IAsyncEnumerable<ReadOnlyMemory<byte>> PiecesAsync(
        HttpResponseMessage first,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(PieceBytes);
        HttpResponseMessage answer = first;
        try
        {
            long total = first.Content.Headers.ContentLength ?? long.MaxValue;
            long received = 0;
            while (received < total)
            {
                int count = await ReadPieceAsync(answer, buffer, cancellationToken);
                if (count > 0)
                {
                    received += count;
                    // The reader may keep it.
                    yield return buffer.AsSpan(0, count).ToArray();
                    continue;
                }

                if (count == 0 && total == long.MaxValue)
                    yield break;
                calls.Leave(answer);
                answer.Dispose();
                answer = await OpenFromAsync(received, cancellationToken);
            }
        }
        finally
        {
            answer.Dispose();
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Reads what is there of an answer.</summary>
    /// <returns>How many bytes; 0 at its end, -1 when it broke off.</returns>
    private static async Task<int> ReadPieceAsync(HttpResponseMessage answer, byte[] buffer, CancellationToken cancellationToken)
    {
        try
        {
            Stream body = await answer.Content.ReadAsStreamAsync(cancellationToken);
            return await body.ReadAsync(buffer.AsMemory(0, PieceBytes), cancellationToken)
                .AsTask()
                .WaitAsync(HttpCalls.AnswerTimeout, cancellationToken);
        }
        catch (Exception exception) when (HttpRoad.IsBroken(exception))
        {
            return -1;
        }
    }

    private static IEnumerable<UnitResult> ResultsOf(byte[] lines)
    {
        int from = 0;
        while (from < lines.Length)
        {
            int length = lines.AsSpan(from).IndexOf((byte)'\n');
            ReadOnlyMemory<byte> line = lines.AsMemory(from, length < 0 ? lines.Length - from : length);
            from += line.Length + 1;
            if (!line.IsEmpty)
                yield return ResultOf(line);
        }
    }

    private static UnitResult ResultOf(ReadOnlyMemory<byte> line)
    {
        // A result is as deep as its kind made it.
        using JsonDocument document = JsonDocument.Parse(line, new JsonDocumentOptions { MaxDepth = OrleansWorkJson.MaxDepth + 1 });
        long unit = document.RootElement.GetProperty("unit").GetInt64();
        return document.RootElement.TryGetProperty("error", out JsonElement error)
            ? new UnitResult(unit, default, error.Deserialize<JobError>(OrleansWorkJson.Documents))
            : new UnitResult(unit, JsonMarshal.GetRawUtf8Value(document.RootElement.GetProperty("result")).ToArray());
    }

    private static bool IsOfUnits(HttpResponseMessage answer) => Header(answer, HttpApi.OfUnits) == "true";

    private static string Header(HttpResponseMessage answer, string name) =>
        answer.Headers.TryGetValues(name, out IEnumerable<string>? values) ? values.First() : "";
}
