namespace OrleansWork.Scheduling.Estimation;

/// <summary>
/// Predicts when a job ends, as an interval that holds eight times in ten. It simulates the rest of the job, each time with other times drawn from
/// recent leases, and corrects the outcome by how its own earlier forecasts came out: by how much they were early or late on average, and
/// how often they were missed (adaptive conformal inference, Gibbs and Candès 2021). A simulation alone is always too sure of itself.
/// </summary>
/// <remarks>
/// What is not known of the distribution counts too: the mean is drawn by the error that a sample of so many leases leaves, then the rest from those leases. As
/// often as leases longer than any that was seen are to be expected, one is drawn from beyond: by Pareto's law, with the exponent that the longest seen have (Hill
/// 1975), which for equal times is so large that it adds nothing.
/// </remarks>
internal sealed class EtaEstimator(Random random)
{
    /// <summary>Fewer leases than this say nothing.</summary>
    public const int MinLeases = 5;

    /// <summary>Of how many leases that run it is of use to say for how long.</summary>
    public const int MostRunning = 64;

    /// <summary>How many times the rest is simulated.</summary>
    public const int Draws = 200;

    /// <summary>The part of forecasts that should be missed.</summary>
    public const double TargetMissRate = 0.2;

    /// <summary>What is expected to take longer takes this long.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(1e9);

    private const double LeastSlots = 1e-6;
    private const int RecentLeases = 512;

    /// <summary>The last leases are placed one by one; of those before only the sum is drawn.</summary>
    private const int PlacedLeases = 128;
    private const int SummedLeases = 64;

    private const int MostSlots = 256;
    private const int MaxForecasts = 16;
    private const int RecentOutcomes = 15;

    /// <summary>From this exponent of the tail on what is beyond the sample hardly matters: the third moment is there.</summary>
    private const double LongTail = 3.5;
    private const double LearningRate = 0.15;
    private const double FirstScale = 1.5;
    private const double MinScale = 0.75;
    private const double MaxScale = 8;
    private const double LeastBias = 0.25;
    private const double MostBias = 4;

    /// <summary>How far the ends of the interval are from its middle at least: what ends last starts late, is told late and is stored.</summary>
    private const double LeastShare = 0.04;
    private const double LeastSeconds = 0.05;

    private static readonly TimeSpan SlotWindow = TimeSpan.FromSeconds(30);

    /// <summary>Between samples of busy slots: 120 of them fill the window, however often it is told.</summary>
    private static readonly TimeSpan SlotSampling = TimeSpan.FromMilliseconds(250);

    private readonly (double Units, double Seconds)[] _leases = new (double, double)[RecentLeases];
    private readonly Queue<(TimeSpan At, double Slots, double Worked)> _slots = new();
    private readonly Queue<Forecast> _forecasts = new();
    private readonly Queue<double> _ratios = new();
    private readonly double[] _outcomes = new double[Draws];
    private readonly double[] _costs = new double[RecentLeases + MostRunning];
    private readonly double[] _weights = new double[RecentLeases + MostRunning];
    private readonly double[] _free = new double[MostSlots];
    private TimeSpan? _sampledAt;
    private long _leaseCount;
    private long _unitsDone;
    private int _pool;
    private double _mean;
    private double _meanError;
    private double _averageWeight;
    private double _longest;
    private double _tail;
    private double _tailError;
    private double _drawnTail;
    private double _worked;

    /// <summary>Gets the factor by which simulated intervals are stretched; 1.5 at first.</summary>
    public double Scale { get; private set; } = FirstScale;

    /// <summary>Gets by how much longer than predicted it took lately; 1 at first.</summary>
    public double Bias { get; private set; } = 1;

    private int Known => (int)Math.Min(_leaseCount, RecentLeases);

    /// <summary>Learns from a lease that was committed.</summary>
    /// <param name="units">How many units it completed; without any it teaches nothing.</param>
    /// <param name="slotSeconds">How long they occupied a slot, in seconds.</param>
    /// <param name="now">Monotonic time.</param>
    public void ObserveLease(long units, double slotSeconds, TimeSpan now)
    {
        if (units <= 0 || !(slotSeconds >= 0) || !double.IsFinite(slotSeconds))
            return;
        slotSeconds = Math.Min(slotSeconds, Longest.TotalSeconds);
        _leases[_leaseCount++ % RecentLeases] = (units, slotSeconds);
        _unitsDone = Sum(_unitsDone, units);
        _worked += slotSeconds;
        while (_forecasts.TryPeek(out Forecast forecast) && forecast.UnitsDone <= _unitsDone)
        {
            _forecasts.Dequeue();
            Learn(forecast, (now - forecast.MadeAt).TotalSeconds);
        }
    }

    /// <summary>Notes how many slots work for the job.</summary>
    public void ObserveBusySlots(double busySlots, TimeSpan now)
    {
        if (!(busySlots > 0) || !double.IsFinite(busySlots) || (_sampledAt is { } sampled && now - sampled < SlotSampling))
            return;
        _sampledAt = now;
        _slots.Enqueue((now, busySlots, _worked));
        while (now - _slots.Peek().At > SlotWindow)
            _slots.Dequeue();
    }

    /// <summary>Predicts when the rest is done.</summary>
    /// <param name="unitsLeft">The units not committed yet, running ones included.</param>
    /// <param name="leaseUnits">How many units a lease has at present.</param>
    /// <param name="running">What runs.</param>
    /// <param name="now">Monotonic time.</param>
    /// <returns>The interval; null while too little is known.</returns>
    public EtaInterval? Estimate(long unitsLeft, long leaseUnits, ReadOnlySpan<RunningWork> running, TimeSpan now)
    {
        if (_leaseCount < MinLeases || _slots.Count == 0)
            return null;

        double slots = Math.Max(WorkingSlots(), LeastSlots);
        running = running[..Math.Min(running.Length, MostRunning)];
        Gather(running);
        leaseUnits = Math.Max(1, leaseUnits);

        if (_forecasts.Count < MaxForecasts && unitsLeft > 1)
        {
            // A part of the rest, behind which others go on: no slot waits for the last one.
            long part = Math.Clamp(unitsLeft / 8, 1, Math.Max(leaseUnits, _unitsDone / 2));
            for (int i = 0; i < Draws; i++)
                _outcomes[i] = Bounded(DrawMean() * Together(part, part / (double)leaseUnits) / slots);
            EtaInterval soon = Interval(0);
            double plain = _outcomes[Draws / 2];
            _forecasts.Enqueue(new(now, Sum(_unitsDone, part), plain, soon.Low.TotalSeconds, soon.High.TotalSeconds));
        }

        for (int i = 0; i < Draws; i++)
            _outcomes[i] = Bounded(Draw(unitsLeft, leaseUnits, slots, running));
        return Interval(unitsLeft <= 0 ? 0 : LeastSeconds);
    }

    private static long Sum(long one, long other) => other > long.MaxValue - one ? long.MaxValue : one + other;

    private static TimeSpan Span(double seconds) => TimeSpan.FromSeconds(Math.Clamp(seconds, 0, Longest.TotalSeconds));

    /// <summary>What no number says, takes longest.</summary>
    private static double Bounded(double seconds) => double.IsNaN(seconds) ? Longest.TotalSeconds : Math.Min(seconds, Longest.TotalSeconds);

    /// <summary>How many slots work on average: those that have leases, but for the time in which these are on their way or between two units.</summary>
    private double WorkingSlots()
    {
        double slots = 0;
        foreach ((_, double busy, _) in _slots)
            slots += busy / _slots.Count;
        (TimeSpan from, _, double before) = _slots.Peek();
        double window = (_sampledAt!.Value - from).TotalSeconds;
        double lease = 0;
        for (int i = 0; i < Known; i++)
            lease += _leases[i].Seconds / Known;
        if (!(window > 0) || !(lease > 0))
            return slots;
        // What runs at the end of the window makes up for what ran at its begin.
        double worked = Math.Min(1, (_worked - before) / (window * slots));
        double certainty = window / (window + (20 * lease));
        return slots * (1 - (certainty * (1 - worked)));
    }

    /// <summary>
    /// The exponent of the law that the longest times follow (Hill 1975): the larger, the less is beyond. Of what runs it is only known how long it has: it
    /// makes the tail longer and is no end of it.
    /// </summary>
    private double TailExponent(ReadOnlySpan<RunningWork> running)
    {
        int known = Known;
        Span<(double Cost, bool HasEnded)> sorted = new (double, bool)[known + running.Length];
        for (int i = 0; i < known; i++)
            sorted[i] = (_costs[i], true);
        for (int i = 0; i < running.Length; i++)
            sorted[known + i] = (running[i].Elapsed, false);
        sorted.Sort(static (one, other) => one.Cost.CompareTo(other.Cost));
        int top = Math.Max(2, (int)Math.Sqrt(sorted.Length));
        double threshold = sorted[^Math.Min(sorted.Length, top + 1)].Cost;
        (double sum, int ended) = (0, 0);
        foreach ((double cost, bool hasEnded) in sorted[^top..])
        {
            sum += threshold > 0 ? Math.Log(cost / threshold) : 0;
            ended += hasEnded ? 1 : 0;
        }

        _tailError = 1 / Math.Sqrt(Math.Max(1, ended));
        return sum > 0 ? Math.Max(0.5, Math.Max(1, ended) / sum) : double.PositiveInfinity;
    }

    private void Learn(in Forecast forecast, double took)
    {
        bool missed = took < forecast.Low || took > forecast.High;
        Scale = Math.Clamp(Scale * Math.Exp(LearningRate * ((missed ? 1 : 0) - TargetMissRate)), MinScale, MaxScale);
        if (!(forecast.Plain > 0))
            return;
        _ratios.Enqueue(Math.Clamp(took / forecast.Plain, LeastBias, MostBias));
        if (_ratios.Count > RecentOutcomes)
            _ratios.Dequeue();
        Bias = Math.Clamp(Excess(_ratios), LeastBias, MostBias);
    }

    /// <summary>The mean of some ratios, as near to one as it may well be: forecasts overlap, so three say about as much as one.</summary>
    private static double Excess(Queue<double> ratios)
    {
        double mean = ratios.Average();
        double variance = ratios.Sum(ratio => (ratio - mean) * (ratio - mean)) / Math.Max(1, ratios.Count - 1);
        double noise = ratios.Count < 3 ? double.PositiveInfinity : Math.Sqrt(variance * 3 / ratios.Count);
        return 1 + (Math.Sign(mean - 1) * Math.Max(0, Math.Abs(mean - 1) - noise));
    }

    /// <summary>Of the outcomes, corrected.</summary>
    private EtaInterval Interval(double leastSeconds)
    {
        Array.Sort(_outcomes);
        double middle = _outcomes[Draws / 2];
        double least = leastSeconds + (LeastShare * middle);
        // Of times whose variance does not exist a sample says less than one drawn from it shows.
        double scale = Scale * Math.Clamp(LongTail / _tail, 1, 2.5);
        double low = middle - Math.Max(least, scale * (middle - _outcomes[Draws / 10]));
        double high = middle + Math.Max(least, scale * (_outcomes[Draws * 9 / 10] - middle));
        return new(Span(Bias * low), Span(Bias * middle), Span(Bias * high));
    }

    /// <summary>
    /// Gathers what times are drawn from: leases that ended, and those that run, with what they may still take. Without these, all that is known would be of
    /// short ones at first, since the long ones have not ended.
    /// </summary>
    private void Gather(ReadOnlySpan<RunningWork> running)
    {
        _pool = Known;
        for (int i = 0; i < _pool; i++)
            (_weights[i], _costs[i]) = (_leases[i].Units, _leases[i].Seconds / _leases[i].Units);
        // Where older ones are forgotten, those that began before and are remembered make up for those that run.
        if (_leaseCount > RecentLeases)
            running = [];
        _tail = _drawnTail = TailExponent(running);
        int pool = _pool;
        for (int i = 0; i < running.Length; i++)
        {
            if (running[i].Elapsed > 0)
                (_weights[pool], _costs[pool++]) = (1, running[i].Elapsed + Rest(running[i].Elapsed));
        }

        _pool = pool;
        (double seconds, double units, double longest) = (0, 0, 0);
        for (int i = 0; i < pool; i++)
            (seconds, units, longest) = (seconds + (_costs[i] * _weights[i]), units + _weights[i], Math.Max(longest, _costs[i]));
        double mean = seconds / units;
        double squares = 0;
        for (int i = 0; i < pool; i++)
            squares += Math.Pow((_costs[i] - mean) * _weights[i], 2);
        (_mean, _averageWeight, _longest) = (mean, units / pool, longest);
        // Of a ratio of sums.
        _meanError = mean > 0 ? Math.Min(1, Math.Sqrt(squares) / seconds) : 0;
    }

    /// <summary>Draws what the mean may be in truth, as a factor to the one that is known, and how long the tail is.</summary>
    private double DrawMean()
    {
        _drawnTail = _tail * Math.Clamp(1 + (_tailError * Normal()), 0.5, 2);
        return Math.Max(0.1, 1 + (_meanError * Normal()));
    }

    private double Normal() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    /// <summary>Draws a lease: how long it takes in seconds, and how many units it has where leases have so many on average.</summary>
    private (double Seconds, double Units) Lease(double averageUnits)
    {
        int which = random.Next(_pool);
        if (random.Next(_pool + 1) == 0 && !double.IsPositiveInfinity(_tail))
        {
            // Longer than all: one unit is.
            double one = averageUnits / _averageWeight;
            return (_longest * Beyond() * one, one);
        }

        double units = averageUnits * _weights[which] / _averageWeight;
        return (_costs[which] * units, units);
    }

    /// <summary>Draws by Pareto's law, from 1 on.</summary>
    private double Beyond() => double.IsPositiveInfinity(_tail) ? 1 : Math.Min(100, Math.Pow(1 - random.NextDouble(), -1 / _drawnTail));

    /// <summary>Draws how long units take together, in seconds of slots.</summary>
    private double Together(double units, double leases)
    {
        int drawn = (int)Math.Clamp(leases, 1, SummedLeases);
        (double seconds, double done) = (0, 0);
        for (int i = 0; i < drawn; i++)
        {
            (double leaseSeconds, double leaseUnits) = Lease(1);
            (seconds, done) = (seconds + leaseSeconds, done + leaseUnits);
        }

        // The more leases there are, the nearer they come to the mean.
        return units * Math.Max(0, _mean + (((seconds / done) - _mean) * Math.Sqrt(drawn / Math.Max(drawn, leases))));
    }

    /// <summary>One possible course of the rest, in seconds.</summary>
    private double Draw(long units, long leaseUnits, double slots, ReadOnlySpan<RunningWork> running)
    {
        int whole = (int)Math.Clamp(Math.Round(slots), 1, MostSlots);
        Span<double> free = _free.AsSpan(0, whole);
        free.Clear();
        double end = 0;
        double left = units;
        double mean = DrawMean();
        for (int i = 0; i < running.Length && left > 0; i++)
        {
            RunningWork work = running[i];
            (double seconds, double done) = Lease(1);
            double takes = Rest(work.Elapsed) + (mean * work.UnitsAfter * seconds / done);
            left -= 1 + work.UnitsAfter;
            end = Math.Max(end, Place(free, takes));
        }

        left = Math.Max(0, left);
        double leases = Math.Ceiling(left / leaseUnits);
        if (leases > PlacedLeases)
        {
            double bulk = left - ((double)PlacedLeases * leaseUnits);
            double share = mean * Together(bulk, bulk / leaseUnits) / whole;
            foreach (ref double slot in free)
                slot += share;
            left -= bulk;
        }

        for (int placed = 0; left > 0 && placed < 4 * PlacedLeases; placed++)
        {
            (double seconds, double done) = Lease(leaseUnits);
            end = Math.Max(end, Place(free, mean * seconds * Math.Min(1, left / done)));
            left -= done;
        }

        // Where many leases are far smaller than the average, they leave a rest.
        if (left > 0)
            end = Math.Max(end, free[0] + (mean * _mean * left / whole));
        // So many slots as are busy on average are no whole number.
        return end * whole / slots;
    }

    /// <summary>Draws how long a unit still takes that has run for some time.</summary>
    private double Rest(double elapsed)
    {
        const int Tries = 4;
        for (int i = 0; i < Tries; i++)
        {
            if (_costs[random.Next(Known)] is var cost && cost > elapsed)
                return cost - elapsed;
        }

        // What is longer than most that were seen goes on in proportion to how long it has run.
        return elapsed * (Beyond() - 1);
    }

    /// <summary>Gives work to the slot that is free first, and returns when it ends; the slots are a heap.</summary>
    private static double Place(Span<double> free, double takes)
    {
        double end = free[0] + takes;
        int at = 0;
        for (int child = 1; child < free.Length; child = (2 * at) + 1)
        {
            if (child + 1 < free.Length && free[child + 1] < free[child])
                child++;
            if (free[child] >= end)
                break;
            free[at] = free[child];
            at = child;
        }

        free[at] = end;
        return end;
    }

    private readonly record struct Forecast(TimeSpan MadeAt, long UnitsDone, double Plain, double Low, double High);
}
