using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using OrleansWork.SystemTests.Processes;
using YamlDotNet.RepresentationModel;

namespace OrleansWork.SystemTests;

/// <summary>The dashboard and the alerts of docs/monitoring ask only for what a silo that has worked shows.</summary>
public sealed partial class MonitoringTests
{
    private static readonly string s_folder = Path.Combine(OwnProject.Root(), "docs", "monitoring");

    // What Prometheus itself adds to what it reads.
    private static readonly string[] s_added = ["job", "instance"];

    [Theory]
    [InlineData("sum by (le) (rate(a_bucket{x=\"1\", y=~\"$y\"}[$__rate_interval])) > 2 * b", "a_bucket(x y) b()", "le")]
    [InlineData("a / on (i) group_left (k) b offset 5m", "a() b()", "i k")]
    [InlineData("label_values(a{x=\"1\"}, y)", "a(x)", "y")]
    [InlineData("label_values(a, y)", "a()", "y")]
    public void Query_IsReadAsItsMetricsAndLabels(string query, string selectors, string groupings)
    {
        PromQuery read = PromQuery.Parse(query);
        Assert.Equal(selectors, string.Join(' ', read.Selectors.Select(one => $"{one.Metric}({string.Join(' ', one.Labels)})")));
        Assert.Equal(groupings, string.Join(' ', read.Groupings));
    }

    [Theory]
    [InlineData("sum(a")]
    [InlineData("a{x=\"1\"])")]
    [InlineData("a ? b")]
    public void Query_ThatIsNone_IsRefused(string query) => Assert.Throws<FormatException>(() => PromQuery.Parse(query));

    [Fact]
    public void Dashboard_HasPanelsWithIdsOfTheirOwnThatDoNotOverlap()
    {
        using JsonDocument dashboard = Dashboard();
        JsonElement[] panels = [.. dashboard.RootElement.GetProperty("panels").EnumerateArray()];
        Assert.Equal(panels.Length, panels.Select(panel => panel.GetProperty("id").GetInt32()).Distinct().Count());
        Dictionary<(int X, int Y), string> taken = [];
        foreach (JsonElement panel in panels)
        {
            string title = panel.GetProperty("title").GetString()!;
            JsonElement at = panel.GetProperty("gridPos");
            (int x, int y, int w, int h) = (Number("x"), Number("y"), Number("w"), Number("h"));
            Assert.True(x >= 0 && w > 0 && h > 0 && x + w <= 24, $"{title} lies outside of the grid.");
            for (int column = x; column < x + w; column++)
            {
                for (int line = y; line < y + h; line++)
                    Assert.True(taken.TryAdd((column, line), title), $"{title} lies over {taken.GetValueOrDefault((column, line))}.");
            }

            int Number(string name) => at.GetProperty(name).GetInt32();
        }
    }

    [Fact]
    public void Alerts_HaveNamesOfTheirOwnAndSayWhatToDo()
    {
        YamlMappingNode[] rules = [.. Rules()];
        Assert.Equal(rules.Length, rules.Select(rule => Text(rule, "alert")).Distinct().Count());
        Assert.All(
            rules,
            rule =>
            {
                YamlMappingNode says = (YamlMappingNode)rule["annotations"];
                Assert.True(Text(says, "summary").Length > 0 && Text(says, "description").EndsWith('.'), Text(rule, "alert"));
                Assert.Contains(Text((YamlMappingNode)rule["labels"], "severity"), (string[])["warning", "critical"]);
            }
        );
    }

    [LinuxFact]
    public async Task Queries_AskForWhatASiloShowsThatHasRunAJob()
    {
        OwnAccess access = new();
        await using RunningProgram silo = RunningProgram.Start(
            Programs.Silo,
            ["--silo-port", "0", "--gateway-port", "0", "--urls", "http://127.0.0.1:0"],
            access.Environment
        );
        await Eventually.TrueAsync(() => silo.HasExited || silo.Output.Contains('\n', StringComparison.Ordinal), () => silo.Error);
        using JsonDocument ready = JsonDocument.Parse(silo.Output[silo.Output.IndexOf('{', StringComparison.Ordinal)..]);
        using HttpClient http = access.Http(ready.RootElement.GetProperty("http").GetString()!);

        // One with an input that leaves garbage to collect, and one long enough for a checkpoint, with a unit that throws.
        string numbers = string.Join(',', Enumerable.Range(0, 500_000));
        await SubmitAsync($$"""{"id": "large", "kind": "sum", "input": {"numbers": [{{numbers}}]} }""");
        await SubmitAsync(
            """
            {"id": "watched", "kind": "synthetic", "options": {"maxAttempts": 1, "onUnitFailure": "skip"},
             "input": {"units": 60, "microseconds": 20000, "mode": "sleep", "failUnits": [3], "failTimes": 9}}
            """
        );
        string[] queries = [.. Queries()];
        Assert.True(queries.Length > 40, $"{queries.Length} queries");
        List<string> missing = [];
        await Eventually.NotNullAsync(
            async () =>
            {
                JsonElement job = await http.GetFromJsonAsync<JsonElement>("/api/jobs/watched/status");
                string shown = await http.GetStringAsync(new Uri("/metrics", UriKind.Relative));
                missing = [.. Missing(queries, shown)];
                return job.GetProperty("state").GetString() == "succeeded" && missing.Count == 0 ? "all" : null;
            },
            () => $"{string.Join('\n', missing)}\n{silo.Error}",
            what: "every metric and label that is asked for"
        );

        // What is not there would be missed.
        string metrics = await http.GetStringAsync(new Uri("/metrics", UriKind.Relative));
        Assert.Equal(
            ["orleanswork_planted", "orleanswork_slots has no label planted", "orleanswork_slots: nothing has a label planted"],
            Missing(["orleanswork_planted", "orleanswork_slots{planted=\"1\"}", "sum by (planted) (orleanswork_slots)"], metrics)
        );

        async Task SubmitAsync(string job)
        {
            using StringContent body = new(job, System.Text.Encoding.UTF8, "application/json");
            using HttpResponseMessage submitted = await http.PostAsync(new Uri("/api/jobs", UriKind.Relative), body);
            Assert.True(submitted.IsSuccessStatusCode, await submitted.Content.ReadAsStringAsync());
        }
    }

    private static IEnumerable<string> Missing(IEnumerable<string> queries, string metrics)
    {
        Dictionary<string, HashSet<string>> shown = new(StringComparer.Ordinal) { ["up"] = [] };
        foreach (Match series in Series().Matches(metrics))
        {
            if (!shown.TryGetValue(series.Groups["name"].Value, out HashSet<string>? labels))
                shown.Add(series.Groups["name"].Value, labels = new HashSet<string>(StringComparer.Ordinal));
            labels.UnionWith(Label().Matches(series.Groups["labels"].Value).Select(label => label.Groups["name"].Value));
        }

        foreach (string query in queries)
        {
            PromQuery asked = PromQuery.Parse(query);
            HashSet<string> all = new(s_added, StringComparer.Ordinal);
            foreach ((string metric, IReadOnlyList<string> labels) in asked.Selectors)
            {
                if (!shown.TryGetValue(metric, out HashSet<string>? has))
                {
                    yield return metric;
                    continue;
                }

                all.UnionWith(has);
                foreach (string label in labels.Where(label => !has.Contains(label) && !s_added.Contains(label, StringComparer.Ordinal)))
                    yield return $"{metric} has no label {label}";
            }

            foreach (string label in asked.Groupings.Where(label => !all.Contains(label)))
                yield return $"{string.Join(' ', asked.Selectors.Select(one => one.Metric))}: nothing has a label {label}";
        }
    }

    private static IEnumerable<string> Queries()
    {
        using JsonDocument dashboard = Dashboard();
        foreach (JsonElement panel in dashboard.RootElement.GetProperty("panels").EnumerateArray())
        {
            if (panel.TryGetProperty("targets", out JsonElement targets))
            {
                foreach (JsonElement target in targets.EnumerateArray())
                    yield return target.GetProperty("expr").GetString()!;
            }
        }

        foreach (JsonElement variable in dashboard.RootElement.GetProperty("templating").GetProperty("list").EnumerateArray())
        {
            if (variable.GetProperty("type").GetString() == "query")
                yield return variable.GetProperty("query").GetProperty("query").GetString()!;
        }

        foreach (YamlMappingNode rule in Rules())
            yield return Text(rule, "expr");
    }

    private static JsonDocument Dashboard() => JsonDocument.Parse(File.ReadAllText(Path.Combine(s_folder, "grafana-dashboard.json")));

    private static IEnumerable<YamlMappingNode> Rules()
    {
        YamlStream stream = [];
        using StreamReader reader = File.OpenText(Path.Combine(s_folder, "prometheus-alerts.yaml"));
        stream.Load(reader);
        YamlSequenceNode groups = (YamlSequenceNode)stream.Documents.Single().RootNode["groups"];
        return groups.SelectMany(group => (YamlSequenceNode)group["rules"]).Cast<YamlMappingNode>();
    }

    private static string Text(YamlMappingNode node, string key) => ((YamlScalarNode)node[key]).Value!;

    [GeneratedRegex("""^(?<name>[A-Za-z_:][\w:]*)(\{(?<labels>.*)\})? """, RegexOptions.ExplicitCapture | RegexOptions.Multiline, 1000)]
    private static partial Regex Series();

    [GeneratedRegex("""(?<name>\w+)="(\\.|[^"\\])*",?""", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Label();
}
