using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using OrleansWork.Engine.Cluster;
using OrleansWork.Engine.Execution;
using OrleansWork.Engine.Recording;
using OrleansWork.Engine.Storage;
using OrleansWork.Protocol;
using OrleansWork.Scheduling.Coordination;
using OrleansWork.Scheduling.Ledger;
using OrleansWork.Scheduling.Placement;
using OrleansWork.Scheduling.Recording;
using OrleansWork.Scheduling.Reduction;

namespace OrleansWork.Engine.Coordination;

/// <summary>A job while it runs: carries the commands of its <see cref="JobMachine"/> out and brings it what happens.</summary>
/// <remarks>Every member is called in the grain's turns, but for those of <see cref="ICoordinatorInbox"/>.</remarks>
internal sealed partial class JobRun : ICoordinatorInbox, ILeaseOwner, ILaneGate, ILaneGuard, IAsyncDisposable
{
    private static readonly TimeSpan LookingBound = TimeSpan.FromSeconds(1);

    private readonly CoordinatorServices _services;
    private readonly DateTimeOffset _zero;
    private readonly IJobRunHost _host;
    private readonly JobManifest _manifest;
    private JobOptions _options;
    private readonly ILogger _logger;
    private readonly LeaseDispatch _dispatch;
    private readonly PartialLane _lane;
    private readonly PartialStore _partials;
    private Neighbours? _neighbours;
    private Task _looking = Task.CompletedTask;
    private readonly Dictionary<long, byte[]> _reported = [];
    private readonly Dictionary<(string Silo, LeaseName Name), TaskCompletionSource<bool>> _beginning = [];
    private readonly ConcurrentQueue<JobEvent> _inbox = new();
    private readonly List<JobCommand> _commands = [];
    private readonly List<JobEvent> _events = [];
    private readonly JobTrace _trace;
    private IDisposable? _registration;
    private readonly EtaWatch _eta;
    private readonly bool _isCareful;
    private bool _isHeld;
    private volatile SiloAddress[] _quarantined = [];
    private int _quarantineVersion;
    private int _drainScheduled;
    private bool _ended;
    private bool _isDisposed;

    public JobRun(
        CoordinatorServices services,
        IJobRunHost host,
        JobManifest manifest,
        JobOptions options,
        PartialStore partials,
        JobSnapshot? restored,
        ActivityContext submission,
        ILogger logger
    )
    {
        _services = services;
        _zero = services.Time.GetUtcNow() - services.Now;
        _host = host;
        _manifest = manifest;
        _options = options;
        _logger = logger;
        _partials = partials;
        _trace = new JobTrace(manifest, services.LocalSilo.SiloAddress, submission);
        _dispatch = new LeaseDispatch(services, manifest, options, _trace, logger, this);
        // Once a process has ended in some step of the kind's code, each is recorded before it is entered, here and nowhere else.
        _isCareful = !manifest.IsMap && manifest.Steps().IsCareful;
        _lane = new PartialLane(
            partials,
            services.UserCode,
            failure => _ = OnHostTurnAsync(() => Fail(failure)),
            _isCareful ? this : null,
            _isCareful ? null : this
        );
        Results = manifest.IsMap ? new ResultLog(manifest.ResultCount) : null;
        Machine = new JobMachine(
            new JobMachineOptions
            {
                Policy = Policies.Of(options.Placement),
                Spawned = options.Execution == ExecutionMode.Spawned,
                ChunkUnits = options.ChunkUnits,
                ChunkTime = options.ChunkTime,
                MaxParallel = options.MaxParallel,
                MaxAttempts = options.MaxAttempts,
                SkipsFailedUnits = options.OnUnitFailure == OnUnitFailure.Skip,
                MaxFailedUnits = services.CoordinatorOptions.Value.MaxFailedUnits,
                Speculates = Speculates(options),
                DeadlineAt = options.Deadline is { } deadline ? services.Now + services.Until(manifest.SubmittedTicks, deadline) : null,
                Partial = options.Partial,
                KeepsResults = manifest.IsMap,
                IsCareful = _isCareful,
                Home = services.LocalSilo.SiloAddress.ToParsableString(),
                MayLeaseTo = manifest.MayLeaseTo,
                Record = new RecordLimits(services.Records),
                Seed = unchecked((int)manifest.Incarnation),
            },
            manifest.Epoch,
            restored,
            services.Now
        );
        _eta = new EtaWatch(Machine, manifest.JobId, logger);
    }

    /// <summary>Gets the machine that decides.</summary>
    public JobMachine Machine { get; }

    /// <summary>Gets the run as it is now.</summary>
    public RunMoment Moment => new(Machine, _manifest.Epoch, _zero, _services.Now);

    /// <summary>Gets the operations on the partials, in order.</summary>
    public PartialLane Lane => _lane;

    /// <summary>Gets the results that are not stored yet; null for a kind that combines them.</summary>
    public ResultLog? Results { get; }

    /// <inheritdoc/>
    public string JobId => _manifest.JobId;

    /// <inheritdoc/>
    public IReadOnlyList<SiloAddress> Quarantined => _quarantined;

    /// <summary>Gets what came of it; null before that is certain, and for a kind that keeps the results of its units.</summary>
    public ResultPayload? Result { get; private set; }

    /// <summary>Gets what the job's author should know although nothing has failed; null when there is nothing.</summary>
    public string? Warning { get; private set; }

    /// <summary>Gets when the first lease was granted; 0 before.</summary>
    public long StartedTicks { get; private set; }

    /// <summary>Gets why nothing runs at present, or null.</summary>
    public string? Waiting =>
        Machine.Phase != JobPhase.Running || Machine.HasSilos
            ? null
            : $"no silo takes leases of {_manifest.Kind} version {_manifest.KindVersion}"
                + (_options.Require.Count == 0 ? "" : $" with the labels {string.Join(", ", _options.Require)}");

    /// <summary>Starts granting leases; a job that ran before first hears which of its leases still run.</summary>
    /// <param name="unitCount">How many units it has.</param>
    /// <param name="resumed">Whether an earlier coordinator granted leases.</param>
    /// <param name="paused">Whether the job is held.</param>
    public async Task StartAsync(long unitCount, bool resumed, bool paused)
    {
        _isHeld = paused;
        foreach ((SiloAddress silo, TimeSpan ago) in _services.Loads.RecentDeaths())
            _inbox.Enqueue(new SiloLost(silo.ToParsableString(), Planned: false) { Ago = ago });
        _registration = _services.Loads.Register(this);
        Drain();
        if (resumed)
            await _dispatch.AdoptAsync();
        // Paused first, so that nothing is leased before the pause.
        if (_isHeld)
            Apply(new Decomposed(unitCount), new PauseRequested(), new Started());
        else
            Apply(new Decomposed(unitCount), new ResumeRequested(), new Started());
    }

    /// <summary>Keeps the partials that a manifest holds, before the start.</summary>
    public void Restore(IEnumerable<(long Handle, byte[] Bytes)> partials)
    {
        foreach ((long handle, byte[] bytes) in partials)
            _lane.Put(handle, bytes);
    }

    /// <summary>Takes the timer asked for by <see cref="IJobRunHost.WakeAfter"/>.</summary>
    public void OnTimer()
    {
        TimeSpan late = Machine.NextWake is { } wished ? _services.Now - wished : TimeSpan.Zero;
        // A few milliseconds are the timer's own coarseness.
        Apply(new TimerFired(late > TimeSpan.FromMilliseconds(50) ? late : TimeSpan.Zero));
    }

    /// <summary>Hears that a snapshot is stored.</summary>
    /// <param name="suspectsVersion">The machine's <see cref="JobMachine.SuspectsVersion"/> when it was made.</param>
    /// <param name="stored">What is stored.</param>
    public void Stored(long suspectsVersion, JobManifest stored)
    {
        Machine.HasCombined |= stored.HasCombined();
        if (Machine.AwaitsStore && !_ended)
            Apply(new SnapshotStored(suspectsVersion, stored.LeasedTo));
    }

    /// <summary>Lets go of results that are stored by now.</summary>
    public void ResultsStored(long count)
    {
        if (Results is not { } results || _ended)
            return;
        results.Trim(count);
        if (!Machine.HoldsGrants || results.PendingBytes > ResultLog.HoldBytes)
            return;
        Machine.HoldsGrants = false;
        Apply();
    }

    /// <summary>Takes a report that no call was waiting for.</summary>
    public void OnReport(ReportBatch batch) => Take(batch, sent: null);

    /// <summary>Says whether a silo may begin a lone canary, once that is stored.</summary>
    public Task<bool> BeginsAsync(BeginRequest request)
    {
        if (_ended)
            return Task.FromResult(false);
        string silo = request.Silo.ToParsableString();
        LeaseName name = request.Lease;
        if (_beginning.Remove((silo, name), out TaskCompletionSource<bool>? before))
            before.SetResult(false);
        TaskCompletionSource<bool> asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _beginning.Add((silo, name), asked);
        Apply(new BeginAsked(silo, name));
        return asked.Task;
    }

    /// <summary>Answers no to all silos that ask whether a lone canary may begin.</summary>
    public void LetNoneBegin()
    {
        foreach (TaskCompletionSource<bool> asked in _beginning.Values)
            asked.SetResult(false);
        _beginning.Clear();
    }

    /// <summary>Holds the job, or lets it go on.</summary>
    public void Hold(bool isHeld)
    {
        _isHeld = isHeld;
        if (isHeld)
            Apply(new PauseRequested());
        else
            Apply(new ResumeRequested());
    }

    /// <summary>Has leases granted by other options from now on; those in flight stay as they are.</summary>
    public void Change(JobOptions options)
    {
        string what = OptionWords.Of(_options, options);
        _options = options;
        _dispatch.Follow(options);
        Apply(
            new OptionsChanged(
                Policies.Of(options.Placement),
                options.Execution == ExecutionMode.Spawned,
                options.ChunkUnits,
                options.ChunkTime,
                options.MaxParallel,
                Speculates(options),
                what.Length == 0 ? null : what
            )
        );
    }

    /// <summary>Estimates how long it still takes; null when that cannot be told.</summary>
    public EtaInterval? Eta() => _eta.Get(_services.Now);

    /// <summary>Takes a person's wish.</summary>
    public void Apply(params ReadOnlySpan<JobEvent> events) => Apply(events, _services.Now);

    private void Apply(ReadOnlySpan<JobEvent> events, TimeSpan now)
    {
        // A result that is made after this coordinator has gone is its successor's to make.
        if (_isDisposed)
            return;
        Machine.Apply(events, now, _commands);
        if (Machine.QuarantineVersion != _quarantineVersion)
        {
            _quarantineVersion = Machine.QuarantineVersion;
            _quarantined = [.. Machine.QuarantinedSilos.Select(SiloAddress.FromParsableString)];
        }

        CarryOut(now);
        if (StartedTicks == 0 && Machine.Counters.Leases > 0)
            StartedTicks = _services.Time.GetUtcNow().UtcTicks;
        _host.Changed();
    }

    /// <inheritdoc/>
    public void OnSiloChanged(SiloView silo) => Post(ToEvent(silo));

    /// <inheritdoc/>
    public void OnHeartbeat(SiloAddress silo, ImmutableArray<HeldLease> held)
    {
        List<HeldRange> mine = new(held.Length);
        foreach (HeldLease lease in held)
        {
            if (lease.Incarnation == _manifest.Incarnation)
                mine.Add(LeaseMessages.ToHeld(lease));
        }

        Post(new HeartbeatReceived(silo.ToParsableString(), mine));
    }

    /// <inheritdoc/>
    public void OnProbe(SiloAddress silo) => Post(new ProbeAsked(silo.ToParsableString()));

    /// <inheritdoc/>
    public void OnShare(SiloAddress silo, JobShare share)
    {
        if (share.Incarnation == _manifest.Incarnation)
            Post(new ShareTold(silo.ToParsableString(), share.Share));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        _ended = true;
        _registration?.Dispose();
        _trace.Dispose();
        LetNoneBegin();
        Machine.Record.Clear();
        await _lane.DisposeAsync();
    }

    private bool Speculates(JobOptions options) => options.Speculation && !_manifest.SideEffects;

    private JobEvent ToEvent(SiloView silo)
    {
        string name = silo.Address.ToParsableString();
        if (silo.State == SiloViewState.Dead)
            return new SiloLost(name, silo.LeftInOrder);
        if (silo.Profile is not { } profile || silo.Load is not { } load)
            return new SiloChanged(name, 1, Takes: false, 0, 0, Heard: false);
        return ToEvent(name, profile, load, Suitability.ObstacleOf(silo, _manifest.Kind, _manifest.KindVersion, _options.Require));
    }

    private Obstacle ObstacleOf(SiloProfile profile, SiloLoad load) =>
        Suitability.ObstacleOf(profile, load, _manifest.Kind, _manifest.KindVersion, _options.Require);

    private SiloChanged ToEvent(string name, SiloProfile profile, SiloLoad load, Obstacle obstacle)
    {
        ClassLoad work = _manifest.IsAsync ? load.Wait : load.Compute;
        int slots = Suitability.Slots(profile, load, _manifest.Kind, _manifest.KindVersion, _manifest.IsAsync);
        return new SiloChanged(name, slots, obstacle == Obstacle.None, work.Running, work.Queued, Heard: true)
        {
            Obstacle = obstacle,
            Busy = TimeSpan.FromMicroseconds(work.BusyMicros),
        };
    }

    private void Post(JobEvent happened)
    {
        _inbox.Enqueue(happened);
        if (Interlocked.Exchange(ref _drainScheduled, 1) == 0)
            _ = OnHostTurnAsync(Drain);
    }

    private Task OnHostTurnAsync(Action work) =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.DenyChildAttach, _host.Scheduler);

    private void Drain()
    {
        Interlocked.Exchange(ref _drainScheduled, 0);
        if (_ended)
            return;
        _events.Clear();
        while (_inbox.TryDequeue(out JobEvent? happened))
        {
            _events.Add(happened);
            if (happened is SiloLost lost)
                _trace.SiloLost(lost.Silo);
        }

        if (_events.Count > 0)
            Apply(CollectionsMarshal.AsSpan(_events));
    }

    private void CarryOut(TimeSpan now)
    {
        _lane.Hold();
        try
        {
            // Commands may make more: taking the list out keeps their order.
            while (_commands.Count > 0)
            {
                JobCommand[] commands = [.. _commands];
                _commands.Clear();
                foreach (JobCommand command in commands)
                    CarryOut(command);
            }

            // Silos wait for leases, and nobody for what is combined.
            if (_dispatch.Reach is > 0 and long to)
                _host.Leased(to, now);
            _dispatch.Send();
        }
        finally
        {
            _lane.Release();
        }
    }

    private void CarryOut(JobCommand command)
    {
        switch (command)
        {
            case GrantLease lease:
                _dispatch.Add(lease);
                break;
            case CombinePartials combine:
                _lane.Combine(combine.Left, combine.Right, combine.Result);
                break;
            case CopyPartial copy:
                _lane.Copy(copy.Handle, copy.Copy);
                break;
            case StoreSuspects or StoreReach:
                _host.StoreNow();
                break;
            case DropPartial drop:
                if (!_reported.Remove(drop.Handle))
                    _lane.Drop(drop.Handle);
                break;
            case KeepResults keep:
                _reported.Remove(keep.Handle, out byte[]? batch);
                Results!.Add(batch!, keep.Units);
                Machine.HoldsGrants = Results.PendingBytes > ResultLog.HoldBytes;
                break;
            case WakeAt wake:
                TimeSpan due = wake.Time - _services.Now;
                _host.WakeAfter(due > TimeSpan.FromMilliseconds(1) ? due : TimeSpan.FromMilliseconds(1));
                break;
            case SignalLeases signal:
                _ = _dispatch.SignalAsync(signal);
                break;
            case AnswerBegin answer:
                if (_beginning.Remove((answer.Silo, answer.Name), out TaskCompletionSource<bool>? asked))
                    asked.SetResult(answer.Begins);
                break;
            case ClearSilo clear:
                _ = _dispatch.ClearAsync(clear.Silo);
                break;
            case MakeResult when Results is not null:
                // What units came to is the result; there is nothing to make of it.
                _ = OnHostTurnAsync(() => Apply(new ResultMade()));
                break;
            case MakeResult make:
                _ = MakeResultAsync(make.Handle);
                break;
            case EndJob end:
                _ended = true;
                _registration?.Dispose();
                _trace.Ended(end.Phase, end.Failure);
                _host.Ended(this, end.Phase, end.Failure);
                break;
            default:
                throw new InvalidOperationException($"No such command: {command}.");
        }
    }

    /// <summary>Lets the run enter the step that it waits to enter.</summary>
    public void EnterStep()
    {
        if (!_ended)
            _lane.Enter();
    }

    /// <inheritdoc/>
    bool ILaneGuard.IsQuiet => _services.Steps.IsQuiet;

    /// <inheritdoc/>
    bool ILaneGuard.TryEnter() => _services.Steps.TryEnterStep(JobId, _manifest.Incarnation, isRecorded: false);

    /// <inheritdoc/>
    void ILaneGuard.Leave() => _services.Steps.LeaveStep(JobId, _manifest.Incarnation);

    /// <inheritdoc/>
    void ILaneGuard.Later(PartialLane lane) => _ = RetryLaterAsync(lane);

    private async Task RetryLaterAsync(PartialLane lane)
    {
        await Task.Delay(JobLife.StepWait, _services.Time);
        await OnHostTurnAsync(lane.Retry);
    }

    /// <inheritdoc/>
    void ILaneGate.Wanted(KindStep step) => _ = OnHostTurnAsync(() => _host.StepWanted(step));

    /// <inheritdoc/>
    void ILaneGate.Left() => _ = OnHostTurnAsync(_host.StepLeft);

    /// <inheritdoc/>
    bool ILeaseOwner.HasEnded => _ended;

    /// <inheritdoc/>
    void ILeaseOwner.Answered(ReportBatch reports, TimeSpan sent) => Take(reports, sent);

    /// <inheritdoc/>
    void ILeaseOwner.Happened(JobEvent happened) => Apply(happened);

    private void Take(ReportBatch batch, TimeSpan? sent)
    {
        if (batch.Incarnation != _manifest.Incarnation || _ended)
            return;
        TimeSpan now = _services.Now;
        TimeSpan? callTime = sent is { } start ? now - start : null;
        _services.Loads.Update(batch.Silo, batch.Load);
        List<JobEvent> events = new(batch.Reports.Length + 1);
        double busySeconds = 0;
        TimeSpan? overhead = null;
        TimeSpan? roundTrip = null;
        if (callTime is { } took && batch.Reports.Length > 0)
        {
            long inside = batch.Reports.Max(report => report.QueueMicros + report.BusyMicros);
            roundTrip = took - TimeSpan.FromMicroseconds(inside);
            overhead = roundTrip < TimeSpan.Zero ? TimeSpan.Zero : roundTrip / batch.Reports.Length;
        }

        string silo = _dispatch.Heard(batch.Silo, roundTrip);

        // A report may come late, from a silo that is given up.
        if (_services.Loads.Find(batch.Silo) is { Profile: { } profile, State: not SiloViewState.Dead })
        {
            events.Add(ToEvent(silo, profile, batch.Load, ObstacleOf(profile, batch.Load)));
        }

        foreach (LeaseReport report in batch.Reports)
        {
            if (report.Outcome == LeaseOutcome.Fenced && report.Epoch == _manifest.Epoch)
            {
                _host.Superseded();
                return;
            }

            _trace.Reported(report, silo);
            (TreeNode, long)[] nodes = report.Nodes.IsDefaultOrEmpty ? [] : new (TreeNode, long)[report.Nodes.Length];
            for (int i = 0; i < nodes.Length; i++)
            {
                NodePartial node = report.Nodes[i];
                long handle = Machine.NewHandle();
                nodes[i] = (new TreeNode(node.Level, node.Index), handle);
                if (Results is null)
                {
                    _lane.Put(handle, node.Bytes);
                    if (_partials.Combining.IsOpen)
                        LookAtCombine(nodes[i].Item1, node.Bytes);
                }
                else
                    _reported.Add(handle, node.Bytes);
            }

            busySeconds += report.BusyMicros * 1e-6;
            events.Add(LeaseMessages.ToReported(report, silo, nodes, overhead, batch.Share, callTime));
        }

        Apply(CollectionsMarshal.AsSpan(events), now);
        if (!_ended)
            _host.Progressed(busySeconds, now);
    }

    /// <summary>Tells the silos that ran units of the job that it is over.</summary>
    public Task ReleaseSilosAsync() => _dispatch.ReleaseAsync(Machine.TouchedSilos);

    /// <summary>Tries once for each kind, in the background of its first job here, whether the grouping of partials changes the result. Not where each
    /// entry into the kind's code is recorded, or puts a lone canary of another job at risk.</summary>
    private void LookAtCombine(TreeNode node, byte[] bytes)
    {
        if (_isCareful)
            return;
        _neighbours ??= new Neighbours();
        if (_neighbours.Add(node.Range(Machine.UnitCount), bytes) is not { } three)
            return;
        _neighbours = null;
        if (_services.Steps.TryEnterStep(JobId, _manifest.Incarnation, isRecorded: false))
            _looking = LookAsync(three);
    }

    private async Task LookAsync(IReadOnlyList<(UnitRange Units, byte[] Bytes)> neighbours)
    {
        try
        {
            if (!_partials.Combining.TryTake())
                return;
            string? finding = await _services.UserCode.RunAsync(
                "Combine",
                () => _partials.FindGrouping(neighbours),
                CancellationToken.None
            );
            if (finding is null)
                return;
            _partials.Combining.Text = finding;
            NotAssociative(JobId, _manifest.Kind, finding);
            _services.Findings.Add(_manifest.Kind, finding);
            Warn(finding);
        }
        catch (UserCodeException)
        {
            // A Combine that throws fails the job where it combines what counts.
        }
        finally
        {
            _services.Steps.LeaveStep(JobId, _manifest.Incarnation);
        }
    }

    private async Task MakeResultAsync(long? handle)
    {
        try
        {
            ResultPayload result = await _lane.FinishAsync(handle);
            Result = result;
            if (!_looking.IsCompleted)
                await Task.WhenAny(_looking, Task.Delay(LookingBound, _services.Time));
            if (_partials.Combining.Text is { } warning)
                Warn(warning);
            Apply(new ResultMade());
        }
        catch (UserCodeException exception)
        {
            Fail(exception);
        }
        catch (OperationCanceledException)
        {
            // The lane broke before; its failure has ended the job.
        }
    }

    private void Warn(string warning)
    {
        if (string.Equals(Warning, warning, StringComparison.Ordinal))
            return;
        Warning = warning;
        _host.Changed();
    }

    private void Fail(UserCodeException exception) => Apply(new WorkFailed(exception.Failure));

    [LoggerMessage(
        LogLevel.Warning,
        "Job {JobId}: the result of job kind {Kind} depends on where ranges end, and will differ from run to run: {Finding}"
    )]
    private partial void NotAssociative(string jobId, string kind, string finding);
}
