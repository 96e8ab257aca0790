namespace OrleansWork.Scheduling.Estimation;

/// <summary>
/// Learns from leases what a unit costs and how slow each silo is, and keeps the two apart: cost = unit seconds × slowness, where
/// slowness averages to 1 over the slots of the cluster. A job of dear units then does not make its silos look slow.
/// </summary>
/// <remarks>
/// Each lease that spent x seconds a unit on silo w moves the unit cost towards x/v_w and the slowness towards x/ŝ (an alternating
/// stochastic fit of a rank-one model). A lease weighs as many units as it completed: the one unit of a cold start says little about
/// the thousands of the next lease, and counted alike it would keep leases small for as long as it is remembered. What was known fades
/// with time as in <see cref="Ewma"/> and with the number of leases, so that dear units after very many cheap ones are noticed. Only the
/// product of the two is measurable, so both are kept without a common scale, which is applied when they are read: a sample costs O(1),
/// however many silos there are.
/// </remarks>
internal sealed class SpeedEstimator
{
    /// <summary>The lowest slowness ever reported.</summary>
    public const double MinSlowness = 0.1;

    /// <summary>The highest slowness ever reported.</summary>
    public const double MaxSlowness = 10;

    /// <summary>The part by which a lease that still runs moves its silo's slowness, each time it is looked at.</summary>
    public const double LowerBoundWeight = 0.2;

    private const double LeasesRemembered = 64;
    private static readonly TimeSpan Tau = TimeSpan.FromSeconds(5);

    private readonly Dictionary<int, Speed> _silos = [];
    private double _unitSeconds;
    private double _slots;
    private double _slotsTimesRaw;
    private double _slotsOverRaw;
    private TimeSpan _now;
    private Memory _memory;
    private long _count;

    /// <summary>Gets what one unit costs on an average slot (ŝ), in seconds; NaN before the first lease.</summary>
    public double UnitSeconds => _count == 0 ? double.NaN : _unitSeconds / Scale;

    /// <summary>Gets how many leases it has learned from.</summary>
    public long Count => _count;

    /// <summary>Gets Σ c_w/v_w over all silos: how many average slots the cluster is worth.</summary>
    public double SlotsOverSlowness => _slotsOverRaw / Scale;

    /// <summary>Makes the average slowness 1: Σ c_w·v_w / Σ c_w.</summary>
    private double Scale => _slotsTimesRaw > 0 ? _slots / _slotsTimesRaw : 1;

    /// <summary>Says how many slots a silo has: its weight in the average. A silo never named counts with one.</summary>
    public void SetSlots(int silo, int slots)
    {
        Speed speed = Of(silo);
        Weigh(speed, -1);
        speed.Slots = Math.Max(1, slots);
        Weigh(speed, 1);
    }

    /// <summary>Forgets a silo that has left.</summary>
    public void Remove(int silo)
    {
        if (_silos.Remove(silo, out Speed? speed))
            Weigh(speed, -1);
    }

    /// <summary>Learns from a lease that ended.</summary>
    /// <param name="silo">Where it ran.</param>
    /// <param name="units">How many units it completed; without any it teaches nothing.</param>
    /// <param name="busySeconds">How long they occupied a slot, queueing left out, in seconds.</param>
    /// <param name="now">Monotonic time.</param>
    public void Observe(int silo, long units, double busySeconds, TimeSpan now)
    {
        if (units <= 0 || !(busySeconds >= 0) || !double.IsFinite(busySeconds))
            return;

        // Below a tenth of a nanosecond a clock shows nothing, and zero would make every ratio infinite.
        double x = Math.Max(busySeconds / units, 1e-10);
        Speed speed = Of(silo);
        if (now > _now)
            _now = now;

        double weight = _memory.Add(units, _now, Math.Max(LeasesRemembered, 2 * _slots));
        _unitSeconds = _count == 0 ? x / speed.Raw : _unitSeconds + (weight * ((x / speed.Raw) - _unitSeconds));
        _count++;

        // The first sample counts half against the prior of 1: it is often a cold start.
        if (speed.Memory.IsEmpty)
            speed.Memory.Add(units, _now, LeasesRemembered);
        Move(speed, x / _unitSeconds, speed.Memory.Add(units, _now, LeasesRemembered));
    }

    /// <summary>
    /// Learns from a lease that still runs: its units cost at least <paramref name="elapsed"/> together. Moves the slowness upwards
    /// only, by <see cref="LowerBoundWeight"/> each time.
    /// </summary>
    public void ObserveLowerBound(int silo, long units, TimeSpan elapsed)
    {
        if (units <= 0 || _count == 0)
            return;
        Speed speed = Of(silo);
        double bound = elapsed.TotalSeconds / units / _unitSeconds;
        if (bound > speed.Raw)
            Move(speed, bound, LowerBoundWeight);
    }

    /// <summary>Returns how much slower a silo's slot is than the average one (v_w), from 0.1 to 10; 1 for one never seen.</summary>
    public double Slowness(int silo) =>
        _silos.TryGetValue(silo, out Speed? speed) ? Math.Clamp(speed.Raw * Scale, MinSlowness, MaxSlowness) : 1;

    private Speed Of(int silo)
    {
        if (!_silos.TryGetValue(silo, out Speed? speed))
        {
            speed = new() { Raw = 1 / Scale };
            _silos.Add(silo, speed);
            Weigh(speed, 1);
        }

        return speed;
    }

    private void Move(Speed speed, double target, double weight)
    {
        double low = MinSlowness / Scale;
        double high = MaxSlowness / Scale;
        Weigh(speed, -1);
        speed.Raw = Math.Clamp(speed.Raw + (weight * (target - speed.Raw)), low, high);
        Weigh(speed, 1);
        if ((_count & 1023) == 0)
            Recount();
    }

    private void Weigh(Speed speed, int sign)
    {
        _slots += sign * speed.Slots;
        _slotsTimesRaw += sign * speed.Slots * speed.Raw;
        _slotsOverRaw += sign * speed.Slots / speed.Raw;
        if (_slots <= 0)
            (_slots, _slotsTimesRaw, _slotsOverRaw) = (0, 0, 0);
    }

    /// <summary>Puts the common scale back to 1 and the sums back to what they add up to: floating point drifts.</summary>
    private void Recount()
    {
        double scale = Scale;
        _unitSeconds /= scale;
        (_slots, _slotsTimesRaw, _slotsOverRaw) = (0, 0, 0);
        foreach (Speed speed in _silos.Values)
        {
            speed.Raw *= scale;
            Weigh(speed, 1);
        }
    }

    private sealed class Speed
    {
        public int Slots { get; set; } = 1;

        public double Raw { get; set; }

        public Memory Memory;
    }

    /// <summary>How many units what is known stands for.</summary>
    private struct Memory
    {
        private double _units;
        private TimeSpan _at;

        public readonly bool IsEmpty => _units == 0;

        /// <summary>Adds a lease of units and returns its weight, from 0 to 1.</summary>
        public double Add(long units, TimeSpan now, double leases)
        {
            _units *= 1 - Math.Max(Ewma.Weight(now - _at, Tau), 1 / leases);
            _units += units;
            _at = now;
            return units / _units;
        }
    }
}
