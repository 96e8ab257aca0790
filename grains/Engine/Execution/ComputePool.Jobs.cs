using System.Collections.Immutable;
using OrleansWork.Protocol;
using OrleansWork.Scheduling.Coordination;
using OrleansWork.Scheduling.Failures;
using OrleansWork.Scheduling.Fairness;

namespace OrleansWork.Engine.Execution;

/// <content>How jobs are prepared, kept and let go.</content>
internal sealed partial class ComputePool
{
    private static readonly TimeSpan HousekeepingPeriod = TimeSpan.FromMilliseconds(250);

    /// <summary>Fetches a job's description and prepares it; then its waiting leases are queued.</summary>
    private async Task LoadAsync(JobSession session)
    {
        JobDescription? description;
        try
        {
            description = await _link.GetDescriptionAsync(session.JobId, session.Incarnation);
        }
        catch (Exception exception)
        {
            ComputePoolLog.NotDescribed(_logger, session.JobId, FailureRecords.From(exception, null).Message);
            LoadFailed(session, LeaseOutcome.Refused, null);
            return;
        }

        if (description is null)
        {
            LoadFailed(session, LeaseOutcome.Fenced, null);
            return;
        }

        if (!_kinds.TryGet(description.Kind, description.Version, out KindRuntime? kind))
        {
            LoadFailed(
                session,
                LeaseOutcome.Unprepared,
                FailureRecords.Of(
                    null,
                    "UnknownKind",
                    $"Silo {_siloName} has no kind {description.Kind} version {description.Version}; it has: {string.Join(", ", _kinds.Profiles.Select(k => $"{k.Name}@{k.Version}"))}."
                )
            );
            return;
        }

        long began = _time.GetTimestamp();
        if (await PrepareAsync(session, kind, description) is not { } prepared)
            return;
        ComputePoolLog.Prepared(
            _logger,
            session.JobId,
            description.Kind,
            description.Version,
            _time.GetElapsedTime(began).TotalMilliseconds
        );
        Loaded(session, prepared);
    }

    /// <summary>Prepares a job within its time.</summary>
    /// <returns>Nothing when that failed; the waiting leases went back with the failure then.</returns>
    private async Task<PreparedJob?> PrepareAsync(JobSession session, KindRuntime kind, JobDescription description)
    {
        JobContext context = new(
            session.JobId,
            session.Incarnation,
            description,
            session,
            _options.MaxPayloadBytes,
            _options.MaxErrorTextBytes,
            _options.ValueCheckInterval
        )
        {
            Process = _userCode.Process,
        };
        JobInstances.InstanceUse use = _instances.Use(session.JobId, session.Incarnation, kind, description.InputJson);
        bool isUnwanted;
        lock (_gate)
        {
            session.Use = use;
            isUnwanted = session.HasEnded;
        }

        if (isUnwanted)
            use.Dispose();
        Task work = use.PrepareAsync();
        FailureRecord failure;
        bool ignored = false;
        try
        {
            ignored = !await EndsAsync(work, use.Cancellation);
            if (!ignored)
            {
                await work;
                return await _userCode.RunAsync("Prepare", () => use.Instance.CreateJob(context), CancellationToken.None);
            }

            failure = use.TimedOut($" and ignored its cancellation for {Duration.Format(_options.SlotLostAfter)}");
            lock (_gate)
                LoseSlots(null);
        }
        catch (UserCodeException exception)
        {
            failure = exception.Failure;
        }

        ComputePoolLog.NotPrepared(_logger, session.JobId, failure.Type, failure.Message);
        LoadFailed(session, LeaseOutcome.Unprepared, failure);
        await work.ContinueWith(static task => task.Exception, TaskScheduler.Default);
        if (ignored)
        {
            lock (_gate)
                FindSlot(null);
        }

        use.Dispose();
        return null;
    }

    /// <summary>Waits for work until its cancellation has been ignored for too long.</summary>
    /// <returns>Whether it has ended.</returns>
    private async Task<bool> EndsAsync(Task work, CancellationToken cancellationToken)
    {
        TaskCompletionSource cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using CancellationTokenRegistration registration = cancellationToken.Register(() => cancelled.TrySetResult());
        if (await Task.WhenAny(work, cancelled.Task) != work)
            await Task.WhenAny(work, Task.Delay(_options.SlotLostAfter, _time, CancellationToken.None));
        return work.IsCompleted;
    }

    private void Loaded(JobSession session, PreparedJob prepared)
    {
        long now = Now();
        List<BatchCall>? answers = null;
        SlotThread? wake;
        bool closed;
        lock (_gate)
        {
            session.IsLoading = false;
            session.Prepared = prepared;
            if (prepared.IsAsync)
            {
                session.AdmissionLimit = prepared.AsyncSlots > 0 ? prepared.AsyncSlots : _options.EffectiveAsyncSlots;
                if (session.Class != _wait)
                    MoveToPermits(session, now, ref answers);
            }

            List<LeaseWork> ready = [];
            for (LeaseWork? work = session.FirstHeld; work is not null; work = work.HeldNext)
            {
                if (work.State == LeaseState.Preparing)
                    ready.Add(work);
            }

            session.Class.Preparing -= ready.Count;
            wake = Enqueue(ready.ToArray(), session, now);
            closed = session.HasEnded && TryClose(session);
            WakeTicker();
        }

        wake?.Wake();
        Answer(answers, now);
        if (closed)
            LetGo(session);
    }

    /// <summary>Admits a job whose coordinator says that its units wait among those of its like.</summary>
    private void WaitFromTheStart(JobSession session, int limit)
    {
        if (session.Class == _wait)
            return;
        _compute.Admission.Remove(session.Admission);
        session.Class = _wait;
        session.AdmissionLimit = limit;
    }

    /// <summary>Moves a job whose kind turned out to wait from the slots' admission to that of the permits.</summary>
    private void MoveToPermits(JobSession session, long now, ref List<BatchCall>? answers)
    {
        JobAdmission before = session.Admission;
        session.Class = _wait;
        session.Admission = new JobAdmission();
        LeaseWork? work = session.FirstHeld;
        while (work is not null)
        {
            LeaseWork? next = work.HeldNext;
            if (work.State == LeaseState.Preparing)
            {
                _compute.Admission.Release(before);
                _compute.Preparing--;
                _wait.Preparing++;
                if (!TryAdmit(session, now))
                {
                    _wait.Preparing--;
                    _admitted.Remove(work);
                    work.State = LeaseState.Over;
                    _refused++;
                    Report(work, work.Empty(LeaseOutcome.Refused, now), now, ref answers);
                }
            }

            work = next;
        }

        _compute.Admission.Remove(before);
    }

    /// <summary>Hands the waiting leases back. One of them carries the failure: the job was tried once, not once per lease.</summary>
    private void LoadFailed(JobSession session, LeaseOutcome outcome, FailureRecord? failure)
    {
        long now = Now();
        List<BatchCall>? answers = null;
        lock (_gate)
        {
            session.IsLoading = false;
            LeaseWork? work = session.FirstHeld;
            while (work is not null)
            {
                LeaseWork? next = work.HeldNext;
                if (work.State == LeaseState.Preparing)
                {
                    EndUnstarted(work);
                    Report(work, work.Empty(outcome, now, failure), now, ref answers);
                    if (failure is not null)
                        (outcome, failure) = (LeaseOutcome.Refused, null);
                }

                work = next;
            }

            if (session.HasEnded)
                TryClose(session);
        }

        Answer(answers, now);
    }

    /// <summary>Forgets a job nothing is left of.</summary>
    /// <returns>Whether it was forgotten: then <see cref="LetGo(JobSession)"/> must follow, outside the lock.</returns>
    private bool TryClose(JobSession session)
    {
        if (session.HeldCount > 0 || session.RunningCount > 0 || session.IsLoading)
            return false;
        session.Class.Admission.Remove(session.Admission);
        _canaries.Forget(session);
        return _sessions.Remove((session.JobId, session.Incarnation));
    }

    private void LetGo(JobSession session)
    {
        SendNotes(session);
        session.Use?.Dispose();
    }

    private async Task HousekeepAsync()
    {
        using PeriodicTimer timer = new(HousekeepingPeriod, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_ending.Token))
                Housekeep();
        }
        catch (OperationCanceledException)
        {
            // The pool ends.
        }
    }

    private void Housekeep()
    {
        long now = Now();
        LookAtAsyncThreads();
        List<JobSession> closed = [];
        List<JobSession> sessions;
        lock (_gate)
        {
            sessions = [.. _sessions.Values];
            List<JobSession> idle = [.. sessions.Where(s => s is { HeldCount: 0, RunningCount: 0, IsLoading: false })];
            idle.Sort((a, b) => a.UsedMicros.CompareTo(b.UsedMicros));
            int over = idle.Count - _options.MaxIdleJobs;
            for (int i = 0; i < idle.Count; i++)
            {
                bool old = now - idle[i].UsedMicros > (long)_options.KeepJobsFor.TotalMicroseconds;
                if ((old || i < over) && TryClose(idle[i]))
                    closed.Add(idle[i]);
            }
        }

        foreach (JobSession session in sessions)
            SendNotes(session);
        foreach (JobSession session in closed)
            LetGo(session);
    }

    private void SendNotes(JobSession session)
    {
        ImmutableArray<UnitNote> notes = session.TakeNotes();
        if (notes.IsEmpty)
            return;
        _ = SendAsync();

        async Task SendAsync()
        {
            try
            {
                await _link.NoteAsync(session.JobId, new UnitNotes(session.Incarnation, _silo, notes));
            }
            catch (Exception)
            {
                // Notes may get lost: they are for people to read, and the next ones follow.
            }
        }
    }
}
