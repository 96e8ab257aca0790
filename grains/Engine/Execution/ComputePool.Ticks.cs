using OrleansWork.Protocol;
using OrleansWork.Scheduling.Coordination;
using OrleansWork.Scheduling.Failures;

namespace OrleansWork.Engine.Execution;

/// <content>The ticker: budgets, time-outs, detaching, and leases that wait too long.</content>
internal sealed partial class ComputePool
{
    // Once awake the ticker stays awake for a while: waking it for every lease would cost more than its looking.
    private const int QuietTicksBeforeSleep = 64;
    private static readonly TimeSpan BackWithin = TimeSpan.FromSeconds(1);
    private readonly object _tickerGate = new();
    private readonly List<BatchCall> _partlyDone = [];
    private bool _tickerSleeps;
    private bool _tickerEnds;

    private void StartTicker() => new Thread(TickerLoop) { IsBackground = true, Name = "orleanswork ticker" }.Start();

    private void TickerLoop()
    {
        int quiet = 0;
        while (true)
        {
            lock (_tickerGate)
            {
                if (quiet >= QuietTicksBeforeSleep)
                {
                    Volatile.Write(ref _tickerSleeps, true);
                    Interlocked.MemoryBarrier();
                    while (_tickerSleeps && !_tickerEnds && !HasWork())
                        Monitor.Wait(_tickerGate);
                    Volatile.Write(ref _tickerSleeps, false);
                    quiet = 0;
                }

                if (_tickerEnds)
                    return;
                Monitor.Wait(_tickerGate, _options.TickPeriod);
                if (_tickerEnds)
                    return;
            }

            quiet = Tick() ? 0 : quiet + 1;
        }
    }

    private bool HasWork() => _running.Count > 0 || _admitted.Count > 0;

    private void WakeTicker()
    {
        // Either the ticker sees the lease before it sleeps, or this sees that it sleeps.
        Interlocked.MemoryBarrier();
        if (!Volatile.Read(ref _tickerSleeps))
            return;
        // The ticker's own lock is never held while it waits for the pool's: this cannot turn into a cycle.
        lock (_tickerGate)
        {
            _tickerSleeps = false;
            Monitor.Pulse(_tickerGate);
        }
    }

    /// <summary>Looks at all leases once.</summary>
    /// <returns>Whether there was any.</returns>
    private bool Tick()
    {
        long now = Now();
        List<BatchCall>? answers = null;
        bool any;
        lock (_gate)
        {
            any = HasWork();
            LeaseWork? work = _running.First;
            while (work is not null)
            {
                LeaseWork? next = work.Next;
                Look(work, now, ref answers);
                work = next;
            }

            long queueLimit = (long)_options.QueueLimit.TotalMicroseconds;
            while (_admitted.First is { } oldest && now - oldest.ArrivedMicros >= queueLimit)
            {
                LearnWait(oldest, now);
                EndUnstarted(oldest);
                _refused++;
                Report(oldest, oldest.Empty(LeaseOutcome.Refused, now), now, ref answers);
            }

            long batchWait = (long)_options.BatchWait.TotalMicroseconds;
            for (int i = _partlyDone.Count - 1; i >= 0; i--)
            {
                BatchCall call = _partlyDone[i];
                if (call.IsPartlyDone && now - call.FirstDoneMicros < batchWait)
                    continue;
                _partlyDone.RemoveAt(i);
                foreach (LeaseWork? open in call.Works)
                {
                    if (open?.Call == call)
                        Detach(open, now, ref answers);
                }
            }
        }

        Answer(answers, now);
        return any;
    }

    /// <summary>Lets admission learn from a lease that waited in vain, when those that kept the slots all the while are longer than it knows.</summary>
    private void LearnWait(LeaseWork waited, long now)
    {
        WorkClass workClass = waited.Session.Class;
        if (waited.State != LeaseState.Queued || workClass.Running < workClass.Slots)
            return;
        for (LeaseWork? work = _running.First; work is not null; work = work.Next)
        {
            if (work.Session.Class == workClass && work.StartedMicros > waited.ArrivedMicros)
                return;
        }

        workClass.Admission.ObserveWait(now - waited.ArrivedMicros, now);
    }

    private void Watch(BatchCall call)
    {
        call.IsWatched = true;
        _partlyDone.Add(call);
    }

    private void Look(LeaseWork work, long now, ref List<BatchCall>? answers)
    {
        if (!work.HasBegun)
            return;
        if (now - work.StartedMicros >= work.Lease.BudgetMicros || TakesNone)
            work.RequestStop(StopReason.Yield);

        long at = work.At;
        if (at != work.SampledUnit)
        {
            bool first = work.SampledUnit < 0;
            work.SampledUnit = at;
            work.SampledMicros = first && at == work.Lease.From ? work.StartedMicros : now;
        }

        long unitMicros = now - work.SampledMicros;
        long limit = work.Session.Prepared!.Context.Description.UnitTimeoutMicros;
        if (limit > 0 && unitMicros >= limit && work.Stop < StopReason.TimedOut)
        {
            work.RequestStop(StopReason.TimedOut);
            work.CancelToken(now);
        }

        if (unitMicros >= (long)_options.DetachAfter.TotalMicroseconds)
            Detach(work, now, ref answers);

        if (work.TokenCancelledMicros >= 0 && now - work.TokenCancelledMicros >= (long)_options.SlotLostAfter.TotalMicroseconds)
            LoseSlot(work, now, ref answers);
    }

    /// <summary>Gives up the slot of a unit that ignores its cancellation; its thread ends if the unit ever returns.</summary>
    private void LoseSlot(LeaseWork work, long now, ref List<BatchCall>? answers)
    {
        EndRunning(work, now, now - work.StartedMicros, 0, failed: true);
        work.IsLost = true;
        LoseSlots(work.Session.Class);
        ComputePoolLog.SlotLost(
            _logger,
            work.Session.JobId,
            work.At,
            (now - work.TokenCancelledMicros) / 1_000,
            _slotsLost,
            _options.EffectiveMaxLostSlots
        );
        if (work.IsUnwanted)
        {
            work.Session.Unhold(work);
        }
        else
        {
            // What the lease had finished is on the stack of a thread that does not come back: only the failure is told.
            long limitMicros = work.Session.Prepared!.Context.Description.UnitTimeoutMicros;
            FailureRecord failure = UnitTimeout.Record(work.At, limitMicros);
            LeaseReport report = work.Empty(LeaseOutcome.Done, now, failure) with { BusyMicros = now - work.StartedMicros };
            Report(work, report, now, ref answers);
        }

        if (work.Session.Class == _wait)
            StartWaiting(now);
        else if (work.Slot is { } slot)
        {
            GiveUp(slot);

            // Nobody wants what the unit does any more: one that only waits comes back by this.
            slot.Interrupt();
        }
    }

    private void GiveUp(SlotThread slot)
    {
        slot.IsLost = true;
        slot.IsReplaced = _replaced < _options.EffectiveMaxLostSlots;
        if (slot.IsReplaced)
        {
            _replaced++;
            StartSlot(slot.Index);
        }
        else
        {
            _compute.Slots = Math.Max(0, _compute.Slots - 1);
        }
    }

    /// <summary>Counts a thread that does not come back from user code; with too many of them at a time the silo is of no use any more.</summary>
    /// <remarks>A permit is only a number: of asynchronous units, the threads that they keep are what may run out. See <see cref="LookAtAsyncThreads"/>.</remarks>
    /// <param name="workClass">Whose slot it was; null when it was a service thread's.</param>
    private void LoseSlots(WorkClass? workClass)
    {
        _slotsLost++;
        if (workClass is null)
            _lostServices++;
        else
            workClass.Lost++;
        if (workClass == _wait)
            return;
        if (++_lost > _options.EffectiveMaxLostSlots)
            _ = GiveUpSiloAsync();
    }

    /// <summary>Gives the silo up if too many slots are still lost when those whose units were interrupted have had the time to come back.</summary>
    private async Task GiveUpSiloAsync()
    {
        await Task.Delay(BackWithin, _time);
        int lost;
        lock (_gate)
            lost = _lost;
        if (lost > _options.EffectiveMaxLostSlots)
            SlotsLost?.Invoke(lost);
    }

    /// <summary>Takes back a thread that was given up: it burns no more.</summary>
    private void FindSlot(SlotThread? slot)
    {
        _lost--;
        if (slot is null)
            return;
        if (slot.IsReplaced)
        {
            _replaced--;
            return;
        }

        slot.IsLost = false;
        _compute.Slots++;
    }

    /// <summary>
    /// Says so when the threads of asynchronous units had to be made up for, and gives the silo up when all that there may be are kept, most of them by
    /// no unit that still runs.
    /// </summary>
    private void LookAtAsyncThreads()
    {
        int threads = _asyncThreads.Threads;
        bool isWidened = threads > _options.EffectiveSlots;
        if (isWidened && !_saidWidened)
            ComputePoolLog.ThreadsAdded(_logger, threads - _options.EffectiveSlots, _options.MaxAddedThreads);
        _saidWidened = isWidened;
        int most = _options.EffectiveSlots + _options.MaxAddedThreads;
        if (threads < most)
            return;
        int kept = _asyncThreads.CountKept(_options.SlotLostAfter);
        int running;
        lock (_gate)
            running = _wait.Running;
        if (kept == most && kept - running > most / 2)
            SlotsLost?.Invoke(kept - running);
    }
}
