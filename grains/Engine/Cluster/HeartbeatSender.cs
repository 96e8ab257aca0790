using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.Extensions.Options;
using Orleans.Runtime.Services;
using OrleansWork.Engine.Execution;
using OrleansWork.Engine.Security;
using OrleansWork.Protocol;

namespace OrleansWork.Engine.Cluster;

/// <summary>Tells other silos this silo's load and the leases it holds for them, four times a second.</summary>
/// <remarks>
/// It tells the silos whose coordinators hold leases here, those that asked within five seconds, and a few drawn at random; never all to
/// all. A silo that does not answer is not waited for.
/// </remarks>
internal sealed class HeartbeatSender(
    IHeartbeatLink link,
    LoadTable table,
    ComputePool pool,
    JobKindRegistry kinds,
    CrashDetector crashes,
    IOptions<EngineOptions> options,
    TimeProvider time
)
{
    private const int MaxUnanswered = 4;
    private static readonly TimeSpan AskedFor = TimeSpan.FromSeconds(5);
    private readonly ConcurrentDictionary<SiloAddress, Peer> _peers = new();
    private readonly SiloProfile _profile = new(
        pool.Silo,
        options.Value.EffectiveWorkers,
        options.Value.Labels.ToImmutableDictionary(StringComparer.Ordinal),
        kinds.Profiles
    )
    {
        Http = options.Value.HttpAddress?.ToString(),
    };
    private readonly Random _random = new(pool.Silo.GetConsistentHashCode());

    /// <summary>Is raised, on any thread, when another silo has answered a heartbeat.</summary>
    public event Action? Answered;

    /// <summary>Beats once a period until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        _ = BeatAsync();
        using PeriodicTimer timer = new(options.Value.HeartbeatPeriod, time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
                _ = BeatAsync();
        }
        catch (OperationCanceledException)
        {
            // The silo stops.
        }
    }

    /// <summary>Sends one heartbeat to everyone who should hear it.</summary>
    /// <returns>Ends when all have answered or failed; nobody need wait for it.</returns>
    public Task BeatAsync()
    {
        pool.SampleVitals();
        IReadOnlyDictionary<SiloAddress, ImmutableArray<HeldLease>> held = pool.HeldLeases();
        ILookup<SiloAddress, JobShare> shares = pool.Shares();
        SiloLoad load = pool.Load();
        int coordinating = table.Coordinating;
        ImmutableArray<SiloAddress> quarantined = table.QuarantinedHere();
        table.Beat(
            new Heartbeat(pool.Silo, _profile, load, coordinating, Held(held, pool.Silo))
            {
                Quarantined = quarantined,
                Shares = [.. shares[pool.Silo]],
            }
        );

        List<SiloAddress> others = [];
        foreach (SiloView view in table.Snapshot())
        {
            if (view.State == SiloViewState.Dead)
                _peers.TryRemove(view.Address, out _);
            else if (!view.Address.Equals(pool.Silo))
                others.Add(view.Address);
        }

        long now = time.GetTimestamp();
        HashSet<SiloAddress> told = [];
        foreach (SiloAddress silo in others)
        {
            bool asked = _peers.TryGetValue(silo, out Peer? peer) && peer.AskedAt is { } at && time.GetElapsedTime(at, now) < AskedFor;
            if (asked || held.ContainsKey(silo) || shares.Contains(silo))
                told.Add(silo);
        }

        int drawn = Math.Min(options.Value.HeartbeatFanOut, others.Count);
        for (int i = 0; i < drawn; i++)
        {
            int pick = _random.Next(i, others.Count);
            (others[i], others[pick]) = (others[pick], others[i]);
            told.Add(others[i]);
        }

        List<Task> tells = new(told.Count);
        foreach (SiloAddress silo in told)
        {
            Peer peer = _peers.GetOrAdd(silo, _ => new Peer());
            if (Interlocked.Increment(ref peer.Unanswered) > MaxUnanswered)
            {
                Interlocked.Decrement(ref peer.Unanswered);
                continue;
            }

            tells.Add(
                TellAsync(
                    silo,
                    peer,
                    new Heartbeat(pool.Silo, peer.KnowsProfile ? null : _profile, load, coordinating, Held(held, silo))
                    {
                        Quarantined = quarantined,
                        Shares = [.. shares[silo]],
                    }
                )
            );
        }

        return Task.WhenAll(tells);
    }

    private static ImmutableArray<HeldLease> Held(IReadOnlyDictionary<SiloAddress, ImmutableArray<HeldLease>> held, SiloAddress silo) =>
        held.TryGetValue(silo, out ImmutableArray<HeldLease> leases) ? leases : [];

    private async Task TellAsync(SiloAddress silo, Peer peer, Heartbeat heartbeat)
    {
        try
        {
            // Another thread: a link that blocks before its first await must not hold up the other silos' heartbeats.
            Task<HeartbeatReply> beat = Task.Run(() => link.BeatAsync(silo, heartbeat));
            if (await Task.WhenAny(beat, Task.Delay(2 * options.Value.HeartbeatPeriod, time)) != beat)
                _ = crashes.SuspectAsync(silo);
            HeartbeatReply reply = await beat;
            Answered?.Invoke();
            peer.KnowsProfile = reply.KnowsProfile;
            if (reply.WantsHeartbeats)
                peer.AskedAt = time.GetTimestamp();
        }
        catch (Exception)
        {
            // The next heartbeat is the retry, and membership says when a silo is gone. It may have been restarted in between.
            peer.KnowsProfile = false;
            _ = crashes.SuspectAsync(silo);
        }
        finally
        {
            Interlocked.Decrement(ref peer.Unanswered);
        }
    }

    private sealed class Peer
    {
        public int Unanswered;
        private long _askedAt = long.MinValue;
        private volatile bool _knowsProfile;

        public bool KnowsProfile
        {
            get => _knowsProfile;
            set => _knowsProfile = value;
        }

        public long? AskedAt
        {
            get => Volatile.Read(ref _askedAt) is var at && at == long.MinValue ? null : at;
            set => Volatile.Write(ref _askedAt, value ?? long.MinValue);
        }
    }
}
