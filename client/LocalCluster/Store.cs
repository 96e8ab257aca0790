using System.Diagnostics;
using System.Globalization;

namespace OrleansWork.Console.LocalCluster;

/// <summary>The store of a local cluster: Garnet with an append-only file, under a guard.</summary>
internal sealed class Store : IDisposable
{
    private static readonly TimeSpan EndBound = TimeSpan.FromSeconds(5);
    private readonly string _program;
    private readonly string _dataDirectory;
    private readonly ProcessLog _log;
    private readonly Backoff _backoff = new();
    private OwnedProcess? _guard;
    private ClusterProcess? _description;
    private volatile bool _stopping;

    /// <summary>Prepares the store.</summary>
    /// <param name="program">Garnet's assembly.</param>
    /// <param name="dataDirectory">Where it keeps its data.</param>
    /// <param name="port">Its port on loopback.</param>
    /// <param name="logPath">Where its output goes.</param>
    public Store(string program, string dataDirectory, int port, string logPath)
    {
        (_program, _dataDirectory, Port) = (program, dataDirectory, port);
        _log = new ProcessLog(logPath);
    }

    /// <summary>Gets the port.</summary>
    public int Port { get; }

    /// <summary>Gets the connection string.</summary>
    public string Redis => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port}");

    /// <summary>Gets the running process, null while there is none.</summary>
    public ClusterProcess? Description => _description;

    /// <summary>Starts the store and waits until it answers.</summary>
    /// <exception cref="LocalClusterException">It ended instead.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        TaskCompletionSource<int> child = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _backoff.Started();
        OwnedProcess guard = OwnedProcess.Start(
            CreateStart(),
            _log,
            line =>
            {
                if (Guard.TryReadChild(line) is { } pid)
                    child.TrySetResult(pid);
            }
        );
        _guard = guard;
        if (_stopping)
            guard.CloseInput();
        Task ended = guard.WaitAsync();
        Task ready = StoreProbe.WaitAsync(Port, cancellationToken);
        if (await Task.WhenAny(Task.WhenAll(ready, child.Task), ended).ConfigureAwait(false) == ended)
            throw new LocalClusterException(
                3,
                $"The store ended with exit code {guard.ExitCode} before it was ready. Last lines of {_log.Path}:{Environment.NewLine}{_log.Tail}"
            );
        await ready.ConfigureAwait(false);
        int pid = await child.Task.ConfigureAwait(false);
        try
        {
            using Process process = Process.GetProcessById(pid);
            _description = new ClusterProcess(ClusterProcess.StoreRole, pid, null, null, null, _log.Path, ProcessIdentity.StartOf(process));
        }
        catch (ArgumentException)
        {
            // Gone again; its guard ends too.
        }
    }

    /// <summary>Starts the store again whenever it dies, on the same port and data.</summary>
    /// <param name="onChange">Is called when <see cref="Description"/> has changed.</param>
    /// <param name="log">Takes what the user should know.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    public async Task WatchAsync(Action onChange, TextWriter log, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            OwnedProcess guard = _guard!;
            await guard.WaitAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
            if (_stopping)
                return;

            // The guard may have been killed without the program.
            if (_description is { } left && ProcessIdentity.Open(left) is { } process)
            {
                using (process)
                    process.Kill(entireProcessTree: true);
            }

            _description = null;
            onChange();
            TimeSpan wait = _backoff.Next();
            await log.WriteLineAsync(
                    $"The store (pid {guard.Id}) ended with exit code {guard.ExitCode}; starting it again in {wait.TotalSeconds:0.#} s. Log: {_log.Path}"
                )
                .ConfigureAwait(false);
            guard.Dispose();
            await Task.Delay(wait, cancellationToken).ConfigureAwait(false);
            try
            {
                await StartAsync(cancellationToken).ConfigureAwait(false);
                await log.WriteLineAsync($"The store answers again on {Redis}.").ConfigureAwait(false);
            }
            catch (LocalClusterException)
            {
                // Its guard has ended, which the next turn sees.
            }

            onChange();
        }
    }

    /// <summary>Ends the store: what it acknowledged is on disk.</summary>
    public async Task StopAsync()
    {
        _stopping = true;
        if (_guard is not { } guard)
            return;
        guard.CloseInput();
        await guard.EndWithinAsync(EndBound).ConfigureAwait(false);
        _description = null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _guard?.Dispose();
        _log.Dispose();
    }

    private ProcessStartInfo CreateStart()
    {
        Directory.CreateDirectory(_dataDirectory);
        ProcessStartInfo start = Programs.Self(
            Guard.Command,
            "--",
            Programs.FindDotnet(),
            _program,
            "--port",
            Port.ToString(CultureInfo.InvariantCulture),
            "--bind",
            "127.0.0.1",
            // Orleans' storage compares ETags in scripts.
            "--lua",
            // A reply only after the flush, or a crash loses acknowledged writes.
            "--aof",
            "--aof-commit-wait",
            "--recover",
            "--checkpointdir",
            _dataDirectory,
            // The native device aborts on some systems.
            "--device-type",
            "RandomAccess"
        );
        start.Environment["DOTNET_gcServer"] = "0";
        start.Environment["DOTNET_TieredPGO"] = "0";
        // It has no use for cultures, and would end where ICU is not installed.
        start.Environment["DOTNET_SYSTEM_GLOBALIZATION_INVARIANT"] = "1";
        return start;
    }
}
