using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using OrleansWork.SystemTests.Faults.Driver;
using OrleansWork.SystemTests.Processes;

namespace OrleansWork.SystemTests.Faults.Rows;

/// <summary>What HTTP keeps out: wrong keys, other sites' pages, paths that lead elsewhere, control bytes, random requests, and everybody who is not on this machine.</summary>
internal static partial class HttpGuards
{
    private const string Json = "Content-Type: application/json\r\n";

    // Something of each file that a path could lead to.
    private static readonly string[] s_secrets = ["root:x:0:0", "\"LogLevel\"", "NOT-FOR-JOBS"];
    private static readonly string[] s_roles = ["viewer", "submitter", "author", "operator"];

    // A word each, which says nothing of the cluster.
    private static readonly string[] s_forAll = ["/healthz", "/readyz"];
    private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(1);
    private static readonly CultureInfo s_invariant = CultureInfo.InvariantCulture;

    private static readonly string[] s_traversals =
    [
        "..",
        "../..",
        "../../../../../../etc/passwd",
        "%2e%2e",
        "%2e%2e%2f%2e%2e%2f%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "..%2f..%2f..%2f..%2fetc%2fpasswd",
        "..%5c..%5c..%5cetc%5cpasswd",
        "..\\..\\..\\etc\\passwd",
        "%252e%252e%252f%252e%252e%252fetc%252fpasswd",
        "%c0%ae%c0%ae%c0%afetc%c0%afpasswd",
        "%u002e%u002e%u2215etc%u2215passwd",
        "....//....//etc/passwd",
        "..;/..;/etc/passwd",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "file:%2f%2f%2fetc%2fpasswd",
        "etc/passwd%00.json",
        "..%00/etc/passwd",
        "%2e%2e/appsettings.json",
        "../appsettings.json",
        "..%2fappsettings.json",
        "appsettings.json",
        "js/../../appsettings.json",
        "js%2f..%2f..%2fappsettings.json",
        "C:\\Windows\\win.ini",
        "~root",
        new string('a', 4_000),
        string.Concat(Enumerable.Repeat("../", 1_000)),
    ];

    /// <summary>F67, F71, F74, F75, F76, F77 and F79.</summary>
    public static async Task HoldAsync(FaultRun run)
    {
        string outside = Directory.CreateTempSubdirectory("ow-outside-").FullName;
        string inside = Directory.CreateDirectory(Path.Combine(outside, "allowed")).FullName;
        Dictionary<string, string> keys = s_roles.ToDictionary(
            role => role,
            role => $"key-of-{role}-{Guid.NewGuid():N}",
            StringComparer.Ordinal
        );
        try
        {
            await File.WriteAllTextAsync(Path.Combine(outside, "secret.txt"), "NOT-FOR-JOBS");
            await File.WriteAllTextAsync(Path.Combine(inside, "words.txt"), "for jobs");
            File.CreateSymbolicLink(Path.Combine(inside, "link.txt"), Path.Combine(outside, "secret.txt"));
            Directory.CreateSymbolicLink(Path.Combine(inside, "way"), outside);
            FaultCluster cluster = await run.ClusterAsync(
                StoreKind.Garnet,
                new SiloSetup
                {
                    // Random requests may ask for whatever is there.
                    Jobs = [],
                    AllowsCrash = false,
                    Arguments = ["--file-roots", inside],
                    Keys = [.. keys.Select(key => OwnAccess.Setting(key.Key, key.Key, key.Value))],
                }
            );
            Door door = new(cluster.Silos[0], keys);
            JsonElement routes = JsonSerializer.Deserialize<JsonElement>(await door.DocumentAsync("/openapi/v1.json"));
            await RoutesAsync(run, door, routes);
            await PathsAsync(run, door, routes, outside, inside);
            await OtherSitesAsync(run, door);
            await HttpFuzz.TryAsync(run, cluster, keys["operator"], routes);
            await ControlBytesAsync(run, cluster, door);
            await ListenAsync(run);
            await run.CheckSilosAsync();
        }
        finally
        {
            Directory.Delete(outside, recursive: true);
        }
    }

    /// <summary>F67: each route with each key and without one.</summary>
    private static async Task RoutesAsync(FaultRun run, Door door, JsonElement routes)
    {
        List<(string Method, string Path, int Role)> all =
        [
            .. Operations(routes).Select(o => (o.Method, Filled(o.Path, "none-such"), RoleOf(o.Operation))),
            ("GET", "/openapi/v1.json", 0),
            ("GET", "/metrics", 0),
            // What there is no route for is nobody's to know.
            ("GET", "/no/such/thing", s_roles.Length - 1),
        ];
        List<string> wrong = [];
        int tried = 0;
        run.Inject("each route with each key", () => { });
        foreach ((string method, string path, int role) in all)
        {
            bool isForAll = s_forAll.Contains(path);
            await ExpectAsync("no key", null, status => isForAll ? status is not (401 or 403) and < 500 : status == 401);
            for (int i = 0; i < s_roles.Length; i++)
            {
                bool may = i >= role;
                await ExpectAsync(s_roles[i], door.Keys[s_roles[i]], status => may ? status is not (401 or 403) and < 500 : status == 403);
            }

            async Task ExpectAsync(string who, string? key, Func<int, bool> isRight)
            {
                tried++;
                if (await door.StatusAsync(method, path, key) is var status && !isRight(status))
                    wrong.Add($"{method} {path}, {who}: {status}");
            }
        }

        // Guessing is slow: together, or each would wait for the one before.
        foreach ((string method, string path, int status) in await Task.WhenAll(all.Select(UnknownAsync)))
        {
            tried++;
            if (status is not (401 or 429) && !s_forAll.Contains(path))
                wrong.Add($"{method} {path}, unknown key: {status}");
        }

        run.Measured($"F67: answers that no policy allows, of {tried} for {all.Count} routes", wrong.Count, 0, "");
        if (wrong.Count > 0)
            run.Noted("F67: wrong", string.Join("; ", wrong.Take(5)));

        async Task<(string, string, int)> UnknownAsync((string Method, string Path, int Role) route) =>
            (route.Method, route.Path, await door.StatusAsync(route.Method, route.Path, Guid.NewGuid().ToString("N")));
    }

    /// <summary>F74: paths that lead elsewhere, in addresses and in inputs.</summary>
    private static async Task PathsAsync(FaultRun run, Door door, JsonElement routes, string outside, string inside)
    {
        List<string> escapes = [];
        int tried = 0;
        run.Inject("paths that lead elsewhere", () => { });
        string[] paths =
        [
            "/{x}",
            "/js/{x}",
            "/openapi/{x}.json",
            "/healthz/{x}",
            .. Operations(routes).Where(o => o.Method == "GET" && o.Path.Contains('{', StringComparison.Ordinal)).Select(o => o.Path),
        ];
        foreach (string path in paths)
        {
            foreach (string traversal in s_traversals)
            {
                tried++;
                // Some lead to a stream of events, which has no end.
                string answer = await RawHttp.AskAsync(
                    door.Port,
                    RawHttp.Request($"GET {Filled(path, traversal)}", door.Host, $"Authorization: Bearer {door.Keys["operator"]}\r\n"),
                    s_silence
                );
                int status = RawHttp.StatusOf(answer);
                if (status >= 500 || s_secrets.Any(secret => answer.Contains(secret, StringComparison.Ordinal)))
                    escapes.Add($"GET {Filled(path, traversal)}: {status}");
            }
        }

        string[] files =
        [
            Path.Combine(outside, "secret.txt"),
            Path.Combine(inside, "..", "secret.txt"),
            Path.Combine(inside, "link.txt"),
            Path.Combine(inside, "way", "secret.txt"),
            Path.Combine(inside, "way", "*"),
            Path.Combine(inside, "..", "*"),
            Path.Combine(inside, "words.txt\0/../../secret.txt"),
            Path.Combine(inside, "%2e%2e", "secret.txt"),
            "/etc/passwd",
            "../../../../../../etc/passwd",
            "/proc/self/environ",
            "/dev/zero",
            $"file://{outside}/secret.txt",
            "~/.ssh/*",
            inside + "/" + new string('a', 5_000),
        ];
        foreach (string file in files)
        {
            tried++;
            if (await ReadsAsync(file))
                escapes.Add($"wordcount of {file}");
        }

        bool isServed = await ReadsAsync(Path.Combine(inside, "words.txt"));
        run.Measured($"F74: escapes of {tried} paths", escapes.Count, 0, "");
        if (escapes.Count > 0)
            run.Noted("F74: escaped", string.Join("; ", escapes.Take(5)));
        run.Holds("F74: a file that jobs may read is read", isServed ? "read" : "not read", isServed);

        // Whether a job has read a byte of it.
        async Task<bool> ReadsAsync(string file)
        {
            string body = JsonSerializer.Serialize(new { kind = "wordcount", input = new { paths = new[] { file } } });
            string answer = await door.AskAsync("POST", "/api/jobs", door.Keys["submitter"], Json, body);
            if (RawHttp.StatusOf(answer) != 202)
                return false;
            string id = JsonSerializer
                .Deserialize<JsonElement>(answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..])
                .GetProperty("id")
                .GetString()!;
            JsonElement job = await Eventually.NotNullAsync(
                async () => await door.DocumentAsync($"/api/jobs/{id}") is { } text && Ended().IsMatch(text) ? text : null,
                what: $"the end of {id}"
            )
                is var ended
                ? JsonSerializer.Deserialize<JsonElement>(ended)
                : default;
            return job.GetProperty("state").GetString() == "succeeded"
                && job.GetProperty("result").TryGetProperty("files", out JsonElement count)
                && count.GetInt64() > 0;
        }
    }

    /// <summary>F75 and F76: what browsers can be made to send by pages of other sites.</summary>
    private static async Task OtherSitesAsync(FaultRun run, Door door)
    {
        string name = $"F76-{Guid.NewGuid():N}"[..10];
        string bearer = $"Authorization: Bearer {door.Keys["operator"]}\r\n";
        (string What, string Host, string Headers)[] ways =
        [
            ("another site", door.Host, "Origin: http://evil.example\r\n" + Json),
            ("a page of none", door.Host, "Origin: null\r\n" + Json),
            ("another port", door.Host, "Origin: http://127.0.0.1:1\r\n" + Json),
            ("another scheme", door.Host, $"Origin: https://{door.Host}\r\n" + Json),
            ("a name that begins alike", door.Host, $"Origin: http://{door.Host}.evil.example\r\n" + Json),
            ("two origins", door.Host, $"Origin: http://{door.Host}\r\nOrigin: http://evil.example\r\n" + Json),
            ("a rebound name", "evil.example", Json),
            ("a rebound name with its origin", "evil.example", "Origin: http://evil.example\r\n" + Json),
            ("a rebound name with port", $"evil.example:{door.Port}", $"Origin: http://evil.example:{door.Port}\r\n" + Json),
            ("a longer name", "127.0.0.1.evil.example", Json),
            ("a user before the name", "127.0.0.1@evil.example", Json),
            ("no name", "", Json),
            ("a form", door.Host, "Content-Type: application/x-www-form-urlencoded\r\n"),
            ("a form in parts", door.Host, "Content-Type: multipart/form-data; boundary=x\r\n"),
            ("plain text", door.Host, "Content-Type: text/plain\r\n"),
            ("text that says JSON", door.Host, "Content-Type: text/plain; application/json\r\n"),
            ("no type", door.Host, ""),
        ];
        List<string> accepted = [];
        run.Inject("what pages of other sites can send", () => { });
        for (int i = 0; i < ways.Length; i++)
        {
            (string what, string host, string headers) = ways[i];
            string body = $$$"""{"kind":"sum","id":"{{{name}}}-{{{i}}}","input":{"from":1,"to":9}}""";
            string answer = await door.SayAsync(RawHttp.Request("POST /api/jobs", host, bearer + headers, body));
            if (RawHttp.StatusOf(answer) is not (400 or 403 or 415))
                accepted.Add($"{what}: {RawHttp.StatusOf(answer)}");
        }

        string job = await door.SubmitAsync($$$"""{"kind":"wait","id":"{{{name}}}","input":{"units":100000,"microseconds":100000}}""");
        foreach (string act in (string[])["cancel", "pause"])
        {
            foreach (
                (string what, string host, string headers) in ways.Where(way =>
                    way.Host != door.Host || way.Headers.Contains("Origin", StringComparison.Ordinal)
                )
            )
            {
                if (
                    RawHttp.StatusOf(await door.SayAsync(RawHttp.Request($"POST /api/jobs/{job}/{act}", host, bearer + headers)))
                    is 200
                        or 202
                )
                    accepted.Add($"{act} by {what}");
            }
        }

        string found = await door.DocumentAsync($"/api/jobs?text={name}");
        int jobs = JsonSerializer.Deserialize<JsonElement>(found).GetProperty("items").GetArrayLength();
        bool isRunning = !Ended().IsMatch(await door.DocumentAsync($"/api/jobs/{job}/status"));
        await door.AskAsync("POST", $"/api/jobs/{job}/cancel", door.Keys["operator"]);
        run.Measured($"F75, F76: accepted of {ways.Length} ways of other sites' pages", accepted.Count + jobs - 1, 0, "");
        if (accepted.Count > 0)
            run.Noted("F76: accepted", string.Join("; ", accepted.Take(5)));
        run.Holds("F76: the job that they would cancel goes on", isRunning ? "running" : "ended", isRunning);
    }

    /// <summary>F77: control bytes wherever a text goes, and what the log and the console's output have of them.</summary>
    private static async Task ControlBytesAsync(FaultRun run, FaultCluster cluster, Door door)
    {
        const string Bad = "x\r\n2026-01-01T00:00:00.000Z crit: forged\u001b[2J\u001b]0;title\u0007\u0000\u007f\u009b31m\u2028";
        string key = door.Keys["operator"];
        string escaped = Uri.EscapeDataString(Bad);
        string text = JsonSerializer.Serialize(Bad);
        run.Inject("control bytes in ids, kinds, reasons, inputs, headers and paths", () => { });
        string job = await door.SubmitAsync("""{"kind":"wait","input":{"units":100000,"microseconds":100000}}""");
        string[] forms =
        [
            $"POST /api/jobs/{job}/cancel {{\"reason\":{text}}}",
            $$"""POST /api/jobs {"kind":{{text}}}""",
            $$"""POST /api/jobs {"kind":"sum","id":{{text}}}""",
            $$$"""POST /api/jobs {"kind":"wordcount","input":{"paths":[{{{text}}}]}}""",
            $$$"""POST /api/jobs {"kind":"sum","input":{ {{{text}}}:1}}""",
            $$$"""POST /api/jobs {"kind":"sum","options":{"placement":{{{text}}}}}""",
            $"GET /api/jobs/{escaped}",
            $"GET /api/kinds/{escaped}",
            $"GET /{escaped}",
            $"GET /api/jobs?text={escaped}&state={escaped}&cursor={escaped}",
            $"POST /api/silos/{escaped}/drain",
        ];
        foreach (string form in forms)
        {
            string[] parts = form.Split(' ', 3);
            await door.AskAsync(parts[0], parts[1], key, parts.Length > 2 ? Json : "", parts.Length > 2 ? parts[2] : null);
        }

        foreach (
            string header in (string[])
                ["User-Agent", "Referer", "X-Forwarded-For", "Last-Event-ID", "Origin", "Traceparent", "Authorization"]
        )
        {
            string bearer = header == "Authorization" ? "" : $"Authorization: Bearer {key}\r\n";
            await door.SayAsync(RawHttp.Request("GET /api/me", door.Host, $"{bearer}{header}: Bearer x\u001b[2J\u0007y\r\n"));
            await door.SayAsync(RawHttp.Request("GET /api/me", door.Host, $"{bearer}{header}: Bearer x\u0000y\r\n"));
            await door.SayAsync(RawHttp.Request("GET /api/me", door.Host, $"{bearer}{header}: Bearer x\ry\r\n"));
        }

        await door.SayAsync(Encoding.Latin1.GetBytes($"GET /\u001b[2J HTTP/1.1\r\nHost: {door.Host}\r\n\r\n"));
        string error = JsonSerializer
            .Deserialize<JsonElement>(await door.DocumentAsync($"/api/jobs/{job}/status"))
            .GetProperty("error")
            .ToString();
        run.Holds("F77: the reason is kept", $"{error.Length} characters", error.Contains("forged", StringComparison.Ordinal));
        StringBuilder shown = new();
        foreach (
            string[] command in (string[][])
                [
                    ["show", job],
                    ["jobs"],
                ]
        )
        {
            await using RunningProgram console = RunningProgram.Start(
                Programs.Console,
                [.. command, "--url", cluster.Silos[0].Http.ToString()],
                ("ORLEANSWORK_KEY", key)
            );
            await console.ExitCodeAsync();
            shown.Append(console.Output).Append(console.Error);
        }

        run.Measured("F77: raw control bytes in the silo's log", Controls(cluster.Silos[0].Log), 0, "");
        run.Measured("F77: raw control bytes in the console's output", Controls(shown.ToString()), 0, "");
        run.Holds(
            "F77: no line of the log is forged",
            cluster.Silos[0].Log.Contains("\n2026-01-01T00:00:00.000Z crit", StringComparison.Ordinal) ? "forged" : "none",
            !cluster.Silos[0].Log.Contains("\n2026-01-01T00:00:00.000Z crit", StringComparison.Ordinal)
        );
    }

    /// <summary>F79: a silo that is to listen where others can reach it.</summary>
    private static async Task ListenAsync(FaultRun run)
    {
        string port = LoopbackPorts.Take().ToString(s_invariant);
        (string What, string[] Arguments, (string, string)[] Environment)[] ways =
        [
            ("0.0.0.0", ["--urls", $"http://0.0.0.0:{port}"], []),
            ("[::]", ["--urls", $"http://[::]:{port}"], []),
            ("*", [], [("ASPNETCORE_URLS", $"http://*:{port}")]),
            ("a name", ["--urls", $"http://{Dns.GetHostName()}.example:{port}"], []),
            ("an endpoint of Kestrel", [], [("Kestrel__Endpoints__X__Url", $"http://0.0.0.0:{port}")]),
        ];
        run.Inject("silos that are to listen off loopback", () => { });
        string[] started = [.. (await Task.WhenAll(ways.Select(TryAsync))).Where(failure => failure.Length > 0)];
        run.Holds(
            $"F79: {ways.Length} silos off loopback do not start, and say why in one sentence",
            started.Length == 0 ? "exit code ≠ 0, one sentence" : string.Join("; ", started),
            started.Length == 0
        );

        async Task<string> TryAsync((string What, string[] Arguments, (string, string)[] Environment) way)
        {
            await using RunningProgram silo = RunningProgram.Start(
                Programs.Silo,
                ["--clustering", "local", "--silo-port", "0", "--gateway-port", "0", .. way.Arguments],
                [.. new OwnAccess().Environment.Where(pair => pair.Name.EndsWith("Secret", StringComparison.Ordinal)), .. way.Environment]
            );
            int code = await silo.ExitCodeAsync();
            string[] lines = silo.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            return
                code != 0
                && silo.Output.Length == 0
                && lines.Length == 2
                && (
                    lines[1].Contains("others can reach", StringComparison.Ordinal)
                    || lines[1].Contains("OrleansWork:Urls", StringComparison.Ordinal)
                )
                ? ""
                : $"{way.What}: exit {code}, {lines.Length} lines: {Cut(string.Join(' ', lines))}";
        }
    }

    internal static IEnumerable<(string Method, string Path, JsonElement Operation)> Operations(JsonElement routes) =>
        routes
            .GetProperty("paths")
            .EnumerateObject()
            .SelectMany(path =>
                path.Value.EnumerateObject().Select(operation => (operation.Name.ToUpperInvariant(), path.Name, operation.Value))
            );

    /// <summary>Puts something where a path has parameters.</summary>
    internal static string Filled(string path, string value) => Parameter().Replace(path, _ => value);

    private static int RoleOf(JsonElement operation) =>
        operation.TryGetProperty("description", out JsonElement description)
            ? Array.IndexOf(s_roles, Asked().Match(description.GetString()!).Groups["role"].Value)
            : 0;

    private static int Controls(string text) => text.Count(c => char.IsControl(c) && c != '\n');

    private static string Cut(string text) => text.Length <= 160 ? text : text[..160] + "…";

    [GeneratedRegex(@"\{[A-Za-z]+\}", RegexOptions.None, 1000)]
    private static partial Regex Parameter();

    [GeneratedRegex("key of the role (?<role>[a-z]+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Asked();

    [GeneratedRegex("\"state\": ?\"(succeeded|failed|canceled)\"", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Ended();

    /// <summary>A silo's HTTP, and keys to it.</summary>
    private sealed class Door(SiloProcess silo, IReadOnlyDictionary<string, string> keys)
    {
        public IReadOnlyDictionary<string, string> Keys => keys;

        public string Host => silo.Http.Authority;

        public int Port => silo.Http.Port;

        public Task<string> SayAsync(byte[] words) => RawHttp.AskAsync(Port, words);

        public Task<string> AskAsync(string method, string path, string? key, string headers = "", string? body = null) =>
            SayAsync(RawHttp.Request($"{method} {path}", Host, key is null ? headers : $"Authorization: Bearer {key}\r\n{headers}", body));

        /// <summary>Returns the status of an answer, whose body may have no end.</summary>
        public async Task<int> StatusAsync(string method, string path, string? key)
        {
            using HttpClient http = new() { BaseAddress = silo.Http };
            using HttpRequestMessage request = new(new HttpMethod(method), path);
            if (key is not null)
                request.Headers.Add("Authorization", $"Bearer {key}");
            using HttpResponseMessage answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            return (int)answer.StatusCode;
        }

        public async Task<string> DocumentAsync(string path)
        {
            using HttpClient http = OwnAccess.HttpOf(keys["operator"]);
            return await http.GetStringAsync(new Uri(silo.Http, path));
        }

        public async Task<string> SubmitAsync(string body)
        {
            using HttpClient http = OwnAccess.HttpOf(keys["operator"]);
            using StringContent content = new(body, Encoding.UTF8, "application/json");
            using HttpResponseMessage answer = await http.PostAsync(new Uri(silo.Http, "/api/jobs"), content);
            string said = await answer.Content.ReadAsStringAsync();
            Assert.True(answer.StatusCode == HttpStatusCode.Accepted, said);
            return JsonSerializer.Deserialize<JsonElement>(said).GetProperty("id").GetString()!;
        }
    }
}
