using OrleansWork.Scheduling.Ledger;
using OrleansWork.Scheduling.Placement;
using OrleansWork.Scheduling.Recording;

namespace OrleansWork.Scheduling.Coordination;

internal sealed partial class JobMachine
{
    private static readonly TimeSpan LoadFreshness = TimeSpan.FromSeconds(1);
    private readonly HashSet<LeaseName> _named = [];
    private TimeSpan? _unplannedLossAt;

    private void OnSiloChanged(SiloChanged change)
    {
        SiloRecord silo = Silo(change.Silo);
        int slots = Math.Max(1, change.Slots);
        RecordChange(silo, change);
        if (silo.Takes != change.Takes || silo.Slots != slots || silo.Gone)
        {
            (silo.Gone, silo.Takes, silo.Slots) = (false, change.Takes, slots);
            if (change.Takes)
            {
                _speed.SetSlots(silo.Index, slots);
                _blame.AddSilo(silo.Index);
            }
            else
            {
                _speed.Remove(silo.Index);
            }

            CountSlots();
            RecordSlots(silo);
        }

        if (change.Busy is { } busy)
            Record.Account.Busy(silo.Index, busy);
        silo.Reported = change.Running + change.Queued;
        silo.SentSince = 0;
        if (change.Heard)
        {
            silo.LastHeard = _now;
            silo.LoadAt = _now;
        }
    }

    private void OnProbeAsked(ProbeAsked asked)
    {
        if (!_silos.TryGetValue(asked.Silo, out SiloRecord? silo) || silo.Gone)
            return;
        _blame.Probe(silo.Index, _now);
        silo.Breaker.Probe(_now);
        // What it failed before is what is to be found out about: by it the policy would keep it out.
        silo.ForgetReports();
    }

    private void OnSiloLost(SiloLost lost)
    {
        if (!lost.Planned)
            _unrest.Add(lost.Silo, _now - lost.Ago);
        if (!_silos.TryGetValue(lost.Silo, out SiloRecord? silo) || silo.Gone)
            return;
        silo.Gone = true;
        silo.Takes = false;
        silo.Obstacle = Obstacle.Gone;
        Record.Note(MarkKind.Lost, lost.Silo, lost.Planned ? "left in order" : null, _now);
        LoseAll(silo, lost.Planned);
        Record.Account.Leave(silo.Index, _now);
        _blame.RemoveSilo(silo.Index);
        _speed.Remove(silo.Index);
        _sizer.Remove(silo.Index);
        CountSlots();
    }

    private void LoseAll(SiloRecord silo, bool planned)
    {
        if (_ledger is null || planned || Phase is not (JobPhase.Running or JobPhase.Paused))
        {
            TakeBackAll(silo);
            return;
        }

        _unplannedLossAt = _now;
        ForgetCanaries(silo);
        foreach ((UnitRange range, int deaths) in silo.TakenBack.ToArray())
            LoseUnits(range, OneMore(deaths), overlaps: true, silo.Address);

        silo.TakenBack.Clear();
        foreach (LeaseRecord lease in silo.Leases.Values.ToArray())
            LoseLease(lease);
        (silo.Reported, silo.SentSince) = (0, 0);
    }

    private void OnHeartbeat(HeartbeatReceived heartbeat)
    {
        SiloRecord silo = Silo(heartbeat.Silo);
        silo.LastHeard = _now;
        silo.TakenBack.Clear();
        if (_ledger is null || Phase is not (JobPhase.Running or JobPhase.Paused))
        {
            if (Phase is JobPhase.Succeeded or JobPhase.Failed or JobPhase.Canceled)
                Signal(silo, LeaseSignal.Drop, heartbeat.Held.Select(held => held.Name));
            return;
        }

        HashSet<LeaseName> named = _named;
        named.Clear();
        foreach (HeldRange held in heartbeat.Held)
        {
            named.Add(held.Name);
            if (_leases.TryGetValue(held.Name, out LeaseRecord? lease))
            {
                Place(lease, silo);
                (lease.HeartbeatsMissed, lease.MissedSince) = (0, null);
                See(lease, held);
                CutTail(lease);
                if (held.Started)
                    _speed.ObserveLowerBound(silo.Index, held.At - held.Range.From + 1, held.Running);
            }
            else if (_ledger.Committed.Covers(held.Range))
            {
                Signal(silo, LeaseSignal.Drop, [held.Name]);
            }
            else if (!silo.HasSettled(held.Name))
            {
                Adopt(silo, held, MayHaveBegun(silo, held));
            }
        }

        silo.Beaten();
        foreach (LeaseRecord lease in silo.Leases.Values.ToArray())
        {
            // Of a lease of an earlier coordinator a silo speaks once it was asked.
            TimeSpan grace = lease.IsPresumed ? _options.SiloSilence : _options.HeartbeatGrace;
            if (named.Contains(lease.Name) || _now - lease.Sent < grace)
                continue;
            lease.MissedSince ??= _now;
            // While its call is open it may be on the way there or back, or the heartbeat older than it looks: both were sent by a busy silo.
            TimeSpan patience = lease.Detached || lease.CallFailedAt is not null ? TimeSpan.Zero : _options.OpenCallPatience;
            if (++lease.HeartbeatsMissed >= 2 && _now - lease.MissedSince >= patience)
                GiveBack(lease);
        }
    }

    private void OnAdopted(Adopted adopted)
    {
        SiloRecord silo = Silo(adopted.Silo);
        silo.LastHeard = _now;
        if (_ledger is null)
            return;
        (HeldRange, bool)[] named = [.. adopted.Held.Select(held => (held, MayHaveBegun(silo, held)))];
        ForgetPresumed(silo, new UnitRange(0, _ledger.UnitCount));
        foreach ((HeldRange held, bool hasBegun) in named)
        {
            if (_ledger.Committed.Covers(held.Range))
                Signal(silo, LeaseSignal.Drop, [held.Name]);
            else if (!_leases.ContainsKey(held.Name))
                Adopt(silo, held, hasBegun);
        }
    }

    /// <summary>Says whether a lease of an earlier coordinator runs, or will as soon as an answer arrives that is stored.</summary>
    private static bool MayHaveBegun(SiloRecord silo, HeldRange held) =>
        held.Started
        || silo.Leases.Values.Any(lease => lease is { IsPresumed: true, IsAlone: true, HasBegun: true } && lease.Range == held.Range);

    private void Adopt(SiloRecord silo, HeldRange held, bool hasBegun)
    {
        UnitRange range = held.Range.Intersect(new UnitRange(0, _ledger!.UnitCount));
        ForgetPresumed(silo, range);
        if (Follow(silo, held.Name, range, _now - held.Running, isAlone: held.Alone, hasBegun: hasBegun) is not { } lease)
            return;
        See(lease, held);
        _leasedTo = Math.Max(_leasedTo, range.To);
    }

    /// <summary>Takes a lease of an earlier coordinator into the ledger, unless all its units are already somebody else's: only of one unit are two runs followed.</summary>
    private LeaseRecord? Follow(
        SiloRecord silo,
        LeaseName name,
        UnitRange range,
        TimeSpan sent,
        int deaths = 0,
        bool isPresumed = false,
        bool isAlone = false,
        bool hasBegun = true
    )
    {
        long free = _ledger!.Pending.CountIn(range) + _suspects.CountIn(range);
        LeaseRecord? first = null;
        if (free == 0)
        {
            first = range.Count == 1 ? _leases.Values.FirstOrDefault(other => other.Range == range) : null;
            if (first is null or { HasSecond: true } or { IsSecond: true })
                return null;
            first.HasSecond = true;
        }

        deaths = Math.Max(deaths, first?.Deaths ?? _suspects.DeathsIn(range));
        _suspects.Remove(range);
        LeaseRecord lease = new()
        {
            Name = name,
            Silo = silo,
            Range = range,
            Sent = sent,
            Budget = _options.ChunkTime,
            Attempt = 1,
            Detached = true,
            IsPresumed = isPresumed,
            Deaths = deaths,
            IsSecond = first is not null,
            IsAlone = isAlone && IsLone(range, deaths),
            HasBegun = hasBegun || !isAlone,
            Overlaps = free < range.Count,
        };
        if (lease.Overlaps)
            _overlapping++;
        RecordAdopted(lease);
        _ledger.Pending.Remove(range);
        _leases.Add(lease.Name, lease);
        silo.Leases.Add(lease.Name, lease);
        return lease;
    }

    private void OnCallFailed(CallFailed failed)
    {
        SiloRecord silo = failed.Silo.Length == 0 ? _unplaced : Silo(failed.Silo);

        // First, since a lease that decided is none any more once it is given back.
        silo.Breaker.Overdue(_now);
        foreach (long number in failed.Numbers)
        {
            if (!_leases.TryGetValue(new LeaseName(_epoch, number), out LeaseRecord? lease))
                continue;
            // What ran shows up in the silo's heartbeats, as held or as missing; what never arrived can go elsewhere at once.
            if (!failed.Ran)
                GiveBack(lease);
            else
                lease.CallFailedAt ??= _now;
        }

        silo.BlockedUntil = _now + TimeSpan.FromMilliseconds(100 + (100 * _random.NextDouble()));
    }

    private void OnTimer(TimerFired timer)
    {
        _wakeAt = null;
        _eta.ObserveBusySlots(Math.Min(_leases.Count, UsableSlots), _now);
        foreach (SiloRecord silo in _silos.Values)
        {
            // Our own lateness is not the silo's silence; it may have been heard in the meantime.
            TimeSpan heard = silo.LastHeard + timer.Late;
            silo.LastHeard = heard < _now ? heard : _now;
            if (silo.Leases.Count == 0)
                continue;
            if (_now - silo.LastHeard > _options.SiloSilence)
            {
                TakeBackSilent(silo);
                silo.BlockedUntil = _now + _options.SiloSilence;
                continue;
            }

            GiveBackOverdue(silo, timer.Late);
        }

        GiveBackUnplaced(timer.Late);
    }

    private void GiveBackOverdue(SiloRecord silo, TimeSpan late)
    {
        foreach (LeaseRecord lease in silo.Leases.Values.ToArray())
        {
            if (IsSuspect(lease) && _now - lease.Sent <= _options.SuspectPatience + late)
                continue;
            if (!lease.Detached && !lease.SeenStarted && _now - lease.Sent > lease.Budget + _options.LeaseGrace + late)
            {
                silo.Breaker.Overdue(_now);
                TakeBackOverdue(lease);
            }
        }
    }

    /// <summary>Takes back what a silent silo has, but for what may be ending it just now: of that, membership says first whether it has.</summary>
    private void TakeBackSilent(SiloRecord silo)
    {
        if (_now - silo.LastHeard > _options.SuspectPatience)
        {
            TakeBackAll(silo);
            return;
        }

        foreach (LeaseRecord lease in silo.Leases.Values.Where(static lease => !IsSuspect(lease)).ToArray())
            TakeBack(lease);
    }

    private void TakeBackAll(SiloRecord silo)
    {
        foreach (LeaseRecord lease in silo.Leases.Values.ToArray())
            TakeBack(lease);
        silo.Reported = 0;
        silo.SentSince = 0;
    }

    private void See(LeaseRecord lease, HeldRange held)
    {
        if (!held.Started)
            return;
        lease.HasBegun = true;
        RecordSeen(lease, held);
        if (!lease.SeenStarted)
            lease.UnitSince = held.At == lease.Range.From ? _now - held.Running : _now;
        else if (held.At != lease.At)
            lease.UnitSince = _now;
        (lease.SeenStarted, lease.At) = (true, Math.Clamp(held.At, lease.Range.From, lease.Range.To - 1));
    }

    private SiloRecord Silo(string address)
    {
        if (_silos.TryGetValue(address, out SiloRecord? silo))
            return silo;
        silo = new SiloRecord(address, _nextSiloIndex++) { LastHeard = _now };
        _silos.Add(address, silo);
        return silo;
    }

    private void CountSlots()
    {
        (UsableSlots, _usableSilos) = (0, 0);
        foreach (SiloRecord silo in _silos.Values)
        {
            if (silo is not { Takes: true, Gone: false })
                continue;
            UsableSlots += silo.Slots;
            _usableSilos++;
        }
    }
}
