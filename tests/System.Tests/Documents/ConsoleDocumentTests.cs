using System.Net.Http.Headers;
using System.Runtime.Versioning;
using System.Text.Json.Nodes;
using OrleansWork.SystemTests.Processes;

namespace OrleansWork.SystemTests.Documents;

/// <summary>What every command prints with <c>--json</c>, by HTTP and by the Orleans client, is what the silo's OpenAPI document says.</summary>
[SupportedOSPlatform("linux")]
public sealed class ConsoleDocumentTests(ITestOutputHelper output)
{
    private const string OfCluster = """
        {
          "type": "object",
          "required": ["clusterId", "serviceId", "redis", "processes", "url", "key", "secret"],
          "additionalProperties": false,
          "properties": {
            "clusterId": { "type": "string", "minLength": 1 },
            "serviceId": { "type": "string", "minLength": 1 },
            "redis": { "type": "string", "pattern": "^127\\.0\\.0\\.1:[0-9]+$" },
            "url": { "type": "string", "pattern": "^http://127\\.0\\.0\\.1:[0-9]+/?$" },
            "key": { "type": "null" },
            "secret": { "type": "null" },
            "processes": {
              "type": "array",
              "minItems": 3,
              "items": {
                "type": "object",
                "required": ["role", "pid", "silo", "gateway", "http", "log"],
                "properties": {
                  "role": { "enum": ["supervisor", "store", "silo"] },
                  "pid": { "type": "integer", "minimum": 1 },
                  "silo": { "type": ["string", "null"] },
                  "gateway": { "type": ["string", "null"] },
                  "http": { "type": ["string", "null"] },
                  "log": { "type": ["string", "null"] }
                }
              }
            }
          }
        }
        """;

    private const string OfContexts = """
        {
          "type": "object",
          "required": ["items", "nextCursor", "total"],
          "additionalProperties": false,
          "properties": {
            "items": { "type": "array", "maxItems": 0 },
            "nextCursor": { "type": "null" },
            "total": { "const": 0 }
          }
        }
        """;

    private const string OfSum = """{ "type": "integer" }""";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [SlowFact]
    public async Task Commands_EveryOneWithJson_PrintWhatTheSchemasSay_ByBothRoads()
    {
        await using LocalCluster cluster = await LocalCluster.UpAsync(
            1,
            "--slots",
            "2",
            "--label",
            "1:zone=a",
            "--jobs",
            typeof(Talking).Assembly.Location,
            "--json"
        );
        ClusterFile file = cluster.Description();
        OpenApiSchemas schemas = await ReadSchemasAsync(file);
        (string Name, Road Road)[] roads =
        [
            ("http", new Road(schemas, ["--url", file.Silos[0].Http!], ("ORLEANSWORK_KEY", file.Key))),
            (
                "gateway",
                new Road(
                    schemas,
                    ["--gateway", file.Silos[0].Gateway!, "--cluster-id", file.ClusterId, "--service-id", file.ServiceId],
                    ("ORLEANSWORK_SECRET", file.Secret)
                )
            ),
        ];
        foreach ((_, Road road) in roads)
        {
            road.Check("up", cluster.Console.Output, JsonNode.Parse(OfCluster)!);
            await road.RunAsync(JsonNode.Parse(OfCluster)!, "scale", "1", "--data", cluster.Directory);
            await road.RunAsync(JsonNode.Parse(OfContexts)!, "context");
        }

        await Task.WhenAll(roads.Select(road => WalkAsync(road.Road, schemas, road.Name, file.Silos[0].Silo!)));

        string[] withJson = await CommandsWithJsonAsync();
        Assert.True(withJson.Length > 15, string.Join(", ", withJson));
        foreach ((string name, Road road) in roads)
        {
            output.WriteLine($"{name}: {road.Documents} documents of {road.Commands.Count} commands");
            Assert.True(road.Wrong.Count == 0, $"By {name}:{Environment.NewLine}{string.Join(Environment.NewLine, road.Wrong)}");
            Assert.Equal(withJson, road.Commands.Order(StringComparer.Ordinal));
        }
    }

    [LinuxFact]
    public void Schemas_DocumentThatIsNotAsTheySay_IsFound()
    {
        OpenApiSchemas schemas = new(
            """
            {
              "paths": { "/a": { "get": { "operationId": "a", "responses": { "200": { "content": { "application/json": { "schema": { "$ref": "#/components/schemas/A" } } } } } } } },
              "components": { "schemas": {
                "A": { "type": "object", "required": ["b"], "properties": { "b": { "$ref": "#/components/schemas/B" } } },
                "B": { "type": "object", "required": ["n"], "properties": { "n": { "type": "integer" } } } } }
            }
            """
        );
        JsonNode schema = schemas.OfAnswer("a");
        Assert.Empty(schemas.Breaches("""{"b": {"n": 1}}""", schema));
        foreach (string wrong in (string[])["""{"b": {"n": "1"}}""", """{"b": {}}""", """{"b": {"n": 1, "m": 2}}""", "{}", "{", "1\n2"])
            Assert.NotEmpty(schemas.Breaches(wrong, schema));
    }

    /// <summary>Runs every command that asks a cluster.</summary>
    private static async Task WalkAsync(Road road, OpenApiSchemas schemas, string name, string silo)
    {
        JsonNode details = schemas.OfAnswer("getJob");
        JsonNode status = schemas.OfAnswer("getJobStatus");
        string sum = $"{name}-sum";
        string failed = $"{name}-failed";
        string long_ = $"{name}-long";

        await road.RunAsync(details, "run", "talking", "--id", sum);
        await road.RunAsync(details, "run", "number-lines", "--below", "3", "--id", $"{name}-lines");
        await road.RunAsync(details, "run", "talking", "--failing-unit", "2", "--on-unit-failure", "skip", "--id", $"{name}-skipped");
        await road.RunAsync(details, exitCode: 1, "run", "talking", "--failing-unit", "2", "--id", failed);
        await road.RunAsync(
            details,
            "run",
            "talking",
            "--units",
            "1000000",
            "--milliseconds",
            "20",
            "--id",
            long_,
            "--detach",
            "--require",
            "zone=a",
            "--chunk",
            "3",
            "--deadline",
            "2h",
            "--unit-timeout",
            "1m"
        );
        await road.RunAsync(JsonNode.Parse(OfSum)!, "result", sum);
        foreach (string id in (string[])[sum, failed, $"{name}-skipped", long_])
            await road.RunAsync(details, "show", id);
        await road.RunAsync(Comparison(schemas), "compare", sum, $"{name}-skipped");
        await road.RunAsync(Comparison(schemas), "compare", failed, long_);
        await road.RunAsync(schemas.OfAnswer("explainJob"), "explain", failed);
        await road.RunAsync(schemas.OfAnswer("explainJob"), "explain", long_);
        await road.RunAsync(schemas.OfAnswer("explainJob"), "explain", failed, "--unit", "2");
        await road.RunAsync(schemas.OfAnswer("explainJob"), "explain", sum, "--lease", "1");
        await road.RunAsync(schemas.OfAnswer("getJobLog"), "logs", sum);
        await road.RunLinesAsync(schemas.OfType(nameof(UnitLogLine)), atLeast: 4, exitCode: 0, "logs", sum, "--follow");
        await road.RunLinesAsync(Sample(schemas), atLeast: 2, exitCode: 0, "top", "--count", "2", "--interval", "100ms");
        await road.RunAsync(schemas.OfAnswer("listJobs"), "jobs");
        await road.RunAsync(schemas.OfAnswer("listSilos"), "silos");
        await road.RunAsync(schemas.OfAnswer("listKinds"), "kinds");
        await road.RunAsync(schemas.OfAnswer("getKind"), "kinds", "talking");
        await road.RunAsync(schemas.OfAnswer("changeJobOptions"), "set", long_, "--priority", "2");
        await road.RunAsync(schemas.OfAnswer("pauseJob"), "pause", long_);
        await road.RunAsync(schemas.OfAnswer("resumeJob"), "resume", long_);
        await road.RunAsync(schemas.OfAnswer("cancelJob"), "cancel", long_, "--reason", "enough");
        await road.RunLinesAsync(status, atLeast: 1, exitCode: 1, "watch", long_);
        await road.RunAsync(schemas.OfAnswer("retryJob"), "retry", failed);
        await road.RunLinesAsync(status, atLeast: 1, exitCode: 1, "watch", failed);

        // The silo takes leases again whichever road comes last.
        await road.RunAsync(schemas.OfAnswer("drainSilo"), "drain", silo);
        await road.RunAsync(schemas.OfAnswer("undrainSilo"), "undrain", silo);
        // The only silo there is is never quarantined.
        await road.RunRefusedAsync(exitCode: 5, "probe", silo);
    }

    /// <summary>The document of <c>top</c>, which no route answers: silos and jobs are as routes list them.</summary>
    private static JsonObject Sample(OpenApiSchemas schemas)
    {
        JsonObject members = schemas.MembersOf(nameof(JobSummary));
        JsonNode[] names = [.. members.Select(member => (JsonNode)member.Key), "unitsPerSecond"];
        members["unitsPerSecond"] = new JsonObject { ["type"] = new JsonArray("number", "null") };
        return new JsonObject
        {
            ["type"] = "object",
            ["required"] = new JsonArray("at", "silos", "jobs"),
            ["additionalProperties"] = false,
            ["properties"] = new JsonObject
            {
                ["at"] = new JsonObject { ["type"] = "string", ["pattern"] = "^20[0-9T:.+-]+$" },
                ["silos"] = new JsonObject
                {
                    ["type"] = "array",
                    ["minItems"] = 1,
                    ["items"] = schemas.OfType(nameof(SiloStatus)),
                },
                ["jobs"] = new JsonObject
                {
                    ["type"] = "array",
                    ["minItems"] = 1,
                    ["items"] = new JsonObject
                    {
                        ["type"] = "object",
                        ["required"] = new JsonArray(names),
                        ["additionalProperties"] = false,
                        ["properties"] = members,
                    },
                },
            },
        };
    }

    /// <summary>The document of <c>compare</c>, which no route answers: both jobs are as a route shows them.</summary>
    private static JsonObject Comparison(OpenApiSchemas schemas)
    {
        JsonObject comparison = JsonNode
            .Parse(
                """
                {
                  "type": "object",
                  "required": ["a", "b", "sameInput", "sameResult", "measures"],
                  "additionalProperties": false,
                  "properties": {
                    "sameInput": { "type": ["boolean", "null"] },
                    "sameResult": { "type": ["boolean", "null"] },
                    "measures": {
                      "type": "array",
                      "minItems": 5,
                      "items": {
                        "type": "object",
                        "required": ["name", "a", "b", "better"],
                        "additionalProperties": false,
                        "properties": {
                          "name": { "type": "string", "minLength": 1 },
                          "a": { "type": ["number", "null"] },
                          "b": { "type": ["number", "null"] },
                          "better": { "enum": ["a", "b", null] }
                        }
                      }
                    }
                  }
                }
                """
            )!
            .AsObject();
        foreach (string job in (string[])["a", "b"])
            comparison["properties"]![job] = schemas.OfType(nameof(JobDetails));
        return comparison;
    }

    private static async Task<OpenApiSchemas> ReadSchemasAsync(ClusterFile file)
    {
        using HttpClient http = new() { BaseAddress = new Uri(file.Silos[0].Http!) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", file.Key);
        return new OpenApiSchemas(await http.GetStringAsync(new Uri("/openapi/v1.json", UriKind.Relative), Token));
    }

    /// <summary>Reads from what the parser says of itself which commands have <c>--json</c>.</summary>
    private static async Task<string[]> CommandsWithJsonAsync()
    {
        await using RunningProgram console = RunningProgram.Start(Programs.Console, ["reference"]);
        Assert.Equal(0, await console.ExitCodeAsync());
        return
        [
            .. console
                .Output.Split("\n## ")
                .Skip(1)
                .Where(section => section.Contains("\n| `--json` |", StringComparison.Ordinal))
                .Select(section => section.Split('\n')[0])
                .Order(StringComparer.Ordinal),
        ];
    }

    /// <summary>One way into the cluster, and what was wrong on it.</summary>
    private sealed class Road(OpenApiSchemas schemas, string[] connection, (string Name, string Value) secret)
    {
        /// <summary>Gets the commands whose documents were checked.</summary>
        public HashSet<string> Commands { get; } = new(StringComparer.Ordinal);

        /// <summary>Gets what was wrong.</summary>
        public List<string> Wrong { get; } = [];

        /// <summary>Gets how many documents were checked.</summary>
        public int Documents { get; private set; }

        /// <summary>Runs a command that prints one document.</summary>
        public Task RunAsync(JsonNode schema, params string[] command) => RunAsync(schema, exitCode: 0, command);

        /// <summary>Runs a command that prints one document and ends with a code.</summary>
        public async Task RunAsync(JsonNode schema, int exitCode, params string[] command) =>
            Check(string.Join(' ', command), await PrintedAsync(exitCode, command), schema);

        /// <summary>Runs a command that prints a document a line.</summary>
        public async Task RunLinesAsync(JsonNode schema, int atLeast, int exitCode, params string[] command)
        {
            string[] lines = (await PrintedAsync(exitCode, command)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            if (lines.Length < atLeast)
                Wrong.Add($"{string.Join(' ', command)} printed {lines.Length} lines");
            foreach (string line in lines)
                Check(string.Join(' ', command), line, schema);
        }

        /// <summary>Runs a command that is refused, and so prints no document.</summary>
        public async Task RunRefusedAsync(int exitCode, params string[] command)
        {
            Commands.Add(command[0]);
            if (await PrintedAsync(exitCode, command) is { Length: > 0 } printed)
                Wrong.Add($"{string.Join(' ', command)} printed {printed}");
        }

        /// <summary>Checks what a command has printed.</summary>
        public void Check(string command, string document, JsonNode schema)
        {
            Commands.Add(command.Split(' ')[0]);
            Documents++;
            Wrong.AddRange(
                schemas.Breaches(document, schema).Select(breach => $"{command}: {breach} in {document[..Math.Min(document.Length, 600)]}")
            );
        }

        private async Task<string> PrintedAsync(int exitCode, string[] command)
        {
            string[] way = command.Contains("--data") || command[0] == "context" ? [] : connection;
            await using RunningProgram console = RunningProgram.Start(
                Programs.Console,
                [.. command, "--json", .. way],
                secret,
                // Both roads at once are much for two cores.
                ("ORLEANSWORK_CONNECT_TIMEOUT", "1m"),
                ("XDG_CONFIG_HOME", Path.Combine(Path.GetTempPath(), "ow-no-contexts"))
            );
            int code = await console.ExitCodeAsync();
            if (code != exitCode)
                Wrong.Add($"{string.Join(' ', command)} ended with {code}: {console.Error}");
            return console.Output;
        }
    }
}
