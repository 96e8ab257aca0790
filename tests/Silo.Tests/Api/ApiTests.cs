using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using OrleansWork.Silo.Security;
using OrleansWork.Silo.Watching;
using OrleansWork.SystemTests.Documents;

namespace OrleansWork.Silo.Tests.Api;

/// <summary>What scripts and browsers see of the HTTP API beside what a client does.</summary>
[Collection(nameof(ApiCollection))]
public sealed class ApiTests(ApiHost host) : IDisposable
{
    private const string Talk = """{"kind": "talk", "input": {}}""";

    private readonly HttpClient _http = host.Http();

    public static TheoryData<string> Bombs =>
        [
            new string('[', 100_000),
            $"{string.Concat(Enumerable.Repeat("{\"a\":", 100_000))}1",
            $$"""{"kind": "talk", "input": {{new string('[', 70)}}{{new string(']', 70)}} }""",
            $$"""{"kind": "talk", "input": {"units": 1{{new string('0', 100_000)}} } }""",
            """{"kind": "talk", "kind": "sum"}""",
            """{"kind": "talk", "input": {"units": 1, "units": 2} }""",
            """{"kind": "ta\u0000lk"}""",
            """{"kind": "talk\ud800"}""",
            """{"kind": "talk", "id": "\udc00"}""",
            """{"ki\ud800nd": "talk"}""",
            """{"kind": "talk", "options": {"priority": 1e400}}""",
            """{"kind": "talk", "options": {"prio": 1}}""",
            """{"kind": "talk", "options": []}""",
            """{"kind": "talk", "options": {"require": null}}""",
            """{"kind": "talk", "options": {"require": [null]}}""",
            """{"kind": {}, "input": {}}""",
            """{"kind": "talk", "inptu": {}}""",
            """[]""",
            "null",
            "",
            "\0",
            "\uFEFF",
        ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _http.Dispose();

    [Fact]
    public async Task Submit_AnswersWhereTheJobIsAndTheSameAgain200AndAnother409()
    {
        string id = $"a-{Guid.NewGuid():N}";
        string body = $$"""{"id": "{{id}}", "kind": "talk", "input": {"units": 2}, "options": {"chunkTime": "20ms"} }""";
        using HttpResponseMessage first = await PostAsync("/api/jobs", body);
        Assert.Equal(HttpStatusCode.Accepted, first.StatusCode);
        Assert.Equal($"/api/jobs/{id}", first.Headers.Location!.ToString());
        JsonElement job = await first.Content.ReadFromJsonAsync<JsonElement>(Token);
        Assert.Equal(
            (id, "talk", "20ms"),
            (
                job.GetProperty("id").GetString(),
                job.GetProperty("kind").GetString(),
                job.GetProperty("options").GetProperty("chunkTime").GetString()
            )
        );

        using HttpResponseMessage again = await PostAsync("/api/jobs", body);
        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
        using HttpResponseMessage other = await PostAsync("/api/jobs", body.Replace("20ms", "30ms", StringComparison.Ordinal));
        await IsProblemAsync(other, HttpStatusCode.Conflict, "/problems/conflict");
    }

    [Fact]
    public async Task DryRun_IsADocumentAsDescribed_AndRefusesAsTheSubmissionDoes()
    {
        string description = await _http.GetStringAsync(new Uri("/openapi/v1.json", UriKind.Relative), Token);
        JsonElement schema = JsonElement
            .Parse(description)
            .GetProperty("paths")
            .GetProperty("/api/jobs")
            .GetProperty("post")
            .GetProperty("responses")
            .GetProperty("200")
            .GetProperty("content")
            .GetProperty("application/json")
            .GetProperty("schema");
        Assert.Equal(
            ["#/components/schemas/JobStatus", "#/components/schemas/JobCheck"],
            schema.GetProperty("oneOf").EnumerateArray().Select(form => form.GetProperty("$ref").GetString())
        );

        OpenApiSchemas schemas = new(description);
        foreach (string options in (string[])["{}", """{"require": ["gpu"]}""", """{"maxParallel": 1}"""])
        {
            using HttpResponseMessage answer = await PostAsync(
                "/api/jobs?dryRun=true",
                $$"""{"kind": "talk", "input": {"units": 2}, "options": {{options}} }"""
            );
            string document = await answer.Content.ReadAsStringAsync(Token);
            Assert.True(answer.StatusCode == HttpStatusCode.OK, document);
            Assert.Empty(schemas.Breaches(document, schemas.OfType(nameof(JobCheck))));
        }

        string wrong = """{"kind": "talk", "input": {"untis": 2}, "options": {} }""";
        using HttpResponseMessage dry = await PostAsync("/api/jobs?dryRun=true", wrong);
        using HttpResponseMessage real = await PostAsync("/api/jobs", wrong);
        JsonElement said = await IsProblemAsync(dry, HttpStatusCode.BadRequest, "/problems/wrong-input");
        JsonElement meant = await IsProblemAsync(real, HttpStatusCode.BadRequest, "/problems/wrong-input");
        Assert.Equal(meant.GetProperty("errors").GetRawText(), said.GetProperty("errors").GetRawText());
        using HttpResponseMessage flag = await PostAsync("/api/jobs?dryRun=maybe", Talk);
        await IsProblemAsync(flag, HttpStatusCode.BadRequest, "/problems/wrong-input");
    }

    [Fact]
    public async Task Submit_FiftyTimesAtOnce_IsOneJob()
    {
        string body = $$"""{"id": "a-{{Guid.NewGuid():N}}", "kind": "talk"}""";
        HttpResponseMessage[] answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => PostAsync("/api/jobs", body)));
        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.Accepted);
        Assert.Equal(49, answers.Count(answer => answer.StatusCode == HttpStatusCode.OK));
    }

    [Theory]
    [MemberData(nameof(Bombs))]
    public async Task Submit_BodyThatIsABomb_Is400AndShort(string body)
    {
        using HttpResponseMessage answer = await PostAsync("/api/jobs", body);
        JsonElement problem = await IsProblemAsync(answer, HttpStatusCode.BadRequest, "/problems/wrong-input");
        Assert.True(problem.TryGetProperty("errors", out _));
    }

    [Fact]
    public async Task Submit_TooLarge_Is413AndNotJson415()
    {
        using HttpRequestMessage request = new(HttpMethod.Post, "/api/jobs")
        {
            Content = new StringContent(
                $$"""{"kind": "talk", "input": {"text": "{{new string('x', 9 << 20)}}"} }""",
                Encoding.UTF8,
                "application/json"
            ),
            Headers = { ExpectContinue = true },
        };
        using HttpResponseMessage large = await _http.SendAsync(request, Token);
        await IsProblemAsync(large, HttpStatusCode.RequestEntityTooLarge, "/problems/too-large");
        using StringContent form = new("kind=talk", new MediaTypeHeaderValue("application/x-www-form-urlencoded"));
        using HttpResponseMessage notJson = await _http.PostAsync(new Uri("/api/jobs", UriKind.Relative), form, Token);
        await IsProblemAsync(notJson, HttpStatusCode.UnsupportedMediaType, "/problems/unsupported-media-type");
    }

    [Theory]
    [InlineData("/api/jobs?state=runing", "state")]
    [InlineData("/api/jobs?limit=0", "limit")]
    [InlineData("/api/jobs?limit=many", "limit")]
    [InlineData("/api/jobs?cursor=%00", "cursor")]
    [InlineData("/api/jobs?states=running", "states")]
    [InlineData("/api/jobs/x?wait=1s", "wait")]
    [InlineData("/api/jobs/x/leases?cursor=abc", "cursor")]
    [InlineData("/api/jobs/x/leases?from=2026-01-02&to=2026-01-01", "from")]
    [InlineData("/api/jobs/x/leases/bands?from=2026-01-02&to=2026-01-01", "from")]
    [InlineData("/api/jobs/x/explain?unit=1&lease=1", "lease")]
    [InlineData("/api/jobs/x/units/1/attempts?unit=1", "unit")]
    [InlineData("/api/jobs/x/logs?unit=-1", "unit")]
    [InlineData("/api/jobs/x/results?cursor=-1", "cursor")]
    [InlineData("/api/jobs/x/results?inOrder=perhaps", "inOrder")]
    [InlineData("/api/jobs/x/results?wait=long", "wait")]
    [InlineData("/api/jobs/%2e%2e%2fx", "id")]
    [InlineData("/api/jobs/a%0d%0ab", "id")]
    public async Task Query_Wrong_Is400AndNamesTheField(string path, string field)
    {
        using HttpResponseMessage answer = await GetAsync(path);
        JsonElement problem = await IsProblemAsync(answer, HttpStatusCode.BadRequest, "/problems/wrong-input");
        Assert.True(problem.GetProperty("errors").TryGetProperty(field, out _), problem.GetRawText());
    }

    [Theory]
    [InlineData("GET", "/api/nothing", HttpStatusCode.NotFound)]
    [InlineData("GET", "/openapi/v2.json", HttpStatusCode.NotFound)]
    [InlineData("GET", "/api/jobs/none", HttpStatusCode.NotFound)]
    [InlineData("GET", "/api/kinds/sums", HttpStatusCode.NotFound)]
    [InlineData("POST", "/api/silos/1.2.3.4:5@6/drain", HttpStatusCode.NotFound)]
    [InlineData("PUT", "/api/jobs", HttpStatusCode.MethodNotAllowed)]
    public async Task Refusal_IsAProblemDocument(string method, string path, HttpStatusCode expected)
    {
        using HttpRequestMessage request = new(new HttpMethod(method), path);
        using HttpResponseMessage answer = await _http.SendAsync(request, Token);
        await IsProblemAsync(answer, expected, type: null);
    }

    [Fact]
    public async Task Result_BeforeTheEndAndOfAFailedJob_Is409()
    {
        string id = await SubmitAsync("""{"kind": "wait", "input": {"units": 1000, "microseconds": 100000}}""");
        await IsProblemAsync(await GetAsync($"/api/jobs/{id}/result"), HttpStatusCode.Conflict, "/problems/not-finished");
        using HttpResponseMessage canceled = await PostAsync($"/api/jobs/{id}/cancel", """{"reason": "enough"}""");
        Assert.Equal(HttpStatusCode.Accepted, canceled.StatusCode);
        await EndedAsync(id);
        JsonElement problem = await IsProblemAsync(
            await GetAsync($"/api/jobs/{id}/result"),
            HttpStatusCode.Conflict,
            "/problems/no-result"
        );
        Assert.Contains("enough", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        using HttpResponseMessage again = await PostAsync($"/api/jobs/{id}/cancel", "{}");
        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
    }

    [Fact]
    public async Task Options_Patched_AreAnsweredWithTheJob_AndNullIsTheDefault()
    {
        string id = await SubmitAsync(
            """{"kind": "wait", "input": {"units": 1000, "microseconds": 100000}, "options": {"chunkUnits": 2, "maxParallel": 3} }"""
        );
        using HttpResponseMessage changed = await PatchAsync(id, """{"placement": "random", "chunkUnits": null, "chunkTime": "250ms"}""");
        Assert.Equal(HttpStatusCode.OK, changed.StatusCode);
        JsonElement job = await changed.Content.ReadFromJsonAsync<JsonElement>(Token);
        Assert.Equal(id, job.GetProperty("id").GetString());
        JsonElement options = job.GetProperty("options");
        Assert.Equal(
            ("random", "250ms", JsonValueKind.Null, 3),
            (
                options.GetProperty("placement").GetString(),
                options.GetProperty("chunkTime").GetString(),
                options.GetProperty("chunkUnits").ValueKind,
                options.GetProperty("maxParallel").GetInt32()
            )
        );
        foreach (string nothing in (string[])["{}", """{"placement": "random"}"""])
        {
            using HttpResponseMessage same = await PatchAsync(id, nothing);
            Assert.Equal(HttpStatusCode.OK, same.StatusCode);
            Assert.True(JsonElement.DeepEquals(options, (await same.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("options")));
        }

        using HttpResponseMessage json = await PatchAsync(id, """{"maxParallel": null}""", "application/json");
        Assert.Equal(
            JsonValueKind.Null,
            (await json.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("options").GetProperty("maxParallel").ValueKind
        );

        (await PostAsync($"/api/jobs/{id}/cancel", "{}")).Dispose();
        await EndedAsync(id);
        JsonElement ended = await IsProblemAsync(await PatchAsync(id, """{"priority": 1}"""), HttpStatusCode.Conflict, "/problems/refused");
        Assert.Contains(
            "has been canceled; only the options of an open job",
            ended.GetProperty("detail").GetString(),
            StringComparison.Ordinal
        );
        await IsProblemAsync(await PatchAsync("none", """{"priority": 1}"""), HttpStatusCode.NotFound, "/problems/not-found");
    }

    [Theory]
    [InlineData("""{"priority": 10}""", "priority")]
    [InlineData("""{"placement": "rondom"}""", "placement")]
    [InlineData("""{"chunkTime": "2h"}""", "chunkTime")]
    [InlineData("""{"maxAttempts": 3}""", "maxAttempts")]
    [InlineData("""{"deadline": null}""", "deadline")]
    [InlineData("""{"prio": 3}""", "prio")]
    [InlineData("""{"maxParallel": "all"}""", "maxParallel")]
    [InlineData("""{"chunkUnits": 1e400}""", "chunkUnits")]
    [InlineData("""{"priority": 1, "priority": 2}""", "")]
    [InlineData("""{"\ud800": 2}""", "")]
    [InlineData("[]", "")]
    [InlineData("", "")]
    public async Task Options_WrongPatch_Is400AndNamesTheField(string patch, string field)
    {
        JsonElement problem = await IsProblemAsync(await PatchAsync("none", patch), HttpStatusCode.BadRequest, "/problems/wrong-input");
        Assert.True(problem.GetProperty("errors").TryGetProperty(field, out _), problem.GetRawText());
    }

    [Fact]
    public async Task Options_SeveralWrong_AreAllNamed_AndNotJsonIs415()
    {
        JsonElement problem = await IsProblemAsync(
            await PatchAsync("none", """{"priority": 10, "chunkUnits": 0, "partial": true}"""),
            HttpStatusCode.BadRequest,
            "/problems/wrong-input"
        );
        Assert.Equal(
            ["chunkUnits", "partial", "priority"],
            problem.GetProperty("errors").EnumerateObject().Select(error => error.Name).Order()
        );
        await IsProblemAsync(
            await PatchAsync("none", "priority=1", "application/x-www-form-urlencoded"),
            HttpStatusCode.UnsupportedMediaType,
            "/problems/unsupported-media-type"
        );
    }

    [Fact]
    public async Task Result_OfBytes_IsServedFromTheByteAskedFor()
    {
        string id = await SubmitAsync("""{"kind": "blob", "input": {"bytes": 2500000}}""");
        await EndedAsync(id);
        byte[] whole = Blob.Of(2_500_000);
        using HttpResponseMessage all = await GetAsync($"/api/jobs/{id}/result");
        Assert.Equal(("image/png", 2_500_000), (all.Content.Headers.ContentType!.MediaType, all.Content.Headers.ContentLength));
        Assert.Equal(whole, await all.Content.ReadAsByteArrayAsync(Token));
        using HttpRequestMessage request = new(HttpMethod.Get, $"/api/jobs/{id}/result") { Headers = { Range = new(2_000_001, null) } };
        using HttpResponseMessage rest = await _http.SendAsync(request, Token);
        Assert.Equal(HttpStatusCode.PartialContent, rest.StatusCode);
        Assert.Equal("bytes 2000001-2499999/2500000", rest.Content.Headers.ContentRange!.ToString());
        Assert.Equal(whole[2_000_001..], await rest.Content.ReadAsByteArrayAsync(Token));
        // It is the kind's author who says what it is: a browser runs nothing of it.
        Assert.Contains("sandbox", Assert.Single(all.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
        Assert.Equal("nosniff", Assert.Single(all.Headers.GetValues("X-Content-Type-Options")));
    }

    [Fact]
    public async Task Events_WithLeases_BringWhatRunsAndWhatHasEnded()
    {
        string id = await SubmitAsync(
            """{"kind": "synthetic", "input": {"units": 400, "microseconds": 10000, "mode": "sleep"}, "options": {"chunkUnits": 5}}"""
        );
        List<SseItem<string>> events = await EventsAsync($"/api/jobs/{id}/events?include=lease", lastEventId: null);
        JsonElement[] batches = [.. events.Where(item => item.EventType is "lease" or "leases-missed").Select(Of)];
        Assert.NotEmpty(batches);
        HashSet<string> outcomes = [];
        foreach (JsonElement batch in batches)
        {
            JsonElement columns = batch.GetProperty("columns");
            int count = columns.GetProperty("number").GetArrayLength();
            Assert.All(columns.EnumerateObject(), column => Assert.Equal(count, column.Value.GetArrayLength()));
            bool[] isOwn = [.. columns.GetProperty("own").EnumerateArray().Select(own => own.GetInt32() == 1)];
            Assert.All(
                columns.GetProperty("unitCount").EnumerateArray().Where((_, i) => isOwn[i]),
                units => Assert.InRange(units.GetInt64(), 1, 5)
            );
            outcomes.UnionWith(
                columns.GetProperty("outcome").EnumerateArray().Where((_, i) => isOwn[i]).Select(outcome => outcome.GetString()!)
            );
        }

        Assert.Contains("running", outcomes);
        Assert.Contains("committed", outcomes);
        JsonElement problem = await IsProblemAsync(
            await GetAsync($"/api/jobs/{id}/events?include=leases"),
            HttpStatusCode.BadRequest,
            "/problems/wrong-input"
        );
        Assert.Equal("include can be 'lease' and nothing else.", problem.GetProperty("errors").GetProperty("include")[0].GetString());
    }

    [Fact]
    public async Task Events_WithLeasesResumed_SayThatSomeWereMissed()
    {
        string id = await SubmitAsync("""{"kind": "wait", "input": {"units": 100000, "microseconds": 20000}}""");
        string path = $"/api/jobs/{id}/events?include=lease";
        (string? last, string first) = await FirstLeasesAsync(lastEventId: null);
        (_, string again) = await FirstLeasesAsync(last);
        Assert.Equal(("lease", "leases-missed"), (first, again));
        (await _http.PostAsync(new Uri($"/api/jobs/{id}/cancel", UriKind.Relative), content: null, Token)).Dispose();

        async Task<(string? Status, string Leases)> FirstLeasesAsync(string? lastEventId)
        {
            string? status = lastEventId;
            await foreach (SseItem<string> item in FollowAsync(path, lastEventId))
            {
                if (item.EventType.StartsWith("lease", StringComparison.Ordinal))
                    return (status, item.EventType);
                status = item.EventId ?? status;
            }

            throw new InvalidOperationException("The stream has ended.");
        }
    }

    [Fact]
    public async Task Events_OfAJob_AreItsStatusesAndItsFailedUnitsAndAreResumed()
    {
        string id = await SubmitAsync(
            """{"kind": "synthetic", "input": {"units": 60, "microseconds": 20000, "mode": "sleep", "failUnits": [40], "failTimes": 1}}"""
        );
        List<SseItem<string>> events = await EventsAsync($"/api/jobs/{id}/events", lastEventId: null);
        Assert.Contains(events, item => item.EventType == "unit-failed" && Of(item).GetProperty("unit").GetInt64() == 40);
        SseItem<string>[] statuses = [.. events.Where(item => item.EventType == "status")];
        Assert.Equal("succeeded", Of(statuses[^1]).GetProperty("state").GetString());
        Assert.Equal(statuses.Length, statuses.Select(item => item.EventId).Distinct().Count());

        List<SseItem<string>> resumed = await EventsAsync($"/api/jobs/{id}/events", statuses[0].EventId);
        Assert.Equal("succeeded", Of(Assert.Single(resumed)).GetProperty("state").GetString());
        Assert.Equal(0, host.Services.GetRequiredService<JobWatch>().Followed);
    }

    [Fact]
    public async Task Events_OfManyViewers_AreOneQuestionToTheCoordinator()
    {
        string id = await SubmitAsync("""{"kind": "wait", "input": {"units": 100, "microseconds": 50000}}""");
        Task<List<SseItem<string>>>[] viewers = [.. Enumerable.Range(0, 50).Select(_ => EventsAsync($"/api/jobs/{id}/events", null))];
        JobWatch watch = host.Services.GetRequiredService<JobWatch>();
        int most = 0;
        while (!viewers.All(viewer => viewer.IsCompleted))
        {
            most = Math.Max(most, watch.Followed);
            await Task.Delay(5, Token);
        }

        Assert.Equal(1, most);
        Assert.All(await Task.WhenAll(viewers), events => Assert.Equal("succeeded", Of(events[^1]).GetProperty("state").GetString()));
    }

    [Fact]
    public async Task Stop_WhileSomebodyWatches_EndsTheirStreamsAndIsNotHeldBack()
    {
        (string key, AccessKey known) = AccessKey.Create("viewer", AccessRole.Viewer);
        await using WebApplication app = await ApiHost.StartAsync(host.Cluster.Silos.Client, [known]);
        string id = await SubmitAsync("""{"kind": "wait", "input": {"units": 100000, "microseconds": 100000}}""");
        using HttpClient http = new() { BaseAddress = ApiHost.AddressOf(app) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        List<Task<string>> streams = [];
        foreach (string path in (string[])[$"/api/jobs/{id}/events", $"/api/jobs/{id}/logs?follow=true", "/api/events"])
        {
            HttpResponseMessage answer = await http.GetAsync(
                new Uri(path, UriKind.Relative),
                HttpCompletionOption.ResponseHeadersRead,
                Token
            );
            streams.Add(answer.Content.ReadAsStringAsync(Token));
        }

        await app.StopAsync(Token).WaitAsync(TimeSpan.FromSeconds(20), Token);
        foreach (Task<string> stream in streams)
            await stream.WaitAsync(TimeSpan.FromSeconds(20), Token);
        using HttpResponseMessage canceled = await PostAsync($"/api/jobs/{id}/cancel", "{}");
        Assert.True(canceled.IsSuccessStatusCode);
    }

    [Fact]
    public async Task Cluster_IsShownAtAGlance_AndFollowedOnlyWhileSomebodyWatches()
    {
        JsonElement cluster = await _http.GetFromJsonAsync<JsonElement>("/api/cluster", Token);
        Assert.Equal(2, cluster.GetProperty("silos").GetProperty("active").GetInt32());
        Assert.Equal(4, cluster.GetProperty("slots").GetProperty("total").GetInt32());
        Assert.Equal(2, cluster.GetProperty("history").GetProperty("stepSeconds").GetInt32());

        ClusterWatch watch = host.Services.GetRequiredService<ClusterWatch>();
        await Eventually(() => watch.Viewers == 0);
        string? last = null;
        string id = $"w-{Guid.NewGuid():N}";
        HashSet<string> seen = [];
        await foreach (SseItem<string> item in FollowAsync("/api/events", null))
        {
            Assert.Equal(1, watch.Viewers);
            if (item.EventType == "cluster" && seen.Add("cluster"))
                await SubmitAsync($$"""{"id": "{{id}}", "kind": "wait", "input": {"units": 20, "microseconds": 3000000} }""");
            last = item.EventId ?? last;
            if (item.EventType == "silo")
                seen.Add("silo");
            if (item.EventType == "status" && Of(item) is var job && job.GetProperty("id").GetString() == id)
                seen.Add(job.GetProperty("state").GetString()!);
            if (seen.Contains("running") && seen.Contains("succeeded") && seen.Contains("silo"))
                break;
        }

        await Eventually(() => watch.Viewers == 0);
        await foreach (SseItem<string> item in FollowAsync("/api/events", last))
        {
            // Who comes back after everybody has left is told all anew.
            if (item.EventType == "status" && Of(item).GetProperty("id").GetString() == id)
                break;
        }
    }

    [Fact]
    public async Task Description_ListsAllRoutesWithTheRoleThatTheyAskFor()
    {
        JsonElement document = await _http.GetFromJsonAsync<JsonElement>("/openapi/v1.json", Token);
        RouteEndpoint[] routes =
        [
            .. host
                .Services.GetRequiredService<EndpointDataSource>()
                .Endpoints.OfType<RouteEndpoint>()
                .Where(route => route.RoutePattern.RawText!.StartsWith("/api", StringComparison.Ordinal)),
        ];
        foreach (RouteEndpoint route in routes)
        {
            JsonElement path = document.GetProperty("paths").GetProperty(route.RoutePattern.RawText!.TrimEnd('/'));
            foreach (string method in route.Metadata.GetRequiredMetadata<HttpMethodMetadata>().HttpMethods)
            {
                JsonElement operation = path.GetProperty(method.ToLowerInvariant());
                Assert.False(string.IsNullOrEmpty(operation.GetProperty("summary").GetString()));
                Assert.Contains("Asks for a key of the role", operation.GetProperty("description").GetString(), StringComparison.Ordinal);
                Assert.True(operation.GetProperty("responses").TryGetProperty("401", out _));
            }
        }

        string schemas = document.GetProperty("components").GetProperty("schemas").GetRawText();
        Assert.Contains("least-loaded", schemas, StringComparison.Ordinal);
        Assert.DoesNotContain("http://", document.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Routes_OfHowAJobRan_AnswerWhatTheDescriptionSays()
    {
        OpenApiSchemas schemas = new(await _http.GetStringAsync(new Uri("/openapi/v1.json", UriKind.Relative), Token));
        string id = await SubmitAsync(
            """{"kind": "synthetic", "input": {"units": 30, "microseconds": 5000, "mode": "sleep", "failUnits": [7], "failTimes": 1} }"""
        );
        for (int look = 0; look < 2; look++)
        {
            foreach (
                (string operation, string path) in ((string, string)[])
                    [
                        ("listUnitAttempts", "/units/7/attempts"),
                        ("getJobLeaseHistory", "/history"),
                        ("getJobLeaseHistory", "/history?stepSeconds=0.5"),
                        ("listJobLeaseBands", "/leases/bands"),
                        ("listJobLeaseBands", "/leases/bands?width=3"),
                    ]
            )
            {
                string document = await _http.GetStringAsync(new Uri($"/api/jobs/{id}{path}", UriKind.Relative), Token);
                Assert.Empty(schemas.Breaches(document, schemas.OfAnswer(operation)));
            }

            await EndedAsync(id);
        }
    }

    [Fact]
    public async Task HistoryAndBands_OfAJob_AddUpToWhatItDid()
    {
        string id = await SubmitAsync("""{"kind": "synthetic", "input": {"units": 600, "microseconds": 3000, "mode": "sleep"} }""");
        await EndedAsync(id);
        JsonElement job = await _http.GetFromJsonAsync<JsonElement>($"/api/jobs/{id}", Token);
        JsonElement history = await _http.GetFromJsonAsync<JsonElement>($"/api/jobs/{id}/history?stepSeconds=0.3", Token);
        Assert.True(history.GetProperty("recorded").GetBoolean());
        // Steps of 0.2 s are kept.
        Assert.Equal(0.4, history.GetProperty("stepSeconds").GetDouble(), 3);
        double units = 0;
        long leases = 0;
        foreach (JsonElement silo in history.GetProperty("silos").EnumerateArray())
        {
            JsonElement[] points = [.. silo.GetProperty("points").EnumerateArray()];
            Assert.InRange(points.Length, 1, 300);
            Assert.All(points, point => Assert.Contains(point.GetProperty("phase").GetString(), (string[])["probe", "steady", "last"]));
            units += points.Sum(point => point.GetProperty("leases").GetInt64() * point.GetProperty("unitsPerLease").GetDouble());
            leases += points.Sum(point => point.GetProperty("leases").GetInt64());
            Assert.All(points, point => Assert.InRange(point.GetProperty("p50").GetDouble(), 0.0025, point.GetProperty("p99").GetDouble()));
        }

        Assert.Equal(600, units, 0.5);
        Assert.Equal(job.GetProperty("leases").GetInt64(), leases);

        JsonElement bands = await _http.GetFromJsonAsync<JsonElement>($"/api/jobs/{id}/leases/bands?width=5", Token);
        int columns = bands.GetProperty("columns").GetInt32();
        Assert.InRange(columns, 1, 5);
        double busy = bands
            .GetProperty("silos")
            .EnumerateArray()
            .Sum(silo =>
                silo.GetProperty("slots").GetInt32()
                * bands.GetProperty("columnSeconds").GetDouble()
                * silo.GetProperty("own").EnumerateArray().Sum(share => share.GetDouble())
            );
        double worked = job.GetProperty("silos").EnumerateArray().Sum(silo => silo.GetProperty("busySeconds").GetDouble());
        Assert.InRange(busy, worked * 0.95, worked * 1.05);
        foreach (
            (string path, string field) in ((string, string)[])
                [("history?stepSeconds=0", "stepSeconds"), ("leases/bands?width=1201", "width"), ("leases/bands?from=noon", "from")]
        )
        {
            using HttpResponseMessage wrong = await GetAsync($"/api/jobs/{id}/{path}");
            JsonElement problem = await IsProblemAsync(wrong, HttpStatusCode.BadRequest, "/problems/wrong-input");
            Assert.True(problem.GetProperty("errors").TryGetProperty(field, out _));
        }
    }

    [Fact]
    public async Task SiloEvents_AreListedNewestFirst_AsDescribed()
    {
        OpenApiSchemas schemas = new(await _http.GetStringAsync(new Uri("/openapi/v1.json", UriKind.Relative), Token));
        JsonElement silos = await _http.GetFromJsonAsync<JsonElement>("/api/silos", Token);
        string silo = silos.GetProperty("items")[1].GetProperty("silo").GetString()!;
        foreach (string verb in (string[])["drain", "undrain"])
        {
            using HttpResponseMessage done = await PostAsync($"/api/silos/{silo}/{verb}", "");
            Assert.Equal(HttpStatusCode.OK, done.StatusCode);
        }

        // Either silo may answer, and each has seen it for itself.
        JsonElement events;
        string document;
        int looks = 0;
        do
        {
            document = await _http.GetStringAsync(new Uri("/api/silos/events", UriKind.Relative), Token);
            events = JsonElement.Parse(document).GetProperty("items");
            if (++looks > 1)
                await Task.Delay(20, Token);
        } while (
            looks < 1_000
            && !(
                events.GetArrayLength() >= 2
                && events[0].GetProperty("kind").GetString() == "undrained"
                && events[1].GetProperty("kind").GetString() == "draining"
            )
        );
        Assert.Equal(
            [("undrained", silo), ("draining", silo)],
            events.EnumerateArray().Take(2).Select(e => (e.GetProperty("kind").GetString(), e.GetProperty("silo").GetString()!))
        );
        Assert.Empty(schemas.Breaches(document, schemas.OfAnswer("listSiloEvents")));
        JsonElement one = await _http.GetFromJsonAsync<JsonElement>("/api/silos/events?limit=1", Token);
        Assert.Equal(1, one.GetProperty("items").GetArrayLength());
        Assert.True(one.GetProperty("total").GetInt32() >= 2);
        using HttpResponseMessage wrong = await GetAsync("/api/silos/events?limit=1001");
        await IsProblemAsync(wrong, HttpStatusCode.BadRequest, "/problems/wrong-input");
    }

    [Fact]
    public async Task Description_ExampleOfASubmission_IsTakenAsItIs()
    {
        JsonElement document = await _http.GetFromJsonAsync<JsonElement>("/openapi/v1.json", Token);
        JsonElement example = document
            .GetProperty("paths")
            .GetProperty("/api/jobs")
            .GetProperty("post")
            .GetProperty("requestBody")
            .GetProperty("content")
            .GetProperty("application/json")
            .GetProperty("example");
        JsonNode body = JsonNode.Parse(example.GetRawText())!;
        // This cluster has no primes.
        body["kind"] = "talk";
        body["input"] = new JsonObject();
        using HttpResponseMessage answer = await PostAsync("/api/jobs", body.ToJsonString());
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        foreach (
            (string path, string method, string mediaType) in (ReadOnlySpan<(string, string, string)>)
                [("/api/jobs/{id}/cancel", "post", "application/json"), ("/api/jobs/{id}/options", "patch", "application/merge-patch+json")]
        )
        {
            JsonElement operation = document.GetProperty("paths").GetProperty(path).GetProperty(method);
            Assert.True(
                operation.GetProperty("requestBody").GetProperty("content").GetProperty(mediaType).TryGetProperty("example", out _)
            );
            Assert.True(
                operation
                    .GetProperty("responses")
                    .GetProperty("400")
                    .GetProperty("content")
                    .EnumerateObject()
                    .All(type => type.Value.TryGetProperty("example", out _))
            );
        }
    }

    [Fact]
    public async Task Lists_SayHowManyThereAre()
    {
        JsonElement silos = await _http.GetFromJsonAsync<JsonElement>("/api/silos", Token);
        Assert.Equal(2, silos.GetProperty("total").GetInt32());
        Assert.Equal(JsonValueKind.Null, silos.GetProperty("nextCursor").ValueKind);
        JsonElement me = await _http.GetFromJsonAsync<JsonElement>("/api/me", Token);
        Assert.Equal(("a-Operator", "operator"), (me.GetProperty("name").GetString(), me.GetProperty("role").GetString()));
        JsonElement kind = await _http.GetFromJsonAsync<JsonElement>("/api/kinds/talk", Token);
        Assert.Equal("talk", kind.GetProperty("kind").GetString());
    }

    [Theory]
    [InlineData("http://evil.example")]
    [InlineData("https://127.0.0.1")]
    [InlineData("null")]
    public async Task Request_OfAnotherSitesPage_Is403(string origin)
    {
        foreach (HttpMethod method in (HttpMethod[])[HttpMethod.Get, HttpMethod.Post])
        {
            using HttpRequestMessage request = new(method, "/api/jobs") { Headers = { { "Origin", origin } } };
            request.Content = method == HttpMethod.Post ? new StringContent(Talk, Encoding.UTF8, "application/json") : null;
            using HttpResponseMessage answer = await _http.SendAsync(request, Token);
            await IsProblemAsync(answer, HttpStatusCode.Forbidden, "/problems/foreign-origin");
        }

        using HttpRequestMessage own = new(HttpMethod.Get, "/api/jobs")
        {
            Headers = { { "Origin", host.Urls[0].GetLeftPart(UriPartial.Authority) } },
        };
        using HttpResponseMessage served = await _http.SendAsync(own, Token);
        Assert.Equal(HttpStatusCode.OK, served.StatusCode);
    }

    [Fact]
    public async Task Routes_AllAskForARole_AndTakeThoseThatHaveIt()
    {
        EndpointDataSource source = host.Services.GetRequiredService<EndpointDataSource>();
        RouteEndpoint[] routes = [.. source.Endpoints.OfType<RouteEndpoint>()];
        Assert.True(routes.Length >= 22, $"{routes.Length} routes");
        foreach (RouteEndpoint route in routes)
        {
            Assert.Empty(route.Metadata.OfType<IAllowAnonymous>());
            AccessRole asked = Assert.Single(route.Metadata.OfType<RoleNeeded>()).Role;
            string path = route
                .RoutePattern.RawText!.Replace("{id}", "none", StringComparison.Ordinal)
                .Replace("{silo}", "1.2.3.4:5@6", StringComparison.Ordinal)
                .Replace("{unit}", "0", StringComparison.Ordinal)
                .Replace("{kind}", "none", StringComparison.Ordinal);
            foreach (string method in route.Metadata.GetRequiredMetadata<HttpMethodMetadata>().HttpMethods)
            {
                Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(role: null, method, path));
                foreach (AccessRole role in Enum.GetValues<AccessRole>())
                {
                    HttpStatusCode status = await StatusAsync(role, method, path);
                    Assert.True(
                        role < asked
                            ? status == HttpStatusCode.Forbidden
                            : status is not (HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden),
                        $"{method} {path} asks for {asked}; {role} got {status}"
                    );
                    Assert.True((int)status < 500, $"{method} {path}: {status}");
                }
            }
        }
    }

    private async Task<HttpStatusCode> StatusAsync(AccessRole? role, string method, string path)
    {
        using HttpClient http = host.Http(role);
        using HttpRequestMessage request = new(new HttpMethod(method), path);
        using HttpResponseMessage answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token);
        return answer.StatusCode;
    }

    private Task<HttpResponseMessage> GetAsync(string path) => _http.GetAsync(new Uri(path, UriKind.Relative), Token);

    private async Task<HttpResponseMessage> PostAsync(string path, string json)
    {
        using StringContent content = new(json, Encoding.UTF8, "application/json");
        return await _http.PostAsync(new Uri(path, UriKind.Relative), content, Token);
    }

    private async Task<HttpResponseMessage> PatchAsync(string id, string json, string mediaType = "application/merge-patch+json")
    {
        using StringContent content = new(json, new MediaTypeHeaderValue(mediaType));
        return await _http.PatchAsync(new Uri($"/api/jobs/{id}/options", UriKind.Relative), content, Token);
    }

    private async Task<string> SubmitAsync(string body)
    {
        using HttpResponseMessage answer = await PostAsync("/api/jobs", body);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Token));
        return (await answer.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("id").GetString()!;
    }

    private async Task EndedAsync(string id) => await EventsAsync($"/api/jobs/{id}/events", lastEventId: null);

    private async Task<List<SseItem<string>>> EventsAsync(string path, string? lastEventId)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, path);
        if (lastEventId is not null)
            request.Headers.Add("Last-Event-ID", lastEventId);
        using HttpResponseMessage answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token);
        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType!.MediaType);
        List<SseItem<string>> events = [];
        await foreach (SseItem<string> item in SseParser.Create(await answer.Content.ReadAsStreamAsync(Token)).EnumerateAsync(Token))
        {
            if (item.EventType != "alive")
                events.Add(item);
        }

        return events;
    }

    private async IAsyncEnumerable<SseItem<string>> FollowAsync(string path, string? lastEventId)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, path);
        if (lastEventId is not null)
            request.Headers.Add("Last-Event-ID", lastEventId);
        using CancellationTokenSource bound = CancellationTokenSource.CreateLinkedTokenSource(Token);
        bound.CancelAfter(TimeSpan.FromMinutes(1));
        using HttpResponseMessage answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, bound.Token);
        Stream body = await answer.Content.ReadAsStreamAsync(bound.Token);
        await foreach (SseItem<string> item in SseParser.Create(body).EnumerateAsync(bound.Token))
            yield return item;
    }

    private static async Task Eventually(Func<bool> condition)
    {
        for (int i = 0; i < 1000 && !condition(); i++)
            await Task.Delay(10, Token);
        Assert.True(condition());
    }

    private static JsonElement Of(SseItem<string> item) => JsonElement.Parse(item.Data);

    private static async Task<JsonElement> IsProblemAsync(HttpResponseMessage answer, HttpStatusCode status, string? type)
    {
        string text = await answer.Content.ReadAsStringAsync(Token);
        Assert.True(answer.StatusCode == status, $"{answer.StatusCode}: {text}");
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
        Assert.InRange(Encoding.UTF8.GetByteCount(text), 1, 4096);
        Assert.DoesNotContain("   at ", text, StringComparison.Ordinal);
        JsonElement problem = JsonElement.Parse(text);
        Assert.Equal((int)status, problem.GetProperty("status").GetInt32());
        Assert.StartsWith(type ?? "/problems/", problem.GetProperty("type").GetString(), StringComparison.Ordinal);
        return problem;
    }
}
