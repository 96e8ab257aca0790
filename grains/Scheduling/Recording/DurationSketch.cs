using System.Runtime.CompilerServices;

namespace OrleansWork.Scheduling.Recording;

/// <summary>A histogram of durations in 48 bytes: a few buckets, a fifth apart where durations are alike, and further apart where they are not.</summary>
/// <remarks>Quantiles are within 10 % of the truth as long as no duration is eight times another. Beyond that the two buckets that are nearest to each other become
/// one, so that the error grows evenly with the range. All counts are halved when one outgrows its 24 bits.</remarks>
internal struct DurationSketch : IFolds<DurationSketch>
{
    /// <summary>How many buckets there are.</summary>
    public const int Buckets = 12;

    private const double Least = 1e-7;
    private const int PerDoubling = 4;
    private const int CountBits = 24;
    private const uint MostCount = (1u << CountBits) - 1;

    private Bins _bins;
    private byte _used;

    /// <summary>Gets what is to be stored: each bucket in the upper 8 bits, its count in the lower 24, in order.</summary>
    public readonly uint[] ToArray() => [.. ((ReadOnlySpan<uint>)_bins)[.._used]];

    /// <summary>Makes it of what was stored; what is none of that form counts as little as it can.</summary>
    public static DurationSketch Of(IEnumerable<uint> stored)
    {
        DurationSketch sketch = default;
        foreach (uint bin in stored)
            sketch.Add((int)(bin >> CountBits), bin & MostCount);
        return sketch;
    }

    /// <summary>Counts one.</summary>
    /// <param name="seconds">How long it was.</param>
    public void Add(double seconds)
    {
        int bucket = seconds <= Least ? 0 : (int)(Math.Log2(seconds / Least) * PerDoubling) + 1;
        Add(Math.Clamp(bucket, 0, byte.MaxValue), 1);
    }

    /// <inheritdoc/>
    public void Add(DurationSketch other)
    {
        for (int bin = 0; bin < other._used; bin++)
            Add((int)(other._bins[bin] >> CountBits), other._bins[bin] & MostCount);
    }

    /// <summary>Returns the duration, in seconds, that a part of them does not exceed; 0 when there is none.</summary>
    /// <param name="part">0 to 1.</param>
    public readonly double Quantile(double part)
    {
        long all = 0;
        for (int bin = 0; bin < _used; bin++)
            all += _bins[bin] & MostCount;
        long wanted = Math.Max(1, (long)Math.Ceiling(part * all));
        long seen = 0;
        for (int bin = 0; bin < _used; bin++)
        {
            seen += _bins[bin] & MostCount;
            if (seen >= wanted)
                return _bins[bin] >> CountBits is var bucket && bucket == 0 ? Least : Least * Math.Pow(2, (bucket - 0.5) / PerDoubling);
        }

        return 0;
    }

    private void Add(int bucket, uint count)
    {
        int place = 0;
        while (place < _used && _bins[place] >> CountBits < bucket)
            place++;
        if (place < _used && _bins[place] >> CountBits == bucket)
        {
            Raise(place, count);
            return;
        }

        Span<uint> bins = stackalloc uint[Buckets + 1];
        ((Span<uint>)_bins)[..place].CopyTo(bins);
        bins[place] = ((uint)bucket << CountBits) | Math.Min(count, MostCount);
        ((Span<uint>)_bins)[place.._used].CopyTo(bins[(place + 1)..]);
        int used = _used + 1;
        if (used > Buckets)
            used = Join(bins);
        bins[..used].CopyTo(_bins);
        _used = (byte)used;
    }

    private void Raise(int place, uint count)
    {
        while ((_bins[place] & MostCount) + count > MostCount)
        {
            count -= count / 2;
            for (int bin = 0; bin < _used; bin++)
                _bins[bin] = (_bins[bin] & ~MostCount) | (((_bins[bin] & MostCount) + 1) / 2);
        }

        _bins[place] += count;
    }

    /// <summary>Makes one of the two bins that are nearest to each other, where the larger one is.</summary>
    private static int Join(Span<uint> bins)
    {
        int best = 0;
        for (int bin = 1; bin + 1 < bins.Length; bin++)
        {
            if (Gap(bins, bin) < Gap(bins, best))
                best = bin;
        }

        uint first = bins[best];
        uint second = bins[best + 1];
        uint larger = (first & MostCount) > (second & MostCount) ? first : second;
        bins[best] = (larger & ~MostCount) | Math.Min((first & MostCount) + (second & MostCount), MostCount);
        bins[(best + 2)..].CopyTo(bins[(best + 1)..]);
        return bins.Length - 1;
    }

    private static uint Gap(Span<uint> bins, int bin) => (bins[bin + 1] >> CountBits) - (bins[bin] >> CountBits);

    [InlineArray(Buckets)]
    private struct Bins
    {
        private uint _first;
    }
}
