namespace OrleansWork.Scheduling.Fairness;

/// <summary>Which open jobs of a shard run and which wait: by priority, then by age, within a limit. Pure; one caller at a time.</summary>
internal sealed class StartQueue
{
    // By code points: in the order of a culture two ids can be the same.
    private readonly SortedSet<(int NegatedPriority, long SubmittedTicks, string JobId)> _waiting = new(
        Comparer<(int NegatedPriority, long SubmittedTicks, string JobId)>.Create(
            static (one, other) =>
                (one.NegatedPriority, one.SubmittedTicks).CompareTo((other.NegatedPriority, other.SubmittedTicks)) is var order and not 0
                    ? order
                    : string.CompareOrdinal(one.JobId, other.JobId)
        )
    );
    private readonly Dictionary<string, (int NegatedPriority, long SubmittedTicks, string JobId)> _waitingById = new(
        StringComparer.Ordinal
    );
    private readonly HashSet<string> _running = new(StringComparer.Ordinal);

    /// <summary>Gets the jobs that were told to run.</summary>
    public IReadOnlyCollection<string> Running => _running;

    /// <summary>Gets how many wait.</summary>
    public int WaitingCount => _waiting.Count;

    /// <summary>Says whether a job was told to run.</summary>
    public bool IsRunning(string jobId) => _running.Contains(jobId);

    /// <summary>Counts the jobs that start before one.</summary>
    /// <returns>Null when it does not wait.</returns>
    public int? CountBefore(string jobId) =>
        _waitingById.TryGetValue(jobId, out (int, long, string) place) ? _waiting.TakeWhile(other => other != place).Count() : null;

    /// <summary>Adds a job that may run; one that runs or waits already stays as it is.</summary>
    public void Add(string jobId, int priority, long submittedTicks)
    {
        if (_running.Contains(jobId) || _waitingById.ContainsKey(jobId))
            return;
        (int, long, string) place = (-priority, submittedTicks, jobId);
        _waiting.Add(place);
        _waitingById.Add(jobId, place);
    }

    /// <summary>Gives a waiting job the place of another priority; one that runs, or that nobody knows, stays as it is.</summary>
    public void Prioritize(string jobId, int priority)
    {
        if (!_waitingById.TryGetValue(jobId, out (int NegatedPriority, long SubmittedTicks, string JobId) before))
            return;
        _waiting.Remove(before);
        _waitingById[jobId] = before with { NegatedPriority = -priority };
        _waiting.Add(_waitingById[jobId]);
    }

    /// <summary>Forgets a job.</summary>
    public void Remove(string jobId)
    {
        _running.Remove(jobId);
        if (_waitingById.Remove(jobId, out (int, long, string) place))
            _waiting.Remove(place);
    }

    /// <summary>Moves the first waiting jobs to the running ones while fewer than <paramref name="limit"/> run.</summary>
    /// <returns>The jobs to start.</returns>
    public IReadOnlyList<string> TakeNext(int limit)
    {
        List<string> next = [];
        while (_running.Count < limit && _waiting.Count > 0)
        {
            (int NegatedPriority, long SubmittedTicks, string JobId) first = _waiting.Min;
            _waiting.Remove(first);
            _waitingById.Remove(first.JobId);
            _running.Add(first.JobId);
            next.Add(first.JobId);
        }

        return next;
    }
}
