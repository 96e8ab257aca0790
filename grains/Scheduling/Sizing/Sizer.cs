namespace OrleansWork.Scheduling.Sizing;

/// <summary>Decides how many units a lease gets and how long it may take.</summary>
/// <remarks>
/// Units last from nanoseconds to hours and nobody knows beforehand. So each silo is probed with growing leases first; then sizes
/// follow factoring, half of what is left split evenly (Hummel, Schonberg and Flynn 1992), weighed by measured speed (AWF-C, Banicescu
/// et al. 2003), not so small that overhead shows and not so large that a lease outlasts its budget; at the end what is left is split
/// evenly. The budget, not the size, is the real limit: a lease returns what it finished in time.
/// </remarks>
internal sealed class Sizer
{
    /// <summary>How much a probe may grow from one report to the next.</summary>
    public const double MaxGrowth = 8;

    /// <summary>A probe is over when a lease lasts this many times the overhead.</summary>
    public const double ProbedOverheads = 10;

    /// <summary>The least budget of the last round: twice the period at which a silo looks at the clock.</summary>
    public static readonly TimeSpan MinBudget = TimeSpan.FromMilliseconds(4);

    private readonly Dictionary<int, Probe> _probes = [];
    private SizerOptions _options;

    /// <summary>Makes the sizer of one job.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public Sizer(SizerOptions options) => _options = Checked(options);

    /// <summary>Goes on with other options; what is known of silos stays.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public void Change(SizerOptions options) => _options = Checked(options);

    /// <summary>Returns the time a lease may take: 100 µs for each slot of the cluster if that is more, so that one coordinator at
    /// 20,000 leases a second keeps 10,000 slots busy with time to spare.</summary>
    public TimeSpan BudgetFor(int totalSlots)
    {
        TimeSpan shared = totalSlots * TimeSpan.FromMicroseconds(100);
        return shared > _options.Budget ? shared : _options.Budget;
    }

    /// <summary>Returns the size of the next lease.</summary>
    public LeaseSize Next(in SizingState state)
    {
        TimeSpan budget = BudgetFor(state.TotalSlots);
        long left = Math.Max(1, state.UnitsLeft);
        if (_options.ChunkUnits is { } chunk)
            return new(Math.Min(chunk, left), budget, LastRound: false)
            {
                Bounds = Bounded(left, chunk < left ? SizeBound.Fixed : SizeBound.Left),
            };

        Probe probe = ProbeOf(state.Silo);
        if (!probe.Done || !(state.UnitSeconds > 0))
            return OfProbe(probe.Units, HalfShare(state), left, budget);

        double slowness = SlownessOf(state);
        double fair = state.UnitsLeft / (double)Slots(state) * WeightOf(state, slowness);
        double most = budget.TotalSeconds / (state.UnitSeconds * slowness);
        double least = MinUnits(state);
        if (state.UnitsLeft < least * Slots(state))
        {
            long even = ToUnits(Math.Min(fair, most), left);
            TimeSpan expected = TimeSpan.FromSeconds(Math.Min(1.5 * even * state.UnitSeconds * slowness, budget.TotalSeconds));
            return new(even, Shorter(budget, expected > MinBudget ? expected : MinBudget), LastRound: true)
            {
                Bounds = Bounded(left, fair > most ? SizeBound.Most : SizeBound.Even) with { Share = (float)fair, Most = (float)most },
            };
        }

        double wanted = Math.Max(fair / 2, least);
        SizeBound won =
            Math.Min(wanted, most) >= left ? SizeBound.Left
            : wanted > most ? SizeBound.Most
            : fair / 2 >= least ? SizeBound.Share
            : SizeBound.Least;
        return new(ToUnits(Math.Min(wanted, most), left), budget, LastRound: false)
        {
            Bounds = Bounded(left, won) with { Share = (float)(fair / 2), Least = (float)least, Most = (float)most },
        };
    }

    /// <summary>Returns whether fewer than two leases per slot are left: from then on what counts is which silo ends first.</summary>
    public bool IsLastRound(in SizingState state)
    {
        double lease = 1;
        if (_options.ChunkUnits is { } chunk)
            lease = chunk;
        else if (state.UnitSeconds > 0)
            lease = Math.Max(1, Math.Min(MinUnits(state), BudgetFor(state.TotalSlots).TotalSeconds / state.UnitSeconds));
        return state.UnitsLeft < 2 * lease * Slots(state);
    }

    /// <summary>Returns how many units it takes to keep overhead below its part (K_min), at least 1.</summary>
    public double MinUnits(in SizingState state)
    {
        if (!(state.UnitSeconds > 0))
            return 1;
        double part = _options.OverheadPart;
        return Math.Max(1, Math.Ceiling(state.OverheadSeconds * (1 - part) / (part * state.UnitSeconds)));
    }

    /// <summary>Returns whether a silo still gets probes; one that never reported does.</summary>
    public bool IsProbing(int silo) => _options.ChunkUnits is null && !ProbeOf(silo).Done;

    /// <summary>Learns from a lease that ended; without a completed unit it teaches nothing.</summary>
    /// <param name="silo">Where it ran.</param>
    /// <param name="units">How many units it completed.</param>
    /// <param name="busy">How long they took on their slot.</param>
    /// <param name="overheadSeconds">The overhead per lease (h), in seconds.</param>
    public void Observe(int silo, long units, TimeSpan busy, double overheadSeconds)
    {
        Probe probe = ProbeOf(silo);
        if (units <= 0 || probe.Done)
            return;

        if (busy.TotalSeconds >= ProbedOverheads * overheadSeconds)
        {
            probe.Done = true;
            return;
        }

        // Growth counts from what the reported lease had, so that the reports of one wave, a slot each, are one step and not eight.
        double growth = Math.Min(MaxGrowth, _options.Budget.TotalSeconds / Math.Max(busy.TotalSeconds, 1e-9));
        probe.Units = Math.Max(probe.Units, ToUnits(units * growth, long.MaxValue));
    }

    /// <summary>Forgets a silo that has left.</summary>
    public void Remove(int silo) => _probes.Remove(silo);

    private static SizerOptions Checked(SizerOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.ChunkUnits ?? 1, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(options.Budget, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(options.OverheadPart, 0);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(options.OverheadPart, 1);
        return options;
    }

    private Probe ProbeOf(int silo)
    {
        if (!_probes.TryGetValue(silo, out Probe? probe))
            _probes.Add(silo, probe = new());
        return probe;
    }

    private static LeaseSize OfProbe(long grown, long half, long left, TimeSpan budget)
    {
        long units = Math.Clamp(Math.Min(grown, half), 1, left);
        SizeBound won =
            units == left && grown > left ? SizeBound.Left
            : half < grown ? SizeBound.Share
            : SizeBound.Probe;
        return new(units, budget, LastRound: false) { Bounds = Bounded(left, won) with { Probe = grown, Share = half } };
    }

    private static SizeBounds Bounded(long left, SizeBound won) =>
        new()
        {
            Left = left,
            Share = float.NaN,
            Least = float.NaN,
            Most = float.NaN,
            Probe = float.NaN,
            Won = won,
        };

    private static int Slots(in SizingState state) => Math.Max(1, state.TotalSlots);

    private static long HalfShare(in SizingState state) => Math.Max(1, state.UnitCount / (2L * Slots(state)));

    private static double SlownessOf(in SizingState state) => state.Slowness > 0 ? state.Slowness : 1;

    private static double WeightOf(in SizingState state, double slowness) =>
        state.SlotsOverSlowness > 0 ? Slots(state) / (slowness * state.SlotsOverSlowness) : 1;

    private static long ToUnits(double units, long most) => units < most ? Math.Max(1, (long)Math.Ceiling(units)) : most;

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private sealed class Probe
    {
        public long Units { get; set; } = 1;

        public bool Done { get; set; }
    }
}
