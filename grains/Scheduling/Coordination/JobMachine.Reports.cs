using OrleansWork.Scheduling.Ledger;
using OrleansWork.Scheduling.Reduction;

namespace OrleansWork.Scheduling.Coordination;

public sealed partial class JobMachine
{
    private void OnReport(LeaseReported report)
    {
        SiloRecord? silo = _silos.GetValueOrDefault(report.Silo);
        if (silo is not null)
        {
            silo.LastHeard = _now;
            silo.Breaker.Answered();
            if (report.Share > 0)
                silo.Share = report.Share;
        }

        LeaseRecord? lease = _leases.GetValueOrDefault(report.Name);
        if (lease is not null && lease.Silo == _unplaced)
            Place(lease, silo ??= Silo(report.Silo));
        if (Phase is not (JobPhase.Running or JobPhase.Paused) || _ledger is null)
        {
            foreach ((TreeNode _, long handle) in report.Nodes)
                _out.Add(new DropPartial(handle));
            if (report.End == LeaseEnd.Done)
                CountWaste(report.Done.Count);
            return;
        }

        switch (report.End)
        {
            case LeaseEnd.Detached:
                if (lease is not null)
                    lease.Detached = true;
                return;
            case LeaseEnd.Refused:
                if (lease is null)
                    return;
                if (silo is not null)
                    silo.BlockedUntil = _now + TimeSpan.FromMilliseconds(20 + (80 * _random.NextDouble()));
                GiveBack(lease);
                return;
            case LeaseEnd.Lost:
            case LeaseEnd.Fenced:
                if (lease is not null)
                    GiveBack(lease);
                return;
            case LeaseEnd.Unprepared:
                if (lease is not null)
                    OnUnprepared(lease, report);
                return;
            default:
                OnDone(lease, silo, report);
                return;
        }
    }

    /// <summary>A success counts by its units, whatever lease, silo or epoch it came from; a failure only from a lease that is current.</summary>
    private void OnDone(LeaseRecord? lease, SiloRecord? silo, LeaseReported report)
    {
        if (lease is not null)
            Forget(lease);
        _attempts += report.Done.Count + (report.Failure is null ? 0 : 1);
        long committed = 0;
        foreach ((TreeNode node, long handle) in report.Nodes)
            committed += CommitNode(node, handle);
        if (silo is not null)
        {
            silo.UnitsCommitted += committed;
            silo.BusySeconds += report.Busy.TotalSeconds;
            silo.CountReport(report.Failure is not null);
        }

        if (report.Overhead is { } overhead)
        {
            _overhead.Observe(overhead, TimeSpan.Zero, TimeSpan.Zero, _now);
            silo?.RoundTrip.Observe(overhead.TotalSeconds, _now);
        }

        if (lease is null)
            return;
        if (silo is not null && report.Done.Count > 0)
            Learn(silo, report);
        if (report.Failure is { } failure && report.Done.To < lease.Range.To)
        {
            OnUnitFailed(lease, report.Done.To, failure);
            if (Phase != JobPhase.Running && Phase != JobPhase.Paused)
                return;
            ReturnUnits(new UnitRange(report.Done.To + 1, lease.Range.To));
        }
        else
        {
            ReturnUnits(new UnitRange(report.Done.To, lease.Range.To));
        }
    }

    private void Learn(SiloRecord silo, LeaseReported report)
    {
        double busy = report.Busy.TotalSeconds;
        _speed.Observe(silo.Index, report.Done.Count, busy, _now);
        silo.Latency.Observe((double)(silo.Reported + silo.SentSince) / silo.Slots, busy / report.Done.Count, _now);
        _eta.ObserveLease(report.Done.Count, busy, _now);
        _sizer.Observe(_options.Spawned ? AnySilo : silo.Index, report.Done.Count, report.Busy, _overhead.Seconds);
    }

    private long CommitNode(TreeNode node, long handle)
    {
        UnitRange range = node.Range(_ledger!.UnitCount);
        long already = _ledger.Committed.CountIn(range);
        if (already == range.Count)
        {
            CountWaste(range.Count);
            _out.Add(new DropPartial(handle));
            return 0;
        }

        if (_options.KeepsResults)
        {
            CountWaste(already);
            _out.Add(new KeepResults(handle, _ledger.Committed.GapsIn(range)));
            _ledger.Commit(range);
            if (_delayed.Count > 0)
                _delayed.RemoveAll(unit => unit.Unit >= range.From && unit.Unit < range.To);
            return range.Count - already;
        }

        if (already > 0)
            CountWaste(_tree!.RemoveDescendants(node, _sink));
        _tree!.Insert(node, handle, NewHandle, _sink);
        _ledger.Commit(range);
        if (_delayed.Count > 0)
            _delayed.RemoveAll(unit => unit.Unit >= range.From && unit.Unit < range.To);
        return range.Count - already;
    }

    private void CountWaste(long units) => _wasted += units;

    private void OnUnitFailed(LeaseRecord lease, long unit, FailureCause cause)
    {
        if (_ledger!.Committed.Contains(unit))
            return;
        int attempts = _failures.TryGetValue(unit, out UnitFailureRecord? earlier) ? earlier.Attempts + 1 : 1;
        bool forGood = cause.Permanent || attempts >= _options.MaxAttempts;
        if (earlier is not null || _failures.Count < _options.MaxFailureRecords + _options.MaxDelayedUnits)
            _failures[unit] = new UnitFailureRecord(unit, attempts, cause.Type, cause.Message, lease.Silo.Address, forGood);
        if (forGood)
        {
            string tries = cause.Permanent
                ? $"unit {unit} failed for good on attempt {attempts}"
                : $"unit {unit} failed on all {attempts} attempts (maxAttempts)";
            End(
                JobPhase.Failed,
                new JobFailure(
                    cause.Type,
                    $"{tries}, last on silo {lease.Silo.Address}. Last error: {cause.Type}: {cause.Message}",
                    unit,
                    lease.Silo.Address
                )
            );
            return;
        }

        _delayed.Add(new DelayedUnit(unit, attempts + 1, _now + _backOff.After(attempts), lease.Silo.Address));
    }

    private void OnUnprepared(LeaseRecord lease, LeaseReported report)
    {
        GiveBack(lease);
        _unprepared.Add(lease.Silo.Address);
        _unpreparedCount++;
        FailureCause cause = report.Failure ?? new FailureCause("Unprepared", "The silo could not prepare the job.", Permanent: false);
        if (cause.Permanent || _unprepared.Count >= 2 || _unpreparedCount >= _options.MaxAttempts)
            End(
                JobPhase.Failed,
                new JobFailure(
                    cause.Type,
                    $"Preparing the job failed on silo {lease.Silo.Address}: {cause.Message}",
                    null,
                    lease.Silo.Address
                )
            );
        else
            lease.Silo.BlockedUntil = _now + _backOff.After(_unpreparedCount);
    }

    private void Forget(LeaseRecord lease)
    {
        _leases.Remove(lease.Name);
        lease.Silo.Leases.Remove(lease.Name);
        if (lease.Overlaps)
            _overlapping--;
        if (lease.Silo.Reported > 0)
            lease.Silo.Reported--;
        else if (lease.Silo.SentSince > 0)
            lease.Silo.SentSince--;
    }

    private void GiveBack(LeaseRecord lease)
    {
        Forget(lease);
        ReturnUnits(lease.Range);
    }

    /// <summary>Makes units pending again that nobody else has: not committed, not failed for good, not leased, not waiting for another attempt.</summary>
    private void ReturnUnits(UnitRange range)
    {
        if (range.IsEmpty)
            return;
        _ledger!.Return(range);
        if (_overlapping > 0)
        {
            foreach (LeaseRecord other in _leases.Values)
                _ledger.Pending.Remove(other.Range.Intersect(range));
        }

        foreach (DelayedUnit unit in _delayed)
        {
            if (unit.Unit >= range.From && unit.Unit < range.To)
                _ledger.Pending.Remove(new UnitRange(unit.Unit, unit.Unit + 1));
        }
    }

    private readonly HashSet<string> _unprepared = new(StringComparer.Ordinal);
    private int _unpreparedCount;
    private int _overlapping;
}
