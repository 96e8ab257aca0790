namespace OrleansWork.Scheduling.Estimation;

/// <summary>
/// An average that forgets with time, not with samples: a sample Δt after the last one weighs 1 − exp(−Δt/τ). The first samples weigh
/// as in a plain mean, so that neither the first one nor a burst of them rules for a whole τ; samples of one instant count as their mean.
/// </summary>
internal sealed class Ewma
{
    private readonly TimeSpan _tau;
    private readonly double _initial;
    private TimeSpan _at;
    private TimeSpan _before;
    private double _base;
    private long _count;
    private double _sumAtInstant;
    private int _countAtInstant;

    /// <summary>Makes an average with time constant <paramref name="tau"/>.</summary>
    /// <param name="tau">After this long the weight of what was known has fallen to 1/e; above zero.</param>
    /// <param name="initial">The value before the first sample; it does not weigh in afterwards.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="tau"/> is not above zero.</exception>
    public Ewma(TimeSpan tau, double initial = double.NaN)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(tau, TimeSpan.Zero);
        _tau = tau;
        _initial = initial;
        Value = initial;
    }

    /// <summary>Gets the average; the initial value before the first sample.</summary>
    public double Value { get; private set; }

    /// <summary>Gets how many samples it has seen.</summary>
    public long Count => _count + _countAtInstant;

    /// <summary>Adds a sample; ones that are not finite are passed over, and time never runs backwards.</summary>
    public void Observe(double sample, TimeSpan now)
    {
        if (!double.IsFinite(sample))
            return;
        if (Count == 0)
            (_at, _before) = (now, now);
        if (now > _at)
        {
            (_base, _before, _at) = (Value, _at, now);
            _count += _countAtInstant;
            (_sumAtInstant, _countAtInstant) = (0, 0);
        }

        _sumAtInstant += sample;
        _countAtInstant++;
        double mean = _sumAtInstant / _countAtInstant;
        double weight = Math.Max(Weight(_at - _before, _tau), _countAtInstant / (double)Count);
        Value = _count == 0 ? mean : _base + (weight * (mean - _base));
    }

    /// <summary>Forgets all samples.</summary>
    public void Reset()
    {
        (_count, _sumAtInstant, _countAtInstant) = (0, 0, 0);
        Value = _initial;
    }

    /// <summary>Returns the weight of a sample that comes <paramref name="elapsed"/> after the last: 1 − exp(−Δt/τ).</summary>
    internal static double Weight(TimeSpan elapsed, TimeSpan tau) => elapsed > TimeSpan.Zero ? -double.ExpM1(-(elapsed / tau)) : 0;
}
