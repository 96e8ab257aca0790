namespace OrleansWork.Engine.Recording;

/// <summary>What is measured of how a job ran, of its record or its trace: null where that does not say.</summary>
/// <param name="Silos">What each silo did.</param>
/// <param name="LeaseSeconds">As <see cref="JobDetails.LeaseSeconds"/>.</param>
/// <param name="LowerBoundSeconds">As <see cref="JobDetails.LowerBoundSeconds"/>.</param>
/// <param name="LastRoundSeconds">As <see cref="JobDetails.LastRoundSeconds"/>.</param>
/// <param name="Balance">As <see cref="JobDetails.Balance"/>.</param>
internal sealed record JobMeasures(
    IReadOnlyList<SiloShareDetails> Silos,
    LeaseSeconds? LeaseSeconds,
    double? LowerBoundSeconds,
    double? LastRoundSeconds,
    double? Balance
)
{
    /// <summary>Measures a job.</summary>
    /// <param name="status">Where it stands.</param>
    /// <param name="trace">How it ran; null when that is not known.</param>
    /// <param name="now">The present.</param>
    public static JobMeasures Of(JobStatus status, RunTrace? trace, DateTimeOffset now)
    {
        if (trace is null)
            return new JobMeasures([.. status.Silos.Select(static share => Plain(share))], null, null, null, null);
        Dictionary<string, TracedSilo> traced = trace.Silos.ToDictionary(static silo => silo.Silo, StringComparer.Ordinal);
        Dictionary<string, double> speeds = Speeds(status);
        Dictionary<string, double> fair = FairShares(status, trace);
        SiloShareDetails[] silos = [.. status.Silos.Select(share => Of(share, traced.GetValueOrDefault(share.Silo), speeds, fair))];
        DateTimeOffset end = status.FinishedAt ?? now;
        return new JobMeasures(
            silos,
            Percentiles(trace.LeaseSeconds),
            LowerBound(silos, trace, speeds, end),
            LastRound(status, trace, end),
            Variation(trace)
        );
    }

    /// <summary>Returns the part of all units that would be fair for each silo, by its slots and their speed; empty when nobody has slots.</summary>
    public static Dictionary<string, double> FairShares(JobStatus status, RunTrace trace)
    {
        Dictionary<string, double> speeds = Speeds(status);
        double all = trace.Silos.Sum(silo => silo.Slots * SpeedOf(silo, speeds));
        Dictionary<string, double> fair = new(StringComparer.Ordinal);
        foreach (TracedSilo silo in trace.Silos.Where(_ => all > 0))
            fair[silo.Silo] = Math.Round(silo.Slots * SpeedOf(silo, speeds) / all, 4);
        return fair;
    }

    /// <summary>Returns the units per second of a slot of each silo against those of all; of those that have completed some.</summary>
    private static Dictionary<string, double> Speeds(JobStatus status)
    {
        double? mean = PerSecond(
            status.Silos.Sum(static share => (double)share.Units),
            status.Silos.Sum(static share => share.BusySeconds)
        );
        Dictionary<string, double> speeds = new(StringComparer.Ordinal);
        foreach (SiloShare share in status.Silos)
        {
            if (PerSecond(share.Units, share.BusySeconds) / mean is { } speed)
                speeds[share.Silo] = speed;
        }

        return speeds;
    }

    /// <summary>Returns how fast a silo is; where nothing tells, what its coordinator took it for.</summary>
    private static double SpeedOf(TracedSilo silo, Dictionary<string, double> speeds) =>
        speeds.TryGetValue(silo.Silo, out double speed) ? speed : 1 / Math.Max(0.1, silo.Slowness);

    private static SiloShareDetails Of(
        SiloShare share,
        TracedSilo? silo,
        Dictionary<string, double> speeds,
        Dictionary<string, double> fair
    )
    {
        double? own = PerSecond(share.Units, share.BusySeconds);
        SiloShareDetails known = Plain(share) with
        {
            SecondsPerUnit = own is { } rate ? Rounded(1 / rate) : null,
            Speed = speeds.TryGetValue(share.Silo, out double speed) ? Math.Round(speed, 4) : null,
        };
        return silo is null
            ? known
            : known with
            {
                Slots = silo.Slots > 0 ? silo.Slots : null,
                WastedSeconds = silo.Account is { } account ? Rounded(account.WastedRetry + account.WastedSpeculation) : null,
                LeaseSeconds = Percentiles(silo.LeaseSeconds),
                Placement = silo.Choices.ToDictionary(static rule => Words.Of(rule.Key), static rule => rule.Value, StringComparer.Ordinal),
                FairShare = fair.TryGetValue(silo.Silo, out double part) ? part : null,
                Accounting = silo.Account,
            };
    }

    private static SiloShareDetails Plain(SiloShare share) => new(share.Silo, share.Units, share.Leases, share.BusySeconds);

    private static LeaseSeconds? Percentiles(IReadOnlyList<double> seconds) =>
        seconds is [var p50, var p90, var p99, var max] ? new LeaseSeconds(p50, p90, p99, max) : null;

    private static double? LowerBound(SiloShareDetails[] silos, RunTrace trace, Dictionary<string, double> speeds, DateTimeOffset end)
    {
        double span = (end - trace.Base).TotalSeconds;
        double work = silos.Sum(static silo => Math.Max(0, silo.BusySeconds - (silo.WastedSeconds ?? 0)) * (silo.Speed ?? 1));
        double slots = trace.Silos.Sum(silo =>
            (span > 0 && silo.Account is { } account ? account.SlotSeconds / span : silo.Slots) * SpeedOf(silo, speeds)
        );
        if (work <= 0 || slots <= 0)
            return null;
        double longest = trace.Silos.Select(static silo => silo.LeaseSeconds.Count > 0 ? silo.LeaseSeconds[^1] : 0).Max();
        return Rounded(Math.Max(work / slots, longest));
    }

    private static double? LastRound(JobStatus status, RunTrace trace, DateTimeOffset end) =>
        status.State is JobState.Running or JobState.Succeeded && trace.NothingWaitsSince is { } since
            ? Rounded(Math.Max(0, (end - trace.Base).TotalSeconds - (since / 1e3)))
            : null;

    private static double? Variation(RunTrace trace)
    {
        double[] busy = [.. trace.Silos.SelectMany(static silo => silo.BusyBySlot)];
        double mean = busy.Length == 0 ? 0 : busy.Average();
        return mean > 0 ? Math.Round(Math.Sqrt(busy.Average(seconds => (seconds - mean) * (seconds - mean))) / mean, 4) : null;
    }

    private static double? PerSecond(double units, double seconds) => units > 0 && seconds > 0 ? units / seconds : null;

    private static double Rounded(double seconds) => Math.Round(seconds, 9);
}
