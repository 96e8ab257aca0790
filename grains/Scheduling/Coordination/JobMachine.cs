using System.Runtime.InteropServices;
using OrleansWork.Scheduling.Estimation;
using OrleansWork.Scheduling.Failures;
using OrleansWork.Scheduling.Ledger;
using OrleansWork.Scheduling.Placement;
using OrleansWork.Scheduling.Recording;
using OrleansWork.Scheduling.Reduction;
using OrleansWork.Scheduling.Sizing;

namespace OrleansWork.Scheduling.Coordination;

/// <summary>
/// The whole coordinator of one job as a pure machine: events in, commands out, time handed in, partials as opaque handles.
/// </summary>
/// <remarks>
/// The grain, the simulator and the property tests drive exactly this. One caller at a time. What it decides: which range is leased to which
/// silo, for how long, what a report commits, when a lease is given up, and when the job has ended.
/// </remarks>
internal sealed partial class JobMachine
{
    private readonly int _epoch;
    private readonly Random _random;
    private readonly SpeedEstimator _speed = new();
    private readonly OverheadEstimator _overhead = new();
    private readonly BackOff _backOff;
    private readonly Sizer _sizer;
    private readonly EtaEstimator _eta;
    private readonly Dictionary<string, SiloRecord> _silos = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (long Units, long Leases, double BusySeconds)> _formerShares = new(StringComparer.Ordinal);
    private readonly Dictionary<LeaseName, LeaseRecord> _leases = [];
    private readonly Dictionary<long, UnitFailureRecord> _failures = [];
    private readonly List<DelayedUnit> _delayed = [];
    private readonly HashSet<long> _attempted = [];
    private readonly BlameTable _blame = new();
    private readonly CommandSink _sink;
    private readonly List<long> _froms = [];
    private readonly List<long> _tos = [];
    private List<JobCommand> _out = [];
    private TimeSpan _now;
    private UnitLedger? _ledger;
    private ReductionTree? _tree;
    private bool _started;
    private long _nextHandle = 1;
    private long _nextNumber = 1;
    private int _nextSiloIndex;
    private int _usableSilos;
    private TimeSpan? _wakeAt;
    private long _leasesGranted;
    private long _attempts;
    private long _wasted;

    /// <summary>Makes the machine of a job.</summary>
    /// <param name="options">How to run it.</param>
    /// <param name="epoch">The coordinator's epoch: the leases it grants are named by it.</param>
    /// <param name="restored">What an earlier coordinator stored, with handles from 1 on; null for a new job.</param>
    /// <param name="now">Monotonic time.</param>
    public JobMachine(JobMachineOptions options, int epoch, JobSnapshot? restored = null, TimeSpan now = default)
    {
        _now = now;
        _options = options;
        _epoch = epoch;
        _random = new Random(unchecked((options.Seed * 397) ^ epoch));
        _policy = PlacementPolicies.Create(options.Policy, new Random(_random.Next()));
        _backOff = new BackOff(new Random(_random.Next()));
        _sizer = new Sizer(SizesOf(options));
        _eta = new EtaEstimator(new Random(_random.Next()));
        _sink = new CommandSink(this);
        _mark = options.MayLeaseTo;
        Record = new RunRecorder(options.Record, restored?.Account ?? default);
        if (restored is not null)
            Restore(restored);
    }

    /// <summary>Gets what is kept of what happened, and why.</summary>
    public RunRecorder Record { get; }

    /// <summary>Gets where the job stands.</summary>
    public JobPhase Phase { get; private set; } = JobPhase.Decomposing;

    /// <summary>Gets how many units the job has; -1 until decomposed.</summary>
    public long UnitCount => _ledger?.UnitCount ?? -1;

    /// <summary>Gets or sets whether no leases are granted for now, because results come faster than they are stored.</summary>
    public bool HoldsGrants { get; set; }

    /// <summary>Gets or sets whether combining has ended well, here or on a silo.</summary>
    public bool HasCombined { get; set; }

    /// <summary>Gets how many units are committed.</summary>
    public long DoneUnits => _ledger?.Committed.Count ?? 0;

    /// <summary>Gets how many leases are in flight.</summary>
    public int LeasesInFlight => _leases.Count;

    /// <summary>Gets what was counted.</summary>
    public JobCounters Counters => new(_leasesGranted, _attempts, _wasted);

    /// <summary>Gets the mean busy time of a unit in seconds; NaN while unknown.</summary>
    public double UnitSeconds => _speed.UnitSeconds;

    /// <summary>Gets the time wished for by the last <see cref="WakeAt"/>, or null.</summary>
    public TimeSpan? NextWake => _wakeAt;

    /// <summary>Gets how many slots the silos have that take leases of this job.</summary>
    public int UsableSlots { get; private set; }

    /// <summary>Gets whether any silo takes leases of this job.</summary>
    public bool HasSilos => _silos.Values.Any(silo => silo is { Takes: true, Gone: false });

    /// <summary>Gets the silos that get no leases because they fail what others complete.</summary>
    public IEnumerable<string> QuarantinedSilos =>
        _silos.Values.Where(silo => !silo.Gone && _blame.QuarantinedUntil(silo.Index) is not null).Select(silo => silo.Address);

    /// <summary>Gets a number that changes whenever <see cref="QuarantinedSilos"/> does.</summary>
    public int QuarantineVersion => _blame.Version;

    /// <summary>Gets the silos that hold leases of this job or were granted one; all, when somebody else grants them.</summary>
    public IEnumerable<string> TouchedSilos =>
        _silos
            .Values.Where(silo => !silo.Gone && (silo.LeasesSent > 0 || _options.Spawned || _hasSpawned || _epoch > 1))
            .Select(silo => silo.Address);

    /// <summary>Predicts how long the rest takes; null while too little is known or nothing runs.</summary>
    public EtaInterval? Eta(TimeSpan now)
    {
        if (Phase != JobPhase.Running || _ledger is null || !HasSilos)
            return null;
        // Those that run longest may end last; of the others it does not matter which is where.
        Span<RunningWork> running = stackalloc RunningWork[EtaEstimator.MostRunning];
        (int count, int shortest) = (0, 0);
        foreach (LeaseRecord lease in _leases.Values)
        {
            long at = Math.Clamp(lease.At, lease.Range.From, lease.Range.To - 1);
            double elapsed = lease.SeenStarted ? Math.Max(0, (now - lease.UnitSince).TotalSeconds) : 0;
            RunningWork work = new(elapsed, lease.Range.To - 1 - at);
            if (count < running.Length)
            {
                running[count] = work;
                if (elapsed < running[shortest].Elapsed)
                    shortest = count;
                count++;
            }
            else if (elapsed > running[shortest].Elapsed)
            {
                running[shortest] = work;
                for (int i = 0; i < count; i++)
                    shortest = running[i].Elapsed < running[shortest].Elapsed ? i : shortest;
            }
        }

        return _eta.Estimate(_ledger.UnitCount - _ledger.Committed.Count, (long)_lastLeaseUnits, running[..count], now);
    }

    /// <summary>Makes a handle that no partial of this job has yet.</summary>
    public long NewHandle() => _nextHandle++;

    /// <summary>Takes what happened and says what to do about it.</summary>
    /// <param name="events">What happened, in order.</param>
    /// <param name="now">Monotonic time.</param>
    /// <param name="commands">Receives the commands, in the order in which to carry them out.</param>
    public void Apply(ReadOnlySpan<JobEvent> events, TimeSpan now, List<JobCommand> commands)
    {
        _now = now;
        _out = commands;
        foreach (JobEvent happened in events)
            Take(happened);
        if (Phase == JobPhase.Running && _started)
        {
            FinishIfComplete();
            EndAtDeadline();
        }

        if (Phase == JobPhase.Running && _started)
        {
            PlanCanaries();
            if (!HoldsGrants)
            {
                Grant();
                Speculate();
            }

            AskForYields();
        }
        else if (Phase == JobPhase.Paused && _started)
        {
            EndAtDeadline();
        }

        PlanWake();
        NoteState();
    }

    /// <inheritdoc cref="Apply(ReadOnlySpan{JobEvent}, TimeSpan, List{JobCommand})"/>
    public void Apply(JobEvent happened, TimeSpan now, List<JobCommand> commands) => Apply([happened], now, commands);

    /// <summary>Says what to store: everything a later machine needs to go on.</summary>
    public JobSnapshot Snapshot() =>
        new(
            Phase,
            UnitCount,
            _ledger?.Committed.ToArray() ?? [],
            [.. _failures.Values],
            _tree is null ? [] : [.. _tree.Nodes],
            Counters,
            [.. Shares()]
        )
        {
            Suspects = _ledger is null ? [] : [.. Suspects(), .. AboutToRunTwice()],
            LeasedTo = Reach(),
            MayLeaseTo = _options.MayLeaseTo == long.MaxValue ? 0 : _options.MayLeaseTo,
            VagueTo = _vagueTo,
            Account = AccountAt(_now),
            Silos = [.. _silos.Values.Where(static silo => !silo.Gone).Select(static silo => silo.Address)],
        };

    /// <summary>Says what each silo did.</summary>
    public IEnumerable<SiloShareRecord> Shares()
    {
        Dictionary<string, (long Units, long Leases, double BusySeconds)> shares = new(_formerShares, StringComparer.Ordinal);
        foreach (SiloRecord silo in _silos.Values)
        {
            if (silo is { LeasesGranted: 0, UnitsCommitted: 0 })
                continue;
            (long units, long leases, double busy) = shares.GetValueOrDefault(silo.Address);
            shares[silo.Address] = (units + silo.UnitsCommitted, leases + silo.LeasesGranted, busy + silo.BusySeconds);
        }

        return shares
            .OrderBy(pair => pair.Key, StringComparer.Ordinal)
            .Select(pair => new SiloShareRecord(pair.Key, pair.Value.Units, pair.Value.Leases, pair.Value.BusySeconds));
    }

    /// <summary>Says which units failed at least once.</summary>
    public IReadOnlyCollection<UnitFailureRecord> Failures => _failures.Values;

    /// <summary>Throws when a unit is in no place or in two: committed, pending, leased, delayed and failed cover [0, N).</summary>
    /// <exception cref="InvalidOperationException">The ledger is broken.</exception>
    public void CheckInvariants()
    {
        if (_ledger is null)
            return;
        _ledger.CheckDisjoint();
        foreach (UnitFailureRecord failure in _failures.Values)
        {
            if (failure.ForGood != _ledger.Failed.Contains(failure.Unit))
                throw new InvalidOperationException(
                    $"Unit {failure.Unit} is {(failure.ForGood ? "" : "not ")}listed as failed for good, and the ledger says otherwise."
                );
        }

        if (Phase is JobPhase.Running or JobPhase.Paused && CountCovered() is var covered && covered != _ledger.UnitCount)
            throw new InvalidOperationException($"{_ledger.UnitCount - covered} of {_ledger.UnitCount} units are in no place.");
        if (_options.KeepsResults)
            return;
        long held = 0;
        foreach ((TreeNode node, long _) in _tree!.Nodes)
            held += node.Range(_ledger.UnitCount).Count;
        if (held != _ledger.Committed.Count)
            throw new InvalidOperationException($"{_ledger.Committed.Count} units are committed and the tree holds {held}.");
    }

    /// <summary>Throws when some of the slots' time is in no part of the account. It asks every slot, so seldom is often enough.</summary>
    /// <exception cref="InvalidOperationException">The account does not add up.</exception>
    public void CheckAccount()
    {
        if (_ledger is null)
            return;
        AccountTotals totals = AccountAt(_now);
        if (totals.Unaccounted != TimeSpan.Zero)
            throw new InvalidOperationException($"{totals.Unaccounted} of the slots' time is in no part of the account: {totals}.");
    }

    /// <summary>Counts the units that are in any place. The simulation asks after every event, so it is quick.</summary>
    private long CountCovered()
    {
        _froms.Clear();
        _tos.Clear();
        Find(_ledger!.Committed.Span);
        Find(_ledger.Pending.Span);
        Find(_ledger.Failed.Span);
        foreach (LeaseRecord lease in _leases.Values)
            Find(lease.Range);
        foreach (DelayedUnit unit in _delayed)
            Find(new UnitRange(unit.Unit, unit.Unit + 1));
        foreach (IntervalSet waiting in _suspects.Sets)
            Find(waiting.Span);
        foreach (Canary canary in _planned)
            Find(canary.Range);
        foreach (Canary canary in _ready)
            Find(canary.Range);
        Span<long> tos = CollectionsMarshal.AsSpan(_tos);
        CollectionsMarshal.AsSpan(_froms).Sort(tos);
        (long covered, long reached) = (0, 0);
        for (int i = 0; i < tos.Length; i++)
        {
            covered += Math.Max(0, tos[i] - Math.Max(_froms[i], reached));
            reached = Math.Max(reached, tos[i]);
        }

        return covered;
    }

    private void Find(ReadOnlySpan<UnitRange> ranges)
    {
        foreach (UnitRange range in ranges)
            Find(range);
    }

    private void Find(UnitRange range)
    {
        _froms.Add(range.From);
        _tos.Add(range.To);
    }

    private void Take(JobEvent happened)
    {
        switch (happened)
        {
            case LeaseReported report:
                OnReport(report);
                break;
            case HeartbeatReceived heartbeat:
                OnHeartbeat(heartbeat);
                break;
            case SiloChanged silo:
                OnSiloChanged(silo);
                break;
            case ShareTold told:
                Silo(told.Silo).Share = told.Share;
                break;
            case ProbeAsked asked:
                OnProbeAsked(asked);
                break;
            case TimerFired timer:
                OnTimer(timer);
                break;
            case CallFailed failed:
                OnCallFailed(failed);
                break;
            case SiloLost lost:
                OnSiloLost(lost);
                break;
            case Adopted adopted:
                OnAdopted(adopted);
                break;
            case Decomposed decomposed:
                OnDecomposed(decomposed.UnitCount);
                break;
            case Started:
                OnStarted();
                break;
            case SnapshotStored stored:
                OnSnapshotStored(stored);
                break;
            case BeginAsked asked:
                OnBeginAsked(asked);
                break;
            case SiloCleared cleared:
                OnSiloCleared(cleared);
                break;
            case PauseRequested:
                OnPause();
                break;
            case ResumeRequested:
                OnResume();
                break;
            case OptionsChanged change:
                OnOptionsChanged(change);
                break;
            case CancelRequested cancel:
                End(JobPhase.Canceled, cancel.Reason is null ? null : new JobFailure("Canceled", cancel.Reason, null, null));
                break;
            case WorkFailed failed:
                End(
                    JobPhase.Failed,
                    new JobFailure(failed.Failure.Type, failed.Failure.Message, null, null)
                    {
                        Stack = failed.Failure.Stack,
                        IsOfKind = true,
                    }
                );
                break;
            case ResultMade:
                if (Phase == JobPhase.Finishing)
                    End(JobPhase.Succeeded, null);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(happened), happened, "No such event.");
        }
    }

    private void OnDecomposed(long unitCount)
    {
        if (Phase != JobPhase.Decomposing)
            return;
        ArgumentOutOfRangeException.ThrowIfNegative(unitCount);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(unitCount, TreeNode.MaxUnits);
        _ledger = new UnitLedger(unitCount);
        _tree = new ReductionTree(unitCount);
        Phase = JobPhase.Running;
    }

    private void OnPause()
    {
        if (Phase is not (JobPhase.Running or JobPhase.Decomposing) || _ledger is null)
            return;
        Phase = JobPhase.Paused;
        Record.Note(MarkKind.Paused, silo: null, text: null, _now);
        AnswerAllWhoBegin(begins: false);
        foreach (SiloRecord silo in Holders)
            Signal(silo, LeaseSignal.Yield, silo.Leases.Keys);
    }

    private void OnResume()
    {
        if (Phase != JobPhase.Paused)
            return;
        Phase = JobPhase.Running;
        Record.Note(MarkKind.Resumed, silo: null, text: null, _now);
    }

    private void End(JobPhase phase, JobFailure? failure)
    {
        if (Phase is JobPhase.Succeeded or JobPhase.Failed or JobPhase.Canceled)
            return;
        Phase = phase;
        _endedAt = _now;
        LetGoOfLeases(LeaseSignal.Cancel);
        _out.Add(new EndJob(phase, failure));
    }

    private void LetGoOfLeases(LeaseSignal signal)
    {
        foreach (SiloRecord silo in Holders)
        {
            Signal(silo, signal, silo.Leases.Keys);
            foreach (LeaseRecord lease in silo.Leases.Values)
                RecordLetGo(lease);
            silo.Leases.Clear();
        }

        AnswerAllWhoBegin(begins: false);
        _leases.Clear();
    }

    private void Signal(SiloRecord silo, LeaseSignal signal, IEnumerable<LeaseName> leases)
    {
        LeaseName[] named = [.. leases];
        if (named.Length == 0)
            return;
        if (silo != _unplaced)
        {
            if (!silo.Gone)
                _out.Add(new SignalLeases(silo.Address, signal, named));
            return;
        }

        foreach (SiloRecord possible in _silos.Values)
            Signal(possible, signal, named);
    }

    private void Restore(JobSnapshot stored)
    {
        Phase = stored.Phase == JobPhase.Finishing ? JobPhase.Running : stored.Phase;
        (_leasesGranted, _attempts, _wasted) = (stored.Counters.Leases, stored.Counters.Attempts, stored.Counters.Wasted);
        foreach (SiloShareRecord share in stored.Shares)
            _formerShares[share.Silo] = (share.Units, share.Leases, share.BusySeconds);
        foreach (UnitFailureRecord failure in stored.Failures)
            _failures[failure.Unit] = failure;
        if (stored.UnitCount < 0)
            return;
        _ledger = new UnitLedger(stored.UnitCount);
        _tree = new ReductionTree(stored.UnitCount);
        HasCombined = stored.HasCombined;
        foreach (UnitRange range in stored.Committed)
            _ledger.Commit(range);
        foreach ((TreeNode node, long handle) in stored.Nodes)
        {
            _tree.Restore(node, handle);
            _nextHandle = Math.Max(_nextHandle, handle + 1);
        }

        foreach (UnitFailureRecord failure in stored.Failures)
        {
            if (failure.ForGood)
                _ledger.Fail(failure.Unit);
            else if (!_ledger.Committed.Contains(failure.Unit))
                _attempted.Add(failure.Unit);
        }

        RestoreSuspects(stored);
    }

    private readonly record struct DelayedUnit(long Unit, int Attempt, TimeSpan ReadyAt, string? Avoid);

    private sealed class CommandSink(JobMachine machine) : IFoldSink
    {
        public void Copy(long handle, long copy) => machine._out.Add(new CopyPartial(handle, copy));

        public void Combine(long left, long right, long result) => machine._out.Add(new CombinePartials(left, right, result));

        public void Drop(long handle) => machine._out.Add(new DropPartial(handle));
    }
}
