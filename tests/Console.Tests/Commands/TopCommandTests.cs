using System.Text.Json;
using OrleansWork.Console.Tests.Top;
using Xunit;

namespace OrleansWork.Console.Tests.Commands;

public sealed class TopCommandTests : IDisposable
{
    private readonly ConsoleRun _run = new();

    public TopCommandTests()
    {
        _run.Cluster.Silos = TopFrameTests.Sample().Silos;
        _run.Cluster.Jobs = new Page<JobSummary>([.. TopFrameTests.Sample().Jobs.Select(job => job.Summary)], null);
    }

    public void Dispose() => _run.Dispose();

    [Fact]
    public async Task Top_Json_PrintsADocumentALook()
    {
        Assert.Equal(0, await _run.RunAsync("top", "--json", "--count", "2", "--interval", "100ms"));
        string[] lines = _run.Out.TrimEnd('\n').Split('\n');
        Assert.Equal(2, lines.Length);
        JsonElement document = JsonElement.Parse(lines[1]);
        Assert.Equal(["at", "silos", "jobs"], document.EnumerateObject().Select(member => member.Name));
        Assert.Equal(3, document.GetProperty("silos").GetArrayLength());
        JsonElement job = document.GetProperty("jobs")[0];
        Assert.Equal("3f2a9c8100112233", job.GetProperty("id").GetString());
        Assert.Equal(0, job.GetProperty("unitsPerSecond").GetDouble());
        Assert.Equal(JsonValueKind.Null, JsonElement.Parse(lines[0]).GetProperty("jobs")[0].GetProperty("unitsPerSecond").ValueKind);
        Assert.Empty(_run.Error);
    }

    [Fact]
    public async Task Top_NoTerminal_PrintsTables()
    {
        Assert.Equal(0, await _run.RunAsync("top", "--count", "1"));
        Assert.Contains("127.0.0.1:11112@154382262", _run.Out, StringComparison.Ordinal);
        Assert.Contains("nightly-7", _run.Out, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', _run.Out);
    }

    [Theory]
    [InlineData("--interval", "5ms")]
    [InlineData("--interval", "2h")]
    [InlineData("--count", "0")]
    public async Task Top_WrongOption_ExitsWith2(params string[] options)
    {
        Assert.Equal(2, await _run.RunAsync(["top", .. options]));
        Assert.Contains(options[0], _run.ErrorLine, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Top_CtrlC_ExitsWith130()
    {
        Task<int> top = _run.RunAsync("top", "--json", "--interval", "100ms");
        while (!_run.Out.Contains('\n', StringComparison.Ordinal))
            await Task.Delay(10, TestContext.Current.CancellationToken);
        _run.Interrupts.Signal();
        Assert.Equal(130, await top);
    }

    [Fact]
    public async Task Top_NobodyReads_Ends()
    {
        using ConsoleRun run = new(readerIsGone: () => true);
        Assert.Equal(0, await run.RunAsync("top", "--json"));
    }
}
