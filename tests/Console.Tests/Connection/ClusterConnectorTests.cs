using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Orleans.Runtime;
using OrleansWork.Console.Connection;
using OrleansWork.Console.LocalCluster;
using Xunit;

namespace OrleansWork.Console.Tests.Connection;

/// <summary>How long clusters are tried, and what is said of those that do not answer.</summary>
public sealed class ClusterConnectorTests : IDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    private readonly string _directory = Directory.CreateTempSubdirectory("ow-connect-").FullName;
    private readonly TcpListener _silent = new(IPAddress.Loopback, 0);
    private readonly TaskCompletionSource<string> _said = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ClusterConnectorTests() => _silent.Start();

    public void Dispose()
    {
        _silent.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task Connect_SupervisorRunsAndNobodyAnswers_GoesOnAndSaysSoThenWhatToDo()
    {
        using Process self = Process.GetCurrentProcess();
        Write(self);
        ClusterConnector connector = new(TimeProvider.System, text => _said.TrySetResult(text))
        {
            PatienceWithOwn = TimeSpan.FromSeconds(2),
            FirstWord = TimeSpan.FromMilliseconds(50),
        };
        RequestException refusal = await Assert.ThrowsAnyAsync<RequestException>(() => connector.ConnectAsync(Local(), Token));
        Assert.Equal(ErrorReason.Unavailable, refusal.Reason);
        Assert.Contains("no answer within 2s", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("try again", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(Path.Combine(_directory, "logs"), refusal.Message, StringComparison.Ordinal);
        Assert.Contains("Still waiting", await _said.Task.WaitAsync(Bound, Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connect_SupervisorOfAnotherRunsAndNobodyAnswers_GivesUpAsWithAnyCluster()
    {
        using Process self = Process.GetCurrentProcess();
        Write(self);
        ClusterConnector connector = new(TimeProvider.System, text => _said.TrySetResult(text));
        RequestException refusal = await Assert.ThrowsAnyAsync<RequestException>(() =>
            connector.ConnectAsync(Local() with { IsOwn = false }, Token)
        );
        Assert.Contains("no answer within 8s", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("try again", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connect_GatewayThatDoesNotAnswer_IsGivenTheTimeThatIsSaidAndTheMessageSaysHow()
    {
        ClusterConnector connector = new(TimeProvider.System, _ => { });
        ConnectionSettings settings = new()
        {
            Gateways = [_silent.LocalEndpoint.ToString()!],
            ClusterId = "c1",
            ServiceId = "s",
            Secret = "",
            ConnectTimeout = TimeSpan.FromSeconds(1),
        };
        RequestException refusal = await Assert.ThrowsAnyAsync<RequestException>(() => connector.ConnectAsync(settings, Token));
        Assert.Contains("no answer within 1s. If", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("ORLEANSWORK_CONNECT_TIMEOUT=30s", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("orleanswork up", refusal.Message, StringComparison.Ordinal);
        refusal = await Assert.ThrowsAnyAsync<RequestException>(() => connector.ConnectAsync(settings with { IsDefault = true }, Token));
        Assert.Contains("no answer within 1s. Start one with `orleanswork up`", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("ORLEANSWORK_CONNECT_TIMEOUT=30s", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connect_UrlThatDoesNotAnswer_IsGivenTheTimeThatIsSaidAndTheMessageSaysHow()
    {
        ClusterConnector connector = new(TimeProvider.System, _ => { });
        ConnectionSettings settings = Http($"http://{_silent.LocalEndpoint}") with { ConnectTimeout = TimeSpan.FromSeconds(1) };
        RequestException refusal = await Assert.ThrowsAnyAsync<RequestException>(() => connector.ConnectAsync(settings, Token));
        Assert.Contains($"http://{_silent.LocalEndpoint}: no answer within 1s. If", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("ORLEANSWORK_CONNECT_TIMEOUT=30s", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connect_UrlWhereNothingListens_SaysSoWithinTwoSeconds()
    {
        string url = $"http://{_silent.LocalEndpoint}";
        _silent.Stop();
        ClusterConnector connector = new(TimeProvider.System, _ => { });
        RequestException refusal = await Assert.ThrowsAnyAsync<RequestException>(() =>
            connector.ConnectAsync(Http(url) with { IsDefault = true }, Token)
        );
        Assert.Equal(ErrorReason.Unavailable, refusal.Reason);
        Assert.Contains($"No cluster reached at {url}: connection refused", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("orleanswork up", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("ORLEANSWORK_CONNECT_TIMEOUT", refusal.Message, StringComparison.Ordinal);
    }

    private static ConnectionSettings Http(string url) =>
        new()
        {
            Urls = [new Uri(url)],
            ClusterId = "c1",
            ServiceId = "s",
        };

    [Fact]
    public void Patience_ByDefault_IsAMinuteWithItsOwnAndLessThanTenSecondsWithOthers()
    {
        Assert.Equal(TimeSpan.FromMinutes(1), new ClusterConnector(TimeProvider.System, _ => { }).PatienceWithOwn);
        Assert.True(new ClusterAddress { Name = "", Gateways = _ => { } }.ConnectTimeout < TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Connect_SupervisorEndsMeanwhile_GivesUpAtOnce()
    {
        using Process supervisor = Process.Start("sleep", ["100"]);
        Write(supervisor);
        ClusterConnector connector = new(TimeProvider.System, text => _said.TrySetResult(text))
        {
            FirstWord = TimeSpan.FromMilliseconds(50),
        };
        // The first request holds its thread.
        Task<ClusterLink> connecting = Task.Run(() => connector.ConnectAsync(Local(), Token), Token);
        await _said.Task.WaitAsync(Bound, Token);
        supervisor.Kill();
        RequestException refusal = await Assert.ThrowsAnyAsync<RequestException>(() => connecting.WaitAsync(Bound, Token));
        Assert.Contains("has lost its supervisor", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void LifecycleOfOrleans_EndedByTheTimeLimit_IsNoFailureOfItsOwn()
    {
        Exception ended = (Exception)RuntimeHelpers.GetUninitializedObject(typeof(OrleansLifecycleCanceledException));
        Assert.True(ConnectAttempts.IsCanceled(ended));
        Assert.True(ConnectAttempts.IsCanceled(new InvalidOperationException("", ended)));
        Assert.False(ConnectAttempts.IsCanceled(new SocketException((int)SocketError.ConnectionRefused)));
        RequestException refusal = ClusterConnection.NotReached(
            new ClusterAddress { Name = "nowhere", Gateways = _ => { } },
            ended,
            endedByTime: true
        );
        Assert.Equal("No cluster reached at nowhere (cluster id orleanswork): no answer within 8s.", refusal.Message);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private ConnectionSettings Local() =>
        new()
        {
            Directory = _directory,
            ClusterId = "c1",
            ServiceId = "s",
            Secret = "",
            IsOwn = true,
        };

    private void Write(Process supervisor)
    {
        ClusterProcess owner = new(
            ClusterProcess.SupervisorRole,
            supervisor.Id,
            null,
            null,
            null,
            null,
            ProcessIdentity.StartOf(supervisor)
        );
        ClusterProcess silo = new(
            ClusterProcess.SiloRole,
            supervisor.Id,
            "127.0.0.1:1@1",
            _silent.LocalEndpoint.ToString(),
            $"http://{_silent.LocalEndpoint}",
            null,
            owner.StartedAt
        )
        {
            State = ClusterProcess.Ready,
        };
        new ClusterDescription("c1", "s", "127.0.0.1:1", [owner, silo]).Write(_directory);
    }
}
