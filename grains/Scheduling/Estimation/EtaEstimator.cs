namespace OrleansWork.Scheduling.Estimation;

/// <summary>
/// Predicts when a job ends, as an interval that holds eight times in ten. It simulates the rest of the job with times drawn from
/// recent leases, and widens or narrows the outcome by how often its own earlier forecasts were missed (adaptive conformal inference,
/// Gibbs and Candès 2021): a simulation alone is always too sure of itself.
/// </summary>
internal sealed class EtaEstimator(Random random)
{
    /// <summary>Fewer leases than this say nothing.</summary>
    public const int MinLeases = 5;

    /// <summary>How many times the rest is simulated.</summary>
    public const int Draws = 200;

    /// <summary>The part of forecasts that should be missed.</summary>
    public const double TargetMissRate = 0.2;

    /// <summary>What is expected to take longer takes this long.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(1e9);

    private const double LeastSlots = 1e-6;
    private const int RecentLeases = 64;
    private const int MaxForecasts = 16;
    private const double LearningRate = 0.15;
    private const double MinScale = 0.5;
    private const double MaxScale = 8;

    private static readonly TimeSpan SlotWindow = TimeSpan.FromSeconds(30);

    /// <summary>Between samples of busy slots: 120 of them fill the window, however often it is told.</summary>
    private static readonly TimeSpan SlotSampling = TimeSpan.FromMilliseconds(250);

    private readonly (double Units, double Seconds)[] _leases = new (double, double)[RecentLeases];
    private readonly Queue<(TimeSpan At, double Slots)> _slots = new();
    private readonly Queue<Forecast> _forecasts = new();
    private readonly double[] _outcomes = new double[Draws];
    private TimeSpan? _sampledAt;
    private long _leaseCount;
    private long _unitsDone;

    /// <summary>Gets the factor by which simulated intervals are stretched; 1 at first.</summary>
    public double Scale { get; private set; } = 1;

    /// <summary>Learns from a lease that was committed.</summary>
    /// <param name="units">How many units it completed; without any it teaches nothing.</param>
    /// <param name="slotSeconds">How long they occupied a slot, in seconds.</param>
    /// <param name="now">Monotonic time.</param>
    public void ObserveLease(long units, double slotSeconds, TimeSpan now)
    {
        if (units <= 0 || !(slotSeconds >= 0) || !double.IsFinite(slotSeconds))
            return;
        _leases[_leaseCount++ % RecentLeases] = (units, slotSeconds);
        _unitsDone = Sum(_unitsDone, units);
        while (_forecasts.TryPeek(out Forecast forecast) && forecast.UnitsDone <= _unitsDone)
        {
            _forecasts.Dequeue();
            double took = (now - forecast.MadeAt).TotalSeconds;
            bool missed = took < forecast.Low || took > forecast.High;
            double step = LearningRate * ((missed ? 1 : 0) - TargetMissRate);
            Scale = Math.Clamp(Scale * Math.Exp(step), MinScale, MaxScale);
        }
    }

    /// <summary>Notes how many slots work for the job.</summary>
    public void ObserveBusySlots(double busySlots, TimeSpan now)
    {
        if (!(busySlots > 0) || !double.IsFinite(busySlots) || (_sampledAt is { } sampled && now - sampled < SlotSampling))
            return;
        _sampledAt = now;
        _slots.Enqueue((now, busySlots));
        while (now - _slots.Peek().At > SlotWindow)
            _slots.Dequeue();
    }

    /// <summary>Predicts when the rest is done.</summary>
    /// <returns>The interval; null while too little is known.</returns>
    public EtaInterval? Estimate(in EtaState state, TimeSpan now)
    {
        if (_leaseCount < MinLeases || _slots.Count == 0)
            return null;

        double slots = 0;
        foreach ((_, double busy) in _slots)
            slots += busy / _slots.Count;
        slots = Math.Max(slots, LeastSlots);

        if (_forecasts.Count < MaxForecasts && state.UnitsLeft > 1)
        {
            long part = Math.Max(1, state.UnitsLeft / 8);
            EtaInterval soon = Simulate(part, state.LeaseUnits, slots, atLeast: 0);
            _forecasts.Enqueue(new(now, Sum(_unitsDone, part), soon.Low.TotalSeconds, soon.High.TotalSeconds));
        }

        double longest = state.LongestRunningSeconds > 0 ? state.LongestRunningSeconds : 0;
        return Simulate(state.UnitsLeft, state.LeaseUnits, slots, Math.Min(longest, Longest.TotalSeconds));
    }

    private EtaInterval Simulate(long units, long leaseUnits, double slots, double atLeast)
    {
        for (int i = 0; i < Draws; i++)
            _outcomes[i] = Math.Min(Draw(units, Math.Max(1, leaseUnits), slots), Longest.TotalSeconds);
        Array.Sort(_outcomes);

        double middle = _outcomes[Draws / 2];
        double low = middle - (Scale * (middle - _outcomes[Draws / 10]));
        double high = middle + (Scale * (_outcomes[Draws * 9 / 10] - middle));
        return new(Span(low), Span(middle), Span(high));

        TimeSpan Span(double seconds) => TimeSpan.FromSeconds(Math.Clamp(seconds, atLeast, Longest.TotalSeconds));
    }

    private static long Sum(long one, long other) => other > long.MaxValue - one ? long.MaxValue : one + other;

    /// <summary>One possible course of the rest, in seconds.</summary>
    private double Draw(long units, long leaseUnits, double slots)
    {
        int known = (int)Math.Min(_leaseCount, RecentLeases);
        long leases = (units / leaseUnits) + (units % leaseUnits > 0 ? 1 : 0);
        if (leases > RecentLeases)
        {
            // So many leases end up at their mean; what remains uncertain is that mean.
            (double seconds, double done) = (0, 0);
            for (int i = 0; i < known; i++)
            {
                (double drawnUnits, double drawnSeconds) = _leases[random.Next(known)];
                (seconds, done) = (seconds + drawnSeconds, done + drawnUnits);
            }

            return seconds / done * units / slots;
        }

        // Few leases: each goes to the slot that is free first, and the last one to end decides.
        int whole = Math.Max(1, (int)Math.Min(Math.Round(slots), RecentLeases));
        Span<double> free = stackalloc double[RecentLeases];
        free = free[..whole];
        free.Clear();
        double end = 0;
        for (long left = units; left > 0; left -= leaseUnits)
        {
            int first = 0;
            for (int i = 1; i < whole; i++)
                if (free[i] < free[first])
                    first = i;
            (double drawnUnits, double drawnSeconds) = _leases[random.Next(known)];
            free[first] += drawnSeconds / drawnUnits * Math.Min(left, leaseUnits);
            end = Math.Max(end, free[first]);
        }

        return end;
    }

    private readonly record struct Forecast(TimeSpan MadeAt, long UnitsDone, double Low, double High);
}
