using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using OrleansWork.SystemTests.Processes;

namespace OrleansWork.SystemTests;

/// <summary>One silo process: its settings, its health, its end.</summary>
public sealed class SiloTests
{
    [Theory]
    [InlineData("--silo-prot 1", "--silo-prot", "--silo-port")]
    [InlineData("--clustering redos", "OrleansWork:Clustering", "redis")]
    [InlineData("--clustering redis", "OrleansWork:Redis", "127.0.0.1:6379")]
    [InlineData("--silo-port 70000", "OrleansWork:SiloPort", "65535")]
    [InlineData("--slots 0", "OrleansWork:Slots", "from 1")]
    [InlineData("--labels =x", "OrleansWork:Labels", "name=value")]
    [InlineData("--jobs /no/such/folder", "OrleansWork:Jobs", "/no/such/folder")]
    [InlineData("--jobs /etc/hostname", "OrleansWork:Jobs", "/etc/hostname")]
    [InlineData("--urls http://0.0.0.0:8080", "OrleansWork:Urls", "TLS")]
    [InlineData("--urls http://*:8080", "OrleansWork:Urls", "TLS")]
    [InlineData("--allow-exec maybe", "OrleansWork:AllowExec", "true or false")]
    [InlineData("--silo-port 5000 --gateway-port 5000", "OrleansWork:GatewayPort", "5000")]
    [InlineData("--cluster-id", "--cluster-id", "needs a value")]
    [InlineData("--keys abc", "OrleansWork:Keys", "loopback")]
    [InlineData("--keys me:boss:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "OrleansWork:Keys", "operator")]
    [InlineData("--keys me:viewer:e3b0", "OrleansWork:Keys", "64")]
    [InlineData("--secret of-many-characters", "--secret", "OrleansWork__Secret")]
    [InlineData("--OrleansWork:Secret=of-many-characters", "--OrleansWork:Secret", "--secret-file")]
    [InlineData("--secret-file /etc/hostname", "OrleansWork:SecretFile", "characters")]
    [InlineData("--secret-file /no/such/file", "OrleansWork:SecretFile", "/no/such/file")]
    [InlineData("--file-roots /no/such/folder", "OrleansWork:FileRoots", "/no/such/folder")]
    [InlineData("--Kestrel:Endpoints:Any:Url=http://0.0.0.0:1", "Kestrel:Endpoints", "OrleansWork:Urls")]
    public async Task Start_BadSetting_IsRefusedWithTheKeysName(string arguments, string key, string hint)
    {
        await using RunningProgram silo = RunningProgram.Start(Programs.Silo, arguments.Split(' '));
        Assert.Equal(2, await silo.ExitCodeAsync());
        Assert.Contains(key, silo.Error, StringComparison.Ordinal);
        Assert.Contains(hint, silo.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", silo.Error, StringComparison.Ordinal);
        Assert.Empty(silo.Output);
    }

    [Theory]
    [InlineData("OrleansWork__Secret", "marker-7f")]
    [InlineData("OrleansWork__Secret", "client-marker-7f")]
    [InlineData("OrleansWork__Keys", "marker-7f:operator:zz")]
    public async Task Start_BadSecret_IsRefusedWithoutSayingIt(string name, string value)
    {
        await using RunningProgram silo = RunningProgram.Start(Programs.Silo, ["--secret", "marker-7f-as-well"], (name, value));
        Assert.Equal(2, await silo.ExitCodeAsync());
        Assert.Contains(name.Replace("__", ":", StringComparison.Ordinal), silo.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("marker-7f", silo.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_ManyBadSettings_AreNamedAtOnce()
    {
        await using RunningProgram silo = RunningProgram.Start(
            Programs.Silo,
            ["--slots", "none", "--urls", "http://192.168.1.1:80"],
            ("OrleansWork__GatewayPort", "-1"),
            ("OrleansWork__Slot", "3")
        );
        Assert.Equal(2, await silo.ExitCodeAsync());
        Assert.All(
            (string[])
                ["OrleansWork:Slots is 'none'", "OrleansWork:GatewayPort is '-1'", "OrleansWork:Slot is not a setting", "192.168.1.1"],
            part => Assert.Contains(part, silo.Error, StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task Start_PortTaken_SaysWhichSettingToChange()
    {
        using TcpListener taken = new(IPAddress.Loopback, 0);
        taken.Start();
        int port = ((IPEndPoint)taken.LocalEndpoint).Port;
        await using RunningProgram silo = RunningProgram.Start(
            Programs.Silo,
            ["--silo-port", "0", "--gateway-port", $"{port}", "--urls", "http://127.0.0.1:0"]
        );
        Assert.Equal(5, await silo.ExitCodeAsync());
        Assert.Contains($"Port {port} (OrleansWork:GatewayPort) is taken", silo.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", silo.Error, StringComparison.Ordinal);
    }

    [LinuxFact]
    public async Task Local_TellsItsHealthAndStopsAtSigterm()
    {
        OwnAccess access = new();
        await using RunningProgram silo = StartLocal(access);
        JsonElement ready = await ReadyAsync(silo);
        Assert.Equal(silo.Id, ready.GetProperty("pid").GetInt32());
        string address = ready.GetProperty("http").GetString()!;
        using HttpClient http = access.Http(address);
        Assert.Equal("healthy", (await http.GetFromJsonAsync<JsonElement>("/healthz")).GetProperty("status").GetString());
        JsonElement state = await http.GetFromJsonAsync<JsonElement>("/readyz");
        Assert.Equal("ready", state.GetProperty("status").GetString());
        Assert.Equal(ready.GetProperty("silo").GetString(), state.GetProperty("silo").GetString());
        string metrics = await http.GetStringAsync(new Uri("/metrics", UriKind.Relative));
        Assert.Contains("dotnet_", metrics, StringComparison.Ordinal);
        Assert.Contains("memory", silo.Error, StringComparison.Ordinal);
        Assert.Single(silo.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));

        silo.Signal(Signals.Terminate);
        Assert.Equal(0, await silo.ExitCodeAsync(TimeSpan.FromSeconds(15)));
    }

    [LinuxFact]
    public async Task WatchStdin_PipeCloses_EndsPromptlyButIgnoresCtrlC()
    {
        await using RunningProgram silo = StartLocal(new OwnAccess(), "--watch-stdin");
        JsonElement ready = await ReadyAsync(silo);
        silo.Signal(Signals.Interrupt);
        using HttpClient http = new() { BaseAddress = new Uri(ready.GetProperty("http").GetString()!) };
        Assert.Equal("ready", (await http.GetFromJsonAsync<JsonElement>("/readyz")).GetProperty("status").GetString());
        silo.CloseInput();
        await silo.ExitCodeAsync(TimeSpan.FromSeconds(10));
    }

    [LinuxFact]
    public async Task Ready_StorageGone_IsAProblemUntilItIsBack()
    {
        await using LocalCluster cluster = await LocalCluster.UpAsync(1);
        ClusterFile file = cluster.Description();
        using HttpClient http = OwnAccess.HttpOf(file.Key, file.Silos[0].Http!);
        Signals.Send(file.Store.Pid, Signals.Stop);
        try
        {
            using HttpResponseMessage response = await http.GetAsync(new Uri("/readyz", UriKind.Relative));
            Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
            Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
            JsonElement problem = await response.Content.ReadFromJsonAsync<JsonElement>();
            Assert.Equal("/problems/not-ready", problem.GetProperty("type").GetString());
            Assert.Contains("storage", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
            using HttpResponseMessage alive = await http.GetAsync(new Uri("/healthz", UriKind.Relative));
            Assert.Equal(HttpStatusCode.OK, alive.StatusCode);
        }
        finally
        {
            Signals.Send(file.Store.Pid, Signals.Continue);
        }

        await Eventually.NotNullAsync(async () =>
        {
            using HttpResponseMessage response = await http.GetAsync(new Uri("/readyz", UriKind.Relative));
            return response.IsSuccessStatusCode ? "ready" : null;
        });
    }

    private static RunningProgram StartLocal(OwnAccess access, params IEnumerable<string> more) =>
        RunningProgram.Start(
            Programs.Silo,
            ["--silo-port", "0", "--gateway-port", "0", "--urls", "http://127.0.0.1:0", .. more],
            access.Environment
        );

    private static async Task<JsonElement> ReadyAsync(RunningProgram silo)
    {
        await Eventually.TrueAsync(() => silo.Output.Contains('\n', StringComparison.Ordinal) || silo.HasExited, () => silo.Error);
        Assert.StartsWith("ready {", silo.Output, StringComparison.Ordinal);
        return JsonSerializer.Deserialize<JsonElement>(silo.Output.AsSpan("ready ".Length));
    }
}
