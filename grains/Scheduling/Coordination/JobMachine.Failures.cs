using OrleansWork.Scheduling.Failures;
using OrleansWork.Scheduling.Ledger;
using OrleansWork.Scheduling.Reduction;

namespace OrleansWork.Scheduling.Coordination;

/// <content>Units that fail, silos that fail them, and jobs that end without all their units.</content>
internal sealed partial class JobMachine
{
    private void OnUnitFailed(LeaseRecord lease, long unit, FailureRecord cause)
    {
        if (cause.FailsJob)
        {
            End(
                JobPhase.Failed,
                new JobFailure(cause.Type, cause.Message, unit, lease.Silo.Address) { Stack = cause.Stack, IsOfKind = true }
            );
            return;
        }

        // Where two run the same unit, the other one decides.
        if (_ledger!.Committed.Contains(unit) || _ledger.Failed.Contains(unit) || IsLeased(unit, lease.Overlaps))
            return;
        if (lease.Silo != _unplaced)
            _blame.RecordFailure(lease.Silo.Index, unit, _now);
        int attempts = _failures.TryGetValue(unit, out UnitFailureRecord? earlier) ? earlier.Attempts + 1 : 1;
        string silo = lease.Silo.Address;
        if (!cause.Permanent && attempts < _options.MaxAttempts)
        {
            if (earlier is not null || _failures.Count < _options.MaxFailureRecords + _options.MaxDelayedUnits)
                _failures[unit] = new UnitFailureRecord(unit, attempts, cause.Type, cause.Message, silo, ForGood: false);
            _attempted.Add(unit);
            TimeSpan again = _now + _backOff.After(attempts - 1);
            _delayed.Add(new DelayedUnit(unit, attempts + 1, again, silo));
            RecordFailure(lease, unit, attempts, cause, again);
            return;
        }

        RecordFailure(lease, unit, attempts, cause, again: null);

        string tries = cause.Permanent
            ? $"unit {unit} failed for good on attempt {attempts}"
            : $"unit {unit} failed on all {attempts} attempts (maxAttempts)";
        GiveUp(
            new UnitFailureRecord(unit, attempts, cause.Type, cause.Message, silo, ForGood: true),
            $"{tries}, last on silo {silo}. Last error: {cause.Type}: {cause.Message}",
            cause.Stack
        );
    }

    /// <summary>Takes a unit out of the work for good; the job fails with it, or goes on without it.</summary>
    private void GiveUp(UnitFailureRecord failure, string message, string? stack = null)
    {
        _failures[failure.Unit] = failure;
        _attempted.Remove(failure.Unit);
        _ledger!.Fail(failure.Unit);
        _blame.Forget(failure.Unit);
        if (!_options.SkipsFailedUnits)
        {
            End(JobPhase.Failed, new JobFailure(failure.Type, message, failure.Unit, failure.Silo) { Stack = stack });
            return;
        }

        if (_ledger.Failed.Count > _options.MaxFailedUnits)
            End(
                JobPhase.Failed,
                new JobFailure(
                    "TooManyFailedUnits",
                    $"{_ledger.Failed.Count} units failed for good, more than {_options.MaxFailedUnits} (maxFailedUnits); the last: {message}",
                    failure.Unit,
                    failure.Silo
                )
            );
    }

    private int AttemptOf(long unit) =>
        _attempted.Count > 0 && _failures.TryGetValue(unit, out UnitFailureRecord? failure) ? failure.Attempts + 1 : 1;

    /// <summary>
    /// Cuts a range before or after a unit that was tried before, wherever that lease or its coordinator has gone since: it runs by itself, as the attempt
    /// that it is, for of a lease only the first unit is told which.
    /// </summary>
    private UnitRange CutAtAttempted(UnitRange range)
    {
        long to = range.To;
        foreach (long unit in _attempted)
        {
            if (unit >= range.From && unit < to)
                to = Math.Max(unit, range.From + 1);
        }

        return range with
        {
            To = to,
        };
    }

    private void FinishIfComplete()
    {
        if (_ledger!.Committed.Count + _ledger.Failed.Count >= _ledger.UnitCount)
            Finish();
    }

    /// <summary>Makes the result of what is committed; the units that are not are holes.</summary>
    private void Finish()
    {
        if (_ledger!.Committed.Count == 0 && _ledger.UnitCount > 0)
        {
            UnitFailureRecord? last = _failures.Values.LastOrDefault(failure => failure.ForGood);
            string cause = last is null ? "" : $" Unit {last.Unit}: {last.Type}: {last.Message}";
            End(JobPhase.Failed, new JobFailure("NoUnitSucceeded", $"no unit succeeded.{cause}", last?.Unit, last?.Silo));
            return;
        }

        Phase = JobPhase.Finishing;
        Record.Account.Finishing(_now);
        LetGoOfLeases(LeaseSignal.Drop);
        if (_options.KeepsResults)
            _out.Add(new MakeResult(null));
        else if (_ledger.Committed.Count == _ledger.UnitCount)
            _out.Add(new MakeResult(_tree!.TryGetRoot(out long root) ? root : null));
        else
            _out.Add(new MakeResult(_tree!.FoldWithHoles(NewHandle, _sink)));
    }

    private void EndAtDeadline()
    {
        if (_options.DeadlineAt is not { } deadline || _now < deadline || Phase is not (JobPhase.Running or JobPhase.Paused))
            return;
        if (_options.Partial && _ledger!.Committed.Count > 0)
        {
            Finish();
            return;
        }

        string done = _options.Partial
            ? "its deadline passed before any unit succeeded"
            : $"its deadline passed with {_ledger!.Committed.Count} of {_ledger.UnitCount} units done";
        End(JobPhase.Failed, new JobFailure("DeadlineExceeded", done, null, null));
    }

    private bool IsLeased(long unit, bool overlaps)
    {
        if (!overlaps && _overlapping == 0)
            return false;
        foreach (LeaseRecord lease in _leases.Values)
        {
            if (lease.Range.From <= unit && unit < lease.Range.To)
                return true;
        }

        return false;
    }
}
