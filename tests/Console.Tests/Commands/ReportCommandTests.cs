using System.Reflection;
using System.Text;
using OrleansWork.Console.Connection;
using Xunit;

namespace OrleansWork.Console.Tests.Commands;

public sealed class ReportCommandTests : IDisposable
{
    private readonly ConsoleRun _run = new();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ow-report-");

    private string File => Path.Combine(_folder.FullName, "report.html");

    public void Dispose()
    {
        _run.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Report_OfAJob_IsWrittenWholeAndSaid()
    {
        _run.Cluster.Reports[("j1", "html")] = "<!doctype html>"u8.ToArray();

        Assert.Equal(0, await _run.RunAsync("report", "j1", "--out", File));

        Assert.Equal("<!doctype html>", await System.IO.File.ReadAllTextAsync(File, TestContext.Current.CancellationToken));
        Assert.Equal($"Wrote 15 B to {File}.", _run.ErrorLine);
        Assert.Empty(_run.Out);
        Assert.Single(_folder.GetFiles());
    }

    [Fact]
    public async Task Report_AsATrace_ReplacesTheFileThatIsThere()
    {
        await System.IO.File.WriteAllTextAsync(File, "before", TestContext.Current.CancellationToken);
        _run.Cluster.Reports[("j1", "perfetto")] = Encoding.UTF8.GetBytes("{}");

        Assert.Equal(0, await _run.RunAsync("report", "j1", "--out", File, "--format", "perfetto"));

        Assert.Equal("{}", await System.IO.File.ReadAllTextAsync(File, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Report_OfNoJob_LeavesTheFileAsItWas()
    {
        await System.IO.File.WriteAllTextAsync(File, "before", TestContext.Current.CancellationToken);

        Assert.Equal(4, await _run.RunAsync("report", "j2", "--out", File));

        Assert.Contains("There is no job j2", _run.ErrorLine, StringComparison.Ordinal);
        Assert.Equal("before", await System.IO.File.ReadAllTextAsync(File, TestContext.Current.CancellationToken));
        Assert.Single(_folder.GetFiles());
    }

    [Fact]
    public async Task Report_WithoutAFile_OrInAFolderThatIsNotThere_IsRefusedBeforeAnythingIsAsked()
    {
        Assert.Equal(2, await _run.RunAsync("report", "j1"));
        Assert.Contains("--out", _run.Error, StringComparison.Ordinal);
        Assert.Equal(2, await _run.RunAsync("report", "j1", "--out", Path.Combine(_folder.FullName, "no", "r.html")));
        Assert.Contains("there is no folder", _run.Error, StringComparison.Ordinal);
        Assert.Equal(2, await _run.RunAsync("report", "j1", "--out", File, "--format", "pdf"));
        Assert.Contains("html, perfetto", _run.Error, StringComparison.Ordinal);
        Assert.Empty(_run.Cluster.Connections);
    }

    [Fact]
    public async Task Report_ByTheOrleansClient_SaysThatSilosMakeThem()
    {
        using ConsoleRun run = new(connector: new ByGateway());

        Assert.Equal(2, await run.RunAsync("report", "j1", "--out", File));

        Assert.Contains("comes over HTTP", run.ErrorLine, StringComparison.Ordinal);
        Assert.Empty(_folder.GetFiles());
    }

    private sealed class ByGateway : IClusterConnector
    {
        public Task<ClusterLink> ConnectAsync(ConnectionSettings settings, CancellationToken cancellationToken) =>
            Task.FromResult(new ClusterLink(DispatchProxy.Create<IComputeClient, NoReports>()));
    }

    /// <summary>A client of which nothing is asked.</summary>
    public class NoReports : DispatchProxy
    {
        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => throw new NotSupportedException();
    }
}
