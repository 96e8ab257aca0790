using System.Numerics;

namespace OrleansWork.Scheduling.Estimation;

/// <summary>
/// What one silo's work takes at which load: the median of recent service times per unit of work, by leases in flight per slot. The
/// median, because one straggler says little about the next lease (Prequal, NSDI 2024, estimates latency in the same way).
/// </summary>
internal sealed class LatencyByLoad
{
    /// <summary>How many samples a level of load keeps.</summary>
    public const int SamplesPerLevel = 16;

    private const int Levels = 64;

    /// <summary>Samples older than this say nothing about now.</summary>
    private static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(10);

    private readonly Level?[] _levels = new Level?[Levels];
    private ulong _filled;

    /// <summary>Adds a service time.</summary>
    /// <param name="loadPerSlot">The leases in flight per slot when the lease was admitted.</param>
    /// <param name="secondsPerUnit">Queueing and running, divided by the work in it.</param>
    /// <param name="now">Monotonic time.</param>
    public void Observe(double loadPerSlot, double secondsPerUnit, TimeSpan now)
    {
        if (!double.IsFinite(secondsPerUnit) || secondsPerUnit < 0)
            return;
        int level = LevelOf(loadPerSlot);
        (_levels[level] ??= new()).Add(secondsPerUnit, now);
        _filled |= 1UL << level;
    }

    /// <summary>Returns the median at the load nearest to the one given; of two as near, the lower load. NaN when nothing recent is known.</summary>
    public double Median(double loadPerSlot, TimeSpan now)
    {
        int wanted = LevelOf(loadPerSlot);
        while (_filled != 0)
        {
            int nearest = Nearest(wanted);
            if (now - _levels[nearest]!.Latest <= MaxAge)
                return _levels[nearest]!.Median();
            _levels[nearest]!.Clear();
            _filled &= ~(1UL << nearest);
        }

        return double.NaN;
    }

    private int Nearest(int wanted)
    {
        ulong atOrBelow = _filled & (ulong.MaxValue >> (Levels - 1 - wanted));
        ulong atOrAbove = _filled & (ulong.MaxValue << wanted);
        if (atOrBelow == 0)
            return BitOperations.TrailingZeroCount(atOrAbove);
        int below = BitOperations.Log2(atOrBelow);
        if (atOrAbove == 0)
            return below;
        int above = BitOperations.TrailingZeroCount(atOrAbove);
        return above - wanted < wanted - below ? above : below;
    }

    /// <summary>Steps of an eighth up to four leases per slot, of an eighth of an octave beyond.</summary>
    private static int LevelOf(double loadPerSlot)
    {
        if (!(loadPerSlot > 0))
            return 0;
        double level = loadPerSlot <= 4 ? loadPerSlot * 8 : 32 + (8 * Math.Log2(loadPerSlot / 4));
        return (int)Math.Min(Math.Round(level), Levels - 1);
    }

    private sealed class Level
    {
        private readonly double[] _samples = new double[SamplesPerLevel];
        private int _count;
        private int _next;
        private double _median = double.NaN;

        public TimeSpan Latest { get; private set; }

        public void Add(double sample, TimeSpan now)
        {
            if (_count > 0 && now - Latest > MaxAge)
                Clear();
            _samples[_next] = sample;
            _next = (_next + 1) % SamplesPerLevel;
            _count = Math.Min(_count + 1, SamplesPerLevel);
            _median = double.NaN;
            Latest = now > Latest ? now : Latest;
        }

        public double Median()
        {
            if (double.IsNaN(_median))
            {
                Span<double> sorted = stackalloc double[SamplesPerLevel];
                sorted = sorted[.._count];
                _samples.AsSpan(0, _count).CopyTo(sorted);
                sorted.Sort();
                _median = (sorted[(_count - 1) / 2] + sorted[_count / 2]) / 2;
            }

            return _median;
        }

        public void Clear() => (_count, _next, _median) = (0, 0, double.NaN);
    }
}
