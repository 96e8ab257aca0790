using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using OrleansWork.Http;
using OrleansWork.Silo.Reporting;
using OrleansWork.Silo.Security;

namespace OrleansWork.Silo.Tests.Api;

/// <summary>Reports of jobs, as files.</summary>
[Collection(nameof(ApiCollection))]
public sealed partial class ReportTests(ApiHost host) : IDisposable
{
    private const string Hostile = "</script><img src=x onerror=alert(1)><!--";

    private readonly HttpClient _http = host.Http();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _http.Dispose();

    [Fact]
    public async Task Html_HasEverythingInItself_AndRunsNothingElse()
    {
        string id = await RunAsync("synthetic", """{"units": 40, "microseconds": 2000}""");

        using HttpResponseMessage answer = await _http.GetAsync($"/api/jobs/{id}/report", Token);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("text/html", answer.Content.Headers.ContentType!.MediaType);
        Assert.Equal("attachment", answer.Content.Headers.ContentDisposition!.DispositionType);
        Assert.Contains($"orleanswork-{id}.html", answer.Content.Headers.ContentDisposition.FileName, StringComparison.Ordinal);
        string html = await answer.Content.ReadAsStringAsync(Token);
        Assert.DoesNotMatch(OtherHost(), html.Replace("http://www.w3.org/", "", StringComparison.Ordinal));
        string policy = Policy().Match(html).Groups["policy"].Value;
        Assert.StartsWith("default-src 'none';", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        string[] scripts = [.. Script().Matches(html).Select(script => script.Groups["text"].Value)];
        Assert.Equal(2, scripts.Length);
        Assert.All(scripts, script => Assert.Contains(HashOf(script), policy, StringComparison.Ordinal));
        Assert.Contains(HashOf(Style().Match(html).Groups["text"].Value), policy, StringComparison.Ordinal);

        JsonElement data = DataOf(html);
        Assert.Equal(
            (id, "succeeded"),
            (data.GetProperty("job").GetProperty("id").GetString(), data.GetProperty("job").GetProperty("state").GetString())
        );
        Assert.True(data.GetProperty("job").GetProperty("accounting").GetProperty("slotSeconds").GetDouble() > 0);
        Assert.Equal(40, data.GetProperty("input").GetProperty("units").GetInt32());
        IEnumerable<JsonElement> pages = data.GetProperty("leases").EnumerateArray().Select(page => page.GetProperty("columns"));
        Assert.Equal(
            Enumerable.Range(0, 40).Select(static unit => (long)unit),
            UnitsOf(pages.SelectMany(page => Longs(page, "unitFrom").Zip(Longs(page, "unitCount"))))
        );
        Assert.Empty(data.GetProperty("cuts").EnumerateArray());
    }

    [Fact]
    public async Task Html_TextOfUsersThatLooksLikeMarkup_StaysText()
    {
        string id = await RunAsync("shout", $$"""{"text": "{{Hostile}}"}""", """{"onUnitFailure": "skip"}""");

        string html = await _http.GetStringAsync($"/api/jobs/{id}/report?format=html", Token);

        Assert.DoesNotContain("<img src=x", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<!--", html, StringComparison.Ordinal);
        Assert.Equal(3, html.Split("</script>").Length - 1);
        JsonElement data = DataOf(html);
        Assert.Equal(Hostile, data.GetProperty("input").GetProperty("text").GetString());
        Assert.Equal(Hostile, data.GetProperty("job").GetProperty("failures")[0].GetProperty("message").GetString());
        Assert.Contains(
            data.GetProperty("log").GetProperty("items").EnumerateArray(),
            line => line.GetProperty("text").GetString() == Hostile
        );
    }

    [Fact]
    public async Task Html_LargeInput_IsCutAndSaidToBe()
    {
        string id = await RunAsync("shout", $$"""{"text": "{{new string('x', 100_000)}}", "units": 1}""");

        string html = await _http.GetStringAsync($"/api/jobs/{id}/report", Token);

        JsonElement data = DataOf(html);
        Assert.Equal(JsonValueKind.Null, data.GetProperty("input").ValueKind);
        Assert.InRange(data.GetProperty("inputText").GetString()!.Length, 60_000, 70_000);
        Assert.Contains("the input", data.GetProperty("cuts")[0].GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Perfetto_IsATraceWithAProcessASilo_AThreadASlot_AndAnEventALease()
    {
        string id = await RunAsync("synthetic", """{"units": 40, "microseconds": 2000}""");

        using HttpResponseMessage answer = await _http.GetAsync($"/api/jobs/{id}/report?format=perfetto", Token);

        Assert.Equal("application/json", answer.Content.Headers.ContentType!.MediaType);
        Assert.Contains(".perfetto.json", answer.Content.Headers.ContentDisposition!.FileName, StringComparison.Ordinal);
        JsonElement[] events =
        [
            .. JsonElement.Parse(await answer.Content.ReadAsByteArrayAsync(Token)).GetProperty("traceEvents").EnumerateArray(),
        ];
        ILookup<string, JsonElement> byPhase = events.ToLookup(one => one.GetProperty("ph").GetString()!, StringComparer.Ordinal);
        HashSet<(int, int)> threads =
        [
            .. byPhase["M"]
                .Where(one => one.GetProperty("name").GetString() == "thread_name")
                .Select(one => (one.GetProperty("pid").GetInt32(), one.GetProperty("tid").GetInt32())),
        ];
        Assert.Equal(2, byPhase["M"].Count(one => one.GetProperty("name").GetString() == "process_name"));
        Assert.All(
            byPhase["X"],
            lease =>
            {
                Assert.Contains((lease.GetProperty("pid").GetInt32(), lease.GetProperty("tid").GetInt32()), threads);
                Assert.True(lease.GetProperty("ts").GetInt64() >= 0 && lease.GetProperty("dur").GetInt64() >= 0);
            }
        );
        Assert.Equal(
            Enumerable.Range(0, 40).Select(static unit => (long)unit),
            UnitsOf(
                byPhase["X"]
                    .Select(lease => lease.GetProperty("args"))
                    .Select(args => (args.GetProperty("unitFrom").GetInt64(), args.GetProperty("unitCount").GetInt64()))
            )
        );
    }

    [Theory]
    [InlineData("html")]
    [InlineData("perfetto")]
    public async Task Report_OfARunningJob_IsMade(string format)
    {
        JobHandle job = await host.Cluster.Client.SubmitAsync(
            "wait",
            """{"units": 10000, "microseconds": 50000}"""u8.ToArray(),
            cancellationToken: Token
        );
        while ((await job.GetStatusAsync(Token)).Units.Done == 0)
            await Task.Delay(20, Token);

        string report = await _http.GetStringAsync($"/api/jobs/{job.Id}/report?format={format}", Token);

        Assert.Contains(job.Id, report, StringComparison.Ordinal);
        await job.CancelAsync(cancellationToken: Token);
    }

    [Fact]
    public async Task Client_ByHttp_ReadsReports_AndWhoMayLookMay()
    {
        string id = await RunAsync("talk", "{}");
        using HttpComputeClient client = new(new HttpClusterAddress { Urls = host.Urls, Key = host.Key(AccessRole.Viewer) });
        IReportSource reports = client;

        byte[] html = await reports.ReadReportAsync(id, "html", Token);
        byte[] trace = await reports.ReadReportAsync(id, "perfetto", Token);

        Assert.StartsWith("<!doctype html>", Encoding.UTF8.GetString(html), StringComparison.Ordinal);
        Assert.Equal(id, JsonElement.Parse(trace).GetProperty("otherData").GetProperty("job").GetString());
        RequestException refusal = await Assert.ThrowsAnyAsync<RequestException>(() => reports.ReadReportAsync("nobody", "html", Token));
        Assert.Equal(ErrorReason.NotFound, refusal.Reason);
    }

    [Fact]
    public async Task Report_OfNoJob_OrInNoFormat_IsAProblem()
    {
        using HttpResponseMessage none = await _http.GetAsync("/api/jobs/nobody/report?format=perfetto", Token);
        Assert.Equal((HttpStatusCode.NotFound, "application/problem+json"), (none.StatusCode, none.Content.Headers.ContentType!.MediaType));
        using HttpResponseMessage wrong = await _http.GetAsync("/api/jobs/nobody/report?format=pdf", Token);
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
        Assert.Contains("html, perfetto", await wrong.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("import x, { y } from \"./a.js\";")]
    [InlineData("export let changing = 1;")]
    [InlineData("const text = '</script>';")]
    public void Bundle_OfAModuleThatItCannotTakeOver_IsRefused(string module) =>
        Assert.Throws<InvalidOperationException>(() => ModuleBundle.Of("js/main.js", path => path == "js/main.js" ? module : ""));

    [Fact]
    public void Bundle_RunsEachModuleOnce_AndKeepsOtherNames()
    {
        Dictionary<string, string> modules = new(StringComparer.Ordinal)
        {
            ["js/main.js"] = "import { one as first } from \"./parts/a.js\";\nimport make from \"../vendor/b.mjs\";\nfirst(make);\n",
            ["js/parts/a.js"] = "import make from \"../../vendor/b.mjs\";\nexport const one = (x) => make(x);\nexport function two() {}\n",
            ["vendor/b.mjs"] = "var n=1;export default function(x){return x+n}",
        };

        string script = ModuleBundle.Of("js/main.js", path => modules[path]);

        Assert.Contains("const { one: first } = $m1;", script, StringComparison.Ordinal);
        Assert.Contains("return { one, two };", script, StringComparison.Ordinal);
        Assert.Equal(3, script.Split("(() => {").Length - 1);
        Assert.DoesNotContain("import", script, StringComparison.Ordinal);
    }

    private async Task<string> RunAsync(string kind, string input, string options = "{}")
    {
        string id = $"r-{Guid.NewGuid():N}";
        using StringContent body = new(
            $$"""{"id": "{{id}}", "kind": "{{kind}}", "input": {{input}}, "options": {{options}} }""",
            Encoding.UTF8,
            "application/json"
        );
        using HttpResponseMessage answer = await _http.PostAsync("/api/jobs", body, Token);
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        JobHandle job = host.Cluster.Client.GetJob(id);
        await foreach (JobStatus status in job.WatchAsync(Token))
        {
            if (status.IsTerminal)
                break;
        }

        return id;
    }

    private static IEnumerable<long> Longs(JsonElement columns, string name) =>
        columns.GetProperty(name).EnumerateArray().Select(static number => number.GetInt64());

    /// <summary>The units of leases, each once: what one hands back another has again.</summary>
    private static IEnumerable<long> UnitsOf(IEnumerable<(long From, long Count)> leases) =>
        leases.SelectMany(lease => Enumerable.Range(0, (int)lease.Count).Select(unit => lease.From + unit)).Distinct().Order();

    private static JsonElement DataOf(string html) => JsonElement.Parse(Data().Match(html).Groups["json"].Value);

    private static string HashOf(string text) => $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}'";

    [GeneratedRegex("http-equiv=\"Content-Security-Policy\" content=\"(?<policy>[^\"]+)\"", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Policy();

    [GeneratedRegex("<script>(?<text>.*?)</script>", RegexOptions.ExplicitCapture | RegexOptions.Singleline, 5000)]
    private static partial Regex Script();

    [GeneratedRegex("<style>(?<text>.*?)</style>", RegexOptions.ExplicitCapture | RegexOptions.Singleline, 5000)]
    private static partial Regex Style();

    [GeneratedRegex(
        "<script type=\"application/json\" id=\"report\">(?<json>.*?)</script>",
        RegexOptions.ExplicitCapture | RegexOptions.Singleline,
        5000
    )]
    private static partial Regex Data();

    [GeneratedRegex(
        """(src|href|url\(|fetch\(|import)\s*[=(]?\s*["'(]?(https?:)?//[a-z]""",
        RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase,
        5000
    )]
    private static partial Regex OtherHost();
}
