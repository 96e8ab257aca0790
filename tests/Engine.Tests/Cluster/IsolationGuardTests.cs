using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using OrleansWork.Engine.Cluster;
using OrleansWork.Engine.Execution;
using OrleansWork.Engine.Tests.Execution;
using OrleansWork.Protocol;
using Xunit;

namespace OrleansWork.Engine.Tests.Cluster;

public sealed class IsolationGuardTests : IAsyncDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(250);
    private readonly FakeTimeProvider _time = new();
    private readonly PoolHarness _pool = new();
    private readonly LoadTable _table;
    private readonly HeartbeatSender _heartbeats;
    private readonly Peers _peers = new();
    private readonly Store _store = new();
    private readonly SiloHealth _health = new();
    private readonly IsolationGuard _guard;

    public IsolationGuardTests()
    {
        IOptions<EngineOptions> options = Options.Create(new EngineOptions());
        _table = new LoadTable(_time);
        _table.SetMembership(PoolHarness.Self, SiloViewState.Active);
        _table.SetMembership(LoadTableTests.Silo(9), SiloViewState.Active);
        CrashWatch crashes = new(new FakePorts(), _peers, _time);
        _heartbeats = new HeartbeatSender(_peers, _table, _pool.Pool, _pool.Registry, crashes.Detector, options, _time);
        _guard = new IsolationGuard(_heartbeats, _table, _pool.Pool, _store, _health, options, _time, NullLogger<IsolationGuard>.Instance);
        _guard.Begin();
    }

    public ValueTask DisposeAsync() => _pool.DisposeAsync();

    [Fact]
    public async Task NobodyAnswers_FencesThePool_ThenTellsTheHost()
    {
        (_peers.Answer, _store.Answers) = (false, false);
        await PassAsync(TimeSpan.FromSeconds(7.75));
        Assert.False(_pool.Pool.IsDraining);
        await PassAsync(TimeSpan.FromSeconds(0.25));
        Assert.True(_pool.Pool.IsDraining);
        await PassAsync(TimeSpan.FromSeconds(7.75));
        Assert.Null(_health.Failure);
        await PassAsync(TimeSpan.FromSeconds(0.25));
        SiloFailure failure = await _health.Failed;
        Assert.Equal((SiloFailureCause.Isolated, 7), (failure.Cause, failure.ExitCode));
        Assert.Contains("for 16.0 s", failure.Message, StringComparison.Ordinal);

        // Whoever was told to end does not start again.
        (_peers.Answer, _store.Answers) = (true, true);
        await PassAsync(TimeSpan.FromSeconds(5));
        Assert.True(_pool.Pool.IsDraining);
    }

    [Fact]
    public async Task StorageAloneIsAway_NothingHappens()
    {
        _store.Answers = false;
        await PassAsync(TimeSpan.FromMinutes(6));
        Assert.False(_pool.Pool.IsDraining);
        Assert.Equal(0, _store.Asked);
    }

    [Fact]
    public async Task OthersAloneAreAway_StorageIsAskedOnceASecondAndNothingHappens()
    {
        _peers.Answer = false;
        await PassAsync(TimeSpan.FromMinutes(1));
        Assert.False(_pool.Pool.IsDraining);
        Assert.InRange(_store.Asked, 40, 61);
    }

    [Fact]
    public async Task Alone_WithoutStorage_GoesOn()
    {
        _table.SetMembership(LoadTableTests.Silo(9), SiloViewState.Dead);
        _store.Answers = false;
        await PassAsync(TimeSpan.FromMinutes(6));
        Assert.False(_pool.Pool.IsDraining);
        Assert.Null(_health.Failure);
    }

    [Fact]
    public async Task AnotherSiloAnswersAgain_ThePoolTakesLeasesAgain()
    {
        (_peers.Answer, _store.Answers) = (false, false);
        await PassAsync(TimeSpan.FromSeconds(10));
        Assert.True(_pool.Pool.IsDraining);
        _peers.Answer = true;
        await PassAsync(TimeSpan.FromSeconds(0.5));
        Assert.False(_pool.Pool.IsDraining);
    }

    private async Task PassAsync(TimeSpan time)
    {
        for (TimeSpan passed = TimeSpan.Zero; passed < time; passed += Period)
        {
            _time.Advance(Period);
            await _heartbeats.BeatAsync();
            _guard.Look();
            await _guard.Asking;
        }
    }

    private sealed class Peers : IHeartbeatLink
    {
        public bool Answer { get; set; } = true;

        public Task<HeartbeatReply> BeatAsync(SiloAddress silo, Heartbeat heartbeat) =>
            Answer ? Task.FromResult(new HeartbeatReply(true, false)) : throw new TimeoutException("No answer.");

        public Task<int> ProbeAsync(SiloAddress silo, SiloAddress quarantined) => throw new NotSupportedException();

        public Task<bool> RefusesAsync(SiloAddress silo, SiloAddress suspect) => Task.FromResult(false);
    }

    private sealed class Store : IStorageProbe
    {
        public bool Answers { get; set; } = true;

        public int Asked { get; private set; }

        public Task ProbeAsync()
        {
            Asked++;
            return Answers ? Task.CompletedTask : throw new TimeoutException("No answer.");
        }
    }
}
