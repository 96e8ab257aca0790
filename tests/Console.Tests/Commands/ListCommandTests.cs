using System.Text.Json;
using Xunit;

namespace OrleansWork.Console.Tests.Commands;

public sealed class ListCommandTests : IDisposable
{
    private readonly ConsoleRun _run = new();

    public void Dispose() => _run.Dispose();

    [Fact]
    public async Task Silos_Json_IsTheGoldenDocument()
    {
        _run.Cluster.Silos = [Silo("127.0.0.1:11111@1")];

        Assert.Equal(0, await _run.RunAsync("silos", "--json"));

        const string Golden = """
            {"items":[{"silo":"127.0.0.1:11111@1","state":"active","slots":2,"running":1,"queued":0,"unitsPerSecond":12.5,"errorRate":0,"cpu":0.5,"memoryBytes":1048576,"memoryLimitBytes":2097152,"labels":{"zone":"a"},"kinds":["primes@1"],"http":null}],"nextCursor":null,"total":1}

            """;
        Assert.Equal(Golden, _run.Out);
    }

    [Fact]
    public async Task Silos_AsText_IsOneTableOnTheOutput()
    {
        _run.Cluster.Silos = [Silo("127.0.0.1:11111@1"), Silo("127.0.0.1:11112@1")];

        Assert.Equal(0, await _run.RunAsync("silos"));

        string[] lines = _run.Out.TrimEnd('\n').Split('\n');
        Assert.Equal(3, lines.Length);
        Assert.Contains("127.0.0.1:11112@1", lines[2], StringComparison.Ordinal);
        Assert.Contains("1 MiB of 2 MiB", lines[2], StringComparison.Ordinal);
        Assert.Empty(_run.Error);
    }

    [Fact]
    public async Task Jobs_Json_PrintsThePageAndPassesTheQueryOn()
    {
        JobSummary job = new("j1", "primes", 1, JobState.Succeeded, new UnitCounts(10, 10, 0, 0), FakeJob.Start, FakeJob.Start, 1.5, null);
        _run.Cluster.Jobs = new Page<JobSummary>([job], "next") { Total = 12 };

        Assert.Equal(0, await _run.RunAsync("jobs", "--json", "--state", "succeeded", "--kind", "primes", "--text", "j", "--limit", "7"));

        Assert.Equal(new JobQuery(JobState.Succeeded, "primes", "j", 7), _run.Cluster.LastQuery);
        const string Golden = """
            {"items":[{"id":"j1","kind":"primes","version":1,"state":"succeeded","units":{"total":10,"done":10,"failed":0,"wasted":0},"submittedAt":"2026-01-02T03:04:05+00:00","finishedAt":"2026-01-02T03:04:05+00:00","elapsedSeconds":1.5,"error":null,"placement":null,"coverage":null,"etaSeconds":null,"waiting":null}],"nextCursor":"next","total":12}

            """;
        Assert.Equal(Golden, _run.Out);
    }

    [Theory]
    [InlineData("--limit", "0")]
    [InlineData("--limit", "1001")]
    [InlineData("--state", "done")]
    [InlineData("--stat", "failed")]
    public async Task Jobs_WrongOption_ExitsWith2(params string[] options)
    {
        Assert.Equal(2, await _run.RunAsync(["jobs", .. options]));
        Assert.Contains(options[0], _run.ErrorLine, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Jobs_None_PrintsNothingOnTheOutput()
    {
        Assert.Equal(0, await _run.RunAsync("jobs"));
        Assert.Empty(_run.Out);
        Assert.Equal("No jobs.", _run.ErrorLine);
    }

    [Fact]
    public async Task Kinds_Json_ListsKindsWithTheirSchema()
    {
        Assert.Equal(0, await _run.RunAsync("kinds", "--json"));

        JsonElement document = JsonElement.Parse(_run.Out);
        Assert.Equal(["items", "nextCursor", "total"], document.EnumerateObject().Select(member => member.Name));
        JsonElement primes = document
            .GetProperty("items")
            .EnumerateArray()
            .Single(kind => kind.GetProperty("kind").GetString() == "primes");
        Assert.Equal(
            ["kind", "version", "description", "inputSchema", "silos", "isMap"],
            primes.EnumerateObject().Select(member => member.Name)
        );
    }

    [Fact]
    public async Task Kinds_OfOne_ShowsFieldsAndSchema()
    {
        Assert.Equal(0, await _run.RunAsync("kinds", "primes"));
        Assert.Contains("--block", _run.Out, StringComparison.Ordinal);
        Assert.Contains("\"properties\"", _run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Kinds_OfOneThatIsUnknown_ExitsWith2AndNamesTheNearest()
    {
        Assert.Equal(2, await _run.RunAsync("kinds", "prime"));
        Assert.Contains("Did you mean 'primes'?", _run.ErrorLine, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("kinds")]
    [InlineData("silos")]
    [InlineData("jobs")]
    [InlineData("show", "j1")]
    [InlineData("run", "primes")]
    public async Task Command_NoCluster_ExitsWith3(params string[] arguments)
    {
        _run.Cluster.ConnectFailure = new ClusterUnreachableException("No cluster reached.");

        Assert.Equal(3, await _run.RunAsync(arguments));
        Assert.Equal("error: No cluster reached.", _run.ErrorLine);
        Assert.Empty(_run.Out);
    }

    private static SiloStatus Silo(string address) =>
        new(address, "active", 2, 1, 0, 12.5, 0, 0.5, 1 << 20, 2 << 20, new Dictionary<string, string> { ["zone"] = "a" }, ["primes@1"]);
}
