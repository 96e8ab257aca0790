using System.Globalization;
using OrleansWork.Scheduling.Recording;

namespace OrleansWork.Engine.Recording;

/// <summary>Says why things ran where and when they did, and what waits for what (DESIGN section 6). Pure: console, API and page show what it says.</summary>
internal static class Explainer
{
    private const int MostSteps = 200;

    /// <summary>Explains a job, one of its units, or one of its leases.</summary>
    /// <param name="job">What is known.</param>
    /// <param name="unit">The unit; null when another thing was asked for.</param>
    /// <param name="lease">The number of the lease; null when another thing was asked for.</param>
    public static JobExplanation Explain(ExplainedJob job, long? unit, long? lease)
    {
        RunTrace? trace = job.Trace;
        List<TracedLease> leases =
            trace is null || (unit is null && lease is null)
                ? []
                :
                [
                    .. trace.Leases.Where(traced =>
                        lease is { } number ? traced.Number == number : traced.From <= unit && unit < traced.To
                    ),
                ];
        TracedLease? newest = leases.Count == 0 ? null : leases[^1];
        return new JobExplanation
        {
            Id = job.Status.Id,
            State = job.Status.State,
            Unit = unit,
            Lease = newest is null ? null : LeaseOf(newest, trace!),
            Steps = unit is null && lease is null ? StepsOfJob(job) : StepsOfLeases(job, leases, unit),
            Placement = newest?.Decision is { } decision ? Placements.Of(decision, newest, trace!) : null,
            Size = newest?.Decision is { } sized ? Sizes.Of(sized, newest) : null,
            Waits = newest is { Started: { } started, Ended: { } ended }
                ? new LeaseWaits(
                    Seconds(newest.Arrived - newest.Granted),
                    Seconds(started - newest.Arrived),
                    Seconds(ended - started),
                    Seconds((newest.Heard ?? ended) - ended)
                )
                : null,
            WaitingFor = job.Status.IsTerminal || (lease is not null && newest is { Ended: not null }) ? null : Waiting.Of(job, unit),
            Silos = trace is null ? [] : Shares(job.Status, trace),
            Recorded = unit is null && lease is null ? trace is not null : newest is not null || (unit is { } one && IsInNoLease(job, one)),
        };
    }

    private static ExplainedLease LeaseOf(TracedLease lease, RunTrace trace) =>
        new()
        {
            Number = lease.Number,
            Epoch = lease.Epoch,
            Silo = lease.Silo < 0 ? null : trace.Silos[lease.Silo].Silo,
            Slot = lease.Slot < 0 ? null : lease.Slot,
            UnitFrom = lease.From,
            UnitCount = lease.To - lease.From,
            Attempt = lease.Attempt,
            Reason = Enum.Parse<LeaseReason>(lease.Reason.ToString()),
            Outcome = Enum.Parse<LeaseState>(lease.End.ToString()),
            SpeculativeOf = lease.SecondOf == 0 ? null : lease.SecondOf,
            GrantedAt = At(trace, lease.Granted),
            StartedAt = lease.Started is { } started ? At(trace, started) : null,
            EndedAt = lease.Ended is { } ended ? At(trace, ended) : null,
            BudgetSeconds = Seconds(lease.BudgetMs),
            PredictedSeconds = lease.PredictedMs is { } predicted ? Seconds(predicted) : null,
        };

    private static List<ExplainedStep> StepsOfJob(ExplainedJob job)
    {
        JobStatus status = job.Status;
        List<ExplainedStep> steps = [new(status.SubmittedAt, "submitted", $"priority {status.Options.Priority}")];
        if (status.StartedAt is { } started)
        {
            string waited = Words.Duration((started - status.SubmittedAt).TotalSeconds);
            steps.Add(new(started, "first lease granted", $"{waited} after the submission"));
        }

        if (job.Trace is { } trace)
            steps.AddRange(trace.Marks.TakeLast(MostSteps).Select(mark => new ExplainedStep(At(trace, mark.At), What(mark), mark.Text)));
        if (status.FinishedAt is { } finished)
            steps.Add(new(finished, Words.Of(status.State), status.Error?.Message));
        return [.. steps.OrderBy(static step => step.At)];
    }

    private static List<ExplainedStep> StepsOfLeases(ExplainedJob job, List<TracedLease> leases, long? unit)
    {
        List<ExplainedStep> steps = [];
        foreach (TracedLease lease in leases.TakeLast(MostSteps / 4))
        {
            RunTrace trace = job.Trace!;
            string silo = lease.Silo < 0 ? "a silo that Orleans chooses" : trace.Silos[lease.Silo].Silo;
            steps.Add(
                new(
                    At(trace, lease.Granted),
                    $"lease {Words.Number(lease.Number)} of {Words.Units(lease.From, lease.To)} granted to {silo}",
                    lease is { Reason: GrantReason.Steady, Decision: { } sized } ? Sizes.Of(sized, lease).Why : Words.Of(lease)
                )
            );
            if (lease.Started is { } started)
            {
                string slot = lease.Slot < 0 ? "" : $" on slot {lease.Slot}";
                string way = Words.Duration(Seconds(lease.Arrived - lease.Granted));
                string queue = Words.Duration(Seconds(started - lease.Arrived));
                steps.Add(new(At(trace, started), $"started{slot}", $"{way} on its way and {queue} in the silo's queue"));
            }

            if (lease.Ended is { } ended)
                steps.Add(new(At(trace, ended), Words.Of(lease.End), WhyEnded(job, lease, unit)));
        }

        DateTimeOffset known = leases.Count > 0 && leases[^1].Ended is { } last ? At(job.Trace!, last) : job.Status.FinishedAt ?? job.Now;
        if (unit is { } asked && job.Status.Failures.FirstOrDefault(failure => failure.Unit == asked) is { } failed)
        {
            string times = failed.Attempts == 1 ? "once" : $"{failed.Attempts} times";
            string forGood = failed.ForGood ? ", for good" : "";
            steps.Add(new(known, $"unit {Words.Number(asked)} has failed {times}{forGood}", $"{failed.Type}: {failed.Message}"));
        }

        if (unit is { } which && leases.Count == 0 && IsInNoLease(job, which))
            steps.Add(new(known, "it is in no lease", job.Status.IsTerminal ? "the job ended before it came to it" : null));
        else if (job.Place == UnitPlace.Committed && !leases.Exists(lease => lease.End is LeaseEnd.Committed or LeaseEnd.Yielded))
            steps.Add(new(known, "its result is committed", "its lease is not kept any more"));
        return steps;
    }

    /// <summary>Whether a unit waits, or was left by the end of the job, and nothing has come of it: then there is no lease that could have been kept.</summary>
    private static bool IsInNoLease(ExplainedJob job, long unit) =>
        !job.Status.Failures.Any(failure => failure.Unit == unit)
        && (
            job.Status.IsTerminal
                ? job.Status.State == JobState.Canceled && job.Trace is { } trace && trace.Recorded >= trace.Granted
                : job.Place == UnitPlace.Waiting
        );

    private static string? WhyEnded(ExplainedJob job, TracedLease lease, long? unit)
    {
        string done = $"{Words.Count(lease.DoneTo - lease.From, "unit")} of {Words.Number(lease.To - lease.From)} done";
        return lease.End switch
        {
            LeaseEnd.Committed => done,
            LeaseEnd.Yielded => $"{done}; its time of {Words.Duration(Seconds(lease.BudgetMs))} was up, or a slot elsewhere was free",
            LeaseEnd.Failed
                when job.Trace?.Failures.FirstOrDefault(f => f.Lease == lease.Number && f.Epoch == lease.Epoch) is { } failure =>
                $"unit {Words.Number(failure.Unit)}: {failure.Type}: {failure.Message}",
            LeaseEnd.Failed => $"{done}; the next unit failed",
            LeaseEnd.Lost => "its silo died or fell silent; the units go to others",
            LeaseEnd.Overtaken => "another lease committed the same units first",
            LeaseEnd.Canceled => "the job ended",
            _ => null,
        };
    }

    private static List<SiloPlacement> Shares(JobStatus status, RunTrace trace)
    {
        Dictionary<string, double> fair = JobMeasures.FairShares(status, trace);
        Dictionary<string, SiloShare> shares = status.Silos.ToDictionary(static share => share.Silo, StringComparer.Ordinal);
        List<SiloPlacement> placed = [];
        foreach (TracedSilo silo in trace.Silos)
        {
            SiloShare? share = shares.GetValueOrDefault(silo.Silo);
            if (share is null && silo.Choices.Count == 0)
                continue;
            placed.Add(
                new SiloPlacement(
                    silo.Silo,
                    share?.Leases ?? silo.Choices.Values.Sum(),
                    share?.Units ?? 0,
                    fair.TryGetValue(silo.Silo, out double part) ? part : null,
                    silo.Choices.ToDictionary(static rule => Words.Of(rule.Key), static rule => rule.Value, StringComparer.Ordinal)
                )
            );
        }

        return placed;
    }

    private static string What(TracedMark mark) =>
        mark.Kind switch
        {
            MarkKind.Lost => $"silo {mark.Silo} was lost",
            MarkKind.Joined => $"silo {mark.Silo} joined",
            MarkKind.Draining => $"silo {mark.Silo} takes no new leases",
            MarkKind.Undrained => $"silo {mark.Silo} takes leases again",
            MarkKind.Quarantined => $"silo {mark.Silo} was quarantined: it failed what others completed",
            MarkKind.Released => $"silo {mark.Silo} may have leases again",
            MarkKind.Paused => "paused",
            MarkKind.Resumed => "resumed",
            _ => "options changed",
        };

    private static DateTimeOffset At(RunTrace trace, double ms) => trace.Base.AddMilliseconds(ms);

    private static double Seconds(double ms) => Math.Round(Math.Max(0, ms) / 1e3, 6);
}
