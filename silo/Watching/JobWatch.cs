using System.Runtime.CompilerServices;

namespace OrleansWork.Silo.Watching;

/// <summary>Lets any number of viewers follow jobs: each job that somebody watches is followed once, others not at all.</summary>
internal sealed class JobWatch(ComputeClient client, TimeProvider time)
{
    private const int OthersEvery = 4;

    private readonly Dictionary<string, JobFeed> _feeds = new(StringComparer.Ordinal);
    private readonly Dictionary<string, LeaseFeed> _leaseFeeds = new(StringComparer.Ordinal);

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
    /// <param name="seen">What the viewer has seen before, or null; of leases it then has missed those of the time between.</param>
    /// <param name="withLeases">Whether leases are to be seen, too.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async IAsyncEnumerable<JobSight> FollowAsync(
        string job,
        string? seen,
        bool withLeases,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        JobFeed feed = Enter(job);
        LeaseFeed? leaseFeed = withLeases ? EnterLeases(job) : null;
        LeaseBatch? before = null;
        bool isResumed = seen is not null;
        try
        {
            while (true)
            {
                (JobMoment? latest, bool isOver, Task changed) = feed.Look();
                if (latest is not null && (isOver || !string.Equals(latest.Id, seen, StringComparison.Ordinal)))
                {
                    seen = latest.Id;
                    yield return new JobSight(latest);
                }

                if (isOver)
                    yield break;
                if (leaseFeed?.Look() is var (batch, next))
                {
                    if (batch is not null && batch != before)
                    {
                        yield return new JobSight(
                            null,
                            batch,
                            before is null ? isResumed : !string.Equals(batch.From, before.To, StringComparison.Ordinal)
                        );
                        before = batch;
                    }

                    changed = Task.WhenAny(changed, next);
                }

                if (!await changed.ChangesAsync(time, cancellationToken))
                    yield return default;
            }
        }
        finally
        {
            Leave(job, feed);
            if (leaseFeed is not null)
                LeaveLeases(job, leaseFeed);
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

    private LeaseFeed EnterLeases(string job)
    {
        lock (_feeds)
        {
            if (!_leaseFeeds.TryGetValue(job, out LeaseFeed? feed))
            {
                GrainJobHandle handle = client.Job(job);
                int asked = 0;
                feed = new LeaseFeed(
                    (cursor, token) =>
                        handle.GetLeasesAsync(
                            // Of other jobs once a second: they are the background.
                            new LeaseQuery(Cursor: cursor, Follow: true, Others: asked++ % OthersEvery == 0),
                            token
                        ),
                    time
                );
                _leaseFeeds.Add(job, feed);
            }

            feed.Viewers++;
            return feed;
        }
    }

    private void LeaveLeases(string job, LeaseFeed feed)
    {
        lock (_feeds)
        {
            if (--feed.Viewers > 0)
                return;
            _leaseFeeds.Remove(job);
        }

        feed.Dispose();
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
