namespace OrleansWork.Scheduling.Recording;

/// <summary>Accounts for every slot of a job at every moment, from its first lease to its end (DESIGN section 6).</summary>
/// <remarks>
/// What lies between two leases of a slot is divided by what the later of them went through: on its way, waiting on the silo, and before that the
/// slot had nothing to do, while work waited elsewhere or while there was none. So the parts of a slot add up to its time by construction; only what
/// other jobs did there is told by the silo, as a sum, and is taken from what looks idle.
/// </remarks>
internal sealed class TimeAccount
{
    private readonly Dictionary<int, SiloTime> _silos = [];
    private readonly Dictionary<int, AccountTotals> _left = [];
    private readonly Dictionary<int, TimeSpan[]> _busy = [];
    private TimeSpan? _openedAt;
    private TimeSpan? _finishingAt;
    private bool _waits;
    private TimeSpan _waitsSince;
    private TimeSpan _waited;

    /// <summary>Gets what earlier coordinators accounted for.</summary>
    public AccountTotals Former { get; init; }

    /// <summary>Begins with the first lease; later calls change nothing.</summary>
    public void Open(TimeSpan now)
    {
        if (_openedAt is not null)
            return;
        _openedAt = now;
        foreach (SiloTime silo in _silos.Values)
            silo.Begin(now, _waited);
    }

    /// <summary>Says that a silo takes leases with so many slots, from now on.</summary>
    public void Join(int silo, int slots, TimeSpan now)
    {
        if (_silos.TryGetValue(silo, out SiloTime? known))
        {
            if (known.Slots == slots)
                return;
            Leave(silo, now);
        }

        TimeSpan[]? busy = _busy.GetValueOrDefault(silo);
        Array.Resize(ref busy, Math.Max(slots, busy?.Length ?? 0));
        _busy[silo] = busy;
        _silos[silo] = new SiloTime(slots, now, WaitedAt(now));
    }

    /// <summary>Says that a silo does nothing more for the job from now on.</summary>
    public void Leave(int silo, TimeSpan now)
    {
        if (!_silos.Remove(silo, out SiloTime? gone) || _openedAt is null)
            return;
        _left[silo] = _left.GetValueOrDefault(silo) + Closed(gone, now);
    }

    /// <summary>Says whether units wait for a slot.</summary>
    public void Waits(bool waits, TimeSpan now)
    {
        if (waits == _waits)
            return;
        _waited = WaitedAt(now);
        (_waits, _waitsSince) = (waits, now);
    }

    /// <summary>Returns for how long units have waited for a slot, all in all.</summary>
    public TimeSpan WaitedAt(TimeSpan now) => _waits && now > _waitsSince ? _waited + (now - _waitsSince) : _waited;

    /// <summary>Gets since when no unit has waited for a slot; null while some do, and before the first lease.</summary>
    public TimeSpan? NothingWaitsSince =>
        _waits || _openedAt is not { } opened ? null
        : _waitsSince > opened ? _waitsSince
        : opened;

    /// <summary>Returns for how long each slot of a silo has worked for the job; empty when it had none.</summary>
    /// <param name="silo">The machine's number of the silo.</param>
    public ReadOnlySpan<TimeSpan> BusyBySlot(int silo) => _busy.GetValueOrDefault(silo);

    /// <summary>Says for how long all slots of a silo have worked since it started, all jobs together.</summary>
    public void Busy(int silo, TimeSpan total)
    {
        if (_openedAt is not null && _silos.TryGetValue(silo, out SiloTime? time))
            time.Busy(total);
    }

    /// <summary>Says that all units are done and the result is being made.</summary>
    public void Finishing(TimeSpan now)
    {
        Waits(waits: false, now);
        _finishingAt ??= now;
    }

    /// <summary>Takes a lease that has left its slot.</summary>
    public void Ran(in SlotUse use, TimeSpan now)
    {
        if (_openedAt is not null && _silos.TryGetValue(use.Silo, out SiloTime? silo))
        {
            (int slot, TimeSpan worked) = silo.Ran(use, WaitedAt(use.Ended < now ? use.Ended : now));
            _busy[use.Silo][slot] += worked;
            return;
        }

        // It worked where its slot does not count, not yet or not any more: its time comes on top.
        TimeSpan busy = use.Ended > use.Started ? use.Ended - use.Started : TimeSpan.Zero;
        _left[use.Silo] = _left.GetValueOrDefault(use.Silo) + Work(use, busy) with { Slots = busy };
    }

    /// <summary>Returns what the time went to so far.</summary>
    public AccountTotals Totals(TimeSpan now)
    {
        AccountTotals totals = Former;
        foreach (AccountTotals part in BySilo(now).Values)
            totals += part;
        return totals;
    }

    /// <summary>Returns what the time went to so far, by the machine's numbers of silos; what earlier coordinators accounted for is not in it.</summary>
    public IReadOnlyDictionary<int, AccountTotals> BySilo(TimeSpan now)
    {
        Dictionary<int, AccountTotals> parts = new(_left);
        if (_openedAt is null)
            return parts;
        foreach ((int number, SiloTime silo) in _silos)
            parts[number] = parts.GetValueOrDefault(number) + Closed(silo, now);
        return parts;
    }

    private AccountTotals Closed(SiloTime silo, TimeSpan now) => silo.Closed(now, WaitedAt(now), _finishingAt);

    private static AccountTotals Work(in SlotUse use, TimeSpan busy)
    {
        TimeSpan counted = busy * Math.Clamp(use.CountedPart, 0, 1);
        AccountTotals work = new() { Compute = counted };
        return use.IsSpeculation ? work with { WastedSpeculation = busy - counted } : work with { WastedRetry = busy - counted };
    }

    private sealed class SiloTime
    {
        private readonly (TimeSpan Ended, TimeSpan Waited)[] _slots;
        private TimeSpan _began;
        private TimeSpan? _firstBusy;
        private TimeSpan _lastBusy;
        private TimeSpan _own;
        private AccountTotals _totals;

        public SiloTime(int slots, TimeSpan now, TimeSpan waited)
        {
            _slots = new (TimeSpan, TimeSpan)[slots];
            Begin(now, waited);
        }

        public int Slots => _slots.Length;

        public void Begin(TimeSpan now, TimeSpan waited)
        {
            _began = now;
            _slots.AsSpan().Fill((now, waited));
        }

        public void Busy(TimeSpan total)
        {
            _firstBusy ??= total;
            _lastBusy = total;
        }

        /// <summary>Takes a lease.</summary>
        /// <returns>The slot that counts as the one it ran on, and for how long it had it.</returns>
        public (int Slot, TimeSpan Worked) Ran(in SlotUse use, TimeSpan waited)
        {
            int number = use.Slot >= 0 && use.Slot < _slots.Length ? use.Slot : LongestIdle();
            ref (TimeSpan Ended, TimeSpan Waited) slot = ref _slots[number];
            TimeSpan started = use.Started > slot.Ended ? use.Started : slot.Ended;
            TimeSpan ended = use.Ended > started ? use.Ended : started;
            TimeSpan transfer = Overlap(use.Sent, use.Arrived, slot.Ended, started);
            TimeSpan queue = Overlap(use.Arrived, use.Started, slot.Ended, started);
            TimeSpan idle = started - slot.Ended - transfer - queue;
            (TimeSpan elsewhere, TimeSpan none) = Divide(idle, use.WaitedWhenSent - slot.Waited);
            _own += ended - started;
            _totals += Work(use, ended - started) with
            {
                Transfer = transfer,
                Queue = queue,
                IdleWorkElsewhere = elsewhere,
                IdleNoWork = none,
            };
            slot = (ended, waited > slot.Waited ? waited : slot.Waited);
            return (number, ended - started);
        }

        public AccountTotals Closed(TimeSpan now, TimeSpan waited, TimeSpan? finishingAt)
        {
            AccountTotals totals = _totals with { Slots = TimeSpan.Zero };
            foreach ((TimeSpan ended, TimeSpan waitedThen) in _slots)
            {
                TimeSpan end = now > ended ? now : ended;
                TimeSpan combine = finishingAt is { } finishing ? Overlap(finishing, end, ended, end) : TimeSpan.Zero;
                (TimeSpan elsewhere, TimeSpan none) = Divide(end - ended - combine, waited - waitedThen);
                totals += new AccountTotals
                {
                    Slots = end - _began,
                    Combine = combine,
                    IdleWorkElsewhere = elsewhere,
                    IdleNoWork = none,
                };
            }

            return totals.WithOthers(_firstBusy is { } first ? _lastBusy - first - _own : TimeSpan.Zero);
        }

        private int LongestIdle()
        {
            int longest = 0;
            for (int slot = 1; slot < _slots.Length; slot++)
            {
                if (_slots[slot].Ended < _slots[longest].Ended)
                    longest = slot;
            }

            return longest;
        }

        private static (TimeSpan Elsewhere, TimeSpan None) Divide(TimeSpan idle, TimeSpan waited)
        {
            TimeSpan elsewhere =
                waited <= TimeSpan.Zero ? TimeSpan.Zero
                : waited < idle ? waited
                : idle;
            return (elsewhere, idle - elsewhere);
        }

        private static TimeSpan Overlap(TimeSpan from, TimeSpan to, TimeSpan start, TimeSpan end)
        {
            from = from > start ? from : start;
            to = to < end ? to : end;
            return to > from ? to - from : TimeSpan.Zero;
        }
    }
}
