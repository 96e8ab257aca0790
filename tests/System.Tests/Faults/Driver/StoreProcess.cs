using System.Globalization;
using System.Net.Sockets;
using System.Text;
using OrleansWork.Store;
using OrleansWork.Store.Files;
using OrleansWork.SystemTests.Processes;

namespace OrleansWork.SystemTests.Faults.Driver;

/// <summary>Garnet or Redis with an append-only file, on a port and in a folder of its own; it may be killed, frozen and started again.</summary>
internal sealed class StoreProcess(StoreKind kind, string folder) : IAsyncDisposable
{
    private readonly int _port = LoopbackPorts.Take();
    private RunningProgram? _program;
    private bool _stopped;

    /// <summary>Gets the connection string.</summary>
    public string Redis => PasswordFile is null ? Address : $"{Address},password={StoreFolder.ReadPassword(PasswordFile)}";

    /// <summary>Gets where it is, as host:port.</summary>
    public string Address => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{_port}");

    /// <summary>Gets the file of its password, or null when it asks for none.</summary>
    public string? PasswordFile => kind == StoreKind.Redis ? null : new StoreFolder(folder).PasswordFile;

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
        RunningProgram program = kind == StoreKind.Redis ? StartRedis() : StartGarnet();
        _program = program;
        string ready = kind == StoreKind.Redis ? "child " : "ready ";
        await Eventually.NotNullAsync(
            async () =>
            {
                Assert.False(program.HasExited, program.Output + program.Error);
                return program.Output.StartsWith(ready, StringComparison.Ordinal) && (kind == StoreKind.Garnet || await AnswersAsync())
                    ? ""
                    : null;
            },
            () => program.Output + program.Error,
            what: $"{kind} on port {_port}"
        );
        Pid =
            kind == StoreKind.Garnet
                ? program.Id
                : int.Parse(program.Output.Split('\n')[0]["child ".Length..], CultureInfo.InvariantCulture);
    }

    private RunningProgram StartGarnet()
    {
        new StoreFolder(folder).TakePassword();
        return RunningProgram.Start(Programs.Store, new StoreArguments(folder, _port, AcceptLoss: false, AcceptClock: false).Write());
    }

    // Under a shell that ends it when this process ends, however that happens: Redis does not look at its input.
    private RunningProgram StartRedis() =>
        RunningProgram.StartProgram(
            "/bin/sh",
            [
                "-c",
                """
                exec 3<&0
                "$@" &
                child=$!
                echo "child $child"
                (exec >/dev/null 2>&1; while read -r line <&3; do :; done; kill -9 $child) &
                watcher=$!
                wait $child
                code=$?
                kill $watcher
                exit $code
                """,
                "sh",
                RedisServer ?? throw new InvalidOperationException("redis-server is not installed."),
                .. (string[])["--port", _port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--dir", folder],
                .. (string[])["--appendonly", "yes", "--appendfsync", "always", "--save", ""],
            ]
        );

    /// <summary>SIGKILL, and waits for the end.</summary>
    public async Task KillAsync()
    {
        Signals.Send(Pid, Signals.Kill);
        await _program!.ExitCodeAsync();
        await _program.DisposeAsync();
        _program = null;
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
        if (_program is not { HasExited: false } program)
            return;
        if (_stopped)
            Thaw();
        program.CloseInput();
        await program.ExitCodeAsync();
        await program.DisposeAsync();
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
        catch (Exception exception) when (exception is SocketException or IOException or TimeoutException)
        {
            return false;
        }
    }
}

internal enum StoreKind
{
    Garnet,
    Redis,
}
