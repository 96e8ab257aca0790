namespace OrleansWork.Scheduling.Recording;

/// <summary>A histogram of durations in buckets a tenth apart: quantiles to within 5 % from any number of them in 2 KB.</summary>
internal sealed class Durations
{
    private const double Ratio = 1.1;
    private const double Least = 1e-7;
    private static readonly double LogRatio = Math.Log(Ratio);
    private readonly int[] _counts = new int[400];

    /// <summary>Gets how many there were.</summary>
    public long Count { get; private set; }

    /// <summary>Gets the longest, in seconds.</summary>
    public double Max { get; private set; }

    /// <summary>Counts one.</summary>
    /// <param name="seconds">How long it was.</param>
    public void Add(double seconds)
    {
        Count++;
        Max = Math.Max(Max, seconds);
        int bucket = seconds <= Least ? 0 : (int)(Math.Log(seconds / Least) / LogRatio) + 1;
        _counts[Math.Min(bucket, _counts.Length - 1)]++;
    }

    /// <summary>Counts all of another one.</summary>
    public void Add(Durations other)
    {
        Count += other.Count;
        Max = Math.Max(Max, other.Max);
        for (int bucket = 0; bucket < _counts.Length; bucket++)
            _counts[bucket] += other._counts[bucket];
    }

    /// <summary>Returns the duration, in seconds, that a part of them does not exceed; 0 when there is none.</summary>
    /// <param name="part">0 to 1.</param>
    public double Quantile(double part)
    {
        long wanted = Math.Max(1, (long)Math.Ceiling(part * Count));
        long seen = 0;
        for (int bucket = 0; bucket < _counts.Length; bucket++)
        {
            seen += _counts[bucket];
            if (seen >= wanted && Count > 0)
                return Math.Min(Max, bucket == 0 ? Least : Least * Math.Pow(Ratio, bucket - 0.5));
        }

        return 0;
    }
}
