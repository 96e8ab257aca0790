using OrleansWork.Scheduling.Recording;

namespace OrleansWork.Engine.Recording;

/// <summary>Lists the attempts at a unit, from its leases and from what failed.</summary>
internal static class Attempts
{
    /// <summary>Lists them.</summary>
    /// <param name="job">What is known of the job, with the leases that had the unit.</param>
    /// <param name="unit">The unit.</param>
    public static UnitAttempts Of(ExplainedJob job, long unit)
    {
        UnitFailure? failure = job.Status.Failures.FirstOrDefault(failure => failure.Unit == unit);
        bool isCommitted = job.Place == UnitPlace.Committed || (job.Status.State == JobState.Succeeded && failure is not { ForGood: true });
        if (job.Trace is not { } trace)
            return new UnitAttempts(unit, [], Recorded: failure is null && !isCommitted);
        List<TracedFailure> failures = [.. trace.Failures.Where(failed => failed.Unit == unit)];
        List<(double At, UnitAttempt Attempt)> found = [];
        int failed = 0;
        bool hasCommitted = false;
        foreach (TracedLease lease in trace.Leases.Where(lease => lease.From <= unit && unit < lease.To))
        {
            TracedFailure? error = failures.FirstOrDefault(failed => failed.Lease == lease.Number && failed.Epoch == lease.Epoch);
            if (ThenOf(lease, unit, error, job) is not { } then)
                continue;
            if (error is not null)
                failures.Remove(error);
            int number = error?.Attempt ?? Math.Max(lease.From == unit ? lease.Attempt : 1, failed + 1);
            failed = error is not null || IsFailure(lease, unit) ? number : failed;
            hasCommitted |= IsCommitted(lease, unit);
            found.Add((lease.Granted, OfLease(lease, unit, number, error, then, trace)));
        }

        foreach (TracedFailure kept in failures)
            found.Add(
                (kept.At, new UnitAttempt(kept.Attempt, kept.Silo, null, null, ErrorOf(kept), Then(kept, job)) { Lease = kept.Lease })
            );
        int failuresKnown = found.Count(static attempt => attempt.Attempt.Error is not null);
        return new UnitAttempts(
            unit,
            [.. found.OrderBy(static attempt => attempt.At).Select(static attempt => attempt.Attempt)],
            failuresKnown >= (failure?.Attempts ?? 0) && (hasCommitted || !isCommitted)
        );
    }

    private static UnitAttempt OfLease(TracedLease lease, long unit, int number, TracedFailure? error, string then, RunTrace trace) =>
        new(
            number,
            lease.Silo < 0 ? null : trace.Silos[lease.Silo].Silo,
            lease.Started is { } started ? trace.Base.AddMilliseconds(started) : null,
            lease is { Started: { } from, Ended: { } to } ? Math.Round(Math.Max(0, to - from) / 1e3, 6) : null,
            error is null ? null : ErrorOf(error),
            then
        )
        {
            Lease = lease.Number,
            LeaseUnits = lease.To - lease.From,
        };

    private static bool IsCommitted(TracedLease lease, long unit) =>
        lease.End is LeaseEnd.Committed or LeaseEnd.Yielded or LeaseEnd.Failed && unit < lease.DoneTo;

    private static bool IsFailure(TracedLease lease, long unit) => lease.End == LeaseEnd.Failed && unit == lease.DoneTo;

    /// <summary>Says what came of a unit in a lease; null when the lease ended before it came to the unit.</summary>
    private static string? ThenOf(TracedLease lease, long unit, TracedFailure? error, ExplainedJob job)
    {
        if (error is not null)
            return Then(error, job);
        if (IsCommitted(lease, unit))
            return "its result was committed";
        return lease.End switch
        {
            LeaseEnd.Running when lease.Started is null => "it waits on its silo",
            LeaseEnd.Running => "it runs, or waits for units before it in the lease",
            LeaseEnd.Failed when IsFailure(lease, unit) => "it failed; with what is not kept any more",
            LeaseEnd.Lost => "it was lost with its silo, and goes to another",
            LeaseEnd.Overtaken => "another lease committed it first",
            LeaseEnd.Canceled when lease.Started is not null => "the job ended before it",
            _ => null,
        };
    }

    private static string Then(TracedFailure failure, ExplainedJob job)
    {
        if (failure.Again is { } again)
            return $"it was tried again {Words.Duration(Math.Max(0, again - failure.At) / 1e3)} later at the earliest";
        return job.Status.Options.OnUnitFailure == OnUnitFailure.Skip
            ? "it was given up, and left out of the result"
            : "it was given up, and the job failed";
    }

    private static JobError ErrorOf(TracedFailure failure) => new(failure.Type, failure.Message, failure.Unit, failure.Silo);
}
