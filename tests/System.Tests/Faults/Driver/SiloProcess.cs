using System.Globalization;
using System.Text.Json;
using OrleansWork.SystemTests.Processes;

namespace OrleansWork.SystemTests.Faults.Driver;

/// <summary>A silo of a <see cref="FaultCluster"/>: always at the same ports, under a new generation after each start.</summary>
internal sealed class SiloProcess(FaultCluster cluster, int number, SiloSetup setup) : IAsyncDisposable
{
    private readonly int _siloPort = LoopbackPorts.Take();
    private readonly int _gatewayPort = LoopbackPorts.Take();
    private readonly int _httpPort = LoopbackPorts.Take();
    private readonly List<string> _earlierLogs = [];
    private readonly StoreLink? _storeLink = setup.DisturbsStore ? new StoreLink(cluster.Store.Port) : null;
    private RunningProgram? _program;
    private bool _stopped;

    public int Number { get; } = number;

    public SiloSetup Setup { get; set; } = setup;

    /// <summary>Gets its silo address, as job documents name it.</summary>
    public string Address { get; private set; } = "";

    public string Gateway => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{_gatewayPort}");

    /// <summary>Gets the endpoint at which other silos reach it.</summary>
    public string EndPoint => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{_siloPort}");

    public Uri Http => new(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{_httpPort}"));

    public int Pid => Program.Id;

    public RunningProgram Program => _program ?? throw new InvalidOperationException($"Silo {Number} was never started.");

    public bool IsRunning => _program is { HasExited: false };

    /// <summary>Gets or sets whether the fault at hand may end it.</summary>
    public bool IsVictim
    {
        get;
        set
        {
            field = value;
            WasVictim |= value;
        }
    }

    /// <summary>Gets whether a fault was meant for it.</summary>
    public bool WasVictim { get; private set; }

    /// <summary>Gets what all its processes wrote.</summary>
    public string Log => string.Concat([.. _earlierLogs, _program?.Error ?? ""]);

    /// <summary>Gets what the present process wrote.</summary>
    public string PresentLog => Program.Error;

    /// <summary>Starts it and waits for its ready line.</summary>
    public async Task StartAsync()
    {
        if (_program is { } earlier)
        {
            Assert.True(earlier.HasExited, $"silo {Number} still runs");
            _earlierLogs.Add(earlier.Error);
            await earlier.DisposeAsync();
        }

        CultureInfo invariant = CultureInfo.InvariantCulture;
        _stopped = false;
        RunningProgram program = RunningProgram.StartIn(
            cluster.Directory,
            Setup.Program ?? Programs.Silo,
            [
                "--watch-stdin",
                .. (string[])["--clustering", "redis", "--redis", _storeLink?.Address ?? cluster.Store.Address],
                .. cluster.Store.PasswordFile is { } password ? (string[])["--redis-password-file", password] : [],
                .. (string[])["--cluster-id", cluster.ClusterId, "--service-id", cluster.ClusterId],
                .. (string[])["--silo-port", _siloPort.ToString(invariant), "--gateway-port", _gatewayPort.ToString(invariant)],
                .. (string[])["--urls", Http.ToString(), "--slots", Setup.Slots.ToString(invariant)],
                .. (string[])["--data-directory", cluster.Directory],
                .. Setup.AllowsCrash ? (string[])["--allow-crash"] : [],
                .. Setup.Arguments,
                .. Setup.Jobs.SelectMany(j => (string[])["--jobs", j]),
                .. Setup.Labels.SelectMany(l => (string[])["--labels", l]),
            ],
            [
                ("DOTNET_TieredPGO", "0"),
                .. cluster.Access.EnvironmentWith(Setup.Keys),
                .. Setup.DisturbsConnections
                    ? ((string, string)[])
                        [("DOTNET_STARTUP_HOOKS", Programs.ConnectionFaults), ("ORLEANSWORK_CONNECTION_FAULTS", RulesFile)]
                    : [],
                .. Setup.Clock is { } clock ? FakeClock.Environment(clock) : [],
            ]
        );
        _program = program;
        await Eventually.TrueAsync(
            () => program.HasExited || program.Output.Contains('\n', StringComparison.Ordinal),
            () => program.Error,
            TimeSpan.FromSeconds(90),
            $"silo {Number} to be ready"
        );
        Assert.True(program.Output.StartsWith("ready {", StringComparison.Ordinal), $"Silo {Number} did not start. {program.Error}");
        Address = JsonSerializer.Deserialize<JsonElement>(program.Output.AsSpan("ready ".Length)).GetProperty("silo").GetString()!;
        IsVictim = false;
    }

    private string RulesFile => Path.Combine(cluster.Directory, $"connections-{Number}");

    /// <summary>Delays, drops or resets its connections, as the start-up hook ConnectionFaults reads it; without rules all is well again.</summary>
    public void Disturb(params string[] rules)
    {
        // Written beside it and moved: never read in halves.
        File.WriteAllLines(RulesFile + ".next", rules);
        File.Move(RulesFile + ".next", RulesFile, overwrite: true);
    }

    /// <summary>Cuts its way to the store, or makes it whole again.</summary>
    public void CutFromStore(StoreCut cut) =>
        (_storeLink ?? throw new InvalidOperationException($"The way of silo {Number} to the store cannot be cut.")).Cut = cut;

    /// <summary>SIGKILL.</summary>
    public void Kill()
    {
        IsVictim = true;
        if (_stopped)
            Thaw();
        Program.Signal(Signals.Kill);
    }

    /// <summary>SIGSTOP.</summary>
    public void Freeze()
    {
        _stopped = true;
        Program.Signal(Signals.Stop);
    }

    /// <summary>SIGCONT.</summary>
    public void Thaw()
    {
        _stopped = false;
        Program.Signal(Signals.Continue);
    }

    /// <summary>SIGTERM.</summary>
    public void Terminate()
    {
        IsVictim = true;
        Program.Signal(Signals.Terminate);
    }

    public async ValueTask DisposeAsync()
    {
        if (_program is { } program)
        {
            if (!program.HasExited && _stopped)
                Thaw();
            await program.DisposeAsync();
        }

        if (_storeLink is not null)
            await _storeLink.DisposeAsync();
    }
}

/// <summary>What a silo is started with.</summary>
internal sealed record SiloSetup
{
    public int Slots { get; init; } = 2;

    /// <summary>Gets the silo's program; null for the one built with these tests.</summary>
    public string? Program { get; init; }

    public IReadOnlyList<string> Jobs { get; init; } = [typeof(RecordedWork).Assembly.Location];

    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>Gets whether jobs may end its process.</summary>
    public bool AllowsCrash { get; init; } = true;

    /// <summary>Gets what else it is started with.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Gets keys that it knows beside its owner's, as its setting has them.</summary>
    public IReadOnlyList<string> Keys { get; init; } = [];

    /// <summary>Gets whether its connections can be disturbed.</summary>
    public bool DisturbsConnections { get; init; }

    /// <summary>Gets how far its clock is ahead, or behind when that is negative; null for the machine's own.</summary>
    public TimeSpan? Clock { get; init; }

    /// <summary>Gets whether its way to the store can be cut.</summary>
    public bool DisturbsStore { get; init; }
}
