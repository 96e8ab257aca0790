using OrleansWork.Protocol;
using OrleansWork.Scheduling.Placement;
using OrleansWork.Scheduling.Recording;

namespace OrleansWork.Engine.Recording;

/// <summary>Says the one cause for which a job or a unit waits.</summary>
internal static class Waiting
{
    private const string Queued = "queued";

    /// <summary>Explains it.</summary>
    /// <param name="job">What is known.</param>
    /// <param name="unit">The unit; null for the job.</param>
    /// <returns>Null when it does not wait.</returns>
    public static WaitingFor? Of(ExplainedJob job, long? unit)
    {
        if (job.Wait is not { } wait)
            return OfNotRunning(job);
        string code = Words.Of(wait.Code);
        string? text = wait.Code switch
        {
            WaitCode.None => null,
            WaitCode.Decomposing => "its units are being counted or listed",
            WaitCode.Paused => "the job is paused: nothing is leased until it is resumed",
            WaitCode.BacksOff => Retry(wait, job, "is tried again"),
            WaitCode.Canary =>
                "a process ended while it was there: such units run again few at a time, until it is known which of them did it",
            WaitCode.NoSilo => NoSilo(job.Status.Kind, job.Status.Version, job.Status.Options, job.Standings, out code),
            WaitCode.MaxParallel => $"as many leases are in flight as maxParallel allows: {job.Status.Options.MaxParallel}",
            WaitCode.ResultsUnstored => "results come faster than they are stored; leasing goes on when some are",
            WaitCode.ManyRetries => "1,000 units wait for another attempt; no new ones are leased before some of them have ended",
            WaitCode.FairShare => $"every silo has as many leases of the job as it admits beside other jobs: {Busy(job)}",
            WaitCode.NoRoom => $"no silo has room for another lease of it: {Busy(job)}",
            WaitCode.SilosPause => "the silos that have room refused a lease or failed a call a moment ago, or are quarantined",
            _ => unit is null ? null : "it is leased next",
        };
        if (wait is { Attempt: > 0, Code: WaitCode.Next or WaitCode.NoRoom or WaitCode.FairShare })
            text = $"{Retry(wait, job, "may be tried again")}; {text}";
        return text is null ? null : new WaitingFor(code, text, job.WaitUntil);
    }

    /// <summary>Explains why a job would not start at once that is not submitted yet.</summary>
    /// <param name="kind">Its kind.</param>
    /// <param name="version">The kind's version.</param>
    /// <param name="options">Its options.</param>
    /// <param name="standings">How the silos stand with it.</param>
    /// <param name="isFull">Whether as many jobs run as may.</param>
    /// <returns>Null when it would start.</returns>
    public static WaitingFor? BeforeSubmission(
        string kind,
        int version,
        JobOptions options,
        IReadOnlyList<SiloStanding> standings,
        bool isFull
    )
    {
        if (isFull)
            return new WaitingFor(Queued, Turn(place: null), null);
        if (standings.Any(static silo => silo.Obstacle == Obstacle.None))
            return null;
        string text = NoSilo(kind, version, options, standings, out string code);
        return new WaitingFor(code, text, null);
    }

    private static WaitingFor? OfNotRunning(ExplainedJob job) =>
        job.Status.State switch
        {
            _ when job is { IsKindNowhere: true, Held: { } nowhere } => new(Words.Of(Obstacle.NoKind), nowhere, null),
            JobState.Queued => new(Queued, job.Held ?? Turn(job.Queue), null),
            JobState.Decomposing => new("decomposing", job.Held ?? "its units are being counted or listed", null),
            JobState.Paused => new("paused", "the job is paused: nothing is leased until it is resumed", null),
            _ => job.Held is { } held ? new("starting", held, null) : null,
        };

    /// <summary>A queue is one shard's of the catalogue, which starts its jobs by itself.</summary>
    private static string Turn(QueuePlace? place) =>
        place is not { } queue
            ? "it waits for its turn: as many jobs run as may (MaxRunningJobsPerSilo); jobs start by priority, then by age"
            : $"{(queue.Before == 0 ? "next to start" : $"queued behind {Words.Count(queue.Before, "job")}")} in its part of the catalogue, where {Words.Count(queue.Running, "job")} of {Words.Number(queue.Limit)} that may {(queue.Running == 1 ? "runs" : "run")} (MaxRunningJobsPerSilo); jobs start by priority, then by age";

    private static string Retry(UnitWait wait, ExplainedJob job, string verb)
    {
        string until =
            wait.Until is not null && job.WaitUntil is { } at ? $" in {Words.Duration(Math.Max(0, (at - job.Now).TotalSeconds))}" : "";
        string elsewhere = wait.Avoids is { Length: > 0 } silo ? $", on another silo than {silo} if there is one" : "";
        return $"it failed and {verb} (attempt {wait.Attempt} of {job.Status.Options.MaxAttempts}){until}{elsewhere}";
    }

    private static string Busy(ExplainedJob job)
    {
        SiloStanding[] taking = [.. job.Standings.Where(static silo => silo.Obstacle == Obstacle.None)];
        int own = taking.Sum(static silo => silo.Own);
        int all = taking.Sum(static silo => silo.InFlight);
        string others = all > own ? $" and {Words.Number(all - own)} of other jobs" : "";
        return $"{Words.Count(own, "lease")} of it{others} on {Words.Count(taking.Sum(static silo => silo.Slots), "slot")} of {Words.Count(taking.Length, "silo")}";
    }

    /// <summary>The cause that most silos share, the more lasting first.</summary>
    private static string NoSilo(string kind, int version, JobOptions options, IReadOnlyList<SiloStanding> standings, out string code)
    {
        if (standings.Count == 0)
        {
            code = "no-silo";
            return "no silo is known yet";
        }

        Obstacle nearest = standings.Max(static silo => Closeness(silo.Obstacle)) switch
        {
            1 => Obstacle.NoKind,
            2 => Obstacle.OtherVersion,
            3 => Obstacle.NoLabel,
            _ => standings.MaxBy(static silo => Closeness(silo.Obstacle)).Obstacle,
        };
        code = Words.Of(nearest);
        string silos = Words.Count(standings.Count, "silo");
        return nearest switch
        {
            Obstacle.NoKind => $"none of {silos} has the kind {kind}",
            Obstacle.OtherVersion => $"none of {silos} has version {version} of the kind {kind}",
            Obstacle.NoLabel => $"waits for a silo with label {string.Join(" and ", options.Require)}; none of {silos} has it",
            _ =>
                $"no silo takes leases: {string.Join("; ", standings.Select(static silo => $"{silo.Silo} {Placements.Why(silo.Obstacle)}"))}",
        };
    }

    /// <summary>How near a silo is to taking leases: what keeps the nearest is what is waited for.</summary>
    private static int Closeness(Obstacle obstacle) =>
        obstacle switch
        {
            Obstacle.Gone => 0,
            Obstacle.NoKind => 1,
            Obstacle.OtherVersion => 2,
            Obstacle.NoLabel => 3,
            Obstacle.Unheard => 4,
            _ => 5,
        };
}
