using System.Diagnostics;
using OrleansWork.Silo.JobLoading;

namespace OrleansWork.Console.LocalCluster;

/// <summary>A running local cluster, owned by this process: a store and silos, each a process of its own, started again when they die.</summary>
/// <remarks>Nothing outlives the owner, however it ends: silos end when the pipe from here closes, the store is killed by its guard.</remarks>
internal sealed class ClusterSupervisor : IAsyncDisposable
{
    /// <summary>The id under which local clusters store state.</summary>
    public const string DefaultServiceId = "orleanswork";

    private readonly LocalClusterOptions _options;
    private readonly TextWriter _log;
    private readonly DataDirectory _directory;
    private readonly ControlChannel _control;
    private readonly Store _store;
    private readonly List<SupervisedSilo> _silos = [];
    private readonly CancellationTokenSource _watching = new();
    private readonly Lock _descriptionLock = new();
    private readonly string? _supervisorLog;
    private readonly ClusterProcess _self;
    private Task _watch = Task.CompletedTask;
    private bool _stopped;

    private ClusterSupervisor(
        LocalClusterOptions options,
        DataDirectory directory,
        string storeProgram,
        string siloProgram,
        TextWriter log,
        string? supervisorLog
    )
    {
        (_options, _directory, _log, _supervisorLog) = (options, directory, log, supervisorLog);
        using Process self = Process.GetCurrentProcess();
        _self = new ClusterProcess(ClusterProcess.SupervisorRole, self.Id, null, null, null, supervisorLog, ProcessIdentity.StartOf(self));
        ClusterId = $"local-{Guid.NewGuid():N}"[..14];
        FreePorts ports = new();
        _store = new Store(storeProgram, directory.Store, ports.Take(null), directory.Log("store"));
        _control = new ControlChannel(directory.Path);
        for (int number = 1; number <= options.Silos; number++)
        {
            int silo = number;
            SiloPlan plan = new()
            {
                Number = number,
                Program = siloProgram,
                Redis = _store.Redis,
                ClusterId = ClusterId,
                ServiceId = DefaultServiceId,
                FirstPort = options.Port,
                Slots = options.SlotsOf(number),
                DataDirectory = directory.Path,
                Jobs = [.. options.Jobs.Select(Path.GetFullPath)],
                Labels = [.. options.Labels.Where(l => l.Silo is null || l.Silo == silo).Select(l => (l with { Silo = null }).ToString())],
                AllowExec = options.AllowExec,
                AllowCrash = options.AllowCrash,
            };
            _silos.Add(new SupervisedSilo(plan, ports, directory.Log($"silo-{number}")));
        }
    }

    /// <summary>Gets the cluster's id; a new one at every start.</summary>
    public string ClusterId { get; }

    /// <summary>Gets the connection string of the store.</summary>
    public string Redis => _store.Redis;

    /// <summary>Gets the full path of the data folder.</summary>
    public string Directory => _directory.Path;

    /// <summary>Gets whether the data folder is a throw-away one.</summary>
    public bool IsThrowAway => _options.DataDirectory is null;

    /// <summary>Gets how long the start took.</summary>
    public TimeSpan StartedIn { get; private set; }

    /// <summary>Gets what runs now, as cluster.json has it.</summary>
    public ClusterDescription Description
    {
        get
        {
            IEnumerable<ClusterProcess?> processes = [_self, _store.Description, .. _silos.Select(s => s.Description)];
            return new(ClusterId, DefaultServiceId, Redis, [.. processes.OfType<ClusterProcess>()]);
        }
    }

    /// <summary>Gets a task that completes when another console asked to stop this cluster (<c>down</c>); its owner then calls
    /// <see cref="StopAsync"/> and ends.</summary>
    public Task StopRequested => _control.StopRequested;

    /// <summary>Starts a local cluster and returns when every silo is ready.</summary>
    /// <param name="options">What to start.</param>
    /// <param name="log">Takes what the user should know, a line at a time, now and while the cluster runs: restores, restarts.</param>
    /// <param name="cancellationToken">Gives up; what was started is ended.</param>
    /// <param name="supervisorLog">The path of this process' own log, for cluster.json.</param>
    /// <exception cref="LocalClusterException">The options are wrong, a cluster runs in the folder, or a process did not come up; the
    /// message says which and shows the last lines of its log.</exception>
    public static async Task<ClusterSupervisor> StartAsync(
        LocalClusterOptions options,
        TextWriter log,
        CancellationToken cancellationToken,
        string? supervisorLog = null
    )
    {
        long started = Stopwatch.GetTimestamp();
        options.Validate();
        ParentWatch.Start();
        log = TextWriter.Synchronized(log);
        string siloProgram = Programs.FindSilo();
        string path = options.DataDirectory ?? Path.Combine(Path.GetTempPath(), $"orleanswork-{Guid.NewGuid():N}"[..20]);
        DataDirectory directory = DataDirectory.Take(path);
        ClusterSupervisor cluster;
        ClusterDescription? earlier;
        try
        {
            earlier = await Leftovers.EndAsync(directory.Path, cancellationToken).ConfigureAwait(false);
            string storeProgram = await GarnetTool.FindAsync(log, cancellationToken).ConfigureAwait(false);
            options = options with { Jobs = await BuildProjectsAsync(options.Jobs, log, cancellationToken).ConfigureAwait(false) };
            cluster = new ClusterSupervisor(options, directory, storeProgram, siloProgram, log, supervisorLog);
        }
        catch
        {
            directory.Dispose();
            if (options.DataDirectory is null)
                DataDirectory.Wipe(path);
            throw;
        }

        try
        {
            await cluster.StartProcessesAsync(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            // What it wrote stays: the message names its logs.
            await cluster.StopAsync(keepData: true).ConfigureAwait(false);
            throw;
        }

        cluster.StartedIn = Stopwatch.GetElapsedTime(started);
        cluster.Watch(earlier);
        return cluster;
    }

    /// <summary>Stops the silos gracefully, then the store, and removes cluster.json.</summary>
    /// <param name="keepData">Keeps a throw-away folder, because its logs may be wanted; other folders are always kept.</param>
    public async Task StopAsync(bool keepData = false)
    {
        if (_stopped)
            return;
        _stopped = true;
        await Task.WhenAll(_silos.Select(s => s.StopAsync())).ConfigureAwait(false);
        await _watching.CancelAsync().ConfigureAwait(false);
        await _store.StopAsync().ConfigureAwait(false);
        try
        {
            await _watch.ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // As asked.
        }

        // A watch may have started one more process before it saw the end.
        await Task.WhenAll(_silos.Select(s => s.StopAsync())).ConfigureAwait(false);
        await _store.StopAsync().ConfigureAwait(false);
        await _control.DisposeAsync().ConfigureAwait(false);
        _silos.ForEach(s => s.Dispose());
        _store.Dispose();
        _watching.Dispose();
        lock (_descriptionLock)
            File.Delete(Path.Combine(Directory, ClusterDescription.FileName));
        _directory.Dispose();
        if (IsThrowAway && !keepData)
            DataDirectory.Wipe(Directory);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await StopAsync(keepData: true).ConfigureAwait(false);

    // Once here: the silos, which would do it too, would do it all at the same time.
    private static async Task<IReadOnlyList<string>> BuildProjectsAsync(
        IEnumerable<string> jobs,
        TextWriter log,
        CancellationToken cancellationToken
    )
    {
        List<string> paths = [];
        foreach (string job in jobs)
        {
            if (!ProjectBuild.IsProject(job))
            {
                paths.Add(job);
                continue;
            }

            await log.WriteLineAsync($"Building {job} …").ConfigureAwait(false);
            try
            {
                paths.Add(await ProjectBuild.BuildAsync(Path.GetFullPath(job), cancellationToken).ConfigureAwait(false));
            }
            catch (ProjectBuildException e)
            {
                throw new LocalClusterException(2, $"--jobs {job}: {e.Message}");
            }
        }

        return paths;
    }

    private async Task StartProcessesAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource starting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        starting.CancelAfter(_options.StartTimeout);

        // The silos wait for the store while they load: all start at once.
        List<Task> starts = [_store.StartAsync(starting.Token), .. _silos.Select(s => s.StartAsync(starting.Token))];
        try
        {
            List<Task> open = [.. starts];
            while (open.Count > 0)
            {
                Task done = await Task.WhenAny(open).ConfigureAwait(false);
                open.Remove(done);
                await done.ConfigureAwait(false);
                WriteDescription();
            }
        }
        catch (Exception e)
        {
            await starting.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(starts)
                .ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default)
                .ConfigureAwait(false);
            if (e is OperationCanceledException && !cancellationToken.IsCancellationRequested)
            {
                int ready = _silos.Count(s => s.Description is not null);
                throw new LocalClusterException(
                    3,
                    $"Only {ready} of {_options.Silos} silos were ready within {_options.StartTimeout.TotalSeconds:0} s. Logs: {Path.Combine(Directory, "logs")}"
                );
            }

            throw;
        }
    }

    private void Watch(ClusterDescription? earlier) =>
        _watch = Task.WhenAll([
            _store.WatchAsync(WriteDescription, _log, _watching.Token),
            .. _silos.Select(s => s.WatchAsync(WriteDescription, _options.Restart, _log, _watching.Token)),
            // Every start has a cluster id of its own, so that nobody waits for the dead silos of the last one; its table is dropped.
            earlier is null
                ? Task.CompletedTask
                : StoreProbe.AskAsync(_store.Port, $"DEL {earlier.ServiceId}/members/{earlier.ClusterId}", _watching.Token),
        ]);

    private void WriteDescription()
    {
        lock (_descriptionLock)
        {
            try
            {
                if (!_stopped)
                    Description.Write(Directory);
            }
            catch (IOException e)
            {
                _log.WriteLine($"{Path.Combine(Directory, ClusterDescription.FileName)} could not be written: {e.Message}");
            }
        }
    }
}
