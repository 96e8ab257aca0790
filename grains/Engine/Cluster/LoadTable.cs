using System.Collections.Immutable;
using OrleansWork.Engine.Execution;
using OrleansWork.Protocol;
using OrleansWork.Scheduling.Estimation;
using OrleansWork.Scheduling.Failures;

namespace OrleansWork.Engine.Cluster;

/// <summary>What this silo knows of every silo of the cluster, itself included: from membership, heartbeats and reports. Safe for many threads.</summary>
internal sealed class LoadTable(TimeProvider time)
{
    // Reports come by the thousand; a coordinator's own reports tell it what it needs, the rest can wait for this long.
    private static readonly TimeSpan ReportNotice = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan DeadAreShown = TimeSpan.FromMinutes(2);

    // Far more processes than die while one of them can still speak.
    private const int MostDeadKnown = 4_096;

    // As many as a heartbeat names: whoever has more bad silos than that has another problem.
    private const int MostQuarantined = 64;
    private readonly Lock _gate = new();
    private readonly Dictionary<SiloAddress, Entry> _entries = [];
    private readonly HashSet<SiloAddress> _dead = [];
    private readonly Queue<Death> _deadByAge = [];
    private ImmutableArray<ICoordinatorInbox> _inboxes = [];
    private ImmutableArray<SiloView> _snapshot;

    /// <summary>Gets what was seen to happen to silos.</summary>
    public SiloEvents Events { get; } = new(time);

    /// <summary>Gets how many jobs this silo coordinates.</summary>
    public int Coordinating
    {
        get
        {
            lock (_gate)
                return _inboxes.Length;
        }
    }

    /// <summary>Returns the silos that jobs coordinated here have quarantined, at most 64 of them.</summary>
    public ImmutableArray<SiloAddress> QuarantinedHere()
    {
        ImmutableArray<ICoordinatorInbox> inboxes;
        lock (_gate)
            inboxes = _inboxes;
        return [.. inboxes.SelectMany(inbox => inbox.Quarantined).Distinct().Take(MostQuarantined)];
    }

    /// <summary>Returns the silos whose coordinators have quarantined a silo, as they last said.</summary>
    public ImmutableArray<SiloAddress> QuarantinedBy(SiloAddress silo)
    {
        lock (_gate)
            return [.. _entries.Where(pair => pair.Value.Quarantined.Contains(silo)).Select(pair => pair.Key)];
    }

    /// <summary>Has the coordinators here that have quarantined a silo give it one lease now.</summary>
    /// <returns>How many they are.</returns>
    public int Probe(SiloAddress silo)
    {
        ImmutableArray<ICoordinatorInbox> inboxes;
        lock (_gate)
            inboxes = _inboxes;
        int asked = 0;
        foreach (ICoordinatorInbox inbox in inboxes)
        {
            if (!inbox.Quarantined.Contains(silo))
                continue;
            inbox.OnProbe(silo);
            asked++;
        }

        return asked;
    }

    /// <summary>Returns what is known of every silo, in order of address; silos that died are among them for two minutes.</summary>
    public ImmutableArray<SiloView> Snapshot()
    {
        lock (_gate)
        {
            if (_snapshot.IsDefault)
                _snapshot = [.. _entries.Values.Select(entry => entry.View).OrderBy(view => view.Address)];
            return _snapshot;
        }
    }

    /// <summary>Returns the silos whose processes ended lately and not in order, and how long ago. Of one that ended before this silo knew of any, that it
    /// started lately says so: it counts from then on.</summary>
    public ImmutableArray<(SiloAddress Silo, TimeSpan Ago)> RecentDeaths()
    {
        lock (_gate)
        {
            TimeSpan now = time.GetElapsedTime(0);
            return
            [
                .. _deadByAge
                    .Where(death => !death.InOrder && now - death.At <= Unrest.Remembered)
                    .Select(death => (death.Silo, now - death.At)),
            ];
        }
    }

    /// <summary>Returns how many silos membership holds to be active, but for one.</summary>
    public int CountOthers(SiloAddress self)
    {
        lock (_gate)
            return _entries.Count(pair => pair.Value.Membership == SiloViewState.Active && !pair.Key.Equals(self));
    }

    /// <summary>Finds one silo.</summary>
    public SiloView? Find(SiloAddress silo)
    {
        lock (_gate)
            return _entries.TryGetValue(silo, out Entry? entry) ? entry.View : null;
    }

    /// <summary>Tells a coordinator of every silo, now and whenever something changes, until the registration is disposed.</summary>
    public IDisposable Register(ICoordinatorInbox inbox)
    {
        lock (_gate)
        {
            _inboxes = _inboxes.Add(inbox);
            foreach (Entry entry in _entries.Values)
                inbox.OnSiloChanged(entry.View);
        }

        return new Registration(this, inbox);
    }

    /// <summary>Takes the load that a report carried; an older one than known is ignored.</summary>
    public void Update(SiloAddress silo, SiloLoad load)
    {
        lock (_gate)
        {
            if (!_entries.TryGetValue(silo, out Entry? entry) || entry.View.State == SiloViewState.Dead)
                return;
            if (entry.View.Load is { } known && known.Sequence >= load.Sequence)
                return;
            long now = time.GetTimestamp();
            bool drains = entry.View.Load?.Draining != load.Draining;
            Set(entry, entry.View with { Load = load, LoadAt = now, State = StateOf(entry, load) });
            if (drains || time.GetElapsedTime(entry.NoticedAt, now) >= ReportNotice)
                Notice(entry, now);
        }
    }

    /// <summary>Takes a heartbeat; one of a silo that membership declared dead changes nothing, however long ago that was.</summary>
    /// <returns>Whether the sender's profile is known here, and whether more heartbeats are wanted.</returns>
    public HeartbeatReply Beat(Heartbeat heartbeat)
    {
        lock (_gate)
        {
            long now = time.GetTimestamp();
            if (_dead.Contains(heartbeat.Silo))
                return new HeartbeatReply(KnowsProfile: true, WantsHeartbeats: false);
            Entry entry = EntryOf(heartbeat.Silo);
            bool isNewer = entry.View.Load is not { } known || known.Sequence < heartbeat.Load.Sequence;
            SiloLoad load = isNewer ? heartbeat.Load : entry.View.Load!;
            Set(
                entry,
                entry.View with
                {
                    Profile = heartbeat.Profile ?? entry.View.Profile,
                    Load = load,
                    LoadAt = isNewer ? now : entry.View.LoadAt,
                    Heard = entry.View.Heard is { } heard && heard.Sequence >= heartbeat.Load.Sequence ? heard : heartbeat.Load,
                    State = StateOf(entry, load),
                    Coordinating = heartbeat.Coordinating,
                }
            );
            if (isNewer)
                Measure(entry, load, time.GetElapsedTime(0, now));
            TakeQuarantined(entry, heartbeat.Quarantined);
            Notice(entry, now);
            TellHeld(heartbeat);
            return new HeartbeatReply(entry.View.Profile is not null, _inboxes.Length > 0);
        }
    }

    /// <summary>Takes a silo's state from membership.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="state">Its state.</param>
    /// <param name="startedBefore">How long before this silo it started: when one ended that was never seen alive, nobody says.</param>
    /// <param name="isNews">Whether that has happened just now; otherwise it was so before this silo came.</param>
    public void SetMembership(SiloAddress silo, SiloViewState state, TimeSpan startedBefore = default, bool isNews = true)
    {
        lock (_gate)
        {
            bool isNew = !_entries.TryGetValue(silo, out Entry? known);
            long now = time.GetTimestamp();
            bool inOrder = state == SiloViewState.Dead && known?.Membership == SiloViewState.Draining;
            if (state == SiloViewState.Dead)
                Bury(new Death(silo, time.GetElapsedTime(0, now) - (isNew ? startedBefore : TimeSpan.Zero), inOrder));
            if (isNew && _dead.Contains(silo))
                return;
            Entry entry = EntryOf(silo);
            if (state != SiloViewState.Dead && !entry.IsMember)
            {
                entry.IsMember = true;
                if (isNews)
                    Events.Note(silo, "joined", "It joined the cluster.");
            }

            if (entry.Membership == SiloViewState.Dead || (!isNew && entry.Membership == state))
                return;
            entry.Membership = state;
            if (state == SiloViewState.Dead)
            {
                entry.DiedAt = now;
                TakeQuarantined(entry, []);
            }

            Set(entry, entry.View with { State = StateOf(entry, entry.View.Load), LeftInOrder = inOrder });
            Notice(entry, now);
            ForgetDead(now);
        }
    }

    /// <summary>Returns how long a unit takes on a silo at or near a load, in seconds; NaN when none ran there lately.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="loadPerSlot">Leases in flight per slot.</param>
    public double SecondsPerUnit(SiloAddress silo, double loadPerSlot)
    {
        lock (_gate)
            return _entries.TryGetValue(silo, out Entry? entry) ? entry.Latency.Median(loadPerSlot, time.GetElapsedTime(0)) : double.NaN;
    }

    /// <summary>Returns how many grains this silo placed on a silo since that silo last reported.</summary>
    public int PlacedSinceReport(SiloAddress silo)
    {
        lock (_gate)
            return _entries.TryGetValue(silo, out Entry? entry) ? entry.Placed : 0;
    }

    /// <summary>Counts a grain placed on a silo, until that silo's next report.</summary>
    public void CountPlacement(SiloAddress silo)
    {
        lock (_gate)
        {
            if (_entries.TryGetValue(silo, out Entry? entry))
                entry.Placed++;
        }
    }

    private static SiloViewState StateOf(Entry entry, SiloLoad? load) =>
        entry.Membership == SiloViewState.Active && load is { Draining: true } ? SiloViewState.Draining : entry.Membership;

    /// <summary>Takes the time per unit from what runs and what is done per second: Little's law. A report of every lease would weigh one moment's speed too often.</summary>
    private static void Measure(Entry entry, SiloLoad load, TimeSpan now)
    {
        int running = load.Compute.Running + load.Wait.Running;
        if (running > 0 && load.UnitsPerSecond > 0)
        {
            double inFlight = load.Compute.Running + load.Compute.Queued;
            entry.Latency.Observe(inFlight / Math.Max(1, load.Compute.Slots), running / load.UnitsPerSecond, now);
        }
    }

    private Entry EntryOf(SiloAddress silo)
    {
        if (!_entries.TryGetValue(silo, out Entry? entry))
        {
            entry = new Entry(new SiloView(silo, SiloViewState.Active, null, null, 0, 0));
            _entries.Add(silo, entry);
            _snapshot = default;
        }

        return entry;
    }

    private void Set(Entry entry, SiloView view)
    {
        if (!ReferenceEquals(entry.View.Load, view.Load))
            entry.Placed = 0;
        NoteChange(entry, view);
        entry.View = view;
        _snapshot = default;
    }

    /// <summary>Notes what a new view says has happened to a silo; of one that was never a member only membership itself speaks.</summary>
    private void NoteChange(Entry entry, SiloView view)
    {
        SiloView before = entry.View;
        if (!entry.IsMember || before.State == SiloViewState.Dead)
            return;
        if (view.State != before.State)
        {
            (string kind, string text) = view.State switch
            {
                SiloViewState.Dead when view.LeftInOrder => ("left", "It left the cluster in order."),
                SiloViewState.Dead => ("lost", "Its process ended, or nobody could reach it; its leases go to others."),
                SiloViewState.Draining when entry.Membership == SiloViewState.Draining => (
                    "draining",
                    "It is about to leave: it takes no new leases, and what runs there finishes."
                ),
                SiloViewState.Draining => ("draining", "It takes no new leases; what runs there finishes."),
                _ => ("undrained", "It takes leases again."),
            };
            Events.Note(view.Address, kind, text);
        }

        if (view.IsQuarantined == before.IsQuarantined || view.State == SiloViewState.Dead)
            return;
        if (view.IsQuarantined)
            Events.Note(view.Address, "quarantined", "A running job gives it no leases: it failed what other silos completed.");
        else
            Events.Note(view.Address, "released", "No running job keeps leases from it any more.");
    }

    private void Notice(Entry entry, long now)
    {
        entry.NoticedAt = now;
        foreach (ICoordinatorInbox inbox in _inboxes)
            inbox.OnSiloChanged(entry.View);
    }

    private void TellHeld(Heartbeat heartbeat)
    {
        if (_inboxes.IsEmpty)
            return;
        // Those that hold nothing there must hear it too: a lease they believe in may be gone.
        ILookup<string, HeldLease> byJob = heartbeat.Held.ToLookup(lease => lease.JobId, StringComparer.Ordinal);
        foreach (ICoordinatorInbox inbox in _inboxes)
            inbox.OnHeartbeat(heartbeat.Silo, [.. byJob[inbox.JobId]]);
        if (heartbeat.Shares.IsDefaultOrEmpty)
            return;
        ILookup<string, JobShare> shares = heartbeat.Shares.ToLookup(share => share.JobId, StringComparer.Ordinal);
        foreach (ICoordinatorInbox inbox in _inboxes)
        {
            foreach (JobShare share in shares[inbox.JobId])
                inbox.OnShare(heartbeat.Silo, share);
        }
    }

    /// <summary>Remembers a death for longer than it is shown: what still speaks under that address is a process that does not know yet.</summary>
    private void Bury(Death death)
    {
        if (!_dead.Add(death.Silo))
            return;
        _deadByAge.Enqueue(death);
        if (_deadByAge.Count > MostDeadKnown)
            _dead.Remove(_deadByAge.Dequeue().Silo);
    }

    /// <summary>Takes which silos the coordinators on one silo have quarantined, instead of those it named before.</summary>
    private void TakeQuarantined(Entry speaker, ImmutableArray<SiloAddress> named)
    {
        named = named.IsDefault ? [] : named;
        if (speaker.Quarantined.AsSpan().SequenceEqual(named.AsSpan()))
            return;
        speaker.Quarantined = named;
        HashSet<SiloAddress> all = [.. _entries.Values.SelectMany(entry => entry.Quarantined)];
        foreach (Entry entry in _entries.Values)
        {
            bool isQuarantined = all.Contains(entry.View.Address);
            if (entry.View.IsQuarantined != isQuarantined)
                Set(entry, entry.View with { IsQuarantined = isQuarantined });
        }
    }

    private void ForgetDead(long now)
    {
        List<SiloAddress>? old = null;
        foreach ((SiloAddress silo, Entry entry) in _entries)
        {
            if (entry.Membership == SiloViewState.Dead && time.GetElapsedTime(entry.DiedAt, now) > DeadAreShown)
                (old ??= []).Add(silo);
        }

        if (old is null)
            return;
        foreach (SiloAddress silo in old)
            _entries.Remove(silo);
        _snapshot = default;
    }

    private void Unregister(ICoordinatorInbox inbox)
    {
        lock (_gate)
            _inboxes = _inboxes.Remove(inbox);
    }

    private sealed class Entry(SiloView view)
    {
        public SiloView View { get; set; } = view;
        public LatencyByLoad Latency { get; } = new();
        public SiloViewState Membership { get; set; } = SiloViewState.Active;

        /// <summary>Gets or sets whether membership has named it while it lived.</summary>
        public bool IsMember { get; set; }
        public long NoticedAt { get; set; }
        public long DiedAt { get; set; }
        public int Placed { get; set; }
        public ImmutableArray<SiloAddress> Quarantined { get; set; } = [];
    }

    private readonly record struct Death(SiloAddress Silo, TimeSpan At, bool InOrder);

    private sealed class Registration(LoadTable table, ICoordinatorInbox inbox) : IDisposable
    {
        public void Dispose() => table.Unregister(inbox);
    }
}
