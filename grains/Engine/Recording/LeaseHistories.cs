using OrleansWork.Scheduling.Recording;

namespace OrleansWork.Engine.Recording;

/// <summary>Tells how the leases of a job changed over time, from what its coordinator keeps or what was stored at its end.</summary>
internal static class LeaseHistories
{
    /// <summary>Tells it.</summary>
    /// <param name="trace">How the job ran; null when that is not kept.</param>
    /// <param name="stepSeconds">How long a point is to stand for; one stands for longer where shorter ones are not kept.</param>
    /// <param name="now">The present.</param>
    public static JobLeaseHistory Of(RunTrace? trace, double stepSeconds, DateTimeOffset now)
    {
        (string Silo, TracedSeries Series)[] silos =
        [
            .. (trace?.Silos ?? [])
                .Where(static silo => silo.Series is { Leases.Count: > 0 })
                .Select(static silo => (silo.Silo, silo.Series!)),
        ];
        if (silos.Length == 0)
            return new JobLeaseHistory(trace?.Base ?? now, Math.Max(stepSeconds, LeaseSeries.FirstWidth.TotalSeconds), [], Recorded: false);
        double stepMs = Steps.Of(silos.Max(static silo => silo.Series.WidthMs), stepSeconds * 1e3);
        return new JobLeaseHistory(
            trace!.Base,
            stepMs / 1e3,
            [.. silos.Select(silo => new SiloLeaseHistory(silo.Silo, Points(silo.Series, stepMs)))],
            Recorded: true
        );
    }

    private static List<LeasePoint> Points(TracedSeries series, double stepMs)
    {
        int perStep = (int)Math.Round(stepMs / series.WidthMs);
        List<LeasePoint> points = [];
        for (int first = 0; first < series.Leases.Count; first += perStep)
        {
            int next = Math.Min(first + perStep, series.Leases.Count);
            (long leases, long units, long probes, long lasts) = (0, 0, 0, 0);
            DurationSketch seconds = default;
            for (int column = first; column < next; column++)
            {
                leases += series.Leases[column];
                units += series.Units[column];
                probes += At(series.Probes, column);
                lasts += At(series.Lasts, column);
                seconds.Add(DurationSketch.Of(series.Seconds[column]));
            }

            if (leases == 0)
                continue;
            points.Add(
                new LeasePoint(
                    Math.Round((series.From + (first * series.WidthMs)) / 1e3, 3),
                    leases,
                    Math.Round((double)units / leases, 3),
                    Rounded(seconds.Quantile(0.5)),
                    Rounded(seconds.Quantile(0.9)),
                    Rounded(seconds.Quantile(0.99)),
                    lasts > 0 ? LeasePhase.Last
                        : 2 * probes > leases ? LeasePhase.Probe
                        : LeasePhase.Steady
                )
            );
        }

        return points;
    }

    private static int At(IReadOnlyList<int> counts, int column) => column < counts.Count ? counts[column] : 0;

    // Three digits say more than is known.
    private static double Rounded(double seconds) =>
        seconds <= 0 ? 0 : Math.Round(seconds, Math.Clamp(2 - (int)Math.Floor(Math.Log10(seconds)), 0, 12));
}
