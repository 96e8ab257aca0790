using System.Runtime.Versioning;
using System.Text.Json;
using OrleansWork.Console.Connection;
using Xunit;

namespace OrleansWork.Console.Tests.Commands;

/// <summary>Clusters that a user has logged in to.</summary>
public sealed class ContextCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ow-contexts-").FullName;

    private string ContextPath => Path.Combine(_folder, "orleanswork", "contexts.json");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Login_KeepsAddressAndKeyAndCommandsGoThere()
    {
        using ConsoleRun run = Run();
        run.StandardInput = "the-key\n";
        Assert.Equal(0, await run.RunAsync("login", "http://compute.example:8080", "--key", "-", "--name", "prod"));
        Assert.Empty(run.Out);
        Assert.DoesNotContain("the-key", run.Error, StringComparison.Ordinal);
        if (!OperatingSystem.IsWindows())
            RequireOwnersAlone(ContextPath);

        using ConsoleRun later = Run();
        Assert.Equal(0, await later.RunAsync("silos"));
        ConnectionSettings settings = Assert.Single(later.Cluster.Connections);
        Assert.Equal(("the-key", "http://compute.example:8080/"), (settings.Key, Assert.Single(settings.Urls).ToString()));
    }

    [Fact]
    public async Task Login_RefusedKey_KeepsNothing()
    {
        using ConsoleRun run = Run();
        run.Cluster.ConnectFailure = new RequestRefusedException(ErrorReason.Refused, "The key is wrong.");
        Assert.Equal(5, await run.RunAsync("login", "http://compute.example:8080", "--key", "wrong"));
        Assert.False(File.Exists(ContextPath));
    }

    [Theory]
    [InlineData("login")]
    [InlineData("login", "compute.example")]
    [InlineData("login", "http://a:1/path")]
    [InlineData("login", "http://a:1", "--name", "a b")]
    [InlineData("login", "http://a:1", "--name", "none")]
    [InlineData("login", "http://a:1", "--gateway", "b:1")]
    [InlineData("context", "use")]
    [InlineData("context", "remove", "x")]
    public async Task Usage_Wrong_Is2(params string[] arguments)
    {
        using ConsoleRun run = Run();
        Assert.Equal(2, await run.RunAsync(arguments));
        Assert.False(File.Exists(ContextPath));
    }

    [Fact]
    public async Task Context_ListsUsesAndForgets_AndSaysNoKey()
    {
        using ConsoleRun run = Run();
        foreach (string name in (string[])["prod", "test"])
            Assert.Equal(0, await run.RunAsync("login", $"http://{name}:1", "--key", $"key-of-{name}", "--name", name));
        Assert.Equal(0, await run.RunAsync("context", "--json"));
        Assert.DoesNotContain("key-of", run.Out + run.Error, StringComparison.Ordinal);
        JsonElement[] items = [.. JsonElement.Parse(run.Out).GetProperty("items").EnumerateArray()];
        Assert.Equal(
            [("prod", false), ("test", true)],
            items.Select(item => (item.GetProperty("name").GetString()!, item.GetProperty("current").GetBoolean()))
        );

        Assert.Equal(0, await run.RunAsync("context", "use", "prod"));
        Assert.Equal("key-of-prod", await KeyAsync("silos"));
        Assert.Equal("key-of-test", await KeyAsync("silos", "--context", "test"));
        Assert.Equal(0, await run.RunAsync("context", "use", "none"));
        Assert.Null(await KeyAsync("silos", "--url", "http://u:1"));
        Assert.Equal(0, await run.RunAsync("context", "rm", "prod"));
        Assert.Equal(4, await run.RunAsync("context", "use", "prod"));
        Assert.Contains("There is no context prod.", run.Error, StringComparison.Ordinal);
        Assert.Equal(4, await run.RunAsync("silos", "--context", "prod"));
    }

    [Fact]
    public async Task Context_FileThatIsNone_IsNamed()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(ContextPath)!);
        await File.WriteAllTextAsync(ContextPath, "{", TestContext.Current.CancellationToken);
        using ConsoleRun run = Run();
        Assert.Equal(2, await run.RunAsync("silos"));
        Assert.Contains(ContextPath, run.Error, StringComparison.Ordinal);
    }

    [UnsupportedOSPlatform("windows")]
    private static void RequireOwnersAlone(string path)
    {
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute,
            File.GetUnixFileMode(Path.GetDirectoryName(path)!)
        );
    }

    private async Task<string?> KeyAsync(params string[] arguments)
    {
        using ConsoleRun run = Run();
        Assert.Equal(0, await run.RunAsync(arguments));
        return Assert.Single(run.Cluster.Connections).Key;
    }

    private ConsoleRun Run() => new(contexts: ContextPath);
}
