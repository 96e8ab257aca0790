using OrleansWork.Scheduling.Recording;

namespace OrleansWork.Scheduling.Coordination;

/// <content>Why what waits waits: reads only.</content>
internal sealed partial class JobMachine
{
    /// <summary>Gets the leases in flight that have a unit, the one that had it first in front.</summary>
    public IEnumerable<LeaseRecord> LeasesOf(long unit) =>
        _leases.Values.Where(lease => lease.Range.From <= unit && unit < lease.Range.To).OrderBy(static lease => lease.Sent);

    /// <summary>Gets all leases in flight.</summary>
    public IReadOnlyCollection<LeaseRecord> Leases => _leases.Values;

    /// <summary>Returns how the silos stand with the job, those that are gone left out.</summary>
    public IEnumerable<SiloStanding> Standings(TimeSpan now)
    {
        // Time has passed since something happened.
        _now = now > _now ? now : _now;
        foreach (SiloRecord silo in _silos.Values)
        {
            if (!silo.Gone)
                yield return new(
                    silo.Address,
                    silo.Obstacle,
                    VerdictOn(silo),
                    silo.Slots,
                    Math.Max(silo.Leases.Count, silo.Reported + silo.SentSince),
                    silo.Leases.Count
                );
        }
    }

    /// <summary>Says where a unit is; null when it is not one of the job, or its units are not known.</summary>
    public UnitPlace? PlaceOf(long unit)
    {
        if (_ledger is null || unit < 0 || unit >= _ledger.UnitCount)
            return null;
        if (_ledger.Committed.Contains(unit))
            return UnitPlace.Committed;
        if (_ledger.Failed.Contains(unit))
            return UnitPlace.Failed;
        return LeasesOf(unit).Any() ? UnitPlace.Leased : UnitPlace.Waiting;
    }

    /// <summary>Says why a unit waits, or any unit that does.</summary>
    /// <param name="unit">The unit; null for the next that would be leased.</param>
    /// <param name="now">Monotonic time.</param>
    public UnitWait WaitOf(long? unit, TimeSpan now)
    {
        if (_ledger is null || Phase == JobPhase.Decomposing)
            return new(WaitCode.Decomposing);
        if (Phase is not (JobPhase.Running or JobPhase.Paused) || (unit is { } asked && PlaceOf(asked) != UnitPlace.Waiting))
            return new(WaitCode.None);
        if (Phase == JobPhase.Paused)
            return new(WaitCode.Paused);
        foreach (DelayedUnit delayed in _delayed)
        {
            if (unit is null ? _ledger.Pending.IsEmpty && IsQuiet : delayed.Unit == unit)
            {
                if (delayed.ReadyAt > now)
                    return new(WaitCode.BacksOff, delayed.ReadyAt) { Avoids = delayed.Avoid, Attempt = delayed.Attempt };
                return WaitOfSilos(now) with { Avoids = delayed.Avoid, Attempt = delayed.Attempt };
            }
        }

        if (unit is null ? _ledger.Pending.IsEmpty && IsQuiet : false)
            return new(WaitCode.None);
        if (!HasSilos)
            return new(WaitCode.NoSilo);
        if (unit is { } held ? !_ledger.Pending.Contains(held) : _ledger.Pending.IsEmpty)
            return new(WaitCode.Canary);
        if (AtMaxParallel)
            return new(WaitCode.MaxParallel);
        if (HoldsGrants)
            return new(WaitCode.ResultsUnstored);
        return _delayed.Count >= _options.MaxDelayedUnits ? new(WaitCode.ManyRetries) : WaitOfSilos(now);
    }

    private UnitWait WaitOfSilos(TimeSpan now)
    {
        if (!HasSilos)
            return new(WaitCode.NoSilo);
        if (AtMaxParallel)
            return new(WaitCode.MaxParallel);
        bool full = false;
        bool others = false;
        TimeSpan? until = null;
        foreach (SiloRecord silo in _silos.Values)
        {
            if (silo is not { Takes: true, Gone: false })
                continue;
            if (silo.Room > 0 && MayLease(silo))
                return new(WaitCode.Next);
            if (silo.Room > 0 || silo.BlockedUntil > now)
            {
                TimeSpan? again = silo.BlockedUntil > now ? silo.BlockedUntil : _blame.QuarantinedUntil(silo.Index);
                until = again is { } at && (until is not { } known || at < known) ? at : until;
            }

            full |= silo.Room <= 0;
            others |= silo.Room <= 0 && silo.Reported + silo.SentSince > silo.Leases.Count;
        }

        return full ? new(others ? WaitCode.FairShare : WaitCode.NoRoom) : new(WaitCode.SilosPause, until);
    }
}
