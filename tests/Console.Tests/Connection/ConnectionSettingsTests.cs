using OrleansWork.Console.Connection;
using Xunit;

namespace OrleansWork.Console.Tests.Connection;

public sealed class ConnectionSettingsTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("orleanswork-test-").FullName;
    private readonly Dictionary<string, string?> _environment = new(StringComparer.Ordinal);

    private SavedClusters _saved = SavedClusters.None;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Resolve_Nothing_IsTheDefaultAddress()
    {
        _environment["ORLEANSWORK_DATA"] = "";
        string here = Directory.GetCurrentDirectory();
        Assert.False(Directory.Exists(Path.Combine(here, ".orleanswork")));

        ConnectionSettings settings = Resolve(new ConnectionArguments());

        Assert.Equal([new Uri("http://127.0.0.1:8080")], settings.Urls);
        Assert.True(settings.IsDefault);
        Assert.True(settings.IsHttp);
        Assert.Equal(("orleanswork", "orleanswork"), (settings.ClusterId, settings.ServiceId));
    }

    [Fact]
    public void Resolve_Everything_TakesTheGateways()
    {
        WriteClusterFile();
        _environment["ORLEANSWORK_REDIS"] = "redis:1";

        ConnectionSettings settings = Resolve(new ConnectionArguments("a:1,[::1]:2", "redis:2", _directory));

        Assert.Equal(["a:1", "[::1]:2"], settings.Gateways);
        Assert.Null(settings.Redis);
        Assert.Null(settings.Directory);
    }

    [Fact]
    public void Resolve_RedisAndFile_TakesRedis()
    {
        WriteClusterFile();
        Assert.Equal("redis:2", Resolve(new ConnectionArguments(Redis: "redis:2", Data: _directory)).Redis);
    }

    [Fact]
    public void Resolve_File_TakesItsIds()
    {
        WriteClusterFile();

        ConnectionSettings settings = Resolve(new ConnectionArguments(Data: _directory));

        Assert.Equal(_directory, settings.Directory);
        Assert.Equal(("local-7", "svc"), (settings.ClusterId, settings.ServiceId));
        Assert.Equal("mine", Resolve(new ConnectionArguments(Data: _directory, ClusterId: "mine")).ClusterId);
    }

    [Fact]
    public void Resolve_Environment_IsUsedAndLosesToTheCommandLine()
    {
        WriteClusterFile();
        _environment["ORLEANSWORK_GATEWAY"] = "env:5";
        _environment["ORLEANSWORK_CLUSTER_ID"] = "env-cluster";
        _environment["ORLEANSWORK_SERVICE_ID"] = "env-service";

        ConnectionSettings fromEnvironment = Resolve(new ConnectionArguments());
        Assert.Equal(["env:5"], fromEnvironment.Gateways);
        Assert.Equal(("env-cluster", "env-service"), (fromEnvironment.ClusterId, fromEnvironment.ServiceId));

        Assert.Equal("redis:2", Resolve(new ConnectionArguments(Redis: "redis:2")).Redis);
        Assert.NotNull(Resolve(new ConnectionArguments(Data: _directory)).Directory);
        Assert.Equal("cli", Resolve(new ConnectionArguments(ClusterId: "cli")).ClusterId);
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("none", "")]
    [InlineData("None", "")]
    [InlineData("sixteen letters!", "sixteen letters!")]
    public void Resolve_Secret_IsThatOfTheEnvironmentOrTheUsersOwn(string? given, string? expected)
    {
        _environment["ORLEANSWORK_SECRET"] = given;
        Assert.Equal(expected, Resolve(new ConnectionArguments("a:1")).Secret);
        Assert.Equal(expected, Resolve(new ConnectionArguments(Redis: "redis:2")).Secret);
        Assert.Equal(expected, Resolve(new ConnectionArguments()).Secret);
    }

    [Fact]
    public void Resolve_SecretOfAFile_IsItsClustersWhateverTheEnvironmentSays()
    {
        _environment["ORLEANSWORK_SECRET"] = "sixteen letters!";
        WriteClusterFile();
        Assert.Equal("", Resolve(new ConnectionArguments(Data: _directory)).Secret);
        WriteClusterFile(more: """, "secret": "client-form", "key": "k", "url": "http://127.0.0.1:8080" """);
        Assert.Equal("client-form", Resolve(new ConnectionArguments(Data: _directory)).Secret);
    }

    [Fact]
    public void Resolve_SecretThatIsNone_IsAUsageErrorThatDoesNotSayIt()
    {
        _environment["ORLEANSWORK_SECRET"] = "marker";
        UsageException exception = Assert.Throws<UsageException>(() => Resolve(new ConnectionArguments("a:1")));
        Assert.Contains("ORLEANSWORK_SECRET", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("marker", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("30s", 30)]
    [InlineData("1h", 3600)]
    [InlineData("", null)]
    public void Resolve_ConnectTimeout_IsThatOfTheEnvironmentOrTheDefault(string given, int? seconds)
    {
        _environment["ORLEANSWORK_CONNECT_TIMEOUT"] = given;
        TimeSpan? expected = seconds is { } s ? TimeSpan.FromSeconds(s) : null;
        Assert.Equal(expected, Resolve(new ConnectionArguments("a:1")).ConnectTimeout);
        WriteClusterFile();
        Assert.Equal(expected, Resolve(new ConnectionArguments(Data: _directory)).ConnectTimeout);
    }

    [Theory]
    [InlineData("0s")]
    [InlineData("-1s")]
    [InlineData("2h")]
    [InlineData("soon")]
    public void Resolve_ConnectTimeoutThatIsNone_IsAUsageError(string given)
    {
        _environment["ORLEANSWORK_CONNECT_TIMEOUT"] = given;
        UsageException refusal = Assert.Throws<UsageException>(() => Resolve(new ConnectionArguments("a:1")));
        Assert.Contains("ORLEANSWORK_CONNECT_TIMEOUT", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Resolve_DirectoryOfTheEnvironment_IsUsed()
    {
        WriteClusterFile();
        _environment["ORLEANSWORK_DATA"] = _directory;
        Assert.NotNull(Resolve(new ConnectionArguments()).Directory);
    }

    [Fact]
    public void Resolve_NamedDirectoryWithoutCluster_SaysSo()
    {
        RequestException exception = Assert.ThrowsAny<RequestException>(() => Resolve(new ConnectionArguments(Data: _directory)));
        Assert.Equal(ErrorReason.Unavailable, exception.Reason);
        Assert.Contains(_directory, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("host")]
    [InlineData("host:")]
    [InlineData("host:0")]
    [InlineData("host:65536")]
    [InlineData(":30000")]
    [InlineData("a b:1")]
    [InlineData(",")]
    public void Resolve_NotAGateway_IsAUsageError(string gateway) =>
        Assert.Throws<UsageException>(() => Resolve(new ConnectionArguments(gateway)));

    [Theory]
    [InlineData("http://a:1", "http://a:1/")]
    [InlineData("http://a:1,https://b/", "http://a:1/ https://b/")]
    [InlineData(" http://[::1]:8080 , ", "http://[::1]:8080/")]
    public void Resolve_Url_IsTakenFromTheCommandLineAndTheEnvironment(string given, string expected)
    {
        WriteClusterFile();
        ConnectionSettings settings = Resolve(new ConnectionArguments(Url: given, Data: _directory));
        Assert.Equal(expected.Split(' '), settings.Urls.Select(url => url.ToString()));
        Assert.True(settings.IsHttp);
        Assert.Null(settings.Directory);

        _environment["ORLEANSWORK_URL"] = given;
        _environment["ORLEANSWORK_GATEWAY"] = "g:1";
        Assert.Equal(expected.Split(' '), Resolve(new ConnectionArguments()).Urls.Select(url => url.ToString()));
        Assert.False(Resolve(new ConnectionArguments("g:2")).IsHttp);
        Assert.Equal(_directory, Resolve(new ConnectionArguments(Data: _directory)).Directory);
    }

    [Theory]
    [InlineData("a:1")]
    [InlineData("ftp://a:1")]
    [InlineData("http://a:1/api")]
    [InlineData("http://me:secret@a:1")]
    [InlineData("http://")]
    [InlineData(",")]
    public void Resolve_NotAUrl_IsAUsageError(string given) =>
        Assert.Contains(
            "--url",
            Assert.Throws<UsageException>(() => Resolve(new ConnectionArguments(Url: given))).Message,
            StringComparison.Ordinal
        );

    [Fact]
    public void Resolve_Context_IsThatOfTheCommandLineTheEnvironmentOrTheCurrentOne()
    {
        WriteClusterFile();
        _saved = SavedClusters
            .None.With(new SavedCluster("prod", ["http://p:1", "http://p:2"], "of-prod"))
            .With(new SavedCluster("test", ["http://t:1"], null));
        Assert.Equal("http://t:1/", Assert.Single(Resolve(new ConnectionArguments()).Urls).ToString());
        ConnectionSettings prod = Resolve(new ConnectionArguments(Context: "prod"));
        Assert.Equal((2, "of-prod"), (prod.Urls.Count, prod.Key));
        Assert.Equal("mine", Resolve(new ConnectionArguments(Context: "prod", Key: "mine")).Key);
        Assert.Equal(_directory, Resolve(new ConnectionArguments(Data: _directory)).Directory);
        Assert.False(Resolve(new ConnectionArguments("g:1")).IsHttp);

        _environment["ORLEANSWORK_CONTEXT"] = "prod";
        Assert.Equal("of-prod", Resolve(new ConnectionArguments()).Key);
        _environment["ORLEANSWORK_URL"] = "http://u:1";
        Assert.Equal("http://u:1/", Assert.Single(Resolve(new ConnectionArguments()).Urls).ToString());

        RequestException refusal = Assert.ThrowsAny<RequestException>(() => Resolve(new ConnectionArguments(Context: "prd")));
        Assert.Equal(ErrorReason.NotFound, refusal.Reason);
        Assert.Equal("There is no context prd. Did you mean 'prod'?", refusal.Message);
        Assert.Throws<UsageException>(() => Resolve(new ConnectionArguments("g:1", Context: "prod")));
        Assert.Throws<UsageException>(() => Resolve(new ConnectionArguments(Url: "http://u:1", Context: "prod")));
    }

    [Fact]
    public void Resolve_TwoRoads_IsAUsageError() =>
        Assert.Throws<UsageException>(() => Resolve(new ConnectionArguments("g:1", Url: "http://a:1")));

    [Fact]
    public void Resolve_Key_IsThatOfTheCommandLineOrTheEnvironment()
    {
        Assert.Null(Resolve(new ConnectionArguments(Url: "http://a:1")).Key);
        _environment["ORLEANSWORK_KEY"] = "theirs";
        Assert.Equal("theirs", Resolve(new ConnectionArguments(Url: "http://a:1")).Key);
        Assert.Equal("mine", Resolve(new ConnectionArguments(Url: "http://a:1", Key: "mine")).Key);
    }

    private void WriteClusterFile(string more = "") =>
        File.WriteAllText(
            Path.Combine(_directory, "cluster.json"),
            $$"""
            {"clusterId": "local-7", "serviceId": "svc", "redis": "127.0.0.1:7000", "processes": [
              {"role": "supervisor", "pid": 1, "log": "x", "startedAt": "2026-01-02T03:04:05+00:00"},
              {"role": "silo", "pid": 2, "silo": "127.0.0.1:11111@1", "gateway": "127.0.0.1:30001", "http": "http://127.0.0.1:8080", "log": "y", "startedAt": "2026-01-02T03:04:05+00:00"}]{{more}}}
            """
        );

    private ConnectionSettings Resolve(ConnectionArguments given) =>
        ConnectionSettings.Resolve(given, name => _environment.GetValueOrDefault(name), _saved);
}
