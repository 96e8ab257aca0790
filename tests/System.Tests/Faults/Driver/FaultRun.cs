using System.Diagnostics;
using System.Globalization;

namespace OrleansWork.SystemTests.Faults.Driver;

/// <summary>One row of the suite while it runs: its cluster, its jobs, its history and what it measured.</summary>
internal sealed class FaultRun(string row) : IAsyncDisposable
{
    private static readonly TimeSpan ExitNoticed = TimeSpan.FromSeconds(1);

    // What Orleans says of silos that are gone.
    private static readonly string[] s_ofLostSilos =
    [
        "Orleans.Runtime.SiloUnavailableException",
        "Orleans.Runtime.Messaging.ConnectionFailedException",
        "Orleans.Runtime.OrleansMessageRejectionException",
        "Failed to address message Request",
    ];

    // Garnet's script engine fails a write now and then on a busy machine; the engine tries it again.
    private const string OfGarnet = "Unexpected Lua error";

    // A silo that joins asks the others for a sign of life, and asks again where one comes late; one that cannot join ends, which is noticed.
    private const string LateWelcome = "Newly joining silos validate connectivity";

    private readonly List<IFaultTarget> _targets = [];
    private readonly List<RecordedJob> _jobs = [];
    private readonly List<TableLine> _lines = [];

    public History History { get; } = new();

    /// <summary>Gets what was measured so far.</summary>
    public IReadOnlyList<TableLine> Lines => _lines;

    /// <summary>Gets the jobs that were acknowledged.</summary>
    public IReadOnlyList<RecordedJob> Jobs
    {
        get
        {
            lock (_jobs)
                return [.. _jobs];
        }
    }

    /// <summary>Gets parts of errors in silos' logs that the fault brings about.</summary>
    public List<string> ExpectedErrors { get; } = [.. s_ofLostSilos, LateWelcome, OfGarnet];

    /// <summary>Starts a cluster that ends with the row.</summary>
    public Task<FaultCluster> ClusterAsync(int silos, SiloSetup? setup = null, StoreKind store = StoreKind.Garnet) =>
        ClusterAsync(store, [.. Enumerable.Repeat(setup ?? new SiloSetup(), silos)]);

    /// <summary>Starts a cluster that ends with the row.</summary>
    public async Task<FaultCluster> ClusterAsync(StoreKind store, params IReadOnlyList<SiloSetup> setups)
    {
        FaultCluster cluster = await FaultCluster.StartAsync(store, setups);
        _targets.Add(cluster);
        History.Note($"{setups.Count} silos: {string.Join(", ", cluster.Silos.Select(s => $"{s.Address} pid {s.Pid}"))}");
        return cluster;
    }

    /// <summary>Starts a cluster under the console's supervisor that ends with the row.</summary>
    public async Task<SupervisedCluster> SupervisedAsync(int silos, IEnumerable<string> arguments, params (string, string)[] environment)
    {
        SupervisedCluster cluster = await SupervisedCluster.StartAsync(silos, arguments, environment);
        _targets.Add(cluster);
        History.Note($"{silos} silos: {string.Join(", ", cluster.Silos.Select(s => $"{s.Silo} pid {s.Pid}"))}");
        return cluster;
    }

    /// <summary>Submits a job whose every execution is written down, and waits for the acknowledgement.</summary>
    public async Task<RecordedJob> SubmitAsync(
        IFaultTarget cluster,
        long units,
        double milliseconds,
        JobOptions? options = null,
        long longUnit = -1,
        double longMilliseconds = 0,
        string? kind = null,
        long steps = 0
    )
    {
        RecordedJob? job = await TrySubmitAsync(cluster, units, milliseconds, options, longUnit, longMilliseconds, kind, steps);
        Assert.True(job is not null, $"A submission was not acknowledged.{Environment.NewLine}{Story()}");
        return job!;
    }

    /// <summary>Submits a job; nothing when that was not acknowledged.</summary>
    public async Task<RecordedJob?> TrySubmitAsync(
        IFaultTarget cluster,
        long units,
        double milliseconds,
        JobOptions? options = null,
        long longUnit = -1,
        double longMilliseconds = 0,
        string? kind = null,
        long steps = 0
    )
    {
        RecordedJob? job = await TrySubmitAsync(
            cluster,
            new RecordedWork.Input("", units, milliseconds, longUnit, longMilliseconds, Steps: steps),
            options,
            kind
        );
        if (job is null)
            return null;
        lock (_jobs)
            _jobs.Add(job);
        return job;
    }

    /// <summary>Submits a job that has bad units; the checks of all jobs leave it out.</summary>
    public async Task<RecordedJob> SubmitBadAsync(
        IFaultTarget cluster,
        Misdeed misdeed,
        long[] bad,
        long units,
        double milliseconds,
        JobOptions? options = null,
        TimeSpan lasts = default
    )
    {
        RecordedWork.Input input = new("", units, milliseconds, Bad: bad, Misdeed: misdeed, MisdeedSeconds: lasts.TotalSeconds);
        RecordedJob? job = await TrySubmitAsync(cluster, input, options, kind: null);
        Assert.True(job is not null, $"A submission was not acknowledged.{Environment.NewLine}{Story()}");
        return job!;
    }

    private async Task<RecordedJob?> TrySubmitAsync(IFaultTarget cluster, RecordedWork.Input input, JobOptions? options, string? kind)
    {
        string id = $"{row}-{Guid.NewGuid():N}"[..Math.Min(24, row.Length + 9)];
        string folder = Path.Combine(cluster.Directory, id);
        Directory.CreateDirectory(folder);
        input = input with { Folder = folder };
        byte[] json = System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(input, OrleansWorkJson.Payloads);
        JobHandle? handle = await History.TryAsync(
            $"submit {id}",
            () => cluster.Client.SubmitAsync(kind ?? RecordedWork.Kind.Name, json, options, id)
        );
        return handle is null ? null : new RecordedJob(this, handle, input, await RecordedJob.ReferenceAsync(input.Units));
    }

    /// <summary>Waits for the end of a job, also while nobody answers.</summary>
    public async Task<JobStatus> EndedAsync(JobHandle job, TimeSpan ceiling)
    {
        using CancellationTokenSource bound = new(ceiling);
        JobStatus? last = null;
        try
        {
            while (last?.State is not (JobState.Succeeded or JobState.Failed or JobState.Canceled))
            {
                try
                {
                    await foreach (JobStatus status in job.WatchAsync(bound.Token))
                        last = status;
                }
                catch (RequestException exception) when (exception.Reason == ErrorReason.Unavailable)
                {
                    History.Note($"{job.Id}: {exception.Message}");
                }
            }
        }
        catch (OperationCanceledException exception)
        {
            throw new TimeoutException(
                $"Job {job.Id} did not end: {last?.State}, {last?.Waiting}.{Environment.NewLine}{Story()}",
                exception
            );
        }

        return last!;
    }

    /// <summary>Cancels a job that is not needed any more.</summary>
    public async Task CancelAsync(RecordedJob job)
    {
        await History.DoAsync($"cancel {job.Id}", () => job.Handle.CancelAsync());
        lock (_jobs)
            _jobs.Remove(job);
    }

    /// <summary>Does something to the cluster and notes when.</summary>
    /// <returns>The time just before.</returns>
    public DateTimeOffset Inject(string fault, Action action)
    {
        DateTimeOffset before = TimeProvider.System.GetUtcNow();
        History.Note(fault);
        action();
        return before;
    }

    /// <summary>Adds a measured figure with its limit to the table.</summary>
    public void Measured(string what, double figure, double limit, string unit) =>
        Add(
            $"{what} ≤ {limit.ToString("0.##", CultureInfo.InvariantCulture)} {unit}".TrimEnd(),
            $"{figure.ToString("0.##", CultureInfo.InvariantCulture)} {unit}".TrimEnd(),
            figure <= limit,
            isOfTime: unit == "s"
        );

    /// <summary>Adds a measured speed that must not be lower to the table.</summary>
    public void AtLeast(string what, double figure, double limit, string unit) =>
        Add(
            $"{what} ≥ {limit.ToString("0.##", CultureInfo.InvariantCulture)} {unit}",
            $"{figure.ToString("0.##", CultureInfo.InvariantCulture)} {unit}",
            figure >= limit,
            isOfTime: true
        );

    /// <summary>Adds a measured duration with its limit to the table.</summary>
    public void Measured(string what, TimeSpan figure, TimeSpan limit) => Measured(what, figure.TotalSeconds, limit.TotalSeconds, "s");

    /// <summary>Adds a figure without a limit to the table.</summary>
    public void Noted(string what, string figure) => Add(what, figure, held: null);

    /// <summary>Adds what must hold to the table.</summary>
    public void Holds(string what, string figure, bool held) => Add(what, figure, held);

    /// <summary>Checks that every acknowledged job has ended as it must, that only victims have ended, and that no log has an error nobody expects.</summary>
    public async Task CheckAsync(long retries = 0, TimeSpan? ceiling = null)
    {
        long wasted = 0;
        foreach (RecordedJob job in _jobs)
            wasted += (await job.CheckAsync(retries, ceiling)).Units.Wasted;
        await CheckSilosAsync();
        Add(
            $"J-check of {_jobs.Count} job{(_jobs.Count == 1 ? "" : "s")}",
            $"all ended right, every unit counted once, {wasted} wasted",
            held: true
        );
    }

    /// <summary>Checks that only victims have ended and that no log has an error nobody expects.</summary>
    public async Task CheckSilosAsync()
    {
        foreach (SiloProcess silo in _targets.OfType<FaultCluster>().SelectMany(c => c.Silos).Where(s => !s.IsVictim))
        {
            Assert.False(
                await Task.Run(() => silo.Program.HasExited),
                $"Silo {silo.Number} ({silo.Address}) ended by itself.{Environment.NewLine}{string.Join(Environment.NewLine, silo.PresentLog.Split('\n').TakeLast(40).Select(Short))}"
            );
        }

        List<string> errors = UnexpectedErrors();
        Assert.True(errors.Count == 0, string.Join(Environment.NewLine, errors.Take(20)));
    }

    /// <summary>Waits for the end of a silo.</summary>
    /// <returns>How long that took and its exit code.</returns>
    public async Task<(TimeSpan After, int ExitCode)> ExitAsync(SiloProcess silo, TimeSpan ceiling)
    {
        long started = Stopwatch.GetTimestamp();
        int code = await silo.Program.ExitCodeAsync(ceiling + ExitNoticed);
        History.Note($"silo {silo.Number} ended with {code}");
        return (Stopwatch.GetElapsedTime(started), code);
    }

    /// <summary>Tells what happened, for a failure.</summary>
    public string Story()
    {
        IEnumerable<string> logs = _targets
            .SelectMany(c => c.Logs)
            .Select(s =>
                $"--- {s.Silo}:{Environment.NewLine}{string.Join(Environment.NewLine, s.Text.Split('\n').Where(IsOwn).TakeLast(40).Select(Short))}"
            );
        return string.Join(Environment.NewLine, History.Operations.TakeLast(60).Select(o => o.ToString()).Concat(logs));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (IFaultTarget cluster in _targets)
            await cluster.DisposeAsync();
    }

    private static bool IsOwn(string line) =>
        !line.Contains("warn: Polly", StringComparison.Ordinal) && !line.Contains("Orleans.Runtime.CallbackData", StringComparison.Ordinal);

    private static string Short(string line) => line.Length <= 240 ? line : line[..240] + "…";

    private List<string> UnexpectedErrors() =>
        [
            .. _targets
                .SelectMany(c => c.Logs)
                .SelectMany(s =>
                    s.Text.Split('\n')
                        .Where(l => l.Contains("Z fail: ", StringComparison.Ordinal) || l.Contains("Z crit: ", StringComparison.Ordinal))
                        .Where(l => !s.WasVictim || l.Contains(": OrleansWork.", StringComparison.Ordinal))
                        .Where(l => !ExpectedErrors.Exists(e => l.Contains(e, StringComparison.Ordinal)))
                        .Select(l => $"{s.Silo}: {Short(l)}")
                ),
        ];

    private void Add(string limit, string figure, bool? held, bool isOfTime = false)
    {
        lock (_lines)
            _lines.Add(new TableLine(row, limit, figure, held) { IsOfTime = isOfTime });
    }
}

/// <summary>A line of the suite's table.</summary>
/// <param name="Row">The row of the catalogue.</param>
/// <param name="Limit">What must hold.</param>
/// <param name="Figure">What was found.</param>
/// <param name="Held">Whether it holds; null where there is no limit.</param>
internal sealed record TableLine(string Row, string Limit, string Figure, bool? Held)
{
    /// <summary>Gets whether a slow machine alone may miss it.</summary>
    public bool IsOfTime { get; init; }

    public string Verdict =>
        Held switch
        {
            true => "held",
            false => "BROKEN",
            null => "",
        };
}
