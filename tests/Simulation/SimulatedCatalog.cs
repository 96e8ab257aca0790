using OrleansWork.Scheduling.Fairness;

namespace OrleansWork.Simulation;

/// <summary>One shard of the catalogue: which jobs are open, and which of them run.</summary>
internal sealed class SimulatedCatalog(SimulatedCluster cluster)
{
    private static readonly TimeSpan ReminderPeriod = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LookAfter = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestPlace = TimeSpan.FromMinutes(2);

    private readonly Dictionary<string, SimulatedJob> _open = new(StringComparer.Ordinal);
    private readonly StartQueue _queue = new();

    private int Limit => cluster.Now < TimeSpan.FromSeconds(cluster.Plan.FullSeconds) ? 0 : cluster.Plan.MaxRunning;

    /// <summary>Scans now and then, as its reminder does, and once there are places.</summary>
    public void Begin()
    {
        cluster.At(TimeSpan.FromSeconds(cluster.Plan.FullSeconds), StartWaiting);
        cluster.At(
            ReminderPeriod,
            () =>
            {
                Scan();
                Begin();
            }
        );
    }

    public bool IsOpen(SimulatedJob job) => _open.ContainsKey(job.Id);

    public bool IsPlaced(SimulatedJob job) => _queue.IsRunning(job.Id);

    public void Open(SimulatedJob job)
    {
        _open[job.Id] = job;
        cluster.At(LookAfter, () => Look(job));
    }

    /// <summary>Says whether a recorded job may run now.</summary>
    public bool AskPlace(SimulatedJob job)
    {
        if (!IsOpen(job))
            return false;
        _queue.Add(job.Id, job.Weight - 1, (long)(job.Scenario.SubmittedSeconds * 1_000));
        StartWaiting(but: job);
        return IsPlaced(job);
    }

    public void Prioritize(SimulatedJob job, int weight)
    {
        if (IsOpen(job))
            _queue.Prioritize(job.Id, weight - 1);
    }

    public void StartAgain(SimulatedJob job)
    {
        if (IsPlaced(job))
            job.NeedRun(placed: true);
    }

    public void Close(SimulatedJob job)
    {
        _open.Remove(job.Id);
        _queue.Remove(job.Id);
        StartWaiting();
    }

    /// <summary>Looks for jobs that should run.</summary>
    public void Scan()
    {
        foreach (SimulatedJob job in _open.Values.ToArray())
        {
            if (job.EndStoredAt is { } endedAt && IsPlaced(job) && cluster.Now - endedAt > LongestPlace)
                throw new InvalidOperationException($"The place is kept {cluster.Now - endedAt:g} after the end was stored.");
            if (IsPlaced(job))
                job.NeedRun(placed: true);
            else
                Look(job);
        }

        StartWaiting();
    }

    /// <summary>A job that was opened and is recorded, and did not say so itself, waits for its turn all the same.</summary>
    private void Look(SimulatedJob job)
    {
        if (job.IsRecorded && IsOpen(job) && !IsPlaced(job) && AskPlace(job))
            job.NeedRun(placed: true);
    }

    private void StartWaiting() => StartWaiting(but: null);

    private void StartWaiting(SimulatedJob? but)
    {
        foreach (string next in _queue.TakeNext(Limit))
        {
            if (_open.TryGetValue(next, out SimulatedJob? job) && job != but)
                job.NeedRun(placed: true);
        }
    }
}
