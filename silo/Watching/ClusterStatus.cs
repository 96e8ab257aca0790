namespace OrleansWork.Silo.Watching;

/// <summary>A cluster at a glance.</summary>
/// <param name="Silos">How many silos there are in each state.</param>
/// <param name="Slots">How many units it can compute at once.</param>
/// <param name="UnitsPerSecond">The speed of all silos together.</param>
/// <param name="Jobs">How many jobs are open.</param>
/// <param name="History">The last five minutes, or null.</param>
internal sealed record ClusterStatus(SiloCounts Silos, SlotCounts Slots, double UnitsPerSecond, OpenJobCounts Jobs, LoadHistory? History)
{
    /// <summary>Gets when the last job that is open now has ended, in seconds from now; null when no job is open, and while one of them has no end that is
    /// known: it waits, is paused or has just begun.</summary>
    public EtaInterval? QueueEtaSeconds { get; init; }

    /// <summary>Makes one.</summary>
    /// <param name="silos">The silos.</param>
    /// <param name="queued">How many jobs wait for a place.</param>
    /// <param name="started">How many jobs have one.</param>
    /// <param name="newest">The newest jobs, of which those that decompose and those that are paused are counted.</param>
    public static ClusterStatus Of(IReadOnlyList<SiloStatus> silos, int queued, int started, IReadOnlyList<JobSummary> newest)
    {
        int decomposing = newest.Count(job => job.State == JobState.Decomposing);
        int paused = newest.Count(job => job.State == JobState.Paused);
        SiloStatus[] active = [.. In(silos, "active")];
        return new ClusterStatus(
            new SiloCounts(active.Length, In(silos, "draining").Count(), In(silos, "quarantined").Count(), In(silos, "dead").Count()),
            new SlotCounts(
                active.Sum(silo => silo.Slots),
                silos.Sum(BusyOf),
                In(silos, "draining").Sum(silo => silo.Slots),
                In(silos, "quarantined").Sum(silo => silo.Slots)
            ),
            silos.Sum(silo => silo.UnitsPerSecond),
            new OpenJobCounts(queued, decomposing, Math.Max(0, started - decomposing - paused), paused),
            History: null
        )
        {
            QueueEtaSeconds = QueueEtaOf(queued + started, newest),
        };
    }

    /// <summary>Every open job has ended when the last has; as others end before it, it only becomes faster than its own interval says.</summary>
    private static EtaInterval? QueueEtaOf(int open, IReadOnlyList<JobSummary> newest)
    {
        EtaInterval?[] etas =
        [
            .. newest
                .Where(job => job.State is not (JobState.Succeeded or JobState.Failed or JobState.Canceled))
                .Select(job => job.State == JobState.Running ? job.EtaSeconds : null),
        ];
        return etas.Length == 0 || etas.Length < open || etas.Contains(null)
            ? null
            : new EtaInterval(etas.Max(eta => eta!.Low), etas.Max(eta => eta!.High));
    }

    /// <summary>Returns how many slots of a silo compute; units that wait hold none.</summary>
    public static int BusyOf(SiloStatus silo) => Math.Min(silo.Running, silo.Slots);

    private static IEnumerable<SiloStatus> In(IEnumerable<SiloStatus> silos, string state) => silos.Where(silo => silo.State == state);
}

/// <summary>How many silos there are in each state.</summary>
internal sealed record SiloCounts(int Active, int Draining, int Quarantined, int Dead);

/// <summary>Slots of active silos and how many of all compute; those of silos that take no leases.</summary>
internal sealed record SlotCounts(int Total, int Busy, int Draining, int Quarantined);

/// <summary>Open jobs by state.</summary>
internal sealed record OpenJobCounts(int Queued, int Decomposing, int Running, int Paused);
