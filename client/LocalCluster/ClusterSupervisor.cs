using System.Diagnostics;
using OrleansWork.Protocol.Security;
using OrleansWork.Silo.JobLoading;
using OrleansWork.Store;

namespace OrleansWork.Console.LocalCluster;

/// <summary>A running local cluster, owned by this process: a store and silos, each a process of its own, started again when they die.</summary>
/// <remarks>Nothing outlives the owner, however it ends: silos and store end when the pipe from here closes.</remarks>
internal sealed class ClusterSupervisor : IAsyncDisposable
{
    /// <summary>The id under which local clusters store state.</summary>
    public const string DefaultServiceId = "orleanswork";

    // What a silo has open when it is ready, and as much again for clients.
    private const ulong FewestDescriptors = 512;

    private static readonly TimeSpan FirstWord = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan NextWord = TimeSpan.FromSeconds(10);

    private readonly LocalClusterOptions _options;
    private readonly TextWriter _log;
    private readonly DataDirectory _directory;
    private readonly ControlChannel _control;
    private readonly Store _store;
    private readonly FreePorts _ports = new();
    private readonly OwnerKey _key = OwnerKey.Create();
    private readonly ClusterSecret _secret;
    private readonly string _siloProgram;
    private readonly KindFindings? _findings;
    private readonly SemaphoreSlim _resizing = new(1);
    private readonly CancellationTokenSource _watching = new();
    private readonly TaskCompletionSource _broken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _descriptionLock = new();
    private ClusterProcess _self;
    private volatile IReadOnlyList<SupervisedSilo> _silos = [];
    private Task _watch = Task.CompletedTask;
    private volatile bool _stopped;

    private ClusterSupervisor(
        LocalClusterOptions options,
        DataDirectory directory,
        string storeProgram,
        string siloProgram,
        TextWriter log,
        string? supervisorLog
    )
    {
        (_options, _directory, _log, _siloProgram) = (options, directory, log, siloProgram);

        // The one job of a throw-away cluster tells its warnings itself.
        _findings = options.DataDirectory is null ? null : new KindFindings(log);
        using Process self = Process.GetCurrentProcess();
        _self = new ClusterProcess(ClusterProcess.SupervisorRole, self.Id, null, null, null, supervisorLog, ProcessIdentity.StartOf(self));
        ClusterId = $"local-{Guid.NewGuid():N}"[..14];
        _secret = ReadSecret(directory);
        StoreArguments store = new(directory.Path, _ports.Take(null), options.AcceptLoss, options.AcceptClock);
        _store = new Store(storeProgram, directory.Store, store, directory.Log("store"));
        _silos = [.. Enumerable.Range(1, options.Silos).Select(number => CreateSilo(number, options.Silos))];
        _control = new ControlChannel(directory.Path, ScaleAsync);
        Ended = Task.WhenAny(_control.StopRequested, _broken.Task).Unwrap();
    }

    /// <summary>Gets the cluster's id; a new one at every start.</summary>
    public string ClusterId { get; }

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
            return new(ClusterId, DefaultServiceId, _store.Redis, [.. processes.OfType<ClusterProcess>()])
            {
                Key = _key.Text,
                Secret = _secret.ClientForm,
            };
        }
    }

    /// <summary>Gets a task that completes when another console asked to stop this cluster (<c>down</c>), and fails with a
    /// <see cref="LocalClusterException"/> when it must not go on; its owner then calls <see cref="StopAsync"/> and ends.</summary>
    public Task Ended { get; }

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
        RequireDescriptors();
        ParentWatch.Start();
        log = TextWriter.Synchronized(log);
        string siloProgram = Programs.FindSilo();
        string path = options.DataDirectory ?? Path.Combine(Path.GetTempPath(), $"orleanswork-{Guid.NewGuid():N}"[..20]);
        DataDirectory directory = DataDirectory.Take(path);
        if (directory.WiderMode is { } mode)
            await log.WriteLineAsync($"{directory.Path} was open to other users (mode {mode}); it is yours alone now.");
        ClusterSupervisor cluster;
        ClusterDescription? earlier;
        try
        {
            directory.RequireSpace();
            earlier = await Leftovers.EndAsync(directory.Path, log, cancellationToken);
            string storeProgram = Programs.FindStore();
            options = options with { Jobs = await BuildProjectsAsync(options.Jobs, log, cancellationToken) };
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
            using CancellationTokenSource starting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            using CancellationTokenRegistration stop = cluster._control.StopToken.Register(starting.Cancel);
            await cluster.StartProcessesAsync(starting.Token);
        }
        catch (Exception exception)
        {
            // What it wrote stays: the message names its logs. Who gave up gets no message.
            await cluster.StopAsync(keepData: !cancellationToken.IsCancellationRequested);

            // Ctrl-C in a terminal reaches the silos too, and one of them may have been heard of first.
            cancellationToken.ThrowIfCancellationRequested();
            if (
                exception is OperationCanceledException
                && cluster._control.StopRequested.IsCompleted
                && !cancellationToken.IsCancellationRequested
            )
                throw new LocalClusterException(3, $"The cluster in {cluster.Directory} was asked to stop before it was ready.");
            throw;
        }

        cluster.StartedIn = Stopwatch.GetElapsedTime(started);
        cluster.Watch(earlier);
        return cluster;
    }

    /// <summary>Grows the cluster, or drains it down, to a number of silos; the newest go first. Several calls are carried out one after
    /// the other.</summary>
    /// <param name="size">The size.</param>
    /// <param name="caller">Takes, beside the log of the cluster, how it goes.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="LocalClusterException">A new silo did not come up, and the cluster is as large as before; or it stops.</exception>
    public async Task ScaleAsync(ClusterSize size, TextWriter caller, CancellationToken cancellationToken)
    {
        (_options with { Silos = size.Silos, Labels = [] }).Validate();
        try
        {
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _watching.Token);
            await _resizing.WaitAsync(either.Token);
            try
            {
                if (size.Silos > _silos.Count)
                    await GrowAsync(size, caller, either.Token);
                else if (size.Silos < _silos.Count)
                    await ShrinkAsync(size, caller, either.Token);
            }
            finally
            {
                _resizing.Release();
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException)
        {
            throw new LocalClusterException(3, $"The cluster in {Directory} is stopping; it was not brought to {size.Silos} silos.");
        }
    }

    /// <summary>Stops the silos gracefully, then the store, and removes cluster.json.</summary>
    /// <param name="keepData">Keeps a throw-away folder, because its logs may be wanted; other folders are always kept.</param>
    public async Task StopAsync(bool keepData = false)
    {
        if (_stopped)
            return;

        // Whoever waits for a job learns it now, and not by calls that nobody answers.
        _self = _self with
        {
            State = ClusterProcess.Stopping,
        };
        WriteDescription();
        _stopped = true;

        // A change of size gives up first.
        await _watching.CancelAsync();
        await _resizing.WaitAsync();
        await Task.WhenAll(_silos.Select(s => s.EndAsync(hasStore: !_broken.Task.IsFaulted)));
        await _store.StopAsync();
        try
        {
            await _watch;
        }
        catch (OperationCanceledException)
        {
            // As asked.
        }

        // Its watch may have started one more process before it saw the end.
        await _store.StopAsync();
        await _control.DisposeAsync();
        foreach (SupervisedSilo silo in _silos)
            silo.Dispose();
        _store.Dispose();
        _ports.Dispose();
        _watching.Dispose();
        _resizing.Dispose();
        lock (_descriptionLock)
            File.Delete(Path.Combine(Directory, ClusterDescription.FileName));
        _directory.Dispose();
        if (IsThrowAway && !keepData)
            DataDirectory.Wipe(Directory);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await StopAsync(keepData: true);

    private static ClusterSecret ReadSecret(DataDirectory directory)
    {
        try
        {
            return ClusterSecret.Parse(SecretFile.ReadOrMake(directory.SecretFile));
        }
        catch (SecretFileException exception)
        {
            throw new LocalClusterException(2, exception.Message);
        }
    }

    private static void RequireDescriptors()
    {
        if (Posix.IsHere && Posix.DescriptorLimit() is var limit and < FewestDescriptors)
        {
            throw new LocalClusterException(
                5,
                $"Each process of a cluster may have only {limit} files open (ulimit -n); a silo needs {FewestDescriptors}."
            );
        }
    }

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

            await log.WriteLineAsync($"Building {job} …");
            try
            {
                paths.Add(await ProjectBuild.BuildAsync(Path.GetFullPath(job), cancellationToken));
            }
            catch (ProjectBuildException exception)
            {
                throw new LocalClusterException(2, $"--jobs {job}: {exception.Message}");
            }
        }

        return paths;
    }

    private SupervisedSilo CreateSilo(int number, int silos)
    {
        SiloPlan plan = new()
        {
            Number = number,
            Program = _siloProgram,
            Redis = _store.Address,
            RedisPasswordFile = _directory.Store.PasswordFile,
            ClusterId = ClusterId,
            ServiceId = DefaultServiceId,
            FirstPort = _options.Port,
            Slots = (_options with { Silos = silos }).SlotsOf(number),
            DataDirectory = Directory,
            SecretFile = _directory.SecretFile,
            Key = _key.Known,
            FileRoots = _options.FileRoots,
            Jobs = [.. _options.Jobs.Select(Path.GetFullPath)],
            Labels = [.. _options.Labels.Where(l => l.Silo is null || l.Silo == number).Select(l => (l with { Silo = null }).ToString())],
            AllowExec = _options.AllowExec,
            AllowCrash = _options.AllowCrash,
        };
        return new SupervisedSilo(plan, _ports, _directory.Log($"silo-{number}"), _findings);
    }

    private async Task GrowAsync(ClusterSize size, TextWriter caller, CancellationToken cancellationToken)
    {
        int before = _silos.Count;
        SupervisedSilo[] added = [.. Enumerable.Range(before + 1, size.Silos - before).Select(number => CreateSilo(number, size.Silos))];
        _silos = [.. _silos, .. added];
        using CancellationTokenSource starting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        starting.CancelAfter(_options.StartTimeout);
        try
        {
            await Task.WhenAll(added.Select(StartOneAsync));
        }
        catch (Exception exception) when (exception is LocalClusterException or OperationCanceledException)
        {
            // All of them or none: whoever asked knows how many there are.
            await ShrinkAsync(size with { Silos = before }, caller, cancellationToken);
            if (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested)
            {
                throw new LocalClusterException(
                    3,
                    $"The new silos were not all ready within {_options.StartTimeout.TotalSeconds:0} s; the cluster has {before} as before. Logs: {Path.Combine(Directory, "logs")}"
                );
            }

            throw;
        }

        async Task StartOneAsync(SupervisedSilo silo)
        {
            try
            {
                await silo.StartAsync(_log, starting.Token);
            }
            catch
            {
                await starting.CancelAsync();
                throw;
            }

            WriteDescription();
            silo.Watch(WriteDescription, _options.Restart, _log);
            await SayAsync(caller, $"Silo {silo.Number} is ready as {silo.Description?.Silo}.");
        }
    }

    private async Task ShrinkAsync(ClusterSize size, TextWriter caller, CancellationToken cancellationToken)
    {
        // All drain before the first one stops, so that no coordinator moves to one that goes next.
        SupervisedSilo[] leaving = [.. _silos.Skip(size.Silos).Reverse()];
        await Task.WhenAll(leaving.Select(DrainOneAsync));
        await Task.WhenAll(leaving.Select(EndOneAsync));

        async Task DrainOneAsync(SupervisedSilo silo)
        {
            if (silo.Description?.Silo is { } address)
                await SayAsync(caller, $"Draining silo {silo.Number} ({address}) …");
            bool isEmpty = await silo.DrainAsync(size.DrainTime, WriteDescription, cancellationToken);
            if (!isEmpty && !cancellationToken.IsCancellationRequested)
            {
                await SayAsync(
                    caller,
                    $"Silo {silo.Number} still runs units after {Duration.Format(size.DrainTime)}; other silos run them again."
                );
            }
        }

        async Task EndOneAsync(SupervisedSilo silo)
        {
            int? exitCode = await silo.EndAsync();
            lock (_descriptionLock)
                _silos = [.. _silos.Where(s => s != silo)];
            WriteDescription();
            silo.Dispose();
            await SayAsync(
                caller,
                exitCode is null or 0 ? $"Silo {silo.Number} has left." : $"Silo {silo.Number} ended with exit code {exitCode}."
            );
        }
    }

    private async Task SayAsync(TextWriter caller, string line)
    {
        await _log.WriteLineAsync(line);
        await caller.WriteLineAsync(line);
    }

    private async Task StartProcessesAsync(CancellationToken cancellationToken)
    {
        await _resizing.WaitAsync(cancellationToken);
        try
        {
            await StartAllAsync(cancellationToken);
        }
        finally
        {
            _resizing.Release();
        }
    }

    private async Task StartAllAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource starting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        starting.CancelAfter(_options.StartTimeout);

        // The silos wait for the store while they load: all start at once.
        List<Task> starts = [_store.StartAsync(_log, starting.Token), .. _silos.Select(s => s.StartAsync(_log, starting.Token))];
        string[] names = ["the store", .. _silos.Select(s => $"silo {s.Number}")];
        try
        {
            List<Task> open = [.. starts];
            Task word = Task.Delay(FirstWord, starting.Token);
            while (open.Count > 0)
            {
                Task done = await Task.WhenAny([.. open, word]);
                if (done == word && !starting.IsCancellationRequested)
                {
                    await _log.WriteLineAsync($"Waiting for {Waiting(starts, names)} …");
                    word = Task.Delay(NextWord, starting.Token);
                    continue;
                }

                if (done == word)
                    done = await Task.WhenAny(open);
                open.Remove(done);
                await done;
                WriteDescription(mustSucceed: true);
            }
        }
        catch (Exception exception)
        {
            string waiting = Waiting(starts, names);
            await starting.CancelAsync();
            await Task.WhenAll(starts).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            if (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested)
            {
                int ready = _silos.Count(s => s.Description is not null);
                throw new LocalClusterException(
                    3,
                    $"Only {ready} of {_options.Silos} silos were ready within {_options.StartTimeout.TotalSeconds:0} s; {waiting} did not start. Logs: {Path.Combine(Directory, "logs")}"
                );
            }

            throw;
        }
    }

    private static string Waiting(IEnumerable<Task> starts, string[] names) =>
        string.Join(", ", starts.Select((start, i) => start.IsCompletedSuccessfully ? null : names[i]).OfType<string>());

    private void Watch(ClusterDescription? earlier)
    {
        foreach (SupervisedSilo silo in _silos)
            silo.Watch(WriteDescription, _options.Restart, _log);
        _watch = Task.WhenAll([
            WatchStoreAsync(),
            // Every start has a cluster id of its own, so that nobody waits for the dead silos of the last one; its table is dropped.
            earlier is null
                ? Task.CompletedTask
                : _store.DeleteAsync($"{earlier.ServiceId}/members/{earlier.ClusterId}", _watching.Token),
        ]);
    }

    private async Task WatchStoreAsync()
    {
        try
        {
            await _store.WatchAsync(WriteDescription, _log, _watching.Token);
        }
        catch (LocalClusterException exception)
        {
            _broken.TrySetException(exception);
        }
    }

    private void WriteDescription() => WriteDescription(mustSucceed: false);

    /// <summary>Keeps cluster.json true.</summary>
    /// <param name="mustSucceed">Whether nobody could find the cluster if it is not written.</param>
    /// <exception cref="LocalClusterException">It had to be written, and was not.</exception>
    private void WriteDescription(bool mustSucceed)
    {
        lock (_descriptionLock)
        {
            try
            {
                if (!_stopped)
                    Description.Write(Directory);
            }
            catch (Exception exception) when (mustSucceed && exception is IOException or UnauthorizedAccessException)
            {
                throw DataDirectory.Unusable(Directory, exception);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                _log.WriteLine($"{Path.Combine(Directory, ClusterDescription.FileName)} could not be written: {exception.Message}");
            }
        }
    }
}
