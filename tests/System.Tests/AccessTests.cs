using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Runtime.Versioning;
using System.Text.Json;
using OrleansWork.Protocol.Security;
using OrleansWork.SystemTests.Processes;

namespace OrleansWork.SystemTests;

/// <summary>Who gets into a cluster: whoever has its secret, and by HTTP whoever has a key.</summary>
[SupportedOSPlatform("linux")]
public sealed class AccessTests(ThreeSilos silos) : IClassFixture<ThreeSilos>
{
    private ClusterFile File => silos.Cluster.Description();

    [LinuxTheory]
    [InlineData("/metrics")]
    [InlineData("/api/jobs")]
    [InlineData("/openapi/v1.json")]
    [InlineData("/orleans")]
    [InlineData("/no/such/thing")]
    public async Task Http_WithoutTheKey_Is401AndWithItNot(string path)
    {
        using HttpClient stranger = new();
        using HttpResponseMessage refused = await stranger.GetAsync(new Uri(File.Url + path));
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Equal("Bearer", refused.Headers.WwwAuthenticate.ToString());
        Assert.Equal("application/problem+json", refused.Content.Headers.ContentType!.MediaType);
        Assert.Equal("/problems/unauthorized", (await refused.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("type").GetString());

        using HttpClient guesser = OwnAccess.HttpOf(ClusterSecret.Create());
        using HttpResponseMessage guessed = await guesser.GetAsync(new Uri(File.Url + path));
        Assert.Equal(HttpStatusCode.Unauthorized, guessed.StatusCode);

        using HttpClient owner = OwnAccess.HttpOf(File.Key);
        using HttpResponseMessage served = await owner.GetAsync(new Uri(File.Url + path));
        Assert.Equal(
            path is "/metrics" or "/api/jobs" or "/openapi/v1.json" ? HttpStatusCode.OK : HttpStatusCode.NotFound,
            served.StatusCode
        );
    }

    [LinuxFact]
    public async Task Page_IsServedToAnybody_AndLoadsOnlyWhatIsHere()
    {
        using HttpClient stranger = new();
        using HttpResponseMessage page = await stranger.GetAsync(new Uri(File.Url + "/"));
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.Equal("text/html", page.Content.Headers.ContentType!.MediaType);
        Assert.StartsWith(
            "default-src 'none'; script-src 'self';",
            Assert.Single(page.Headers.GetValues("Content-Security-Policy")),
            StringComparison.Ordinal
        );
        string html = await page.Content.ReadAsStringAsync();
        Assert.DoesNotContain("http", html, StringComparison.Ordinal);
        using HttpRequestMessage again = new(HttpMethod.Get, File.Url + "/") { Headers = { IfNoneMatch = { page.Headers.ETag! } } };
        Assert.Equal(HttpStatusCode.NotModified, (await stranger.SendAsync(again)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await stranger.GetAsync(new Uri(File.Url + "/js/../../etc/passwd"))).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await stranger.GetAsync(new Uri(File.Url + "/js/none.js"))).StatusCode);
    }

    [LinuxFact]
    public async Task Health_ToStrangers_IsAWord()
    {
        using HttpClient stranger = new();
        Assert.Equal("""{"status":"healthy"}""", await stranger.GetStringAsync(new Uri(File.Url + "/healthz")));
        Assert.Equal("""{"status":"ready"}""", await stranger.GetStringAsync(new Uri(File.Url + "/readyz")));
        using HttpRequestMessage head = new(HttpMethod.Head, File.Url + "/healthz");
        Assert.Equal(HttpStatusCode.OK, (await stranger.SendAsync(head)).StatusCode);
    }

    [LinuxFact]
    public async Task Http_NameOfAnotherHost_IsRefused()
    {
        using HttpClient owner = OwnAccess.HttpOf(File.Key);
        using HttpRequestMessage request = new(HttpMethod.Get, File.Url + "/healthz") { Headers = { Host = "rebound.example" } };
        using HttpResponseMessage response = await owner.SendAsync(request);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [LinuxFact]
    public async Task Console_WithAnotherSecret_SaysInOneLineThatTheKeyIsWrong()
    {
        Stopwatch clock = Stopwatch.StartNew();
        await using RunningProgram console = RunningProgram.Start(
            Programs.Console,
            ["silos", .. Gateways()],
            ("ORLEANSWORK_SECRET", ClusterSecret.Create())
        );
        Assert.Equal(3, await console.ExitCodeAsync());
        TestContext.Current.TestOutputHelper?.WriteLine($"refused after {clock.Elapsed.TotalSeconds:0.0} s");
        string line = Assert.Single(console.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("the key is wrong", line, StringComparison.Ordinal);
        Assert.Empty(console.Output);
    }

    [LinuxFact]
    public async Task Console_WithTheClientsForm_IsServed()
    {
        await using RunningProgram console = RunningProgram.Start(
            Programs.Console,
            ["silos", .. Gateways()],
            ("ORLEANSWORK_SECRET", File.Secret)
        );
        Assert.True(await console.ExitCodeAsync() == 0, console.Error);
        Assert.Contains(File.Silos[0].Silo!, console.Output, StringComparison.Ordinal);
    }

    [LinuxFact]
    public async Task Console_SecretThatIsNone_IsWrongUsage()
    {
        await using RunningProgram console = RunningProgram.Start(
            Programs.Console,
            ["silos", .. Gateways()],
            ("ORLEANSWORK_SECRET", "short")
        );
        Assert.Equal(2, await console.ExitCodeAsync());
        Assert.Contains("ORLEANSWORK_SECRET", console.Error, StringComparison.Ordinal);
    }

    [LinuxFact]
    public async Task Secrets_OfARunningCluster_AreInFilesOfTheirOwnerAlone()
    {
        string secret = (await System.IO.File.ReadAllTextAsync(Path.Combine(silos.Cluster.Directory, "secret"))).Trim();
        Assert.Equal(ClusterSecret.Parse(secret).ClientForm, File.Secret);
        string[] secrets = [secret, File.Secret, File.Key];
        Assert.All(
            (string[])["secret", "cluster.json"],
            name =>
                Assert.Equal(
                    UnixFileMode.UserRead | UnixFileMode.UserWrite,
                    System.IO.File.GetUnixFileMode(Path.Combine(silos.Cluster.Directory, name))
                )
        );
        foreach (string file in Directory.EnumerateFiles(silos.Cluster.Directory, "*.log", SearchOption.AllDirectories))
        {
            using StreamReader reader = new(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
            string content = await reader.ReadToEndAsync();
            Assert.All(secrets, text => Assert.DoesNotContain(text, content, StringComparison.Ordinal));
        }

        foreach ((int pid, string commandLine) in ProcessTable.Naming(silos.Cluster.Directory))
        {
            string environment = await System.IO.File.ReadAllTextAsync($"/proc/{pid}/environ");
            Assert.All(secrets, text => Assert.DoesNotContain(text, commandLine + environment, StringComparison.Ordinal));
        }
    }

    [SlowFact]
    public async Task SiloByHand_WithoutASecret_MeetsConsolesOfItsUserAndNoOthers()
    {
        string config = Directory.CreateTempSubdirectory("ow-config-").FullName;
        try
        {
            await using RunningProgram silo = RunningProgram.Start(
                Programs.Silo,
                ["--silo-port", "0", "--gateway-port", "0", "--urls", "http://127.0.0.1:0"],
                ("XDG_CONFIG_HOME", config)
            );
            await Eventually.TrueAsync(() => silo.Output.Contains('\n', StringComparison.Ordinal) || silo.HasExited, () => silo.Error);
            JsonElement ready = JsonSerializer.Deserialize<JsonElement>(silo.Output.AsSpan("ready ".Length));
            string gateway = ready.GetProperty("gateway").GetString()!;
            string path = Path.Combine(config, "orleanswork", "secret");
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(path));

            // It makes a key too, and tells whoever started it.
            string key = silo
                .Error.Split('\n')
                .Single(line => line.StartsWith("The key for HTTP is ", StringComparison.Ordinal))
                .Split(' ')[5];
            using HttpClient owner = OwnAccess.HttpOf(key, ready.GetProperty("http").GetString());
            Assert.Contains("dotnet_", await owner.GetStringAsync(new Uri("/metrics", UriKind.Relative)), StringComparison.Ordinal);

            await using RunningProgram own = RunningProgram.Start(
                Programs.Console,
                ["silos", "--gateway", gateway],
                ("XDG_CONFIG_HOME", config)
            );
            Assert.True(await own.ExitCodeAsync() == 0, own.Error);
            await using RunningProgram other = RunningProgram.Start(
                Programs.Console,
                ["silos", "--gateway", gateway],
                ("XDG_CONFIG_HOME", Path.Combine(config, "other"))
            );
            Assert.Equal(3, await other.ExitCodeAsync());
            Assert.Contains("the key is wrong", other.Error, StringComparison.Ordinal);

            // Nor does it read files for anybody that was not told which.
            await using RunningProgram reader = RunningProgram.Start(
                Programs.Console,
                ["run", "wordcount", "--paths", "/etc/hostname", "--gateway", gateway],
                ("XDG_CONFIG_HOME", config)
            );
            Assert.Equal(2, await reader.ExitCodeAsync());
            Assert.Contains("FileRoots", reader.Error, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(config, recursive: true);
        }
    }

    private IEnumerable<string> Gateways() =>
        ["--gateway", string.Join(',', File.Silos.Select(s => s.Gateway)), "--cluster-id", File.ClusterId, "--service-id", File.ServiceId];
}
