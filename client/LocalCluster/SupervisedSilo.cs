using System.Diagnostics;
using System.Globalization;

namespace OrleansWork.Console.LocalCluster;

/// <summary>One silo of a local cluster: a process that is started, listened to, and started again when it dies.</summary>
internal sealed class SupervisedSilo : IDisposable
{
    // The exit code of a silo that was told something it cannot do, such as to load kinds that are defined twice.
    private const int BadSettings = 2;

    // The exit codes of a silo that failed in a way that it did not foresee, and of one that a signal ended.
    private const int Failed = 1;
    private const int KilledBySignal = 128;

    // The exit code of a silo whose clock is behind that of the others.
    private const int ClockBehind = 8;

    // The exit code of a silo whose port somebody took meanwhile.
    private const int PortTaken = 5;
    private const int PortAttempts = 5;

    // What a silo dies of while it starts may be of that moment: it is tried again, but not for ever.
    private const int StartAttempts = 3;

    // What a silo says once it holds no lease any more.
    private const string DrainedLine = "drained";
    private static readonly TimeSpan StopBound = TimeSpan.FromSeconds(20);
    private readonly SiloPlan _plan;
    private readonly FreePorts _freePorts;
    private readonly KindFindings? _findings;
    private readonly ProcessLog _log;
    private readonly RestartDelay _restartDelay = new();
    private (int Silo, int Gateway, int Http) _ports;
    private OwnedProcess? _process;
    private ClusterProcess? _description;
    private TaskCompletionSource _drained = new();
    private CancellationTokenSource? _watchEnd;
    private Task _watch = Task.CompletedTask;
    private volatile bool _stopping;

    /// <summary>Prepares a silo.</summary>
    /// <param name="plan">What it is started with.</param>
    /// <param name="freePorts">Where its ports come from.</param>
    /// <param name="logPath">Where its log goes.</param>
    /// <param name="findings">Takes what it finds about job kinds; null drops it.</param>
    public SupervisedSilo(SiloPlan plan, FreePorts freePorts, string logPath, KindFindings? findings)
    {
        (_plan, _freePorts, _findings) = (plan, freePorts, findings);
        _log = new ProcessLog(logPath);
        TakePorts();
    }

    /// <summary>Gets its number, counted from 1.</summary>
    public int Number => _plan.Number;

    /// <summary>Gets the running silo, null while it is not ready.</summary>
    public ClusterProcess? Description => _description;

    /// <summary>Starts the silo and waits until it is ready; one that ends instead is started again where that may help.</summary>
    /// <param name="log">Takes what the user should know of that.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="LocalClusterException">It ended each time.</exception>
    public async Task StartAsync(TextWriter log, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            if (await TryStartAsync(cancellationToken))
                return;
            int exitCode = _process!.ExitCode;
            if (_stopping || attempt >= AttemptsAfter(exitCode))
            {
                throw new LocalClusterException(
                    exitCode switch
                    {
                        BadSettings => 2,
                        ClockBehind => 5,
                        _ => 3,
                    },
                    $"Silo {_plan.Number} ended with exit code {exitCode} before it was ready. Last lines of {_log.Path}:{Environment.NewLine}{_log.Tail}"
                );
            }

            if (exitCode == PortTaken)
            {
                TakePorts();
                continue;
            }

            await log.WriteLineAsync(
                $"Silo {_plan.Number} (pid {_process.Id}) ended with exit code {exitCode} before it was ready; starting it again ({attempt + 1} of {StartAttempts}). Log: {_log.Path}"
            );
            await Task.Delay(_restartDelay.Next(), cancellationToken);
        }
    }

    /// <summary>Returns how often a silo is started at most that ends so: a port that is taken, or a crash, may be of that moment.</summary>
    private static int AttemptsAfter(int exitCode) =>
        exitCode switch
        {
            PortTaken => PortAttempts,
            Failed or >= KilledBySignal => StartAttempts,
            _ => 1,
        };

    /// <summary>Starts the silo again whenever it dies, until <see cref="EndAsync"/>: a new generation at the same address, so that its
    /// cluster learns at once.</summary>
    /// <param name="onChange">Is called when <see cref="Description"/> has changed.</param>
    /// <param name="restart">Whether to start it again at all.</param>
    /// <param name="log">Takes what the user should know.</param>
    public void Watch(Action onChange, bool restart, TextWriter log)
    {
        _watchEnd = new CancellationTokenSource();
        _watch = WatchAsync(onChange, restart, log, _watchEnd.Token);
    }

    private async Task WatchAsync(Action onChange, bool restart, TextWriter log, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            OwnedProcess process = _process!;
            await process.WaitAsync().WaitAsync(cancellationToken);
            if (_stopping)
                return;
            _description = null;
            onChange();
            string ended = $"Silo {_plan.Number} (pid {process.Id}) ended with exit code {process.ExitCode}";
            if (!restart)
            {
                await log.WriteLineAsync($"{ended}. Log: {_log.Path}");
                return;
            }

            TimeSpan wait = _restartDelay.Next();
            await log.WriteLineAsync(
                $"{ended}; starting it again{(wait == TimeSpan.Zero ? "" : $" in {wait.TotalSeconds:0.#} s")}. Log: {_log.Path}"
            );
            await Task.Delay(wait, cancellationToken);
            process.Dispose();
            try
            {
                await StartAsync(log, cancellationToken);
                await log.WriteLineAsync($"Silo {_plan.Number} is back as {_description?.Silo}.");
            }
            catch (LocalClusterException)
            {
                // It has ended, which the next turn sees.
            }

            onChange();
        }
    }

    /// <summary>Gives the silo no new leases and waits until those it has have ended or gone back; it is not started again any more.</summary>
    /// <param name="patience">How long to wait.</param>
    /// <param name="onChange">Is called when <see cref="Description"/> has changed.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>Whether it holds nothing any more.</returns>
    public async Task<bool> DrainAsync(TimeSpan patience, Action onChange, CancellationToken cancellationToken)
    {
        _stopping = true;
        if (_process is not { } process || _description is not { } description)
            return true;
        _description = description with { State = ClusterProcess.Draining };
        onChange();
        process.Tell("drain");
        Task late = Task.Delay(patience, cancellationToken);
        return await Task.WhenAny(_drained.Task, process.WaitAsync(), late) != late;
    }

    /// <summary>Stops the silo gracefully, within a bound; at once when it has no store to leave anything in.</summary>
    /// <returns>Its exit code; null when it did not run.</returns>
    public async Task<int?> StopAsync(bool hasStore = true)
    {
        _stopping = true;
        if (_process is not { } process)
            return null;
        if (_description is null || !hasStore)
            process.CloseInput();
        else
            process.Tell("stop");
        await process.EndWithinAsync(StopBound);
        _description = null;
        return process.ExitCode;
    }

    /// <summary>Stops the silo for good, and gives its ports back.</summary>
    /// <param name="hasStore">Whether the store answers.</param>
    /// <returns>Its exit code; null when it did not run.</returns>
    public async Task<int?> EndAsync(bool hasStore = true)
    {
        int? exitCode = await StopAsync(hasStore);
        if (_watchEnd is not null)
        {
            await _watchEnd.CancelAsync();
            try
            {
                await _watch;
            }
            catch (OperationCanceledException)
            {
                // As asked.
            }

            // The watch may have started one more process before it saw the end.
            await StopAsync();
        }

        _freePorts.Release(_ports.Silo, _ports.Gateway, _ports.Http);
        return exitCode;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _watchEnd?.Dispose();
        _process?.Dispose();
        _log.Dispose();
    }

    private async Task<bool> TryStartAsync(CancellationToken cancellationToken)
    {
        TaskCompletionSource<SiloReady> ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _drained = drained;
        _restartDelay.Started();
        OwnedProcess process = OwnedProcess.Start(
            CreateStart(),
            _log,
            line =>
            {
                if (SiloReady.TryParse(line) is { } said)
                    ready.TrySetResult(said);
                else if (line == DrainedLine)
                    drained.TrySetResult();
                else
                    _findings?.Take(line);
            }
        );
        _process = process;
        if (_stopping)
            process.CloseInput();
        Task ended = process.WaitAsync();
        if (await Task.WhenAny(ready.Task, ended).WaitAsync(cancellationToken) == ended)
            return false;
        SiloReady address = await ready.Task;
        _description = new ClusterProcess(
            ClusterProcess.SiloRole,
            process.Id,
            address.Silo,
            address.Gateway,
            address.Http,
            _log.Path,
            process.StartedAt
        )
        {
            State = ClusterProcess.Ready,
        };
        return true;
    }

    private void TakePorts() =>
        _ports = (
            _freePorts.Take(_plan.FirstPort is null ? null : 11_111),
            _freePorts.Take(_plan.FirstPort is null ? null : 30_000),
            _freePorts.Take(_plan.FirstPort)
        );

    private ProcessStartInfo CreateStart()
    {
        CultureInfo invariant = CultureInfo.InvariantCulture;
        List<string> arguments =
        [
            _plan.Program,
            "--watch-stdin",
            "--clustering",
            "redis",
            "--redis",
            _plan.Redis,
            "--redis-password-file",
            _plan.RedisPasswordFile,
            "--cluster-id",
            _plan.ClusterId,
            "--service-id",
            _plan.ServiceId,
            "--silo-port",
            _ports.Silo.ToString(invariant),
            "--gateway-port",
            _ports.Gateway.ToString(invariant),
            "--urls",
            string.Create(invariant, $"http://127.0.0.1:{_ports.Http}"),
            "--slots",
            _plan.Slots.ToString(invariant),
            "--data-directory",
            _plan.DataDirectory,
            "--secret-file",
            _plan.SecretFile,
            "--keys",
            _plan.Key,
            .. _plan.FileRoots.SelectMany(r => (string[])["--file-roots", r]),
            .. _plan.Jobs.SelectMany(j => (string[])["--jobs", j]),
            .. _plan.Labels.SelectMany(l => (string[])["--labels", l]),
            .. _plan.AllowExec ? (string[])["--allow-exec"] : [],
            .. _plan.AllowCrash ? (string[])["--allow-crash"] : [],
        ];
        return new ProcessStartInfo(Programs.FindDotnet(), arguments);
    }
}
