using System.Runtime.InteropServices;
using OrleansWork.Scheduling.Ledger;
using OrleansWork.Scheduling.Placement;
using OrleansWork.Scheduling.Recording;
using OrleansWork.Scheduling.Sizing;

namespace OrleansWork.Scheduling.Coordination;

internal sealed partial class JobMachine
{
    private readonly List<SiloRecord> _open = [];
    private readonly List<int> _places = [];
    private readonly List<RunningLease> _running = [];
    private SiloCandidate[] _candidates = new SiloCandidate[16];
    private double _lastLeaseUnits = 1;
    private int _succeeding;

    /// <summary>Leases what is pending to silos believed to have room, until either is used up.</summary>
    private void Grant()
    {
        if (_ledger!.Pending.IsEmpty && _delayed.Count == 0 && IsQuiet)
            return;
        CollectOpenSilos();
        GrantCanaries();
        if (WaitsForUnplaced)
            return;
        while (_open.Count > 0 && !AtMaxParallel)
        {
            if (NextDelayed() is { } place)
            {
                DelayedUnit delayed = _delayed[place];
                double seconds = Known(_speed.UnitSeconds);
                SiloRecord? elsewhere = Choose(lastRound: true, seconds, delayed.Avoid);

                // Every other silo may be shut out; then the one to be avoided is still better than none.
                elsewhere ??= Choose(lastRound: true, seconds, avoid: null);
                if (elsewhere is null || !IsInReach(delayed.Unit, 1))
                    return;
                _delayed.RemoveAt(place);
                LeaseSize one = new(1, _sizer.BudgetFor(UsableSlots), LastRound: false);
                Lease(elsewhere, new UnitRange(delayed.Unit, delayed.Unit + 1), one, GrantReason.Retry, delayed.Attempt);
                continue;
            }

            if (_ledger.Pending.IsEmpty || _delayed.Count >= _options.MaxDelayedUnits)
                return;
            if (!IsInReach(_ledger.Pending.Span[0].From, _options.ChunkUnits ?? 1))
                return;
            bool lastRound = _sizer.IsLastRound(SizingFor(null));
            if (Choose(lastRound, Known(_lastLeaseUnits * _speed.UnitSeconds), avoid: null) is not { } silo)
                return;
            LeaseSize size = _sizer.Next(SizingFor(silo == _unplaced ? null : silo));
            UnitRange taken = _ledger.Pending.TakeLowestAligned(InReach(size.Units));
            UnitRange range = CutAtAttempted(taken);
            _ledger.Pending.Add(taken with { From = range.To });
            int attempt = AttemptOf(range.From);
            Lease(silo, range, size, attempt > 1 ? GrantReason.Retry : ReasonOf(silo, size), attempt);
            _lastLeaseUnits = size.Units;
        }
    }

    private bool AtMaxParallel => _options.MaxParallel is { } most && _leases.Count >= most;

    private void Lease(
        SiloRecord silo,
        UnitRange range,
        in LeaseSize size,
        GrantReason reason,
        int attempt,
        int deaths = 0,
        LeaseRecord? first = null
    )
    {
        bool second = first is not null;
        bool isAlone = IsLone(range, deaths);
        TimeSpan budget = size.Budget;
        LeaseRecord lease = new()
        {
            Name = new LeaseName(_epoch, _nextNumber++),
            Silo = silo,
            Range = range,
            Sent = _now,
            Budget = budget,
            Attempt = attempt,
            Deaths = deaths,
            IsAlone = isAlone,
            HasBegun = !isAlone,
            IsSecond = second,
            Overlaps = second,
            At = range.From,
            PredictedSeconds = range.Count * _speed.UnitSeconds * _speed.Slowness(silo.Index),
            Reason = reason,
            Rule = RuleOf(silo, reason),
            WaitedWhenSent = Record.Account.WaitedAt(_now),
        };
        RecordGrant(lease, size, reason, first);
        _leases.Add(lease.Name, lease);
        silo.Leases.Add(lease.Name, lease);
        _leasedTo = Math.Max(_leasedTo, range.To);
        if (second)
            _overlapping++;
        if (silo != _unplaced)
            _blame.Sent(silo.Index, _now);
        silo.SentSince++;
        silo.LeasesSent++;
        lease.Trial = silo.Breaker.Sent(_now);
        _leasesGranted++;
        TimeSpan? predicted = double.IsNaN(lease.PredictedSeconds)
            ? null
            : TimeSpan.FromSeconds(Math.Min(lease.PredictedSeconds, budget.TotalSeconds));
        _out.Add(
            new GrantLease(_options.Spawned ? "" : silo.Address, lease.Name.Number, range, budget, attempt, predicted)
            {
                Canary = deaths > 0,
                Alone = lease.IsAlone,
                LeavesApart = LeavesApart,
                Offered =
                    silo == _unplaced ? _offered
                    : _options.Spawned ? [silo.Address]
                    : [],
            }
        );
        _unclaimedRoom--;
        if (silo.Room <= 0 || !silo.Breaker.Allows(_now))
            _open.Remove(silo);
    }

    private void CollectOpenSilos()
    {
        _open.Clear();
        _succeeding = 0;
        foreach (SiloRecord silo in _silos.Values)
        {
            silo.Fade(_now);
            if (silo is { Succeeds: true, Gone: false })
                _succeeding++;
            if (silo.Room > 0 && MayLease(silo))
                _open.Add(silo);
        }

        if (_options.Spawned || _unplaced.Leases.Count > 0)
            CountUnclaimedRoom();
    }

    private bool MayLease(SiloRecord silo) =>
        silo is { Takes: true, Gone: false } && silo.BlockedUntil <= _now && silo.Breaker.Allows(_now) && _blame.MayLease(silo.Index, _now);

    /// <summary>Asks the policy, or offers; while a silo with room has never had a lease, the policy is asked only about those.</summary>
    private SiloRecord? Choose(bool lastRound, double leaseSeconds, string? avoid)
    {
        bool anyFresh = !_options.Spawned && _open.Exists(static silo => silo.LeasesSent == 0);
        bool anyOther = avoid is not null && _open.Exists(silo => !string.Equals(silo.Address, avoid, StringComparison.Ordinal));
        if (_candidates.Length < _open.Count)
            _candidates = new SiloCandidate[_open.Count * 2];
        _places.Clear();
        for (int place = 0; place < _open.Count; place++)
        {
            SiloRecord silo = _open[place];
            if (anyOther ? string.Equals(silo.Address, avoid, StringComparison.Ordinal) : anyFresh && silo.LeasesSent > 0)
                continue;
            _candidates[_places.Count] = Candidate(silo, lastRound);
            _places.Add(place);
        }

        ReadOnlySpan<SiloCandidate> candidates = _candidates.AsSpan(0, _places.Count);
        (_avoided, _onlyFresh) = (anyOther ? avoid : null, anyFresh && !anyOther);
        PlacementMoment moment = new(lastRound, leaseSeconds) { SiloCount = _usableSilos };
        if (_options.Spawned)
            return Offer(candidates, moment);
        if (IsRoomOfUnplaced)
            return null;
        int chosen = _policy.Choose(candidates, moment);
        return chosen < 0 ? null : _open[_places[chosen]];
    }

    private SiloCandidate Candidate(SiloRecord silo, bool lastRound)
    {
        int inFlight = silo.Reported + silo.SentSince;
        double work = 0;
        if (lastRound)
        {
            foreach (LeaseRecord lease in silo.Leases.Values)
                work += Math.Max(Known(lease.PredictedSeconds) - (_now - lease.Sent).TotalSeconds, 1e-6);
        }

        return new SiloCandidate
        {
            Silo = silo.Index,
            Slots = silo.Slots,
            InFlight = inFlight,
            LoadIsFresh = silo.LoadAt is { } at && _now - at <= LoadFreshness,
            LatencySeconds = silo.Latency.Median((double)inFlight / silo.Slots, _now),
            Slowness = _speed.Slowness(silo.Index),
            WorkSeconds = work,
            RoundTripSeconds = silo.RoundTrip.Value,
            Failures = silo.RecentFailures,
            ErrorRate = silo.ErrorRate,
            OthersSucceed = _succeeding > (silo.Succeeds ? 1 : 0),
        };
    }

    private int? NextDelayed()
    {
        int? best = null;
        for (int place = 0; place < _delayed.Count; place++)
        {
            if (_delayed[place].ReadyAt <= _now && (best is not { } found || _delayed[place].ReadyAt < _delayed[found].ReadyAt))
                best = place;
        }

        return best;
    }

    private SizingState SizingFor(SiloRecord? silo) =>
        new()
        {
            Silo = silo?.Index ?? AnySilo,
            Slots = silo?.Slots ?? 1,
            Slowness = silo is null ? 1 : _speed.Slowness(silo.Index),
            UnitCount = _ledger!.UnitCount,
            UnitsLeft = _ledger.Pending.Count,
            TotalSlots = Math.Max(1, UsableSlots),
            SlotsOverSlowness = _speed.SlotsOverSlowness,
            UnitSeconds = _speed.UnitSeconds,
            OverheadSeconds = _overhead.Seconds,
        };

    /// <summary>When nothing is pending and slots idle, asks the leases that end last for what they have not begun.</summary>
    private void AskForYields()
    {
        if (!_ledger!.Pending.IsEmpty || _options.ChunkUnits is not null || _leases.Count == 0 || double.IsNaN(_speed.UnitSeconds))
            return;
        int idle = UsableSlots - _leases.Count;
        if (idle <= 0)
            return;
        _running.Clear();
        foreach (LeaseRecord lease in _leases.Values)
        {
            double elapsed = (_now - lease.Sent).TotalSeconds;
            double left = Math.Max(0, lease.PredictedSeconds - elapsed);
            double unit = _speed.UnitSeconds * _speed.Slowness(lease.Silo.Index);
            // What a canary gives back waits until it is over.
            long units =
                lease.YieldAskedAt is not null || lease.Deaths > 0 ? 0 : Math.Max(0, Math.Min(lease.Range.Count - 1, (long)(left / unit)));
            _running.Add(new RunningLease(lease.Name.Number, left, lease.Name.Epoch == _epoch ? units : 0));
        }

        double least = _sizer.MinUnits(SizingFor(null)) * _speed.UnitSeconds;
        foreach (long number in YieldAdvice.Choose(CollectionsMarshal.AsSpan(_running), idle, least))
        {
            LeaseRecord lease = _leases[new LeaseName(_epoch, number)];
            AskForTail(lease);
        }
    }

    /// <summary>Wishes to be woken when time alone changes something.</summary>
    private void PlanWake()
    {
        if (Phase is not (JobPhase.Running or JobPhase.Paused) || !_started)
            return;
        TimeSpan next = _now + TimeSpan.FromMilliseconds(_leases.Count > 0 ? 250 : 1000);
        if (_options.DeadlineAt is { } deadline)
            next = Min(next, deadline);
        if (Phase == JobPhase.Running)
        {
            foreach (DelayedUnit unit in _delayed)
                next = Min(next, unit.ReadyAt);
            if (!NothingWaits)
            {
                foreach (SiloRecord silo in _silos.Values)
                {
                    if (silo is not { Takes: true, Gone: false })
                        continue;
                    if (silo.BlockedUntil > _now)
                        next = Min(next, silo.BlockedUntil);
                    if (silo.NoCanaryUntil > _now && !_suspects.IsEmpty)
                        next = Min(next, silo.NoCanaryUntil);
                }

                if (_unplaced.BlockedUntil > _now)
                    next = Min(next, _unplaced.BlockedUntil);
            }
        }

        next = next <= _now ? _now + TimeSpan.FromMilliseconds(1) : next;
        if (_wakeAt is { } planned && planned <= next)
            return;
        _wakeAt = next;
        _out.Add(new WakeAt(next));
    }

    private static TimeSpan Min(TimeSpan left, TimeSpan right) => left < right ? left : right;

    private static double Known(double value) => double.IsNaN(value) ? 0 : value;
}
