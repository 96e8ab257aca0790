namespace OrleansWork;

/// <summary>Puts leases of other jobs beside those of one, on the slots that they share.</summary>
internal static class OtherLeases
{
    /// <summary>How many jobs are listed to choose from.</summary>
    public const int MostListed = 50;

    /// <summary>How many leases of each other job are asked for.</summary>
    public const int MostOfAJob = 3_000;

    private const int MostJobs = 8;

    // What has ended since a follower was told last, and a little more: who follows knows a lease again.
    private static readonly TimeSpan s_followed = TimeSpan.FromSeconds(3);

    /// <summary>Returns which jobs may have had leases meanwhile, the newest first.</summary>
    /// <param name="newest">Jobs, newest first.</param>
    /// <param name="self">The job that is asked for.</param>
    /// <param name="own">Its leases.</param>
    /// <param name="query">What was asked for.</param>
    public static IReadOnlyList<string> Choose(IReadOnlyList<JobSummary> newest, string self, JobLeases own, LeaseQuery query)
    {
        (DateTimeOffset from, DateTimeOffset? to) = SpanOf(own, query);
        return
        [
            .. newest
                .Where(job => !string.Equals(job.Id, self, StringComparison.Ordinal))
                .Where(job => job.State is not (JobState.Queued or JobState.Decomposing))
                .Where(job => (job.FinishedAt is not { } finished || finished >= from) && (to is not { } end || job.SubmittedAt < end))
                .Select(job => job.Id)
                .Take(MostJobs),
        ];
    }

    /// <summary>Returns what to ask another job for.</summary>
    public static LeaseQuery QueryOf(JobLeases own, LeaseQuery query)
    {
        (DateTimeOffset from, DateTimeOffset? to) = SpanOf(own, query);
        return new LeaseQuery(from, to, MostOfAJob);
    }

    /// <summary>Adds leases of other jobs; those on silos that the job does not know, and those without a slot, are left out.</summary>
    public static JobLeases Add(JobLeases own, IReadOnlyList<(string Job, JobLeases Leases)> others)
    {
        LeaseColumns columns = own.Columns;
        List<long> number = [.. columns.Number];
        List<int> epoch = [.. columns.Epoch];
        List<int> silo = [.. columns.Silo];
        List<int> slot = [.. columns.Slot];
        List<long> unitFrom = [.. columns.UnitFrom];
        List<long> unitCount = [.. columns.UnitCount];
        List<double> granted = [.. columns.GrantedMs];
        List<double?> started = [.. columns.StartedMs];
        List<double?> ended = [.. columns.EndedMs];
        List<double> budget = [.. columns.BudgetMs];
        List<int> attempt = [.. columns.Attempt];
        List<LeaseState> outcome = [.. columns.Outcome];
        List<long> speculativeOf = [.. columns.SpeculativeOf];
        List<int> isOwn = [.. columns.Own];
        List<int> otherJob = [.. columns.OtherJob];
        Dictionary<string, int> places = own.Silos.Select((known, place) => (known.Silo, place)).ToDictionary(StringComparer.Ordinal);
        for (int job = 0; job < others.Count; job++)
        {
            JobLeases other = others[job].Leases;
            double shift = (other.Base - own.Base).TotalMilliseconds;
            for (int i = 0; i < other.Columns.Number.Count; i++)
            {
                if (
                    other.Columns.Silo[i] < 0
                    || other.Columns.Slot[i] < 0
                    || other.Columns.StartedMs[i] is not { } start
                    || !places.TryGetValue(other.Silos[other.Columns.Silo[i]].Silo, out int place)
                )
                    continue;
                number.Add(other.Columns.Number[i]);
                epoch.Add(other.Columns.Epoch[i]);
                silo.Add(place);
                slot.Add(other.Columns.Slot[i]);
                unitFrom.Add(other.Columns.UnitFrom[i]);
                unitCount.Add(other.Columns.UnitCount[i]);
                granted.Add(Math.Round(other.Columns.GrantedMs[i] + shift, 3));
                started.Add(Math.Round(start + shift, 3));
                ended.Add(other.Columns.EndedMs[i] is { } end ? Math.Round(end + shift, 3) : null);
                budget.Add(other.Columns.BudgetMs[i]);
                attempt.Add(other.Columns.Attempt[i]);
                outcome.Add(other.Columns.Outcome[i]);
                speculativeOf.Add(other.Columns.SpeculativeOf[i]);
                isOwn.Add(0);
                otherJob.Add(job);
            }
        }

        return own with
        {
            OtherJobs = [.. others.Select(static other => other.Job)],
            Columns = new LeaseColumns
            {
                Number = number,
                Epoch = epoch,
                Silo = silo,
                Slot = slot,
                UnitFrom = unitFrom,
                UnitCount = unitCount,
                GrantedMs = granted,
                StartedMs = started,
                EndedMs = ended,
                BudgetMs = budget,
                Attempt = attempt,
                Outcome = outcome,
                SpeculativeOf = speculativeOf,
                Own = isOwn,
                OtherJob = otherJob,
            },
        };
    }

    private static (DateTimeOffset From, DateTimeOffset? To) SpanOf(JobLeases own, LeaseQuery query) =>
        query.Follow ? (own.Now - s_followed, null) : (query.From is { } from && from > own.Base ? from : own.Base, query.To ?? EndOf(own));

    /// <summary>Returns when the last lease ended; null while one runs.</summary>
    private static DateTimeOffset? EndOf(JobLeases own) =>
        own.Columns.EndedMs.Count == 0 || own.Columns.EndedMs.Contains(null)
            ? null
            : own.Base.AddMilliseconds(own.Columns.EndedMs.Max()!.Value);
}
