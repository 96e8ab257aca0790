using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using OrleansWork.SystemTests.Faults.Driver;
using OrleansWork.SystemTests.Processes;

namespace OrleansWork.SystemTests.Faults.Rows;

/// <summary>Requests by chance, as the API's own description says and otherwise.</summary>
/// <remarks>ORLEANSWORK_FUZZ_REQUESTS sets how many (20,000), ORLEANSWORK_FUZZ_SEED which; ORLEANSWORK_FUZZ_NUMBER sends one alone.</remarks>
internal static class HttpFuzz
{
    private const int Lanes = 8;
    private const int LongestError = 4096;
    private const int LongestRead = 1 << 20;

    // One in so many is sent with spoilt bytes.
    private const int Spoilt = 50;

    // What a silo says to whom names a version of HTTP that it does not speak.
    private const int OtherVersion = 505;
    private static readonly TimeSpan s_silence = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    /// <summary>F71.</summary>
    public static async Task TryAsync(FaultRun run, FaultCluster cluster, string key, JsonElement document)
    {
        int seed = Number("ORLEANSWORK_FUZZ_SEED") ?? 71;
        int count = Number("ORLEANSWORK_FUZZ_REQUESTS") ?? 20_000;
        int? only = Number("ORLEANSWORK_FUZZ_NUMBER");
        SiloProcess silo = cluster.Silos[0];
        // An event stream has no end to wait for.
        using HttpClient http = new(new SocketsHttpHandler { UseCookies = false, ResponseDrainTimeout = TimeSpan.Zero })
        {
            BaseAddress = silo.Http,
            Timeout = s_patience,
        };
        string[] jobs = await JobsAsync(http, key);
        RandomRequests requests = new(seed, document, [.. HttpGuards.Operations(document)], await KindsAsync(http, key), jobs);
        Findings findings = new();
        run.Inject($"{count} requests by chance, seed {seed}", () => { });
        long began = Stopwatch.GetTimestamp();
        await Parallel.ForEachAsync(
            only is { } one ? [one] : Enumerable.Range(0, count),
            new ParallelOptions { MaxDegreeOfParallelism = Lanes },
            async (number, _) =>
            {
                RandomRequest request = requests.Make(number);
                if (number % Spoilt == 0)
                    await SpoiltAsync(requests, request, number);
                else
                    await SendAsync(request, number);
            }
        );
        TimeSpan took = Stopwatch.GetElapsedTime(began);
        foreach (string finding in findings.Texts)
            run.History.Note(finding);
        run.Measured($"F71: answers 5xx of {findings.Answers} requests, seed {seed}", findings.Broken, 0, "");
        run.Measured("F71: requests without an answer", findings.Unanswered, 0, "");
        run.Measured("F71: error bodies that are no problem document", findings.NoProblem, 0, "");
        run.Measured($"F71: error bodies of more than {LongestError} bytes", findings.Long, 0, "");
        run.Measured("F71: bodies with a stack trace", findings.Stacks, 0, "");
        run.Measured("F71: silos that ended", silo.IsRunning ? 0 : 1, 0, "");
        run.Noted(
            "F71: answers",
            $"{string.Join(", ", findings.Statuses.OrderBy(status => status.Key).Select(status => $"{status.Value} × {status.Key}"))} in {took.TotalSeconds:0} s"
        );
        if (!findings.Texts.IsEmpty)
            run.Noted("F71: found", string.Join(" | ", findings.Texts.Take(3).Select(text => text.Length > 300 ? text[..300] : text)));

        async Task SpoiltAsync(RandomRequests all, RandomRequest request, int number)
        {
            byte[] words = all.Spoil(number, request.OnTheWire(silo.Http.Authority, key));
            try
            {
                string answer = await RawHttp.AskAsync(silo.Http.Port, words, s_silence);
                int end = answer.IndexOf("\r\n\r\n", StringComparison.Ordinal);
                string head = end < 0 ? answer : answer[..end];
                bool isProblem = head.Contains("application/problem+json", StringComparison.OrdinalIgnoreCase);
                findings.Add(number, request, RawHttp.StatusOf(answer), isProblem, end < 0 ? "" : answer[(end + 4)..], mayBeSilent: true);
            }
            catch (OperationCanceledException)
            {
                // An event stream has no end, and who asked for it has said that nothing follows.
                findings.Add(number, request, 200, isProblem: false, "", mayBeSilent: true);
            }
        }

        async Task SendAsync(RandomRequest request, int number)
        {
            try
            {
                using HttpRequestMessage message = MessageOf(request, silo.Http, key);
                using HttpResponseMessage answer = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead);
                string? mediaType = answer.Content.Headers.ContentType?.MediaType;
                string body = mediaType == "text/event-stream" ? "" : await ReadAsync(answer);
                findings.Add(number, request, (int)answer.StatusCode, mediaType == "application/problem+json", body, mayBeSilent: false);
                if (request is { Method: "POST", HasKey: true } && answer.StatusCode == System.Net.HttpStatusCode.Accepted)
                    await EndAsync(answer.Headers.Location);
            }
            catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException or IOException)
            {
                findings.AddUnanswered(number, request, exception);
            }
        }

        // What was submitted by chance may take for ever.
        async Task EndAsync(Uri? job)
        {
            if (job is null)
                return;
            using HttpRequestMessage cancel = new(HttpMethod.Post, $"{job}/cancel");
            cancel.Headers.Add("Authorization", $"Bearer {key}");
            using HttpResponseMessage answer = await http.SendAsync(cancel);
        }
    }

    private static HttpRequestMessage MessageOf(RandomRequest request, Uri silo, string key)
    {
        UriCreationOptions asItIs = new() { DangerousDisablePathAndQueryCanonicalization = true };
        string path = request.Path.StartsWith('/') ? request.Path : "/" + request.Path;
        HttpRequestMessage message = new(
            new HttpMethod(request.Method),
            new Uri(silo.GetLeftPart(UriPartial.Authority) + path.Replace("#", "%23", StringComparison.Ordinal), asItIs)
        );
        if (request.HasKey)
            message.Headers.Add("Authorization", $"Bearer {key}");
        if (request.Body is { } body)
            message.Content = new ByteArrayContent(body);
        foreach ((string name, string value) in request.Headers)
        {
            if (name is "Content-Type" or "Content-Encoding")
                message.Content?.Headers.TryAddWithoutValidation(name, value);
            else
                message.Headers.TryAddWithoutValidation(name, value);
        }

        return message;
    }

    private static async Task<string> ReadAsync(HttpResponseMessage answer)
    {
        await using Stream stream = await answer.Content.ReadAsStreamAsync();
        using CancellationTokenSource bound = new(s_patience);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(LongestRead);
        int length = await stream.ReadAtLeastAsync(buffer, LongestRead, throwOnEndOfStream: false, bound.Token);
        string text = Encoding.UTF8.GetString(buffer, 0, length);
        ArrayPool<byte>.Shared.Return(buffer);
        return text;
    }

    /// <summary>Submits jobs of all fates, for requests to find.</summary>
    private static async Task<string[]> JobsAsync(HttpClient http, string key)
    {
        (string Id, string Body)[] jobs =
        [
            ("done", """{"kind":"sum","input":{"from":1,"to":1000}}"""),
            ("map", """{"kind":"wordcount","input":{"paths":["/none"]}}"""),
            ("failed", """{"kind":"synthetic","input":{"units":20,"microseconds":0,"failUnits":[3]}}"""),
            ("running", """{"kind":"wait","input":{"units":1000000,"microseconds":50000}}"""),
            ("picture", """{"kind":"mandelbrot","input":{"width":64,"height":64}}"""),
        ];
        List<string> ids = [];
        foreach ((string name, string body) in jobs)
        {
            string id = $"fuzz-{name}";
            using HttpRequestMessage request = new(HttpMethod.Post, "/api/jobs")
            {
                Content = new StringContent($$"""{"id":"{{id}}",{{body[1..]}}""", Encoding.UTF8, "application/json"),
            };
            request.Headers.Add("Authorization", $"Bearer {key}");
            using HttpResponseMessage answer = await http.SendAsync(request);
            if (answer.IsSuccessStatusCode)
                ids.Add(id);
        }

        return [.. ids, "no-such-job"];
    }

    private static async Task<IReadOnlyList<(string, JsonElement)>> KindsAsync(HttpClient http, string key)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, "/api/kinds");
        request.Headers.Add("Authorization", $"Bearer {key}");
        using HttpResponseMessage answer = await http.SendAsync(request);
        JsonElement kinds = JsonSerializer.Deserialize<JsonElement>(await answer.Content.ReadAsStringAsync());
        return
        [
            .. kinds
                .GetProperty("items")
                .EnumerateArray()
                .Select(kind => (kind.GetProperty("kind").GetString()!, kind.GetProperty("inputSchema"))),
        ];
    }

    private static int? Number(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;

    /// <summary>What is wrong with answers.</summary>
    private sealed class Findings
    {
        private int _answers;
        private int _broken;
        private int _unanswered;
        private int _noProblem;
        private int _long;
        private int _stacks;

        public int Answers => _answers;

        public int Broken => _broken;

        public int Unanswered => _unanswered;

        public int NoProblem => _noProblem;

        public int Long => _long;

        public int Stacks => _stacks;

        public ConcurrentDictionary<int, int> Statuses { get; } = new();

        public ConcurrentQueue<string> Texts { get; } = new();

        public void AddUnanswered(int number, RandomRequest request, Exception exception)
        {
            Interlocked.Increment(ref _unanswered);
            Note($"no answer ({exception.GetType().Name}: {exception.InnerException?.Message ?? exception.Message})", number, request);
        }

        /// <param name="number">The request's number.</param>
        /// <param name="request">The request.</param>
        /// <param name="status">The answer's status; 0 when there was none.</param>
        /// <param name="isProblem">Whether its body says to be a problem document.</param>
        /// <param name="body">Its body.</param>
        /// <param name="mayBeSilent">Whether a connection may end without an answer, as one that speaks no HTTP does.</param>
        public void Add(int number, RandomRequest request, int status, bool isProblem, string body, bool mayBeSilent)
        {
            Interlocked.Increment(ref _answers);
            Statuses.AddOrUpdate(status, 1, (_, count) => count + 1);
            if ((status >= 500 && status != OtherVersion) || (status == 0 && !mayBeSilent))
                Count(ref _broken, $"{status} {body}");
            if (status >= 400 && body.Length > 0 && !isProblem)
                Count(ref _noProblem, $"{status} is no problem document: {body}");
            if (status >= 400 && Encoding.UTF8.GetByteCount(body) > LongestError)
                Count(ref _long, $"{status} has {body.Length} characters");
            if (
                status >= 400
                && (body.Contains("\\n   at ", StringComparison.Ordinal) || body.Contains("\n   at ", StringComparison.Ordinal))
            )
                Count(ref _stacks, $"{status} has a stack: {body}");

            void Count(ref int counter, string what)
            {
                Interlocked.Increment(ref counter);
                Note(what, number, request);
            }
        }

        private void Note(string what, int number, RandomRequest request)
        {
            if (Texts.Count < 100)
                Texts.Enqueue($"request {number}: {(what.Length > 400 ? what[..400] : what)} <- {request}");
        }
    }
}
