using System.Diagnostics;
using OrleansWork.Engine.Telemetry;
using OrleansWork.Protocol;
using OrleansWork.Scheduling.Coordination;

namespace OrleansWork.Engine.Execution;

/// <content>How leases get a slot or permit, run, and end.</content>
internal sealed partial class ComputePool
{
    private const int SpinRounds = 12;

    // To look for an interruption takes up to a microsecond.
    private const double WorthwhileMicros = 100;
    private readonly Stack<SlotThread> _idle = new();
    private readonly DedicatedThreads _asyncThreads;
    private int _slotNumber;
    private int _spinning;
    private long _refused;
    private long _detached;
    private int _slotsLost;
    private int _lost;
    private int _lostServices;
    private int _replaced;
    private bool _saidWidened;
    private bool _isStopped;

    /// <summary>Starts the threads.</summary>
    public void Start()
    {
        lock (_gate)
        {
            if (_slotNumber > 0)
                return;
            for (int i = 0; i < _options.EffectiveSlots; i++)
                StartSlot(i);
        }

        StartTicker();
        _ = HousekeepAsync();
    }

    private void StartSlot(int index) => new SlotThread(++_slotNumber, index, SlotLoop).Start();

    private void SlotLoop(SlotThread slot)
    {
        CleanContext.Enter();
        while (Take(slot) is { } work)
        {
            if (Perform(work) > WorthwhileMicros)
                CleanContext.TakeInterruption();
            CleanContext.Enter();
            _userCode.Process?.PutBackNowAndThen();
        }
    }

    /// <summary>Takes the pool's lock on a thread that user code may have had interrupted: the interruption was not meant for the pool.</summary>
    private Lock.Scope Hold()
    {
        while (true)
        {
            try
            {
                return _gate.EnterScope();
            }
            catch (ThreadInterruptedException)
            {
                // It is gone now.
            }
        }
    }

    private LeaseWork? Take(SlotThread slot)
    {
        while (true)
        {
            using (Hold())
            {
                if (_isStopped || slot.IsLost)
                    return null;
                if (TryBegin(slot) is { } work)
                    return work;
            }

            // Leases of microseconds follow each other closely: waking a thread would cost more than one of them. One spins, the others sleep.
            if (Interlocked.CompareExchange(ref _spinning, 1, 0) == 0)
            {
                SpinWait spin = default;
                for (int i = 0; i < SpinRounds && _compute.Queued == 0; i++)
                    spin.SpinOnce(sleep1Threshold: -1);
                Volatile.Write(ref _spinning, 0);
            }

            using (Hold())
            {
                if (_isStopped)
                    return null;
                if (_compute.Queued > 0)
                    continue;
                _idle.Push(slot);
            }

            slot.Park();
        }
    }

    private LeaseWork? TryBegin(SlotThread slot)
    {
        while (_compute.Queue.TryDequeue(out _, out LeaseWork work, out long charged))
        {
            if (work.State != LeaseState.Queued)
                continue;
            _compute.Queued--;
            (work.Slot, work.SlotIndex) = (slot, slot.Index);
            Begin(work, Now(), charged);
            return work;
        }

        return null;
    }

    private void Begin(LeaseWork work, long now, long chargedMicros)
    {
        _admitted.Remove(work);
        work.State = LeaseState.Running;
        work.StartedMicros = now;
        work.ChargedMicros = chargedMicros;
        _running.Add(work);
        work.Session.Class.Begin(now);
        work.Session.RunningCount++;
    }

    /// <summary>Queues the leases of a prepared job.</summary>
    /// <returns>A sleeping slot to wake, once the lock is released.</returns>
    private SlotThread? Enqueue(ReadOnlySpan<LeaseWork?> works, JobSession session, long now)
    {
        WorkClass workClass = session.Class;
        foreach (LeaseWork? work in works)
        {
            if (work is null || work.State == LeaseState.Over)
                continue;
            work.State = LeaseState.Queued;
            if (work.List is null)
                _admitted.Add(work);
            workClass.Queue.Enqueue(session.Flow, work);
            workClass.Queued++;
        }

        if (workClass == _wait)
        {
            StartWaiting(now);
            return null;
        }

        return SleeperFor(workClass.Queued);
    }

    private SlotThread? SleeperFor(int queued)
    {
        if (queued <= Volatile.Read(ref _spinning))
            return null;
        if (!_idle.TryPop(out SlotThread? sleeper))
            return null;
        // One is returned to be woken outside the lock; the others, rare, are woken here.
        for (int more = queued - 1 - Volatile.Read(ref _spinning); more > 0 && _idle.TryPop(out SlotThread? other); more--)
            other.Wake();
        return sleeper;
    }

    private void StartWaiting(long now)
    {
        while (_wait.Running < _wait.Slots && _wait.Queue.TryDequeue(out _, out LeaseWork work, out long charged))
        {
            if (work.State != LeaseState.Queued)
                continue;
            _wait.Queued--;
            work.SlotIndex = _wait.TakePermit();
            Begin(work, now, charged);
            _ = _asyncThreads.RunAsync(() => PerformAsync(work));
        }
    }

    /// <summary>Runs a lease on this thread.</summary>
    /// <returns>How long it took, in microseconds.</returns>
    private double Perform(LeaseWork work)
    {
        PreparedJob prepared = work.Session.Prepared!;
        if (!work.HasBegun && !TryBeginAlone(work))
            return 0;
        Activity? span = StartSpan(work);
        long started = _time.GetTimestamp();
        LeaseResult result;
        try
        {
            result = prepared.Run(work);
        }
        catch (Exception exception)
        {
            result = new LeaseResult(work.Lease.From, [], FailureRecords.From(exception, work.Lease.From));
        }

        return End(work, prepared, result, started, span);
    }

    private async Task<double> PerformAsync(LeaseWork work)
    {
        PreparedJob prepared = work.Session.Prepared!;
        if (!work.HasBegun && !await TryBeginAloneAsync(work))
            return 0;
        Activity? span = StartSpan(work);
        long started = _time.GetTimestamp();
        LeaseResult result;
        try
        {
            result = await prepared.RunAsync(work);
        }
        catch (Exception exception)
        {
            result = new LeaseResult(work.Lease.From, [], FailureRecords.From(exception, work.Lease.From));
        }

        return End(work, prepared, result, started, span);
    }

    /// <summary>As <see cref="TryBeginAloneAsync"/>, on the slot's thread: the slot is this lease's, and nothing else is to run on it meanwhile.</summary>
    private bool TryBeginAlone(LeaseWork work)
    {
        Task<bool> beginning = TryBeginAloneAsync(work);
        while (true)
        {
            try
            {
#pragma warning disable VSTHRD002 // As meant.
                return beginning.GetAwaiter().GetResult();
#pragma warning restore VSTHRD002
            }
            catch (ThreadInterruptedException)
            {
                // By something that a unit left behind.
            }
        }
    }

    /// <summary>Begins a lone canary once its coordinator has stored that, or hands it back: if this process ends, its unit is given up.</summary>
    private async Task<bool> TryBeginAloneAsync(LeaseWork work)
    {
        bool begins = false;
        try
        {
            BeginRequest request = new(work.Session.Incarnation, new LeaseName(work.Epoch, work.Lease.Number), _silo);
            begins = await Task.Run(() => _link.BeginsAsync(work.Session.JobId, request));
        }
        catch (Exception exception)
        {
            ComputePoolLog.NotBegun(_logger, exception, work.Session.JobId, work.Lease.Number);
        }

        long now = Now();
        List<BatchCall>? answers = null;
        bool closed;
        using (Hold())
        {
            // Meanwhile nothing may be to start any more.
            if (begins && !work.IsUnwanted && !TakesNone && !_isStopped && work.Stop == StopReason.None)
            {
                work.HasBegun = true;
                work.Session.Class.BeginLater(work.StartedMicros, now);
                work.StartedMicros = now;
                return true;
            }

            JobSession session = work.Session;
            session.RunningCount--;
            LeaveSlot(work, now, work.ChargedMicros);
            _refused++;
            HandIn(work, work.Empty(LeaseOutcome.Refused, now), now, ref answers);
            closed = session.HasEnded && TryClose(session);
        }

        Answer(answers, now);
        if (closed)
            LetGo(work.Session);
        return false;
    }

    private double End(LeaseWork work, PreparedJob prepared, in LeaseResult result, long started, Activity? span)
    {
        long ended = _time.GetTimestamp();
        double micros = (ended - started) / (double)_stampsPerMicro;
        long units = result.DoneTo - work.Lease.From;
        prepared.Turn.Observe(units, micros * 1_000);
        long now = ended / _stampsPerMicro;
        long queueMicros = Math.Max(0, work.StartedMicros - work.ArrivedMicros);
        LeaseReport report = new(
            work.Epoch,
            work.Lease.Number,
            LeaseOutcome.Done,
            work.Lease.From,
            result.DoneTo,
            result.Nodes,
            result.Failure,
            queueMicros,
            (long)Math.Ceiling(micros)
        )
        {
            Slot = work.SlotIndex,
            EndedMicros = now,
        };
        if (span is not null)
            EndSpan(span, result, report);
        List<BatchCall>? answers = null;
        bool closed = false;
        using (Hold())
        {
            JobSession session = work.Session;
            session.RunningCount--;
            if (work.State == LeaseState.Running)
            {
                EndRunning(work, now, micros, units, result.Failure is not null);
                HandIn(work, report, now, ref answers);
            }
            else if (work.IsLost && session.Class != _wait)
            {
                FindSlot(work.Slot);
            }

            closed = session.HasEnded && TryClose(session);
        }

        if (span is null)
            _instruments?.LeaseEnded(result.Failure is not null, queueMicros, report.BusyMicros);
        Answer(answers, now);
        if (closed)
            LetGo(work.Session);
        return micros;
    }

    /// <summary>Reports a lease that has left its slot, if anybody still wants that, and gives a permit that is free now to the next.</summary>
    private void HandIn(LeaseWork work, LeaseReport report, long now, ref List<BatchCall>? answers)
    {
        JobSession session = work.Session;
        if (work.IsUnwanted)
            session.Unhold(work);
        else
            Report(work, report, now, ref answers);
        if (session.Class == _wait)
            StartWaiting(now);
    }

    private void Report(LeaseWork work, LeaseReport report, long now, ref List<BatchCall>? answers)
    {
        if (work.Call is not null)
            work.Session.Unhold(work);
        Hand(work, report, now, ref answers);
    }

    private void EndRunning(LeaseWork work, long now, double busyMicros, long units, bool failed)
    {
        LeaveSlot(work, now, (long)busyMicros);
        work.Session.Class.Admission.ObserveLease(busyMicros, now);
        _unitsDone += units;
        _errors.Observe(failed ? 1 : 0, TimeSpan.FromMicroseconds(now));
    }

    private void LeaveSlot(LeaseWork work, long now, long usedMicros)
    {
        JobSession session = work.Session;
        WorkClass workClass = session.Class;
        _running.Remove(work);
        work.State = LeaseState.Over;
        workClass.Leave(work.StartedMicros, usedMicros);
        if (workClass == _wait)
            workClass.ReturnPermit(work.SlotIndex);
        workClass.Admission.Release(session.Admission);
        workClass.Queue.Settle(session.Flow, work.ChargedMicros, usedMicros);
        session.UsedMicros = now;
    }

    private void EndUnstarted(LeaseWork work)
    {
        JobSession session = work.Session;
        if (work.State == LeaseState.Queued)
            session.Class.Queued--;
        else
            session.Class.Preparing--;
        _admitted.Remove(work);
        work.State = LeaseState.Over;
        session.Class.Admission.Release(session.Admission);
    }

    /// <summary>Lets an admitted lease wait until its job is prepared.</summary>
    private void Await(LeaseWork work)
    {
        work.State = LeaseState.Preparing;
        _admitted.Add(work);
        work.Session.Class.Preparing++;
    }

    /// <summary>Starts the span of a lease that has its slot, under the one that it has at its coordinator.</summary>
    private Activity? StartSpan(LeaseWork work)
    {
        if (work.Trace?.ParentOf(work.CallIndex) is not { } above || above == default)
            return null;
        if (Spans.Start(Spans.Lease, ActivityKind.Server, above) is not { } span)
            return null;
        Spans.SayJob(span, work.Session.JobId);
        return span.SetTag(Spans.LeaseTag, work.Lease.Number)
            .SetTag(Spans.SiloTag, _siloName)
            .SetTag(Spans.FromTag, work.Lease.From)
            .SetTag(Spans.ToTag, work.Lease.To)
            .SetTag(Spans.AttemptTag, work.Lease.Attempt);
    }

    private void EndSpan(Activity span, in LeaseResult result, LeaseReport report)
    {
        Activity? before = Activity.Current;
        // So that what is measured has it for an example.
        Activity.Current = span;
        _instruments?.LeaseEnded(result.Failure is not null, report.QueueMicros, report.BusyMicros);
        Activity.Current = before;
        span.SetTag(Spans.DoneToTag, result.DoneTo).SetTag(Spans.OutcomeTag, result.Failure is null ? "done" : "failed");
        if (result.Failure is { } failure)
            span.SetStatus(ActivityStatusCode.Error, failure.Message);
        Spans.End(span);
    }
}
