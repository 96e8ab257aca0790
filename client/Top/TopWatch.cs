using OrleansWork.Console.Output;

namespace OrleansWork.Console.Top;

/// <summary>Looks at a cluster again and again: its silos, and the jobs that have not ended.</summary>
/// <remarks>A look asks for the silos and the newest jobs. Older jobs are looked for by their state, which goes through the whole list, at first and then
/// every <see cref="SearchPeriod"/>; those found are asked for by their ids in between.</remarks>
internal sealed class TopWatch(IComputeClient client, TimeProvider time)
{
    /// <summary>How many of the newest jobs each look asks for.</summary>
    public const int NewestJobs = 100;

    /// <summary>How many older jobs are followed at most; those that were submitted last.</summary>
    public const int OlderJobs = 100;

    private static readonly JobState[] s_open = [JobState.Running, JobState.Paused, JobState.Decomposing, JobState.Queued];

    private readonly Dictionary<string, SpeedMeter> _meters = new(StringComparer.Ordinal);
    private Dictionary<string, JobSummary> _older = new(StringComparer.Ordinal);
    private long? _searched;

    /// <summary>Gets how often older jobs are looked for.</summary>
    public static TimeSpan SearchPeriod { get; } = TimeSpan.FromSeconds(30);

    /// <summary>Looks once.</summary>
    /// <exception cref="RequestException">The cluster does not answer, or refuses.</exception>
    public async Task<TopSample> LookAsync(CancellationToken cancellationToken)
    {
        Task<IReadOnlyList<SiloStatus>> silos = client.ListSilosAsync(cancellationToken);
        Page<JobSummary> newest = await client.ListJobsAsync(new JobQuery(Limit: NewestJobs), cancellationToken);
        HashSet<string> listed = [.. newest.Items.Select(job => job.Id)];
        if (newest.NextCursor is null)
            _older.Clear();
        else if (_searched is not { } searched || time.GetElapsedTime(searched) >= SearchPeriod)
            await SearchAsync(cancellationToken);
        else
            await AskOlderAsync(listed, cancellationToken);

        JobSummary[] open =
        [
            .. newest.Items.Where(IsOpen),
            .. _older.Values.Where(job => !listed.Contains(job.Id)).OrderByDescending(job => job.SubmittedAt),
        ];
        foreach (string gone in _meters.Keys.Except(open.Select(job => job.Id)).ToArray())
            _meters.Remove(gone);
        return new TopSample(time.GetUtcNow(), await silos, [.. open.Select(Measure)]);
    }

    private static bool IsOpen(JobSummary job) => s_open.Contains(job.State);

    private TopJob Measure(JobSummary job)
    {
        if (!_meters.TryGetValue(job.Id, out SpeedMeter? meter))
            _meters[job.Id] = meter = new SpeedMeter(time);
        return new TopJob(job, meter.Note(job.Units.Done));
    }

    private async Task SearchAsync(CancellationToken cancellationToken)
    {
        Page<JobSummary>[] pages = await Task.WhenAll(
            s_open.Select(state => client.ListJobsAsync(new JobQuery(state, Limit: OlderJobs), cancellationToken))
        );
        _searched = time.GetTimestamp();
        _older = pages
            .SelectMany(page => page.Items)
            .DistinctBy(job => job.Id)
            .OrderByDescending(job => job.SubmittedAt)
            .Take(OlderJobs)
            .ToDictionary(job => job.Id, StringComparer.Ordinal);
    }

    private async Task AskOlderAsync(HashSet<string> listed, CancellationToken cancellationToken)
    {
        JobSummary?[] now = await Task.WhenAll(
            _older.Values.Where(job => !listed.Contains(job.Id)).Select(job => AskAsync(job, cancellationToken))
        );
        _older = now.OfType<JobSummary>().Where(IsOpen).ToDictionary(job => job.Id, StringComparer.Ordinal);
    }

    private async Task<JobSummary?> AskAsync(JobSummary known, CancellationToken cancellationToken)
    {
        try
        {
            JobStatus job = await client.GetJob(known.Id).GetStatusAsync(cancellationToken);
            return known with
            {
                State = job.State,
                Units = job.Units,
                ElapsedSeconds = job.ElapsedSeconds,
                EtaSeconds = job.EtaSeconds,
                Placement = job.Options.Placement,
                Waiting = job.Waiting,
            };
        }
        catch (RequestException exception) when (exception.Reason == ErrorReason.NotFound)
        {
            return null;
        }
    }
}
