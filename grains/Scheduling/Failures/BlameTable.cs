using OrleansWork.Scheduling.Ledger;

namespace OrleansWork.Scheduling.Failures;

/// <summary>
/// Tells bad units from bad silos. A failure is held against the unit until another silo completes that unit: then it was the silo. A
/// silo with too many such failures is quarantined, and comes back by way of one probe lease.
/// </summary>
/// <remarks>A unit that fails everywhere therefore never costs a silo its work. Memory: the units that failed and are not completed.</remarks>
internal sealed class BlameTable
{
    /// <summary>How much blame quarantines a silo.</summary>
    public const double BlameToQuarantine = 3;

    /// <summary>How much blame a successful lease takes away: a silo that fails less than a fifth of its leases is never quarantined for long.</summary>
    public const double BlameTakenBySuccess = 0.25;

    /// <summary>The first quarantine.</summary>
    public static readonly TimeSpan ShortestQuarantine = TimeSpan.FromSeconds(30);

    /// <summary>The longest quarantine: each one is twice the one before unless the silo did well for this long in between.</summary>
    public static readonly TimeSpan LongestQuarantine = TimeSpan.FromMinutes(10);

    private readonly Dictionary<long, FailedUnit> _units = [];
    private readonly SortedSet<long> _order = [];
    private readonly Dictionary<int, SiloRecord> _silos = [];

    /// <summary>Gets a number that changes whenever a silo comes into quarantine or out of it.</summary>
    public int Version { get; private set; }

    /// <summary>Names a silo that can be given leases.</summary>
    public void AddSilo(int silo) => _silos.TryAdd(silo, new());

    /// <summary>Forgets a silo that has left or cannot be used.</summary>
    public void RemoveSilo(int silo)
    {
        if (_silos.Remove(silo, out SiloRecord? record) && record.Until is not null)
            Version++;
    }

    /// <summary>Returns how often a unit has failed since it was last completed.</summary>
    public int FailuresOf(long unit) => _units.TryGetValue(unit, out FailedUnit? failed) ? failed.Failures : 0;

    /// <summary>Returns whether a unit has failed on a silo: its next attempt should be elsewhere if it can.</summary>
    public bool HasFailedOn(long unit, int silo) => _units.TryGetValue(unit, out FailedUnit? failed) && failed.Silos.Contains(silo);

    /// <summary>Notes that a unit failed on a silo.</summary>
    /// <returns>How often the unit has failed by now.</returns>
    public int RecordFailure(int silo, long unit, TimeSpan now)
    {
        if (!_units.TryGetValue(unit, out FailedUnit? failed))
        {
            _units.Add(unit, failed = new());
            _order.Add(unit);
        }

        if (!failed.Silos.Contains(silo))
            failed.Silos.Add(silo);
        if (_silos.TryGetValue(silo, out SiloRecord? record) && record.ProbeSent)
        {
            // A unit that failed elsewhere too says nothing about this silo: probe it again with another.
            if (failed.Silos.Count == 1)
                Quarantine(record, now);
            else
                record.ProbeSent = false;
        }

        return ++failed.Failures;
    }

    /// <summary>Notes that a silo completed units: takes blame from it, and puts it on the silos on which these units had failed.</summary>
    public void RecordSuccess(int silo, UnitRange units, TimeSpan now)
    {
        if (units.IsEmpty)
            return;
        if (_silos.TryGetValue(silo, out SiloRecord? record))
        {
            record.Blame = Math.Max(0, record.Blame - BlameTakenBySuccess);
            if (record.ProbeSent)
                Release(record, now);
        }

        if (_order.Count == 0)
            return;
        foreach (long unit in _order.GetViewBetween(units.From, units.To - 1).ToArray())
        {
            foreach (int failedOn in _units[unit].Silos)
                if (failedOn != silo)
                    Blame(failedOn, now);
            Forget(unit);
        }
    }

    /// <summary>Forgets a unit that has failed for good or is no longer wanted.</summary>
    public void Forget(long unit)
    {
        _units.Remove(unit);
        _order.Remove(unit);
    }

    /// <summary>Returns whether a silo may get a lease: it is not quarantined, its one probe is due, or there is no other silo left.</summary>
    public bool MayLease(int silo, TimeSpan now)
    {
        if (!_silos.TryGetValue(silo, out SiloRecord? record) || record.Until is not { } until)
            return true;
        return (now >= until && !record.ProbeSent) || !AnyFreeBut(silo);
    }

    /// <summary>Returns until when a silo is quarantined; null when it is not.</summary>
    public TimeSpan? QuarantinedUntil(int silo) => _silos.TryGetValue(silo, out SiloRecord? record) ? record.Until : null;

    /// <summary>Ends the waiting of a quarantined silo: its one probe is due now. What comes of that says whether it is let back.</summary>
    public void Probe(int silo, TimeSpan now)
    {
        if (_silos.TryGetValue(silo, out SiloRecord? record) && record.Until > now)
            record.Until = now;
    }

    /// <summary>Notes that a lease was sent to a silo: in quarantine, once that is over, it is the probe.</summary>
    public void Sent(int silo, TimeSpan now)
    {
        if (_silos.TryGetValue(silo, out SiloRecord? record) && record.Until is { } until && now >= until)
            record.ProbeSent = true;
    }

    /// <summary>Notes that a lease came back without a verdict: refused, lost or cancelled. If it was the probe, another may be sent.</summary>
    public void Unsettled(int silo)
    {
        if (_silos.TryGetValue(silo, out SiloRecord? record))
            record.ProbeSent = false;
    }

    private void Blame(int silo, TimeSpan now)
    {
        if (!_silos.TryGetValue(silo, out SiloRecord? record))
            return;
        record.Blame++;
        if (record.Until is null && record.Blame >= BlameToQuarantine && AnyFreeBut(silo))
            Quarantine(record, now);
    }

    private void Quarantine(SiloRecord record, TimeSpan now)
    {
        Version++;
        bool relapse = record.Length > TimeSpan.Zero && (record.Until is not null || now - record.Released < LongestQuarantine);
        TimeSpan next = relapse ? 2 * record.Length : ShortestQuarantine;
        record.Length = next < LongestQuarantine ? next : LongestQuarantine;
        record.Until = now + record.Length;
        (record.ProbeSent, record.Blame) = (false, 0);
    }

    private void Release(SiloRecord record, TimeSpan now)
    {
        Version++;
        (record.Until, record.ProbeSent, record.Blame) = (null, false, 0);
        record.Released = now;
    }

    private bool AnyFreeBut(int silo)
    {
        foreach ((int other, SiloRecord record) in _silos)
            if (other != silo && record.Until is null)
                return true;
        return false;
    }

    private sealed class FailedUnit
    {
        public int Failures { get; set; }

        public List<int> Silos { get; } = [];
    }

    private sealed class SiloRecord
    {
        public double Blame { get; set; }

        public TimeSpan? Until { get; set; }

        public TimeSpan Length { get; set; }

        public TimeSpan Released { get; set; }

        public bool ProbeSent { get; set; }
    }
}
