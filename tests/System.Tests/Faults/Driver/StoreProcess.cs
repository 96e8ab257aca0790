using System.Globalization;
using System.Net.Sockets;
using System.Text;
using OrleansWork.SystemTests.Processes;

namespace OrleansWork.SystemTests.Faults.Driver;

/// <summary>Garnet or Redis with an append-only file, on a port and in a folder of its own; it may be killed, frozen and started again.</summary>
internal sealed class StoreProcess(StoreKind kind, string folder) : IAsyncDisposable
{
    private readonly int _port = LoopbackPorts.Take();
    private RunningProgram? _guard;
    private bool _stopped;

    /// <summary>Gets the connection string.</summary>
    public string Redis => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{_port}");

    /// <summary>Gets the port on which it listens.</summary>
    public int Port => _port;

    /// <summary>Gets the process id of the server.</summary>
    public int Pid { get; private set; }

    /// <summary>Returns where Debian's Redis is, or null when it is not installed.</summary>
    public static string? RedisServer { get; } =
        ((string[])["/usr/bin/redis-server", "/usr/local/bin/redis-server"]).FirstOrDefault(File.Exists);

    /// <summary>Starts the server and waits until it answers.</summary>
    public async Task StartAsync()
    {
        Directory.CreateDirectory(folder);
        string port = _port.ToString(CultureInfo.InvariantCulture);
        string[] command =
            kind == StoreKind.Redis
                ?
                [
                    RedisServer ?? throw new InvalidOperationException("redis-server is not installed."),
                    .. (string[])["--port", port, "--bind", "127.0.0.1", "--dir", folder],
                    .. (string[])["--appendonly", "yes", "--appendfsync", "always", "--save", ""],
                ]
                :
                [
                    Programs.Dotnet,
                    GarnetServer(),
                    .. (string[])["--port", port, "--bind", "127.0.0.1", "--checkpointdir", folder],
                    .. (string[])["--lua", "--aof", "--aof-commit-wait", "--recover", "--device-type", "RandomAccess"],
                ];

        // The console's guard ends the server when this process ends, however that happens.
        RunningProgram guard = RunningProgram.Start(
            Programs.Console,
            ["guard", "--", .. command],
            ("DOTNET_gcServer", "0"),
            ("DOTNET_TieredPGO", "0")
        );
        _guard = guard;
        await Eventually.NotNullAsync(
            async () =>
            {
                Assert.False(guard.HasExited, guard.Output + guard.Error);
                return guard.Output.StartsWith("child ", StringComparison.Ordinal) && await AnswersAsync() ? "" : null;
            },
            () => guard.Output + guard.Error,
            what: $"{kind} on port {port}"
        );
        Pid = int.Parse(guard.Output.Split('\n')[0]["child ".Length..], CultureInfo.InvariantCulture);
    }

    /// <summary>SIGKILL, and waits for the end.</summary>
    public async Task KillAsync()
    {
        Signals.Send(Pid, Signals.Kill);
        await _guard!.ExitCodeAsync();
        await _guard.DisposeAsync();
        _guard = null;
    }

    /// <summary>SIGSTOP: connections stay open, nothing answers.</summary>
    public void Freeze()
    {
        _stopped = true;
        Signals.Send(Pid, Signals.Stop);
    }

    /// <summary>SIGCONT.</summary>
    public void Thaw()
    {
        _stopped = false;
        Signals.Send(Pid, Signals.Continue);
    }

    public async ValueTask DisposeAsync()
    {
        if (_guard is not { HasExited: false } guard)
            return;
        if (_stopped)
            Thaw();
        guard.CloseInput();
        await guard.ExitCodeAsync();
        await guard.DisposeAsync();
    }

    private async Task<bool> AnswersAsync()
    {
        try
        {
            using TcpClient client = new();
            await client.ConnectAsync("127.0.0.1", _port);
            NetworkStream stream = client.GetStream();
            await stream.WriteAsync("PING\r\n"u8.ToArray());
            byte[] answer = new byte[5];
            await stream.ReadExactlyAsync(answer).AsTask().WaitAsync(TimeSpan.FromSeconds(1));
            return Encoding.ASCII.GetString(answer) == "+PONG";
        }
        catch (Exception e) when (e is SocketException or IOException or TimeoutException)
        {
            return false;
        }
    }

    // A tool of the repository's manifest; the console restores it when it starts its first local cluster.
    private static string GarnetServer()
    {
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        string packages = Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } set
            ? set
            : Path.Combine(home, ".nuget", "packages");
        string tool = Path.Combine(packages, "garnet-server");
        return
            Directory.Exists(tool)
            && Directory.EnumerateFiles(tool, "GarnetServer.dll", SearchOption.AllDirectories).Order(StringComparer.Ordinal).LastOrDefault()
                is { } program
            ? program
            : throw new FileNotFoundException($"GarnetServer.dll is not in {tool}: run 'dotnet tool restore'.");
    }
}

internal enum StoreKind
{
    Garnet,
    Redis,
}
