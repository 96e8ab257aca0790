using System.Runtime.CompilerServices;

namespace OrleansWork.Silo.Watching;

/// <summary>Lets any number of viewers follow jobs: each job that somebody watches is followed once, others not at all.</summary>
internal sealed class JobWatch(ComputeClient client, TimeProvider time)
{
    private readonly Dictionary<string, JobFeed> _feeds = new(StringComparer.Ordinal);

    /// <summary>Gets how many jobs are followed at present.</summary>
    public int Followed
    {
        get
        {
            lock (_feeds)
                return _feeds.Count;
        }
    }

    /// <summary>Follows a job until it has ended: the status now, and each later one that there is when the viewer takes it; the terminal one last.</summary>
    /// <param name="job">The job.</param>
    /// <param name="seen">What the viewer has seen before, or null.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>Statuses; null for a heartbeat.</returns>
    public async IAsyncEnumerable<JobMoment?> FollowAsync(
        string job,
        string? seen,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        JobFeed feed = Enter(job);
        try
        {
            while (true)
            {
                (JobMoment? latest, bool isOver, Task changed) = feed.Look();
                if (latest is not null && (isOver || !string.Equals(latest.Id, seen, StringComparison.Ordinal)))
                {
                    seen = latest.Id;
                    yield return latest;
                }

                if (isOver)
                    yield break;
                if (!await changed.ChangesAsync(time, cancellationToken))
                    yield return null;
            }
        }
        finally
        {
            Leave(job, feed);
        }
    }

    private JobFeed Enter(string job)
    {
        lock (_feeds)
        {
            // A job that had ended may run again: who comes later asks anew.
            if (!_feeds.TryGetValue(job, out JobFeed? feed) || feed.Look().IsOver)
                _feeds[job] = feed = new JobFeed(client.Job(job).AskStatusAsync, time);

            feed.Viewers++;
            return feed;
        }
    }

    private void Leave(string job, JobFeed feed)
    {
        lock (_feeds)
        {
            if (--feed.Viewers > 0)
                return;
            if (_feeds.GetValueOrDefault(job) == feed)
                _feeds.Remove(job);
        }

        feed.Dispose();
    }
}
