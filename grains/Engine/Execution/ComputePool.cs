using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansWork.Engine.Telemetry;
using OrleansWork.Protocol;
using OrleansWork.Scheduling.Coordination;
using OrleansWork.Scheduling.Estimation;
using OrleansWork.Scheduling.Failures;
using OrleansWork.Scheduling.Fairness;

namespace OrleansWork.Engine.Execution;

/// <summary>Performs the leases of a silo: dedicated threads for units that compute, permits for units that wait.</summary>
/// <remarks>
/// The pool decides what it admits; everything else waits in coordinators. Only its runner threads and its two other kinds of threads run
/// user code, never a grain turn, but for leases so short that the hop would cost more than they do. Safe for many threads.
/// </remarks>
internal sealed partial class ComputePool : IStepGate, IAsyncDisposable
{
    // Less of a delay is within what the way of a message takes.
    private const long WorthSayingMicros = 1_000;
    private const long TellShareMicros = 5_000_000;
    private static readonly TimeSpan ErrorTau = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly EngineOptions _options;
    private readonly JobKindRegistry _kinds;
    private readonly JobInstances _instances;
    private readonly ICoordinatorLink _link;
    private readonly UserCode _userCode;
    private readonly SiloVitals _vitals;
    private readonly SiloInstruments? _instruments;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly SiloAddress _silo;
    private readonly string _siloName;
    private readonly long _stampsPerMicro;
    private readonly Dictionary<(string JobId, ulong Incarnation), JobSession> _sessions = [];
    private readonly WorkClass _compute;
    private readonly WorkClass _wait;
    private readonly WorkList _admitted = new();
    private readonly WorkList _running = new();
    private readonly CanaryGate<JobSession> _canaries = new();
    private readonly Ewma _errors = new(ErrorTau, 0);
    private readonly CancellationTokenSource _ending = new();
    private bool _isDraining;
    private bool _isFenced;
    private bool _isStopping;
    private volatile bool _isStarved;
    private bool _quickIsBusy;
    private long _loadSequence;
    private long _unitsDone;

    public ComputePool(
        IOptions<EngineOptions> options,
        JobKindRegistry kinds,
        JobInstances instances,
        ICoordinatorLink link,
        UserCode userCode,
        SiloVitals vitals,
        SiloAddress silo,
        TimeProvider time,
        ILogger<ComputePool> logger,
        SiloInstruments? instruments = null
    )
    {
        _options = options.Value;
        _kinds = kinds;
        _instances = instances;
        _link = link;
        _userCode = userCode;
        _vitals = vitals;
        _silo = silo;
        _siloName = silo.ToParsableString();
        _time = time;
        _logger = logger;
        _instruments = instruments;
        _stampsPerMicro = Math.Max(1, time.TimestampFrequency / 1_000_000);
        _compute = new WorkClass(_options.EffectiveSlots, "compute", _options.QueueLimit);
        _wait = new WorkClass(Math.Max(_options.EffectiveAsyncSlots, kinds.MaxAsyncSlots), "wait", _options.QueueLimit);
        _asyncThreads = new DedicatedThreads("orleanswork async", _options.EffectiveSlots, _options.MaxAddedThreads);
        instruments?.ObservePool(() =>
        {
            long now = Now();
            SiloVitals.Sample process = _vitals.Last;
            lock (_gate)
            {
                return new PoolReading(
                    _compute.Load(now),
                    _wait.Load(now),
                    _compute.Lost,
                    _wait.Lost,
                    _lostServices,
                    process.MemoryBytes,
                    process.MemoryLimitBytes,
                    TakesNone,
                    _isStarved,
                    process.IsMemoryFull
                );
            }
        });
    }

    /// <summary>Is raised when the pool begins to drain and when it takes leases again.</summary>
    public event Action<bool>? DrainChanged;

    /// <summary>Is raised, on a pool thread, when more slots are lost to units that ignore their cancellation than are replaced.</summary>
    public event Action<int>? SlotsLost;

    /// <summary>Gets the silo that this pool belongs to.</summary>
    public SiloAddress Silo => _silo;

    /// <summary>Gets whether the pool takes no new leases.</summary>
    public bool IsDraining
    {
        get
        {
            lock (_gate)
                return TakesNone;
        }
    }

    /// <summary>Gets or sets whether turns on this silo wait so long that it takes no new leases.</summary>
    public bool IsStarved
    {
        get => _isStarved;
        set => _isStarved = value;
    }

    /// <summary>Gets how many threads asynchronous units have at present.</summary>
    public int AsyncThreads => _asyncThreads.Threads;

    /// <summary>Gets what the pool has counted since it started.</summary>
    public PoolCounters Counters
    {
        get
        {
            lock (_gate)
            {
                return new PoolCounters(
                    _compute.Admission.PeakHeld,
                    _compute.Admission.CapAtPeak,
                    _wait.Admission.PeakHeld,
                    _wait.Admission.CapAtPeak,
                    _compute.Admission.Held + _wait.Admission.Held,
                    _unitsDone,
                    _refused,
                    _detached,
                    _slotsLost,
                    _lostResults,
                    _keptBytes,
                    _sessions.Count
                );
            }
        }
    }

    /// <summary>Runs leases; the answer comes within queue wait and budget, and says detached of a lease that runs on.</summary>
    /// <param name="batch">The leases.</param>
    /// <param name="mayRunHere">Whether leases of microseconds may run on the caller's thread.</param>
    public ValueTask<ReportBatch> RunAsync(LeaseBatch batch, bool mayRunHere)
    {
        ImmutableArray<Lease> leases = batch.Leases;
        long now = Now();
        BatchCall? call = null;
        List<BatchCall>? answers = null;
        SlotThread? wake = null;
        bool quick = false;
        ReportBatch? refusal = null;
        int turnedAway = 0;
        lock (_gate)
        {
            JobSession session = SessionOf(batch.JobId, batch.Incarnation, now);
            if (batch.AsyncSlots > 0 && session is { Prepared: null, HeldCount: 0 })
                WaitFromTheStart(session, batch.AsyncSlots);
            if (batch.Epoch < session.Epoch)
                return new(Refuse(session, batch, LeaseOutcome.Fenced, now));
            if (batch.Epoch > session.Epoch && session.HeldCount > 0)
                Adopt(session, ref answers, now);
            session.Epoch = batch.Epoch;
            session.Coordinator = batch.Coordinator;
            session.Flow.Weight = batch.Weight;
            session.Class.Admission.ObserveRoundTrip(batch.RoundTripMicros, now);

            bool closed = TakesNone || _isStarved || session.HasEnded || _vitals.Last.IsMemoryFull;
            for (int i = 0; i < leases.Length; i++)
            {
                Lease lease = leases[i];
                if (closed || _canaries.Refuses(JobSession.CareOf(lease), session, _sessions.Values, now) || !TryAdmit(session, now))
                {
                    _refused++;
                    turnedAway++;
                    call?.Set(i, Unstarted(batch.Epoch, lease, LeaseOutcome.Refused), now);
                    continue;
                }

                if (call is null)
                {
                    call = new BatchCall(session, leases.Length);
                    for (int j = 0; j < i; j++)
                        call.Set(j, Unstarted(batch.Epoch, leases[j], LeaseOutcome.Refused), now);
                }

                LeaseWork work = new(session, lease, batch.Epoch, now)
                {
                    Call = call,
                    CallIndex = i,
                    Trace = batch.Trace,
                };
                call.Works[i] = work;
                session.Hold(work);
            }

            if (call is null)
            {
                refusal = Refuse(session, batch, LeaseOutcome.Refused, now);
            }
            else if (session.Prepared is { } prepared)
            {
                quick = mayRunHere && batch.Quick && MayRunHere(prepared, leases);
                if (quick)
                    BeginHere(call, now);
                else
                    wake = Enqueue(call.Works, session, now);
            }
            else
            {
                foreach (LeaseWork? work in call.Works)
                {
                    if (work is not null)
                        Await(work);
                }

                if (!session.IsLoading)
                {
                    session.IsLoading = true;
                    _ = Task.Run(() => LoadAsync(session), CancellationToken.None);
                }
            }

            WakeTicker();
        }

        wake?.Wake();
        Answer(answers, now);
        if (refusal is not null)
            return new(refusal);
        if (turnedAway > 0)
            _instruments?.LeasesRefused(turnedAway);
        if (quick)
            CleanContext.Run(static turn => turn.Pool.RunHere(turn.Call), (Pool: this, Call: call!));
        return call!.Task;
    }

    /// <summary>Commands leases that the pool holds.</summary>
    public void Control(ControlRequest request)
    {
        long now = Now();
        List<BatchCall>? answers = null;
        JobSession? ended = null;
        JobInstances.InstanceUse? unwanted = null;
        lock (_gate)
        {
            if (!_sessions.TryGetValue((request.JobId, request.Incarnation), out JobSession? session) || request.Epoch < session.Epoch)
                return;
            session.Epoch = request.Epoch;
            LeaseWork? work = session.FirstHeld;
            while (work is not null)
            {
                LeaseWork? next = work.HeldNext;
                if (
                    request.JobEnded
                    || request.Leases.IsDefaultOrEmpty
                    || request.Leases.Contains(new LeaseName(work.Epoch, work.Lease.Number))
                )
                    Command(work, request.JobEnded ? LeaseSignal.Drop : request.Signal, now, ref answers);
                work = next;
            }

            if (request.JobEnded)
            {
                session.HasEnded = true;
                unwanted = session.Prepared is null ? session.Use : null;
                ended = TryClose(session) ? session : null;
            }
        }

        Answer(answers, now);
        // What is being prepared is cancelled unless somebody else here needs it.
        unwanted?.Dispose();
        if (ended is not null)
            LetGo(ended);
    }

    /// <summary>Fences older epochs and sends the reports of what is held for the job to its new coordinator.</summary>
    /// <returns>The leases held; none when the request itself is of an older epoch.</returns>
    public ImmutableArray<HeldLease> Adopt(AdoptRequest request)
    {
        long now = Now();
        List<BatchCall>? answers = null;
        ImmutableArray<HeldLease>.Builder held = ImmutableArray.CreateBuilder<HeldLease>();
        lock (_gate)
        {
            JobSession session = SessionOf(request.JobId, request.Incarnation, now);
            if (request.Epoch < session.Epoch)
                return [];
            session.Epoch = request.Epoch;
            session.Coordinator = request.Coordinator;
            Adopt(session, ref answers, now);
            for (LeaseWork? work = session.FirstHeld; work is not null; work = work.HeldNext)
            {
                if (!work.IsUnwanted)
                    held.Add(work.Describe(now));
            }
        }

        Answer(answers, now);
        return held.ToImmutable();
    }

    /// <summary>Keeps the silo clear of other jobs for a lone canary.</summary>
    /// <returns>Whether it is clear already.</returns>
    public bool Clear(ClearRequest request)
    {
        long now = Now();
        lock (_gate)
        {
            JobSession session = SessionOf(request.JobId, request.Incarnation, now);
            if (request.Epoch < session.Epoch || TakesNone || session.HasEnded)
                return false;
            return _canaries.Clears(session, _sessions.Values, now);
        }
    }

    /// <inheritdoc/>
    public bool IsQuiet => _canaries.IsQuiet;

    /// <inheritdoc/>
    public bool TryEnterStep(string jobId, ulong incarnation, bool isRecorded)
    {
        long now = Now();
        lock (_gate)
            return _canaries.TryEnter(SessionOf(jobId, incarnation, now), _sessions.Values, now, isRecorded);
    }

    /// <inheritdoc/>
    public void LeaveStep(string jobId, ulong incarnation)
    {
        lock (_gate)
        {
            if (_sessions.TryGetValue((jobId, incarnation), out JobSession? session))
                _canaries.Leave(session);
        }
    }

    /// <summary>Lists the leases held, for the silo of each coordinator.</summary>
    public IReadOnlyDictionary<SiloAddress, ImmutableArray<HeldLease>> HeldLeases()
    {
        long now = Now();
        Dictionary<SiloAddress, ImmutableArray<HeldLease>.Builder> held = [];
        lock (_gate)
        {
            foreach (JobSession session in _sessions.Values)
            {
                if (session.HeldCount == 0 || session.Coordinator is not { } coordinator)
                    continue;
                if (!held.TryGetValue(coordinator, out ImmutableArray<HeldLease>.Builder? list))
                    held.Add(coordinator, list = ImmutableArray.CreateBuilder<HeldLease>());
                for (LeaseWork? work = session.FirstHeld; work is not null; work = work.HeldNext)
                {
                    if (!work.IsUnwanted)
                        list.Add(work.Describe(now));
                }
            }
        }

        return held.ToDictionary(pair => pair.Key, pair => pair.Value.ToImmutable());
    }

    /// <summary>Lists how many leases of each job are admitted, for the silo of each coordinator: of jobs that hold some, and of those that asked
    /// lately, for the room that they were refused may be there now.</summary>
    public ILookup<SiloAddress, JobShare> Shares()
    {
        long now = Now();
        List<(SiloAddress Coordinator, JobShare Share)> shares = [];
        lock (_gate)
        {
            foreach (JobSession session in _sessions.Values)
            {
                bool isQuiet = session.HeldCount == 0 && (session.HasEnded || now - session.UsedMicros > TellShareMicros);
                if (!isQuiet && session.Coordinator is { } coordinator)
                    shares.Add((coordinator, new JobShare(session.JobId, session.Incarnation, Share(session, now))));
            }
        }

        return shares.ToLookup(told => told.Coordinator, told => told.Share);
    }

    /// <summary>Makes the silo's load of this moment.</summary>
    public SiloLoad Load()
    {
        long now = Now();
        lock (_gate)
            return LoadLocked(now);
    }

    /// <summary>Samples the process; called a few times a second.</summary>
    public void SampleVitals() => _vitals.Take(Volatile.Read(ref _unitsDone));

    private SiloLoad LoadLocked(long now)
    {
        SiloVitals.Sample vitals = _vitals.Last;
        return new SiloLoad(
            ++_loadSequence,
            _compute.Load(now),
            _wait.Load(now),
            vitals.UnitsPerSecond,
            (float)_errors.Value,
            TakesNone,
            vitals.Cpu,
            vitals.MemoryBytes,
            vitals.MemoryLimitBytes
        )
        {
            Starved = _isStarved,
            IsMemoryFull = vitals.IsMemoryFull,
        };
    }

    private bool TakesNone => _isDraining || _isFenced;

    private long Now() => _time.GetTimestamp() / _stampsPerMicro;

    private JobSession SessionOf(string jobId, ulong incarnation, long now)
    {
        if (!_sessions.TryGetValue((jobId, incarnation), out JobSession? session))
        {
            session = new JobSession(jobId, incarnation, _siloName, _logger, _time) { Class = _compute };
            _sessions.Add((jobId, incarnation), session);
        }

        session.UsedMicros = now;
        return session;
    }

    private bool MayRunHere(PreparedJob prepared, ImmutableArray<Lease> leases)
    {
        if (_quickIsBusy || prepared.IsAsync || _compute.Queued > 0)
            return false;
        long units = 0;
        foreach (Lease lease in leases)
        {
            // Before a lone canary begins its coordinator is asked, which takes as long as it takes.
            if (lease.Alone)
                return false;
            units += lease.To - lease.From;
        }

        return prepared.Turn.MayRun(units);
    }

    private void BeginHere(BatchCall call, long now)
    {
        _quickIsBusy = true;
        Begin(call.Works.First(work => work is not null)!, now, chargedMicros: 0);
    }

    /// <summary>Runs the leases of a call, the first of which has begun, on this thread; at the first surprise the rest goes to the slots, and so do
    /// all later ones.</summary>
    private void RunHere(BatchCall call)
    {
        PreparedJob prepared = call.Session.Prepared!;
        bool begun = true;
        foreach (LeaseWork? work in call.Works)
        {
            if (work is null)
                continue;
            if (begun || TryBeginHere(work, prepared))
                prepared.Turn.Ran(Perform(work));
            begun = false;
        }

        Volatile.Write(ref _quickIsBusy, false);
    }

    private bool TryBeginHere(LeaseWork work, PreparedJob prepared)
    {
        long now = Now();
        SlotThread? wake;
        using (Hold())
        {
            if (prepared.Turn.IsOn)
            {
                Begin(work, now, chargedMicros: 0);
                return true;
            }

            wake = Enqueue([work], work.Session, now);
        }

        wake?.Wake();
        return false;
    }

    private static LeaseReport Unstarted(int epoch, in Lease lease, LeaseOutcome outcome) =>
        new(epoch, lease.Number, outcome, lease.From, lease.From, [], null, 0, 0);

    private ReportBatch Refuse(JobSession session, LeaseBatch batch, LeaseOutcome outcome, long now)
    {
        _instruments?.LeasesRefused(batch.Leases.Length);
        return new ReportBatch(
            batch.JobId,
            batch.Incarnation,
            _silo,
            Share(session, now),
            LoadLocked(now),
            [.. batch.Leases.Select(lease => Unstarted(batch.Epoch, lease, outcome))]
        );
    }

    private static bool TryAdmit(JobSession session, long now)
    {
        AdmissionControl admission = session.Class.Admission;
        return admission.TryAdmit(session.Admission, session.Flow.Weight, session.AdmissionLimit, now, out _)
            || admission.TryAdmitFirst(session.Admission);
    }

    private static int Share(JobSession session, long now) =>
        Math.Min(session.AdmissionLimit, session.Class.Admission.Offer(session.Admission, now));

    private void Answer(List<BatchCall>? calls, long now)
    {
        if (calls is null)
            return;
        foreach (BatchCall call in calls)
            Answer(call, now);
    }

    private void Answer(BatchCall call, long now)
    {
        ReportBatch batch;
        using (Hold())
            batch = BatchOf(call.Session, call.Reports, now);
        call.Answer(batch);
    }

    private ReportBatch BatchOf(JobSession session, ImmutableArray<LeaseReport> reports, long now) =>
        new(session.JobId, session.Incarnation, _silo, Share(session, now), LoadLocked(now), WithDelay(reports, now));

    /// <summary>Says of what waited for others, or for a coordinator, how long that was.</summary>
    private static ImmutableArray<LeaseReport> WithDelay(ImmutableArray<LeaseReport> reports, long now)
    {
        foreach (LeaseReport report in reports)
        {
            if (report.EndedMicros > 0 && now - report.EndedMicros > WorthSayingMicros)
                return [.. reports.Select(late => late with { HeldMicros = late.EndedMicros > 0 ? now - late.EndedMicros : 0 })];
        }

        return reports;
    }

    private void Adopt(JobSession session, ref List<BatchCall>? answers, long now)
    {
        for (LeaseWork? work = session.FirstHeld; work is not null; work = work.HeldNext)
            Detach(work, now, ref answers);
        session.Retry?.TrySetResult();
    }

    /// <summary>Answers the lease's call without its result, which then goes by a call of this silo's.</summary>
    private void Detach(LeaseWork work, long now, ref List<BatchCall>? answers)
    {
        if (work.Call is not { } call)
            return;
        work.Call = null;
        _detached++;
        if (call.Set(work.CallIndex, work.Empty(LeaseOutcome.Detached, now), now))
            (answers ??= []).Add(call);
        ComputePoolLog.Detached(_logger, work.Session.JobId, work.Lease.Number, work.Epoch, work.At);
    }

    private void Command(LeaseWork work, LeaseSignal signal, long now, ref List<BatchCall>? answers)
    {
        switch (work.State)
        {
            case LeaseState.Over:
                if (signal == LeaseSignal.Drop)
                    Forget(work);
                return;
            case LeaseState.Running when signal == LeaseSignal.Yield:
                work.RequestStop(StopReason.Yield);
                return;
            case LeaseState.Running:
                work.RequestStop(StopReason.Cancel);
                work.CancelToken(now);
                if (!work.IsUnwanted)
                    HandBack(work, signal, now, ref answers);
                work.IsUnwanted = true;
                return;
            default:
                EndUnstarted(work);
                HandBack(work, signal, now, ref answers);
                work.Session.Unhold(work);
                return;
        }
    }

    /// <summary>Reports that nothing of the lease is done, before its runner has noticed that it is to stop.</summary>
    private void HandBack(LeaseWork work, LeaseSignal signal, long now, ref List<BatchCall>? answers)
    {
        LeaseReport report = work.Empty(LeaseOutcome.Done, now);
        if (work.Call is not null)
        {
            Hand(work, report, now, ref answers);
        }
        else if (signal != LeaseSignal.Drop)
        {
            LeaseWork returned = new(work.Session, work.Lease, work.Epoch, work.ArrivedMicros) { State = LeaseState.Over };
            work.Session.Hold(returned);
            Keep(returned, report, now);
        }
    }

    /// <summary>Gives a report to the call that waits for it, or keeps it for the coordinator to be told.</summary>
    private void Hand(LeaseWork work, LeaseReport report, long now, ref List<BatchCall>? answers)
    {
        if (work.Call is not { } call)
        {
            Keep(work, report, now);
            return;
        }

        work.Call = null;
        if (call.Set(work.CallIndex, report, now))
            (answers ??= []).Add(call);
        else if (call.IsPartlyDone && !call.IsWatched)
            Watch(call);
    }
}
