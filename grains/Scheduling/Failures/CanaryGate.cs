namespace OrleansWork.Scheduling.Failures;

/// <summary>
/// Says which leases a silo refuses because of canaries: leases of units that were present when a process died. If this process ended, whatever
/// is present would be blamed. So canaries of different jobs do not meet, and a lone canary, the last before its unit is given up, meets nothing.
/// </summary>
/// <remarks>docs/decisions/0009-canaries.md. Pure, time handed in as microseconds of any clock that never goes back; not for two threads at once.</remarks>
/// <typeparam name="TJob">A job of the silo.</typeparam>
internal sealed class CanaryGate<TJob>
    where TJob : class, IGatedJob
{
    /// <summary>A lease that came longer ago does not count: units that end their process do so soon as a rule, and for hours nobody need wait.</summary>
    public const long SuspiciousMicros = 10_000_000;

    /// <summary>For how long a silo stays clear: longer than a coordinator relies on it, from when it heard so, for it stores and sends the canary in
    /// that time.</summary>
    public const long KeptClearMicros = 4_000_000;

    /// <summary>For how long a silo stays clear after a lone canary was last seen here: longer than its end takes to be reported and stored, as a rule.</summary>
    public const long ToldMicros = 2_000_000;

    private readonly Dictionary<TJob, (int Steps, long SinceMicros)> _inSteps = [];
    private RecordedStep? _recorded;
    private TJob? _clearFor;
    private long _clearUntilMicros;
    private long _seenMicros = long.MinValue / 2;

    /// <summary>Says whether a lease is to be refused.</summary>
    /// <param name="care">How much care the lease that arrived asks for.</param>
    /// <param name="job">Its job.</param>
    /// <param name="jobs">All jobs of the silo.</param>
    /// <param name="nowMicros">The present.</param>
    public bool Refuses(LeaseCare care, TJob job, IReadOnlyCollection<TJob> jobs, long nowMicros) =>
        IsClearForAnother(job, nowMicros)
        || care switch
        {
            LeaseCare.Alone => AnotherIsInStep(job, nowMicros) || !Clears(job, jobs, nowMicros),
            LeaseCare.Canary => AnotherHolds(LeaseCare.Canary, job, jobs, nowMicros),
            _ => false,
        };

    /// <summary>Lets a coordinator enter a step of its kind's code that may end the process: no lone canary of another job is here, nor comes until it is left.</summary>
    /// <param name="job">Its job.</param>
    /// <param name="jobs">All jobs of the silo.</param>
    /// <param name="nowMicros">The present.</param>
    /// <param name="isRecorded">Whether it is recorded, and blamed if the process ends: then no other job's runs beside it.</param>
    /// <returns>Whether it may be entered; then <see cref="Leave"/> must follow.</returns>
    public bool TryEnter(TJob job, IReadOnlyCollection<TJob> jobs, long nowMicros, bool isRecorded)
    {
        if (IsClearForAnother(job, nowMicros) || AnotherHolds(LeaseCare.Alone, job, jobs, nowMicros))
            return false;
        if (_recorded is { } recorded && recorded.Job != job && nowMicros - recorded.SinceMicros < SuspiciousMicros)
            return false;
        if (isRecorded && AnotherIsInStep(job, nowMicros))
            return false;
        int others = _inSteps.TryGetValue(job, out (int Steps, long SinceMicros) before) ? before.Steps : 0;
        _inSteps[job] = (others + 1, nowMicros);
        if (isRecorded)
            _recorded = new RecordedStep(job, nowMicros);
        return true;
    }

    /// <summary>Gets whether no lone canary is here or awaited, as far as can be said without looking closer.</summary>
    public bool IsQuiet => Volatile.Read(ref _clearFor) is null && Volatile.Read(ref _recorded) is null;

    /// <summary>Hears that the step is left.</summary>
    public void Leave(TJob job)
    {
        if (!_inSteps.TryGetValue(job, out (int Steps, long SinceMicros) before))
            return;
        if (before.Steps > 1)
            _inSteps[job] = before with { Steps = before.Steps - 1 };
        else
            Forget(job);
    }

    /// <summary>Forgets a job that has left the silo.</summary>
    public void Forget(TJob job)
    {
        _inSteps.Remove(job);
        if (_recorded?.Job == job)
            _recorded = null;
    }

    /// <summary>Keeps the silo clear for a job's lone canaries: nothing of other jobs is taken, until a while after the last of them.</summary>
    /// <param name="job">The job.</param>
    /// <param name="jobs">All jobs of the silo.</param>
    /// <param name="nowMicros">The present.</param>
    /// <returns>Whether nothing of other jobs is left.</returns>
    public bool Clears(TJob job, IReadOnlyCollection<TJob> jobs, long nowMicros)
    {
        if (IsClearForAnother(job, nowMicros) || AnotherIsInStep(job, nowMicros))
            return false;
        (_clearFor, _clearUntilMicros) = (job, nowMicros + KeptClearMicros);
        return !AnotherHolds(LeaseCare.None, job, jobs, nowMicros);
    }

    private bool AnotherIsInStep(TJob job, long nowMicros) =>
        _inSteps.Any(step => step.Key != job && nowMicros - step.Value.SinceMicros < SuspiciousMicros);

    private static bool AnotherHolds(LeaseCare care, TJob job, IReadOnlyCollection<TJob> jobs, long nowMicros) =>
        jobs.Any(other => other != job && other.Holds(care, nowMicros - SuspiciousMicros));

    private bool IsClearForAnother(TJob job, long nowMicros)
    {
        if (_clearFor is null || _clearFor == job)
            return false;
        bool isHere = _clearFor.Holds(LeaseCare.Alone, nowMicros - SuspiciousMicros);
        if (isHere)
            _seenMicros = nowMicros;
        // Until its coordinator has stored that it is over, the end of this process would count for it.
        bool isJustOver = nowMicros < _seenMicros + ToldMicros && !_clearFor.Holds(LeaseCare.Alone, long.MinValue);
        bool isNeeded = !_clearFor.HasEnded && (isHere || isJustOver || nowMicros < _clearUntilMicros);
        if (!isNeeded)
            (_clearFor, _seenMicros) = (null, long.MinValue / 2);
        return isNeeded;
    }

    private sealed record RecordedStep(TJob Job, long SinceMicros);
}
