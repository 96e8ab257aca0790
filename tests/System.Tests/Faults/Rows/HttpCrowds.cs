using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using OrleansWork.SystemTests.Faults.Driver;
using OrleansWork.SystemTests.Processes;

namespace OrleansWork.SystemTests.Faults.Rows;

/// <summary>Many, slow and large ones by HTTP, beside somebody who only asks how a job is.</summary>
internal static class HttpCrowds
{
    private const int Clients = 500;
    private const int ResultBytes = 12_000_000;
    private const int WarmReads = 5;
    private const int HugeBytes = 200_000_000;
    private const double MaxReaderGrowth = 50;

    // Four times what a body may have: it is read, parsed and kept.
    private const double MaxHugeGrowth = 32;
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);

    // As long as a reader may take nothing, and what a busy machine takes to notice.
    private static readonly TimeSpan s_readerPatience = TimeSpan.FromSeconds(25);
    private static readonly TimeSpan s_slowPatience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_ceiling = TimeSpan.FromSeconds(40);
    private static readonly TimeSpan s_between = TimeSpan.FromMilliseconds(50);
    private static readonly CultureInfo s_invariant = CultureInfo.InvariantCulture;

    /// <summary>F43, F48, F49, F59, F72 and F73, beside a job that they must not disturb.</summary>
    public static async Task ServedAsync(FaultRun run)
    {
        FaultCluster cluster = await run.ClusterAsync(2);
        JobHandle calm = await cluster.Client.SubmitAsync("wait", """{"units":1000000,"microseconds":200000}"""u8.ToArray());
        Uri status = new(cluster.Silos[0].Http, $"/api/jobs/{calm.Id}/status");
        await using (Bystander bystander = new(cluster, status))
        {
            await SlowWritersAsync(run, cluster);
            await SlowReadersAsync(run, cluster, calm);
            await bystander.TellAsync(run, "F49, F73", s_second);
        }

        await HttpStreams.CutAsync(run, cluster);
        await using (Bystander bystander = new(cluster, status))
        {
            await HugeBodiesAsync(run, cluster);
            await BombsAsync(run, cluster);
            await bystander.TellAsync(run, "F59, F72", s_second);
        }

        await using (Bystander bystander = new(cluster, status))
        {
            await HerdAsync(run, cluster);
            await bystander.TellAsync(run, "F48", s_second);
        }

        await calm.CancelAsync();
        await run.CheckSilosAsync();
        run.Measured("F48: silos that ended", cluster.Silos.Count(silo => !silo.IsRunning), 0, "");
    }

    /// <summary>F49: readers that take nothing, or a kilobyte a second, of a large result and of events.</summary>
    private static async Task SlowReadersAsync(FaultRun run, FaultCluster cluster, JobHandle calm)
    {
        SiloProcess silo = cluster.Silos[0];
        JobHandle<byte[]> large = await cluster.Client.SubmitAsync(BytesWork.Kind, new BytesWork.Input(ResultBytes));
        Assert.Equal(ResultBytes, (await large.ResultAsync()).Length);
        string result = $"/api/jobs/{large.Id}/result";
        using HttpClient http = cluster.Access.Http(silo.Http.ToString());

        // What was never called before is no growth, nor is what passes through the heap for whoever reads on.
        MemoryWatch memory = new();
        memory.Add("silo", silo.Pid);
        for (int i = 0; i < WarmReads; i++)
            await Task.WhenAll(ReadAllAsync(), ReadAllAsync());
        long before = memory.PeakOf("silo");
        memory.Add("silo", silo.Pid);
        run.Inject("50 readers that read nothing or a kilobyte a second", () => { });
        using CancellationTokenSource over = new();
        List<Task<TimeSpan>> silent = [];
        List<Task<TimeSpan>> others = [];
        foreach (
            (string path, int count, int bytesPerSecond) in ((string, int, int)[])
                [
                    (result, 20, 0),
                    (result, 5, 1024),
                    ("/api/events", 5, 0),
                    ("/api/events", 10, 1024),
                    ($"/api/jobs/{calm.Id}/events?include=lease", 5, 0),
                    ($"/api/jobs/{calm.Id}/events?include=lease", 5, 1024),
                ]
        )
        {
            for (int i = 0; i < count; i++)
            {
                (path == result && bytesPerSecond == 0 ? silent : others).Add(
                    ReadSlowlyAsync(silo, cluster.Access.Key, path, bytesPerSecond, over.Token)
                );

                // What they cost while they wait is to be seen, not what it costs to open as many at once.
                await Task.Delay(s_between);
            }
        }

        List<TimeSpan> reads = [];
        while (!silent.TrueForAll(reader => reader.IsCompleted))
        {
            reads.Add(await ReadAllAsync());
            await Task.Delay(s_second);
        }

        TimeSpan last = (await Task.WhenAll(silent)).Max();
        await over.CancelAsync();
        await Task.WhenAll(others);
        run.Measured(
            "F49: growth of a silo by 50 slow readers",
            (memory.PeakOf("silo") - before) / (double)MemoryWatch.MegaByte,
            MaxReaderGrowth,
            "MB"
        );
        run.Measured("F49: the last of 20 readers that read nothing of a result is dropped after", last, s_readerPatience);
        run.Holds(
            "F49: the log says why",
            "once in 10 s",
            silo.Log.Contains("was broken off: its reader took nothing of it for", StringComparison.Ordinal)
        );
        run.Measured("F49: another reader has 12 MB beside them, slowest", reads.Max(), TimeSpan.FromSeconds(5));

        async Task<TimeSpan> ReadAllAsync()
        {
            long asked = Stopwatch.GetTimestamp();
            byte[] whole = await http.GetByteArrayAsync(new Uri(result, UriKind.Relative));
            Assert.Equal(ResultBytes, whole.Length);
            return Stopwatch.GetElapsedTime(asked);
        }
    }

    /// <summary>Asks, and reads no more than that.</summary>
    /// <returns>After how long the silo hung up; the ceiling where it did not.</returns>
    private static async Task<TimeSpan> ReadSlowlyAsync(
        SiloProcess silo,
        string key,
        string path,
        int bytesPerSecond,
        CancellationToken over
    )
    {
        using Socket socket = await RawHttp.ConnectAsync(silo.Http.Port, receiveBytes: 4096);
        await socket.SendAsync(
            Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: {silo.Http.Authority}\r\nAuthorization: Bearer {key}\r\n\r\n"),
            CancellationToken.None
        );
        long asked = Stopwatch.GetTimestamp();
        byte[] buffer = new byte[Math.Max(1, bytesPerSecond)];
        while (!over.IsCancellationRequested && Stopwatch.GetElapsedTime(asked) is var took && took < s_ceiling)
        {
            try
            {
                // Nothing is read, not even an end: a reset is seen by looking for one.
                if (bytesPerSecond == 0 ? IsReset(socket) : await socket.ReceiveAsync(buffer, over) == 0)
                    return took;
                await Task.Delay(bytesPerSecond == 0 ? 200 : 1000, over);
            }
            catch (SocketException)
            {
                return took;
            }
            catch (OperationCanceledException)
            {
                return s_ceiling;
            }
        }

        return s_ceiling;
    }

    private static bool IsReset(Socket socket) => socket.Poll(0, SelectMode.SelectError);

    /// <summary>F73: headers and bodies by the byte, lines and headers without an end.</summary>
    private static async Task SlowWritersAsync(FaultRun run, FaultCluster cluster)
    {
        SiloProcess silo = cluster.Silos[0];
        string host = silo.Http.Authority;
        string bearer = $"Authorization: Bearer {cluster.Access.Key}\r\n";
        string post = $"POST /api/jobs HTTP/1.1\r\nHost: {host}\r\n{bearer}Content-Type: application/json\r\n";
        run.Inject("300 connections that send a byte a second", () => { });
        (string What, int Count, string Words, string Drip)[] slow =
        [
            ("headers", 200, $"GET /api/me HTTP/1.1\r\nHost: {host}\r\nX-Slow: ", "a"),
            ("header names", 25, $"GET /api/me HTTP/1.1\r\nHost: {host}\r\n", "X"),
            ("request lines", 25, "GET /", "a"),
            ("bodies", 25, $"{post}Content-Length: 100000\r\n\r\n{{\"kind\":\"", "a"),
            ("chunks", 25, $"{post}Transfer-Encoding: chunked\r\n\r\n", "1\r\n{\r\n"),
        ];
        Task<TimeSpan>[] ends =
        [
            .. slow.SelectMany(s => Enumerable.Range(0, s.Count).Select(_ => WriteSlowlyAsync(silo.Http.Port, s.Words, s.Drip))),
        ];
        (string What, string Words)[] bombs =
        [
            ("a header of 1 MB", $"GET /api/me HTTP/1.1\r\nHost: {host}\r\nX-Long: {new string('a', 1 << 20)}\r\n\r\n"),
            (
                "10,000 headers",
                $"GET /api/me HTTP/1.1\r\nHost: {host}\r\n{string.Concat(Enumerable.Range(0, 10_000).Select(i => $"X-{i}: 1\r\n"))}\r\n"
            ),
            ("a line of 1 MB", $"GET /{new string('a', 1 << 20)} HTTP/1.1\r\nHost: {host}\r\n\r\n"),
            ("a query of 1 MB", $"GET /api/jobs?text={new string('a', 1 << 20)} HTTP/1.1\r\nHost: {host}\r\n{bearer}\r\n"),
            ("a megabyte without an end of line", new string('a', 1 << 20)),
        ];
        List<string> taken = [];
        foreach ((string what, string words) in bombs)
        {
            string answer = await RawHttp.AskAsync(silo.Http.Port, Encoding.Latin1.GetBytes(words));
            if (RawHttp.StatusOf(answer) is not (0 or 400 or 414 or 431))
                taken.Add($"{what}: {RawHttp.StatusOf(answer)}");
        }

        TimeSpan[] closed = await Task.WhenAll(ends);
        run.Measured($"F73: the last of {closed.Length} slow connections is closed after", closed.Max(), s_slowPatience);
        run.Holds($"F73: {bombs.Length} bombs are refused", taken.Count == 0 ? "all" : string.Join(", ", taken), taken.Count == 0);
    }

    private static async Task<TimeSpan> WriteSlowlyAsync(int port, string words, string drip)
    {
        using Socket socket = await RawHttp.ConnectAsync(port);
        long connected = Stopwatch.GetTimestamp();
        using CancellationTokenSource bound = new(s_ceiling);
        Task saying = SayAsync();
        byte[] buffer = new byte[1024];
        try
        {
            while (await socket.ReceiveAsync(buffer, bound.Token) > 0)
            {
                // Whatever it answers.
            }
        }
        catch (SocketException)
        {
            // Reset.
        }
        catch (OperationCanceledException)
        {
            return s_ceiling;
        }

        TimeSpan took = Stopwatch.GetElapsedTime(connected);
        await bound.CancelAsync();
        await saying;
        return took;

        async Task SayAsync()
        {
            try
            {
                await socket.SendAsync(Encoding.ASCII.GetBytes(words), bound.Token);
                while (true)
                {
                    await Task.Delay(s_second, bound.Token);
                    await socket.SendAsync(Encoding.ASCII.GetBytes(drip), bound.Token);
                }
            }
            catch (Exception exception) when (exception is SocketException or OperationCanceledException)
            {
                // Nobody listens any more.
            }
        }
    }

    /// <summary>F59: bodies of 200 MB, said and not said.</summary>
    private static async Task HugeBodiesAsync(FaultRun run, FaultCluster cluster)
    {
        SiloProcess silo = cluster.Silos[0];
        MemoryWatch memory = new();
        long before = ProcessTable.ResidentBytes(silo.Pid);
        memory.Add("silo", silo.Pid);
        run.Inject("submissions of 200 MB", () => { });
        foreach (bool isChunked in (bool[])[false, true])
        {
            (int status, long sent) = await SendHugeAsync(silo, cluster.Access.Key, isChunked);
            string how = isChunked ? "in chunks" : "by its length";
            run.Holds($"F59: 200 MB {how} are 413", status.ToString(s_invariant), status == 413);
            run.Noted($"F59: sent {how} before the answer", $"{sent / (double)MemoryWatch.MegaByte:0.0} MB");
        }

        run.Measured("F59: growth of the silo", (memory.PeakOf("silo") - before) / (double)MemoryWatch.MegaByte, MaxHugeGrowth, "MB");
        string file = Path.Combine(cluster.Directory, "huge.json");
        await File.WriteAllTextAsync(file, $$"""{"numbers":[{{new string('1', HugeBytes)}}]}""");
        await using RunningProgram console = RunningProgram.Start(
            Programs.Console,
            ["run", "sum", "--input", $"@{file}", "--url", silo.Http.ToString()],
            ("ORLEANSWORK_KEY", cluster.Access.Key)
        );
        int code = await console.ExitCodeAsync();
        File.Delete(file);
        string said = console.Error.Trim();
        bool isClear = code == 2 && said.Contains("MiB", StringComparison.Ordinal) && !said.Contains("   at ", StringComparison.Ordinal);
        run.Holds("F59: the console refuses it itself", isClear ? "exit 2, with the limit" : $"exit {code}: {Cut(said)}", isClear);
    }

    private static async Task<(int Status, long Sent)> SendHugeAsync(SiloProcess silo, string key, bool isChunked)
    {
        using Socket socket = await RawHttp.ConnectAsync(silo.Http.Port);
        using CancellationTokenSource bound = new(s_ceiling);
        string length = isChunked ? "Transfer-Encoding: chunked" : $"Content-Length: {HugeBytes}";
        await socket.SendAsync(
            Encoding.ASCII.GetBytes(
                $"POST /api/jobs HTTP/1.1\r\nHost: {silo.Http.Authority}\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\n{length}\r\n\r\n"
            ),
            bound.Token
        );
        byte[] piece = Encoding.ASCII.GetBytes(new string(' ', 64 << 10));
        if (isChunked)
            piece = [.. "10000\r\n"u8, .. piece, .. "\r\n"u8];
        byte[] answer = new byte[4096];
        Task<int> answered = socket.ReceiveAsync(answer, bound.Token).AsTask();
        long sent = 0;
        try
        {
            while (!answered.IsCompleted && sent < HugeBytes)
                sent += await socket.SendAsync(piece, bound.Token).AsTask().WaitAsync(bound.Token);
        }
        catch (SocketException)
        {
            // It hung up, and has answered before.
        }

        return (RawHttp.StatusOf(Encoding.ASCII.GetString(answer, 0, await answered)), sent);
    }

    /// <summary>F72: JSON that is made to cost much, posted.</summary>
    private static async Task BombsAsync(FaultRun run, FaultCluster cluster)
    {
        using HttpClient http = cluster.Access.Http(cluster.Silos[0].Http.ToString());
        List<(string What, string Body)> bombs =
        [
            .. Payloads.Bombs(many: 500_000).Select(bomb => (bomb.What, $$"""{"kind":"synthetic","input":{{bomb.Json}}}""")),
            ("a body of 1,000,000 lists", new string('[', 1_000_000)),
            ("a body of many keys", $"{{{string.Join(',', Enumerable.Range(0, 500_000).Select(i => $"\"k{i}\":0"))}}}"),
            ("a kind of 4 MB", $$"""{"kind":"{{new string('k', 4 << 20)}}"}"""),
            ("an id of 4 MB", $$"""{"kind":"sum","id":"{{new string('i', 4 << 20)}}"}"""),
            ("options of 100,000 lists", $$$"""{"kind":"sum","options":{{{new string('[', 100_000)}}}{{{new string(']', 100_000)}}}}"""),
        ];
        List<string> wrong = [];
        TimeSpan slowest = TimeSpan.Zero;
        string slow = "";
        run.Inject("JSON bombs by HTTP", () => { });
        foreach ((string what, string body) in bombs)
        {
            using StringContent content = new(body, Encoding.UTF8, "application/json");
            long asked = Stopwatch.GetTimestamp();
            using HttpResponseMessage answer = await http.PostAsync(new Uri("/api/jobs", UriKind.Relative), content);
            string said = await answer.Content.ReadAsStringAsync();
            TimeSpan took = Stopwatch.GetElapsedTime(asked);
            if (answer.StatusCode != HttpStatusCode.BadRequest || said.Length > 4096)
                wrong.Add($"{what}: {(int)answer.StatusCode}, {said.Length} characters");

            // The first refusal compiles what refuses.
            if (what != bombs[0].What && took > slowest)
                (slowest, slow) = (took, what);
        }

        run.Holds($"F72: {bombs.Count} JSON bombs by HTTP are 400", wrong.Count == 0 ? "all" : string.Join("; ", wrong), wrong.Count == 0);
        run.Measured($"F72: the slowest ({slow})", slowest, s_second);
    }

    /// <summary>F48: 500 clients at once, each on a connection of its own.</summary>
    private static async Task HerdAsync(FaultRun run, FaultCluster cluster)
    {
        ConcurrentDictionary<string, int> answers = new(StringComparer.Ordinal);
        ConcurrentBag<string> accepted = [];
        string name = $"F48-{Guid.NewGuid():N}"[..10];
        run.Inject($"{Clients} clients submit, look and list at once", () => { });
        long began = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(ClientAsync));
        TimeSpan took = Stopwatch.GetElapsedTime(began);
        int broken = answers.Where(answer => answer.Key[0] is not ('2' or '4')).Sum(answer => answer.Value);
        int untold = answers.GetValueOrDefault("429 without Retry-After");
        int refused = answers.Where(answer => answer.Key.StartsWith('4')).Sum(answer => answer.Value);
        run.Measured(
            $"F48: of {4 * Clients} requests of {Clients} clients, neither answered 2xx nor 429",
            broken + refused - answers.GetValueOrDefault("429"),
            0,
            ""
        );
        run.Measured("F48: 429 without Retry-After", untold, 0, "");
        run.Noted(
            "F48: answers",
            string.Join(", ", answers.OrderBy(a => a.Key).Select(a => $"{a.Value} × {a.Key}")) + $" in {took.TotalSeconds:0.0} s"
        );
        Page<JobSummary> jobs = await Eventually.NotNullAsync(
            async () =>
                await cluster.Client.ListJobsAsync(new JobQuery(Text: name, Limit: 1000)) is { } page
                && page.Items.Count(job => job.State == JobState.Succeeded) >= accepted.Count
                    ? page
                    : null,
            what: $"the end of {accepted.Count} jobs"
        );
        run.Measured("F48: acknowledged and not done", accepted.Except(jobs.Items.Select(job => job.Id)).Count(), 0, "");

        async Task ClientAsync(int number)
        {
            using HttpClient http = cluster.Access.Http(cluster.Silos[number % 2].Http.ToString());
            string id = string.Create(s_invariant, $"{name}-{number}");
            using StringContent body = new(
                $$$"""{"kind":"sum","id":"{{{id}}}","input":{"from":1,"to":1000}}""",
                Encoding.UTF8,
                "application/json"
            );
            if (await CountAsync(() => http.PostAsync(new Uri("/api/jobs", UriKind.Relative), body)))
                accepted.Add(id);
            await CountAsync(() => http.GetAsync(new Uri($"/api/jobs/{id}/status", UriKind.Relative)));
            await CountAsync(() => http.GetAsync(new Uri("/api/jobs?limit=20", UriKind.Relative)));
            await CountAsync(() => http.GetAsync(new Uri($"/api/jobs/{id}", UriKind.Relative)));
        }

        async Task<bool> CountAsync(Func<Task<HttpResponseMessage>> ask)
        {
            string said;
            try
            {
                using HttpResponseMessage answer = await ask();
                said = ((int)answer.StatusCode).ToString(s_invariant);
                if (answer.StatusCode == HttpStatusCode.TooManyRequests && answer.Headers.RetryAfter is null)
                    said += " without Retry-After";
            }
            catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
            {
                said = exception.GetType().Name;
            }

            answers.AddOrUpdate(said, 1, (_, count) => count + 1);
            return said.StartsWith('2');
        }
    }

    private static string Cut(string text) => text.Length <= 160 ? text : text[..160] + "…";
}
