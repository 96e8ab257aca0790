using System.Globalization;
using System.Text;
using System.Text.Json;

namespace OrleansWork.SystemTests.Faults.Driver;

/// <summary>A request that chance has made.</summary>
/// <param name="Method">Its method.</param>
/// <param name="Path">Its path with the query, as it is sent.</param>
/// <param name="Headers">Its other headers.</param>
/// <param name="Body">Its body; null for none.</param>
/// <param name="HasKey">Whether it has a key.</param>
internal sealed record RandomRequest(
    string Method,
    string Path,
    IReadOnlyList<(string Name, string Value)> Headers,
    byte[]? Body,
    bool HasKey
)
{
    /// <summary>Returns it as it is on the wire, for whoever sends it by hand or reads of it.</summary>
    public byte[] OnTheWire(string host, string key)
    {
        StringBuilder head = new();
        head.Append(CultureInfo.InvariantCulture, $"{Method} {Path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
        if (HasKey)
            head.Append(CultureInfo.InvariantCulture, $"Authorization: Bearer {key}\r\n");
        foreach ((string name, string value) in Headers)
            head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        if (Body is not null)
            head.Append(CultureInfo.InvariantCulture, $"Content-Length: {Body.Length}\r\n");
        return [.. Encoding.UTF8.GetBytes(head.Append("\r\n").ToString()), .. Body ?? []];
    }

    public override string ToString()
    {
        string body = Body is null ? "" : Encoding.UTF8.GetString(Body.AsSpan(0, Math.Min(Body.Length, 300)));
        return $"{Method} {(Path.Length > 200 ? Path[..200] + "…" : Path)} {string.Join(", ", Headers.Select(h => $"{h.Name}: {h.Value}"))} {body}";
    }
}

/// <summary>Makes requests as a silo's OpenAPI document describes them, and others: by a seed and a number, the same again.</summary>
internal sealed class RandomRequests
{
    // Enough to be told from one another, and done at once.
    private static readonly string[] s_numbers =
    [
        .. (string[])
            ["0", "1", "2", "3", "7", "10", "-1", "1.5", "1e2", "100000", "2147483648", "4611686018427387904", "9223372036854775807"],
        .. (string[])
            ["9223372036854775808", "-9223372036854775809", "1e400", "1e-400", "-0", "0.1e1", "99999999999999999999999999999999999"],
    ];

    private static readonly string[] s_words =
    [
        .. (string[])["", " ", "a", "x y", "true", "null", "none", "all", "auto", "1h", "5s", "-1s", "0ms", "1e9d", "2026-01-31T12:00:00Z"],
        .. (string[])["9999-12-31T23:59:59.9999999+14:00", "0001-01-01", "running", "succeeded", "lease", "html", "perfetto", "adaptive"],
        .. (string[])
            [
                "../../etc/passwd",
                "%00",
                "%s%n",
                "';--",
                "${jndi:x}",
                "{{7*7}}",
                "<script>",
                "\u0000",
                "\r\n",
                "\u001b[2J",
                "\ud800",
                "é\u0301",
            ],
        .. (string[])["\u202e", "😀", "\uffff", new string('x', 300), new string('ä', 5_000), "$ref", "__proto__", "constructor"],
    ];

    private static readonly string[] s_durations = ["1ms", "50ms", "1s", "2.5s", "1m", "1h", "300d"];

    private static readonly string[] s_types =
    [
        .. (string[])
            ["application/json", "application/json; charset=utf-8", "application/json; charset=utf-16", "application/merge-patch+json"],
        .. (string[])
            ["text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "json", ";", "*/*"],
    ];

    private readonly int _seed;
    private readonly JsonElement _document;
    private readonly IReadOnlyList<(string Method, string Path, JsonElement Operation)> _operations;
    private readonly IReadOnlyList<(string Name, JsonElement Schema)> _kinds;
    private readonly IReadOnlyList<string> _jobs;

    /// <summary>Prepares to make them.</summary>
    /// <param name="seed">Of all of them.</param>
    /// <param name="document">The OpenAPI document.</param>
    /// <param name="operations">Its operations.</param>
    /// <param name="kinds">The cluster's kinds with the schemas of their inputs.</param>
    /// <param name="jobs">Ids of jobs that there are.</param>
    public RandomRequests(
        int seed,
        JsonElement document,
        IReadOnlyList<(string Method, string Path, JsonElement Operation)> operations,
        IReadOnlyList<(string Name, JsonElement Schema)> kinds,
        IReadOnlyList<string> jobs
    ) => (_seed, _document, _operations, _kinds, _jobs) = (seed, document, operations, kinds, jobs);

    /// <summary>Makes the request of a number.</summary>
    public RandomRequest Make(int number)
    {
        Random random = RandomOf(number);
        (string method, string template, JsonElement operation) = Pick(random, _operations);

        // Jobs that are gone answer alike, and what comes in has more to it than what goes out.
        if (method == "DELETE" || random.Next(8) == 0)
            (method, template, operation) =
                random.Next(10) == 0 ? (method, template, operation) : _operations.First(o => o is ("POST", "/api/jobs", _));
        string path = PathOf(random, template);
        if (random.Next(20) == 0)
            (method, path) = (
                Pick(random, ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "FOO"]),
                OtherPath(random, path)
            );
        bool hasBody = operation.TryGetProperty("requestBody", out JsonElement described) ? random.Next(20) > 0 : random.Next(10) == 0;
        byte[]? body = hasBody && method is not ("GET" or "HEAD" or "TRACE") ? BodyOf(random, template, described) : null;
        return new RandomRequest(method, path + QueryOf(random, operation), HeadersOf(random, body is not null), body, random.Next(50) > 0);
    }

    /// <summary>Spoils a request's bytes, as no client sends them.</summary>
    public byte[] Spoil(int number, byte[] words)
    {
        Random random = RandomOf(number);
        byte[] spoilt = [.. words];
        for (int times = random.Next(1, 5); times > 0 && spoilt.Length > 0; times--)
        {
            int at = random.Next(Math.Min(spoilt.Length, 400));
            spoilt = random.Next(4) switch
            {
                0 => [.. spoilt[..at], (byte)random.Next(256), .. spoilt[(at + 1)..]],
                1 => [.. spoilt[..at], .. spoilt[Math.Min(spoilt.Length, at + random.Next(1, 20))..]],
                2 => [.. spoilt[..at], .. spoilt[at..Math.Min(spoilt.Length, at + 30)], .. spoilt[at..]],
                _ => spoilt[..at],
            };
        }

        return spoilt;
    }

    // Half of them are as they should be, and get far.
    private static int OddOf(Random random) => random.Next(2) == 0 ? 0 : 25;

    private Random RandomOf(int number) => new(unchecked((_seed * 1_000_003) ^ (number * 7_919)));

    private string PathOf(Random random, string template)
    {
        string path = template;
        while (path.IndexOf('{', StringComparison.Ordinal) is >= 0 and int from)
        {
            int to = path.IndexOf('}', from);
            string name = path[(from + 1)..to];
            string value = random.Next(10) switch
            {
                < 6 when name == "id" => Pick(random, _jobs),
                < 6 when name == "kind" => Pick(random, _kinds).Name,
                < 8 => Uri.EscapeDataString(Well(Pick(random, s_words))),
                8 => Pick(random, ["%2e%2e", "%2f", "%00", "%ff%fe", "%", "%zz", "a%0d%0ab", "..%5c", "~", "a;b", "a:b@c"]),
                _ => new string('y', random.Next(1, 3_000)),
            };
            path = path[..from] + (value.Length == 0 ? "z" : value) + path[(to + 1)..];
        }

        return path;
    }

    private static string OtherPath(Random random, string path) =>
        random.Next(4) switch
        {
            0 => path + Pick(random, ["/", "//", "/x", "/..", ".json", "%20", "?", "#"]),
            1 => Pick(
                random,
                ["/", "/api", "/API/JOBS", "/healthz", "/readyz", "/metrics", "/openapi/v2.json", "/favicon.ico", "/orleans", "*"]
            ),
            2 => "/" + path,
            _ => "/api/" + Uri.EscapeDataString(Well(Pick(random, s_words))),
        };

    private string QueryOf(Random random, JsonElement operation)
    {
        List<string> query = [];
        if (operation.TryGetProperty("parameters", out JsonElement parameters))
        {
            foreach (JsonElement parameter in parameters.EnumerateArray())
            {
                if (parameter.GetProperty("in").GetString() != "query" || random.Next(3) > 0)
                    continue;
                string value = random.Next(2) == 0 ? Pick(random, s_numbers) : Well(Pick(random, s_words));

                // Who follows has no end.
                query.Add($"{parameter.GetProperty("name").GetString()}={Uri.EscapeDataString(value)}");
            }
        }

        if (random.Next(20) == 0)
            query.Add(
                Pick(random, ["&&", "=", "a=b=c", "%", "repeated=true", "dryRun=true", "include=lease&include=lease", "limit=1&limit=2"])
            );
        return query.Count == 0 ? "" : "?" + string.Join('&', query);
    }

    private static List<(string, string)> HeadersOf(Random random, bool hasBody)
    {
        List<(string, string)> headers = [];
        if (hasBody)
            headers.Add(("Content-Type", random.Next(8) > 0 ? s_types[0] : Pick(random, s_types)));
        string[] names =
        [
            .. (string[])
                [
                    "Accept",
                    "Accept-Encoding",
                    "Range",
                    "If-None-Match",
                    "If-Match",
                    "Last-Event-ID",
                    "Traceparent",
                    "Tracestate",
                    "Baggage",
                ],
            .. (string[])
                ["X-Forwarded-For", "X-Forwarded-Host", "X-HTTP-Method-Override", "Origin", "Cookie", "Forwarded", "Content-Encoding"],
        ];
        while (random.Next(4) == 0)
        {
            string value = new([
                .. Pick(random, (string[])[.. s_words, .. s_numbers, "bytes=0-", "bytes=5-2", "bytes=-1", "gzip", "*"])
                    .Where(c => c is >= ' ' and <= '~'),
            ]);
            headers.Add((Pick(random, names), value));
        }

        return headers;
    }

    private byte[] BodyOf(Random random, string template, JsonElement described)
    {
        StringBuilder json = new();
        if (template == "/api/jobs" && random.Next(10) > 0)
            Submission(random, json);
        else if (
            described.ValueKind == JsonValueKind.Object
            && described.GetProperty("content").EnumerateObject().FirstOrDefault() is { Value.ValueKind: JsonValueKind.Object } content
            && random.Next(10) > 0
        )
            Write(random, content.Value.GetProperty("schema"), _document, json, depth: 0, OddOf(random));
        else
            Any(random, json, depth: 0);
        byte[] body = Encoding.UTF8.GetBytes(json.ToString());
        return random.Next(12) switch
        {
            0 => body[..random.Next(body.Length + 1)],
            1 when body.Length > 0 => [.. body[..(body.Length / 2)], (byte)random.Next(256), .. body[(body.Length / 2)..]],
            _ => body,
        };
    }

    private void Submission(Random random, StringBuilder json)
    {
        (string kind, JsonElement schema) = Pick(random, _kinds);
        int odd = OddOf(random);
        json.Append("{\"kind\":");
        Text(json, IsOdd(random, odd) ? Pick(random, s_words) : kind);
        if (random.Next(10) > 0)
        {
            json.Append(",\"input\":");
            Write(random, schema, schema, json, depth: 0, odd);
        }

        if (random.Next(4) == 0)
        {
            json.Append(",\"id\":");
            Text(json, IsOdd(random, odd) ? Pick(random, s_words) : Pick(random, _jobs));
        }

        if (random.Next(4) == 0)
        {
            json.Append(",\"options\":");
            Write(
                random,
                _document.GetProperty("components").GetProperty("schemas").GetProperty("JobOptions"),
                _document,
                json,
                depth: 0,
                odd
            );
        }

        if (IsOdd(random, odd))
        {
            json.Append(",\"x\":");
            Any(random, json, depth: 0);
        }

        json.Append('}');
    }

    private static bool IsOdd(Random random, int odd) => odd > 0 && random.Next(odd) == 0;

    /// <summary>Writes what a schema describes, or now and then something else.</summary>
    /// <remarks><c>odd</c> is in how many values one is something else, 0 for none.</remarks>
    private static void Write(Random random, JsonElement schema, JsonElement root, StringBuilder json, int depth, int odd)
    {
        if (IsOdd(random, odd) || depth > 12 || schema.ValueKind != JsonValueKind.Object)
            Any(random, json, depth);
        else if (schema.TryGetProperty("$ref", out JsonElement reference))
            Write(random, Resolve(root, reference.GetString()!), root, json, depth + 1, odd);
        else if (schema.TryGetProperty("enum", out JsonElement words) && words.GetArrayLength() > 0)
            json.Append(words[random.Next(words.GetArrayLength())].GetRawText());
        else if (schema.TryGetProperty("anyOf", out JsonElement forms) || schema.TryGetProperty("oneOf", out forms))
            Write(random, forms[random.Next(forms.GetArrayLength())], root, json, depth + 1, odd);
        else if (schema.TryGetProperty("properties", out JsonElement members))
            Members(random, members, root, json, depth, odd);
        else
            Plain(random, schema, root, json, depth, odd);
    }

    private static void Members(Random random, JsonElement members, JsonElement root, StringBuilder json, int depth, int odd)
    {
        json.Append('{');
        bool isFirst = true;
        foreach (JsonProperty member in members.EnumerateObject())
        {
            if (random.Next(5) < 2)
                continue;
            if (!isFirst)
                json.Append(',');
            isFirst = false;
            Text(json, IsOdd(random, 3 * odd) ? member.Name + "x" : member.Name);
            json.Append(':');
            Write(random, member.Value, root, json, depth + 1, odd);
        }

        json.Append('}');
    }

    private static void Plain(Random random, JsonElement schema, JsonElement root, StringBuilder json, int depth, int odd)
    {
        string type =
            !schema.TryGetProperty("type", out JsonElement named) ? ""
            : named.ValueKind == JsonValueKind.Array ? named[random.Next(named.GetArrayLength())].GetString()!
            : named.GetString()!;
        switch (type)
        {
            case "integer" or "number":
                // Small mostly: what is asked for is done.
                json.Append(IsOdd(random, odd / 4) ? Pick(random, s_numbers) : random.Next(12).ToString(CultureInfo.InvariantCulture));
                break;
            case "string":
                Text(
                    json,
                    schema.TryGetProperty("pattern", out _) && !IsOdd(random, odd) ? Pick(random, s_durations) : Pick(random, s_words)
                );
                break;
            case "boolean":
                json.Append(random.Next(2) == 0 ? "true" : "false");
                break;
            case "array":
                json.Append('[');
                for (int i = random.Next(4); i > 0; i--)
                {
                    if (schema.TryGetProperty("items", out JsonElement items))
                        Write(random, items, root, json, depth + 1, odd);
                    else
                        Any(random, json, depth + 1);
                    json.Append(i > 1 ? "," : "");
                }

                json.Append(']');
                break;
            case "null":
                json.Append("null");
                break;
            default:
                Any(random, json, depth);
                break;
        }
    }

    private static void Any(Random random, StringBuilder json, int depth)
    {
        switch (random.Next(depth > 6 ? 5 : 9))
        {
            case 0:
                json.Append("null");
                break;
            case 1:
                json.Append(random.Next(2) == 0 ? "true" : "false");
                break;
            case 2:
                json.Append(Pick(random, s_numbers));
                break;
            case 3 or 4:
                Text(json, Pick(random, s_words));
                break;
            case 5:
                json.Append('[');
                Any(random, json, depth + 1);
                json.Append(random.Next(2) == 0 ? "]" : ",1]");
                break;
            case 6:
                json.Append(new string('[', random.Next(1, 300)));
                break;
            default:
                json.Append('{');
                Text(json, Pick(random, s_words));
                json.Append(':');
                Any(random, json, depth + 1);
                json.Append('}');
                break;
        }
    }

    private static JsonElement Resolve(JsonElement root, string reference)
    {
        JsonElement at = root;
        foreach (string step in reference.TrimStart('#', '/').Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (at.ValueKind != JsonValueKind.Object || !at.TryGetProperty(step, out at))
                return default;
        }

        return at;
    }

    // By hand: a writer of JSON would not write half a surrogate pair.
    private static void Text(StringBuilder json, string text)
    {
        json.Append('"');
        foreach (char c in text)
        {
            if (c is '"' or '\\' || char.IsControl(c) || char.IsSurrogate(c))
                json.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            else
                json.Append(c);
        }

        json.Append('"');
    }

    // No address has half a surrogate pair.
    private static string Well(string text) => text.Replace("\ud800", "?", StringComparison.Ordinal);

    private static T Pick<T>(Random random, IReadOnlyList<T> among) => among[random.Next(among.Count)];
}
