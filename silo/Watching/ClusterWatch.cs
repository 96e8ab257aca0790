using System.Globalization;
using System.Runtime.CompilerServices;
using OrleansWork.Engine.Coordination;
using OrleansWork.Protocol;

namespace OrleansWork.Silo.Watching;

/// <summary>Lets any number of viewers follow the whole cluster: while somebody does, this silo looks once a second, otherwise not at all.</summary>
/// <remarks>Of each job and silo the newest state alone is kept, so nothing grows with slow viewers. Jobs are the newest 50.</remarks>
internal sealed class ClusterWatch(ComputeClient client, TimeProvider time)
{
    private const int NewestJobs = 50;
    private const string WholeCluster = "";
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly string _era = Submissions.NewId();
    private readonly Dictionary<string, ClusterMoment> _latest = new(StringComparer.Ordinal);
    private readonly Signal _changed = new();
    private CancellationTokenSource? _looking;
    private long _version;
    private int _viewers;

    /// <summary>Gets how many watch.</summary>
    public int Viewers => Volatile.Read(ref _viewers);

    /// <summary>Looks at the cluster once.</summary>
    /// <exception cref="RequestException">It does not answer.</exception>
    public async Task<ClusterStatus> LookAsync(CancellationToken cancellationToken) => (await AskAsync(cancellationToken)).Cluster;

    /// <summary>Follows the cluster: all that is known, and then what changes.</summary>
    /// <param name="seen">The id of the last moment that the viewer has seen, or null.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>Moments; null for a heartbeat.</returns>
    public async IAsyncEnumerable<ClusterMoment?> FollowAsync(string? seen, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long version = VersionOf(seen);
        Enter();
        try
        {
            while (true)
            {
                ClusterMoment[] moments;
                Task changed;
                lock (_lock)
                {
                    changed = _changed.Next;
                    moments = [.. _latest.Values.Where(item => item.Version > version).OrderBy(item => item.Version)];
                    version = _version;
                }

                foreach (ClusterMoment moment in moments)
                    yield return moment;
                if (!await changed.ChangesAsync(time, cancellationToken))
                    yield return null;
            }
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Returns the id by which a viewer goes on who has seen a moment.</summary>
    public string IdOf(ClusterMoment moment) => IdOf(moment.Version);

    private string IdOf(long version) => string.Create(CultureInfo.InvariantCulture, $"{_era}/{version}");

    private long VersionOf(string? id) =>
        id is not null
        && id.StartsWith(_era + "/", StringComparison.Ordinal)
        && long.TryParse(id.AsSpan(_era.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out long version)
            ? version
            : 0;

    private void Enter()
    {
        lock (_lock)
        {
            if (++_viewers > 1)
                return;
            // What was known when somebody watched last may be long over.
            _latest.Clear();
            _looking = new CancellationTokenSource();
            CancellationToken stopping = _looking.Token;

            // It outlives the request of the viewer who was first, and is no part of it.
            using (ExecutionContext.SuppressFlow())
                _ = Task.Run(() => RunAsync(stopping), stopping);
        }
    }

    private void Leave()
    {
        lock (_lock)
        {
            if (--_viewers > 0)
                return;
            _looking?.Cancel();
            _looking?.Dispose();
            _looking = null;
        }
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                Take(await AskAsync(cancellationToken));
            }
            catch (Exception exception) when (exception is RequestException or OperationCanceledException)
            {
                // Viewers keep what they see until there is something newer.
            }

            await Task.Delay(s_period, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<(ClusterStatus Cluster, IReadOnlyList<SiloStatus> Silos, IReadOnlyList<JobSummary> Jobs)> AskAsync(
        CancellationToken cancellationToken
    )
    {
        Task<IReadOnlyList<SiloStatus>> silos = client.ListSilosAsync(cancellationToken);
        Task<Page<JobSummary>> jobs = client.ListJobsAsync(new JobQuery(Limit: NewestJobs), cancellationToken);
        CatalogCounts counts = await client.CountJobsAsync(cancellationToken);
        return (ClusterStatus.Of(await silos, counts.Queued, counts.Started, (await jobs).Items), await silos, (await jobs).Items);
    }

    private void Take((ClusterStatus Cluster, IReadOnlyList<SiloStatus> Silos, IReadOnlyList<JobSummary> Jobs) state)
    {
        lock (_lock)
        {
            long before = _version;
            Put(WholeCluster, state.Cluster);
            foreach (SiloStatus silo in state.Silos)
                Put($"silo {silo.Silo}", silo);
            foreach (JobSummary job in state.Jobs)
                Put($"job {job.Id}", job);
            HashSet<string> known =
            [
                WholeCluster,
                .. state.Silos.Select(silo => $"silo {silo.Silo}"),
                .. state.Jobs.Select(job => $"job {job.Id}"),
            ];
            foreach (string gone in _latest.Keys.Where(key => !known.Contains(key)).ToArray())
                Remove(gone);
            if (_version > before)
                _changed.Raise();
        }
    }

    private void Put(string key, object document)
    {
        if (!_latest.TryGetValue(key, out ClusterMoment? known) || !IsSame(known.Document, document))
            _latest[key] = new ClusterMoment(++_version, document);
    }

    /// <summary>Forgets what is no longer among the newest; of a silo that is gone viewers are told.</summary>
    private void Remove(string key)
    {
        if (_latest[key].Document is SiloStatus { State: not "dead" } silo)
            _latest[key] = new ClusterMoment(++_version, silo with { State = "dead", Running = 0, Queued = 0, UnitsPerSecond = 0 });
        else if (_latest[key].Document is JobSummary)
            _latest.Remove(key);
    }

    private static bool IsSame(object left, object right) =>
        left is SiloStatus one && right is SiloStatus other
            // Its lists are made anew each time.
            ? one with { Labels = other.Labels, Kinds = other.Kinds } == other
            : left.Equals(right);
}
