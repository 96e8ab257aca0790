using OrleansWork.Protocol;
using OrleansWork.Scheduling.Coordination;
using OrleansWork.Scheduling.Failures;

namespace OrleansWork.Engine.Execution;

/// <content>Results that no call waits for: kept, and sent again until a coordinator takes them.</content>
internal sealed partial class ComputePool
{
    private static readonly BackOff Resending = new(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(5));
    private long _keptBytes;
    private long _lostResults;

    private void Keep(LeaseWork work, LeaseReport report, long now)
    {
        int bytes = 0;
        foreach (NodePartial node in report.Nodes)
            bytes += node.Bytes.Length;
        if (_keptBytes + bytes > _options.MaxKeptBytes)
        {
            _lostResults++;
            ComputePoolLog.ResultLost(
                _logger,
                work.Session.JobId,
                work.Lease.Number,
                $"{_keptBytes} bytes are kept already (MaxKeptBytes)"
            );
            report = work.Empty(LeaseOutcome.Lost, now);
            bytes = 0;
        }

        JobSession session = work.Session;
        work.Kept = report;
        work.KeptBytes = bytes;
        work.KeptSinceMicros = now;
        _keptBytes += bytes;
        session.Outgoing.Add(work);
        if (session.IsSending)
            return;
        session.IsSending = true;
        _ = Task.Run(() => SendReportsAsync(session), CancellationToken.None);
    }

    /// <summary>Forgets a kept result.</summary>
    private void Forget(LeaseWork work)
    {
        if (work.Kept is null)
            return;
        work.Kept = null;
        _keptBytes -= work.KeptBytes;
        work.Session.Outgoing.Remove(work);
        work.Session.Unhold(work);
    }

    private async Task SendReportsAsync(JobSession session)
    {
        int failures = 0;
        while (true)
        {
            LeaseWork[] sent;
            ReportBatch? batch = null;
            bool closed = false;
            long now = Now();
            lock (_gate)
            {
                LoseOld(session, now);
                sent = NextToSend(session);
                if (sent.Length == 0)
                {
                    session.IsSending = false;
                    closed = session.HasEnded && TryClose(session);
                }
                else
                {
                    batch = BatchOf(session, [.. sent.Select(work => work.Kept!)], now);
                }
            }

            if (closed)
                LetGo(session);
            if (batch is null)
                return;

            string reason;
            try
            {
                reason = await _link.ReportAsync(batch) ? "" : "its coordinator is not ready";
            }
            catch (Exception exception)
            {
                reason = FailureRecords.From(exception, null).Message;
            }

            Task retry;
            lock (_gate)
            {
                if (reason.Length == 0)
                {
                    foreach (LeaseWork work in sent)
                        Forget(work);
                    failures = 0;
                    continue;
                }

                session.Retry = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                retry = session.Retry.Task;
            }

            TimeSpan pause = Resending.After(failures);
            ComputePoolLog.ReportNotTaken(_logger, session.JobId, sent.Length, reason, pause.TotalMilliseconds);
            try
            {
                Task delay = Task.Delay(pause, _time, _ending.Token);
                failures = await Task.WhenAny(delay, retry) == retry ? 0 : failures + 1;
            }
            catch (OperationCanceledException)
            {
                return;
            }

            if (_ending.IsCancellationRequested)
                return;
        }
    }

    private void LoseOld(JobSession session, long now)
    {
        long most = (long)_options.KeepResultsFor.TotalMicroseconds;
        while (session.Outgoing.Count > 0 && now - session.Outgoing[0].KeptSinceMicros > most)
        {
            LeaseWork old = session.Outgoing[0];
            _lostResults++;
            ComputePoolLog.ResultLost(_logger, session.JobId, old.Lease.Number, "no coordinator took it in time (KeepResultsFor)");
            Forget(old);
        }
    }

    /// <summary>Returns the oldest kept results that fit one message.</summary>
    private LeaseWork[] NextToSend(JobSession session)
    {
        long bytes = 0;
        int count = 0;
        while (count < session.Outgoing.Count && count < 1_000)
        {
            bytes += session.Outgoing[count].KeptBytes;
            if (count > 0 && bytes > 4L * _options.MaxPayloadBytes)
                break;
            count++;
        }

        return [.. session.Outgoing.Take(count)];
    }

    /// <summary>Takes no new leases and hands back those that wait; those that run hand back what is finished at their next unit.</summary>
    public void Drain()
    {
        lock (_gate)
        {
            if (_isDraining)
                return;
            _isDraining = true;
            ComputePoolLog.Draining(_logger, _compute.Admission.Held + _wait.Admission.Held);
        }

        ReturnQueued();
        DrainChanged?.Invoke(true);
    }

    /// <summary>Takes leases again, unless the silo is stopping.</summary>
    public void Undrain()
    {
        lock (_gate)
        {
            if (!_isDraining || _isStopping)
                return;
            _isDraining = false;
            ComputePoolLog.Undrained(_logger);
        }

        DrainChanged?.Invoke(false);
    }

    /// <summary>Lets no unit start until <see cref="Unfence"/>, whoever drains or undrains the silo meanwhile.</summary>
    public void Fence()
    {
        lock (_gate)
            _isFenced = true;
        ReturnQueued();
    }

    /// <summary>Takes leases again, unless the silo drains.</summary>
    public void Unfence()
    {
        lock (_gate)
            _isFenced = false;
    }

    /// <summary>Drains and waits, at most <see cref="EngineOptions.DrainTimeout"/>, until nothing is held any more.</summary>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        long began = _time.GetTimestamp();
        lock (_gate)
            _isStopping = true;
        Drain();
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(10), _time);
        int held;
        while ((held = HeldTotal()) > 0 && _time.GetElapsedTime(began) < _options.DrainTimeout)
        {
            try
            {
                await timer.WaitForNextTickAsync(cancellationToken);
            }
            catch (OperationCanceledException)
            {
                break;
            }
        }

        ComputePoolLog.Drained(_logger, _time.GetElapsedTime(began).TotalMilliseconds, held);
    }

    /// <summary>Returns how many leases are held: waiting, running, or done and not taken by their coordinator.</summary>
    public int HeldTotal()
    {
        lock (_gate)
            return _sessions.Values.Sum(session => session.HeldCount);
    }

    private void ReturnQueued()
    {
        long now = Now();
        List<BatchCall>? answers = null;
        lock (_gate)
        {
            while (_admitted.First is { } work)
            {
                EndUnstarted(work);
                Report(work, work.Empty(LeaseOutcome.Refused, now), now, ref answers);
            }
        }

        Answer(answers, now);
    }

    /// <summary>Ends the threads; leases still running are cancelled and their threads left to the process' end.</summary>
    public async ValueTask DisposeAsync()
    {
        List<BatchCall>? answers = null;
        List<JobSession> sessions;
        long now = Now();
        lock (_gate)
        {
            if (_isStopped)
                return;
            _isStopped = true;
            _isDraining = true;
            for (LeaseWork? work = _running.First; work is not null; work = work.Next)
            {
                work.RequestStop(StopReason.Cancel);
                work.CancelToken(now);
            }

            while (_admitted.First is { } waiting)
            {
                EndUnstarted(waiting);
                waiting.Session.Unhold(waiting);
                if (waiting.Call is not null)
                    Hand(waiting, waiting.Empty(LeaseOutcome.Refused, now), now, ref answers);
            }

            while (_idle.TryPop(out SlotThread? slot))
                slot.Wake();
            sessions = [.. _sessions.Values.Where(session => session.RunningCount == 0)];
        }

        Answer(answers, now);
        await _ending.CancelAsync();
        lock (_tickerGate)
        {
            _tickerEnds = true;
            Monitor.PulseAll(_tickerGate);
        }

        foreach (JobSession session in sessions)
            session.Use?.Dispose();
        await _instances.StopAsync();
        _asyncThreads.Dispose();
    }
}
