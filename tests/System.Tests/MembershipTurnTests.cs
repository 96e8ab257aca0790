using OrleansWork.SystemTests.Faults.Driver;
using OrleansWork.SystemTests.Processes;
using StackExchange.Redis;
using Xunit;

namespace OrleansWork.SystemTests;

/// <summary>A silo takes a turn to write itself into membership, and does without when it does not get one.</summary>
public sealed class MembershipTurnTests : IAsyncLifetime
{
    private const string Key = "orleanswork/membership-turn/turns";
    private readonly string _folder = LocalCluster.NewDirectory();
    private readonly StoreProcess _store;
    private readonly OwnAccess _access = new();
    private ConnectionMultiplexer? _redis;

    public MembershipTurnTests() => _store = new StoreProcess(StoreKind.Garnet, _folder);

    private IDatabase Database => _redis!.GetDatabase();

    public async ValueTask InitializeAsync()
    {
        await _store.StartAsync();
        _redis = await ConnectionMultiplexer.ConnectAsync(_store.Redis);
    }

    public async ValueTask DisposeAsync()
    {
        if (_redis is not null)
            await _redis.DisposeAsync();
        await _store.DisposeAsync();
        if (Directory.Exists(_folder))
            Directory.Delete(_folder, recursive: true);
    }

    [LinuxFact]
    public async Task Start_TakesATurnAndGivesItBack()
    {
        await using RunningProgram silo = Start();
        RedisValue owner = RedisValue.Null;
        while (owner.IsNull && !silo.HasExited && silo.Output.Length == 0)
            owner = await Database.StringGetAsync(Key);
        Assert.False(owner.IsNull, silo.Output + silo.Error);
        await ReadyAsync(silo);
        await Eventually.TrueAsync(() => !Database.KeyExists(Key), () => silo.Error);
        silo.Signal(Signals.Terminate);
        Assert.Equal(0, await silo.ExitCodeAsync(TimeSpan.FromSeconds(20)));
    }

    [SlowFact]
    public async Task StartAndStop_AnotherSiloKeepsTheTurn_GoesOnWithoutIt()
    {
        await Database.StringSetAsync(Key, "another");
        await using RunningProgram silo = Start();
        await ReadyAsync(silo);
        silo.Signal(Signals.Terminate);
        Assert.Equal(0, await silo.ExitCodeAsync(TimeSpan.FromSeconds(20)));
        Assert.Equal("another", await Database.StringGetAsync(Key));
    }

    private static Task ReadyAsync(RunningProgram silo) =>
        Eventually.TrueAsync(() => silo.Output.StartsWith("ready {", StringComparison.Ordinal), () => silo.Output + silo.Error);

    private RunningProgram Start() =>
        RunningProgram.Start(
            Programs.Silo,
            [
                .. (string[])["--watch-stdin", "--clustering", "redis", "--redis", _store.Address],
                .. (string[])["--redis-password-file", _store.PasswordFile!],
                .. (string[])["--service-id", "orleanswork", "--cluster-id", "turns"],
                .. (string[])["--silo-port", "0", "--gateway-port", "0", "--urls", "http://127.0.0.1:0"],
            ],
            _access.Environment
        );
}
