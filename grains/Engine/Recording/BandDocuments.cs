namespace OrleansWork.Engine.Recording;

/// <summary>Tells what silos did for a job over time, from what its coordinator keeps or what was stored at its end.</summary>
internal static class BandDocuments
{
    /// <summary>Tells it.</summary>
    /// <param name="trace">How the job ran; null when that is not kept.</param>
    /// <param name="from">The earliest moment of interest; null for the job's first lease.</param>
    /// <param name="to">The latest; null for the present, or the end of what is kept.</param>
    /// <param name="columns">How many columns there are to be at most, at least 1.</param>
    /// <param name="now">The present.</param>
    public static JobLeaseBands Of(RunTrace? trace, DateTimeOffset? from, DateTimeOffset? to, int columns, DateTimeOffset now)
    {
        TracedSilo[] silos = [.. (trace?.Silos ?? []).Where(static silo => silo.Own.Count > 0)];
        if (silos.Length == 0)
            return new JobLeaseBands(trace?.Base ?? now, 0, 0, []);
        double width = silos.Max(static silo => silo.BandMs);
        double end = silos.Max(static silo => silo.BandsFrom + (silo.Own.Count * silo.BandMs));
        double earliest = from is { } first ? Math.Clamp((first - trace!.Base).TotalMilliseconds, 0, end) : 0;
        double latest = to is { } last ? Math.Clamp((last - trace!.Base).TotalMilliseconds, 0, end) : end;
        // Where the widest band begins others do too, so that no column has a part of one.
        double begin = Math.Floor(earliest / width) * width;
        double columnMs = Steps.Of(width, (latest - begin) / columns);
        int count = latest <= earliest ? 0 : (int)Math.Ceiling(((latest - begin) / columnMs) - 1e-9);
        return new JobLeaseBands(
            trace!.Base.AddMilliseconds(begin),
            Math.Round(columnMs / 1e3, 6),
            count,
            [
                .. silos.Select(silo => new SiloLeaseBands(
                    silo.Silo,
                    silo.Slots,
                    Shares(silo, silo.Own, begin, columnMs, count),
                    Other: null,
                    Shares(silo, silo.Failed, begin, columnMs, count),
                    Shares(silo, silo.Lost, begin, columnMs, count)
                )),
            ]
        );
    }

    private static double[] Shares(TracedSilo silo, IReadOnlyList<float> busy, double begin, double columnMs, int count)
    {
        double[] shares = new double[count];
        int perColumn = (int)Math.Round(columnMs / silo.BandMs);
        int first = (int)Math.Round((begin - silo.BandsFrom) / silo.BandMs);
        for (int column = 0; column < count; column++)
        {
            double sum = 0;
            for (int band = 0; band < perColumn; band++)
            {
                int at = first + (column * perColumn) + band;
                sum += at >= 0 && at < busy.Count ? busy[at] : 0;
            }

            shares[column] = Math.Round(Math.Min(1, sum / perColumn / Math.Max(1, silo.Slots)), 4);
        }

        return shares;
    }
}
