using OrleansWork.Scheduling.Failures;
using OrleansWork.Scheduling.Ledger;
using OrleansWork.Scheduling.Recording;
using OrleansWork.Scheduling.Reduction;

namespace OrleansWork.Scheduling.Coordination;

internal sealed partial class JobMachine
{
    private void OnReport(LeaseReported report)
    {
        SiloRecord? silo = _silos.GetValueOrDefault(report.Silo);
        if (silo is not null)
        {
            silo.LastHeard = _now;
            silo.TakenBack.Clear();
            silo.Breaker.Answered();
            if (report.Share > 0)
                silo.Share = report.Share;
            if (report.Outcome is LeaseOutcome.Done or LeaseOutcome.Detached)
                silo.RefusedInARow = 0;
        }

        LeaseRecord? lease = _leases.GetValueOrDefault(report.Name);
        if (report.Outcome != LeaseOutcome.Detached)
            silo?.Settle(report.Name);
        if (lease is not null && lease.Silo == _unplaced)
            Place(lease, silo ??= Silo(report.Silo));
        if (Phase is not (JobPhase.Running or JobPhase.Paused) || _ledger is null)
        {
            foreach ((TreeNode _, long handle) in report.Nodes)
                _out.Add(new DropPartial(handle));
            if (report.Outcome == LeaseOutcome.Done)
                CountWaste(report.Done.Count);
            return;
        }

        switch (report.Outcome)
        {
            case LeaseOutcome.Detached:
                if (lease is not null)
                    lease.Detached = true;
                return;
            case LeaseOutcome.Refused:
                if (lease is null)
                    return;
                if (silo is not null)
                    OnRefused(silo, lease);
                _leasesGranted--;
                Record.Refuses(lease.Entry, lease.Silo.Index, lease.Rule, _now);
                lease.Entry = -1;
                GiveBack(lease);
                return;
            case LeaseOutcome.Lost:
            case LeaseOutcome.Fenced:
                if (lease is not null)
                    GiveBack(lease);
                return;
            case LeaseOutcome.Unprepared:
                if (lease is not null)
                    OnUnprepared(lease, report);
                return;
            default:
                OnDone(lease, silo, report);
                return;
        }
    }

    /// <summary>
    /// The silo said what room there is, so it is not asked again in vain as a rule. Where it refuses all the same, each time in a row doubles the
    /// pause, for what holds the room may hold it for long.
    /// </summary>
    private void OnRefused(SiloRecord silo, LeaseRecord lease)
    {
        silo.LeasesRefused++;
        TimeSpan pause = TimeSpan.FromMilliseconds(20 + (80 * _random.NextDouble())) * (1 << Math.Min(silo.RefusedInARow++, MostDoublings));
        silo.BlockedUntil = _now + Min(pause, LongestRefusalPause);
        if (lease.Deaths > 0)
            silo.NoCanaryUntil = _now + (lease.Deaths >= MostDeathsOfMany ? AfterNotClear : AfterRefusedCanary);
    }

    /// <summary>A success counts by its units, whatever lease, silo or epoch it came from; a failure only from a lease that is current.</summary>
    private void OnDone(LeaseRecord? lease, SiloRecord? silo, LeaseReported report)
    {
        if (lease is not null)
            Forget(lease);
        if (lease is { Deaths: > 0 } && lease.Silo.Reserved == WholeSilo && lease.Sent + KeptClear > lease.Silo.ClearUntil)
            lease.Silo.ClearUntil = lease.Sent + KeptClear;
        _attempts += report.Done.Count + (report.Failure is null ? 0 : 1);
        long committed = 0;
        foreach ((TreeNode node, long handle) in report.Nodes)
        {
            HasCombined |= node.Level > 0;
            committed += CommitNode(node, handle);
        }

        if (silo is not null)
        {
            silo.UnitsCommitted += committed;
            silo.BusySeconds += report.Busy.TotalSeconds;
            silo.CountReport(report.Failure is not null);
            RecordRun(lease, silo, report, committed);
        }

        if (report.Overhead is { } overhead)
        {
            _overhead.Observe(overhead, TimeSpan.Zero, TimeSpan.Zero, _now);
            silo?.RoundTrip.Observe(overhead.TotalSeconds, _now);
        }

        if (silo is not null && report.Done.Count > 0)
            _blame.RecordSuccess(silo.Index, report.Done, _now);
        DropLosers(lease is { Overlaps: true });
        if (lease is null)
            return;
        if (silo is not null && report.Done.Count > 0)
            Learn(silo, report);
        UnitRange rest = lease.Range with { From = Math.Max(lease.Range.From, report.Done.To) };
        if (report.Failure is { } failure && (failure.Unit ?? rest.From) is var unit && unit >= rest.From && unit < rest.To)
        {
            OnUnitFailed(lease, unit, failure);
            if (Phase != JobPhase.Running && Phase != JobPhase.Paused)
                return;
            ReturnUnits(rest with { To = unit }, lease.Deaths, lease.Overlaps);
            rest = rest with { From = unit + 1 };
        }

        ReturnUnits(rest, lease.Deaths, lease.Overlaps);
    }

    private void Learn(SiloRecord silo, LeaseReported report)
    {
        double busy = report.Busy.TotalSeconds;
        _unitTimes.Observe(busy / report.Done.Count);
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
            Commit(range);
            return range.Count - already;
        }

        if (already > 0)
            CountWaste(_tree!.RemoveDescendants(node, _sink));
        _tree!.Insert(node, handle, NewHandle, _sink);
        Commit(range);
        return range.Count - already;
    }

    private void Commit(UnitRange range)
    {
        if (_ledger!.Failed.CountIn(range) > 0)
            ForgiveFailures(range);
        _ledger.Commit(range);
        if (_attempted.Count > 0)
        {
            _delayed.RemoveAll(unit => unit.Unit >= range.From && unit.Unit < range.To);
            _attempted.RemoveWhere(unit => unit >= range.From && unit < range.To);
        }

        if (!_suspects.IsEmpty)
            _suspects.Remove(range);
    }

    /// <summary>Units that were given up have been done all the same, by a lease that was thought lost.</summary>
    private void ForgiveFailures(UnitRange range)
    {
        foreach (UnitFailureRecord failure in _failures.Values.ToArray())
        {
            if (failure.ForGood && failure.Unit >= range.From && failure.Unit < range.To)
                _failures[failure.Unit] = failure with { ForGood = false };
        }
    }

    private void CountWaste(long units) => _wasted += units;

    private void OnUnprepared(LeaseRecord lease, LeaseReported report)
    {
        GiveBack(lease);
        _unprepared.Add(lease.Silo.Address);
        _unpreparedCount++;
        FailureRecord cause =
            report.Failure ?? new FailureRecord(null, "Unprepared", "The silo could not prepare the job.", null, Permanent: false);
        if (cause.Permanent || _unprepared.Count >= 2 || _unpreparedCount >= _options.MaxAttempts)
            End(
                JobPhase.Failed,
                new JobFailure(
                    cause.Type,
                    $"Preparing the job failed on silo {lease.Silo.Address}: {cause.Message}",
                    null,
                    lease.Silo.Address
                )
                {
                    Stack = cause.Stack,
                }
            );
        else
            lease.Silo.BlockedUntil = _now + _backOff.After(_unpreparedCount);
    }

    private void Forget(LeaseRecord lease)
    {
        _leases.Remove(lease.Name);
        lease.Silo.Leases.Remove(lease.Name);
        if (_beginning.Remove(lease.Name))
            _out.Add(new AnswerBegin(lease.Silo.Address, lease.Name, Begins: false));
        lease.Silo.Breaker.Unsettled(lease.Trial);
        if (lease.Deaths > 0)
            CanaryIsOver(lease.Silo);
        if (lease.Overlaps)
            _overlapping--;
        if ((lease.IsSecond || lease.HasSecond) && _leases.Values.FirstOrDefault(other => Runs(other, lease)) is { } left)
            left.HasSecond = left.IsSecond = false;
        if (lease.Silo is { Takes: false, Leases.Count: 0 })
            Record.Account.Leave(lease.Silo.Index, _now);
        if (lease.Silo.Reported > 0)
            lease.Silo.Reported--;
        else if (lease.Silo.SentSince > 0)
            lease.Silo.SentSince--;
    }

    private static bool Runs(LeaseRecord other, LeaseRecord lease) =>
        other.Range == lease.Range && other.HasSecond == lease.IsSecond && other.IsSecond == lease.HasSecond;

    private void GiveBack(LeaseRecord lease)
    {
        Record.Finish(lease.Entry, LeaseEnd.Lost, _now);
        Forget(lease);
        if (lease.Silo != _unplaced)
            _blame.Unsettled(lease.Silo.Index);
        ReturnUnits(lease.Range, lease.Deaths, lease.Overlaps);
    }

    /// <summary>Takes back what a silo may have run and said nothing of: if its process turns out to be dead, it is suspect.</summary>
    private void TakeBack(LeaseRecord lease)
    {
        if (lease.Silo.TakenBack.Count < MaxTakenBack)
            lease.Silo.TakenBack.Add((lease.Range, lease.Deaths));
        GiveBack(lease);
    }

    /// <summary>Makes units pending again that nobody else has: not committed, not failed for good, not leased, not waiting for another attempt.</summary>
    /// <param name="range">The units.</param>
    /// <param name="deaths">How many deaths they were present at: with any, they are canaries again.</param>
    /// <param name="overlaps">Whether another lease may hold some of them.</param>
    private void ReturnUnits(UnitRange range, int deaths, bool overlaps)
    {
        if (range.IsEmpty)
            return;
        _ledger!.Return(range);
        if (overlaps || _overlapping > 0)
        {
            foreach (LeaseRecord other in _leases.Values)
                _ledger.Pending.Remove(other.Range.Intersect(range));
        }

        foreach (DelayedUnit unit in _delayed)
        {
            if (unit.Unit >= range.From && unit.Unit < range.To)
                _ledger.Pending.Remove(new UnitRange(unit.Unit, unit.Unit + 1));
        }

        if (!IsQuiet)
        {
            foreach (SuspectRecord suspect in Suspects())
                _ledger.Pending.Remove(suspect.Range.Intersect(range));
        }

        if (deaths > 0)
            Suspect(range, deaths);
    }

    private const int MaxTakenBack = 256;
    private const int MostDoublings = 6;
    private static readonly TimeSpan LongestRefusalPause = TimeSpan.FromSeconds(1);

    private readonly HashSet<string> _unprepared = new(StringComparer.Ordinal);
    private int _unpreparedCount;
    private int _overlapping;
}
