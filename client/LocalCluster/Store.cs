using System.Diagnostics;
using System.Globalization;
using OrleansWork.Store;
using OrleansWork.Store.Files;

namespace OrleansWork.Console.LocalCluster;

/// <summary>The store of a local cluster: a process of its own, with a password, that checks its files before it answers.</summary>
internal sealed class Store : IDisposable
{
    // Of a clock that is behind and of files that are damaged the console says that it was refused.
    private const int Refused = 5;
    private static readonly TimeSpan EndBound = TimeSpan.FromSeconds(5);
    private readonly string _program;
    private readonly StoreFolder _folder;
    private readonly string _password;
    private readonly ProcessLog _log;
    private readonly RestartDelay _restartDelay = new();
    private StoreArguments _arguments;
    private OwnedProcess? _process;
    private ClusterProcess? _description;
    private volatile bool _stopping;

    /// <summary>Prepares the store.</summary>
    /// <param name="program">Its assembly.</param>
    /// <param name="folder">Where it keeps its data; a new one gets its password now.</param>
    /// <param name="arguments">What it is started with.</param>
    /// <param name="logPath">Where its output goes.</param>
    /// <exception cref="LocalClusterException">There is no password and none can be made; exit code 2.</exception>
    public Store(string program, StoreFolder folder, StoreArguments arguments, string logPath)
    {
        (_program, _folder, _arguments) = (program, folder, arguments);
        try
        {
            _password = folder.TakePassword();
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            throw new LocalClusterException(2, $"The data folder {folder.DataDirectory} cannot be used: {exception.Message}");
        }

        _log = new ProcessLog(logPath);
    }

    /// <summary>Gets the port.</summary>
    public int Port => _arguments.Port;

    /// <summary>Gets where it is, as host:port.</summary>
    public string Address => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port}");

    /// <summary>Gets the connection string, which has the password.</summary>
    public string Redis => $"{Address},password={_password}";

    /// <summary>Gets the running process, null while there is none.</summary>
    public ClusterProcess? Description => _description;

    /// <summary>Starts the store and waits until it answers.</summary>
    /// <param name="log">Takes what the user should know.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="LocalClusterException">It ended instead; with exit code 5 when its files are damaged or the clock is behind.</exception>
    public async Task StartAsync(TextWriter log, CancellationToken cancellationToken)
    {
        TaskCompletionSource<StoreReady> ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
        (StoreDamage? damage, DateTimeOffset? lastWrites) = (null, null);
        _restartDelay.Started();
        OwnedProcess process = OwnedProcess.Start(
            new ProcessStartInfo(Programs.FindDotnet(), [_program, .. _arguments.Write()]),
            _log,
            line =>
            {
                switch (StoreMessages.TryRead(line))
                {
                    case StoreReady said:
                        ready.TrySetResult(said);
                        break;
                    case StoreDamage said:
                        damage = damage is null ? said : damage.With(said);
                        break;
                    case DateTimeOffset said:
                        lastWrites = said;
                        break;
                }
            }
        );
        _process = process;
        if (_stopping)
            process.CloseInput();
        Task ended = process.WaitAsync();
        if (await Task.WhenAny(ready.Task, ended).WaitAsync(cancellationToken) == ended)
            throw FailureOf(process.ExitCode, damage, lastWrites);
        if (damage is not null)
            await log.WriteLineAsync(DamageText.Accepted(_folder.DataDirectory, damage));

        // Accepted once; what is damaged later is another matter.
        _arguments = _arguments with
        {
            AcceptLoss = false,
            AcceptClock = false,
        };
        _description = new ClusterProcess(ClusterProcess.StoreRole, process.Id, null, null, null, _log.Path, process.StartedAt);
    }

    /// <summary>Starts the store again whenever it dies, on the same port and data.</summary>
    /// <param name="onChange">Is called when <see cref="Description"/> has changed.</param>
    /// <param name="log">Takes what the user should know.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    /// <exception cref="LocalClusterException">It must not go on: its files are damaged, or the clock is behind.</exception>
    public async Task WatchAsync(Action onChange, TextWriter log, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            OwnedProcess process = _process!;
            await process.WaitAsync().WaitAsync(cancellationToken);
            if (_stopping)
                return;
            _description = null;
            onChange();
            TimeSpan wait = _restartDelay.Next();
            await log.WriteLineAsync(
                $"The store (pid {process.Id}) ended with exit code {process.ExitCode}; starting it again in {wait.TotalSeconds:0.#} s. Log: {_log.Path}"
            );
            process.Dispose();
            await Task.Delay(wait, cancellationToken);
            try
            {
                await StartAsync(log, cancellationToken);
                await log.WriteLineAsync($"The store answers again on {Address}.");
            }
            catch (LocalClusterException exception) when (exception.ExitCode != Refused)
            {
                // It has ended, which the next turn sees.
            }

            onChange();
        }
    }

    /// <summary>Deletes a key.</summary>
    /// <remarks>What is not deleted is in nobody's way: failures are passed over.</remarks>
    public async Task DeleteAsync(string key, CancellationToken cancellationToken)
    {
        try
        {
            using RespConnection connection = await RespConnection.OpenAsync(Port, _password, cancellationToken);
            await connection.AskAsync(cancellationToken, "DEL", key);
        }
        catch (Exception exception) when (exception is IOException or System.Net.Sockets.SocketException)
        {
            // As above.
        }
    }

    /// <summary>Ends the store: what it acknowledged is on disk.</summary>
    public async Task StopAsync()
    {
        _stopping = true;
        if (_process is not { } process)
            return;
        process.CloseInput();
        await process.EndWithinAsync(EndBound);
        _description = null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _process?.Dispose();
        _log.Dispose();
    }

    private LocalClusterException FailureOf(int exitCode, StoreDamage? damage, DateTimeOffset? lastWrites) =>
        (exitCode, damage, lastWrites) switch
        {
            (StoreExit.Damaged, { } said, _) => new LocalClusterException(
                Refused,
                DamageText.Refused(_folder.DataDirectory, said, _log.Path)
            ),
            (StoreExit.ClockBehind, _, { } time) => new LocalClusterException(
                Refused,
                DamageText.ClockBehind(_folder.DataDirectory, TimeProvider.System.GetUtcNow(), time)
            ),
            _ => new LocalClusterException(
                3,
                $"The store ended with exit code {exitCode} before it was ready. Last lines of {_log.Path}:{Environment.NewLine}{_log.Tail}"
            ),
        };
}
