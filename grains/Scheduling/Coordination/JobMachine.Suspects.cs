using OrleansWork.Scheduling.Failures;
using OrleansWork.Scheduling.Ledger;
using OrleansWork.Scheduling.Recording;
using OrleansWork.Scheduling.Sizing;

namespace OrleansWork.Scheduling.Coordination;

/// <content>
/// Work that may have ended its process. What ran on a silo that died runs again as canaries, one lease at a time per silo, each stored
/// before it is sent: so the coordinator may die with it, and its successor knows.
/// </content>
internal sealed partial class JobMachine
{
    // Leases of long units are few, and each reaches far: every slot's, and as many of a silo that comes.
    private const int UnseenLeases = 2;

    // The last canary runs alone: another lease of the job may end the process as well.
    private const int WholeSilo = 1 << 20;

    private const long MaxUnseenUnits = 1_000_000;
    private static readonly TimeSpan UnseenTime = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan AfterRefusedCanary = TimeSpan.FromSeconds(2);

    // What is on a silo that takes nothing more ends soon.
    private static readonly TimeSpan AfterNotClear = TimeSpan.FromSeconds(0.4);

    // Silos keep themselves clear for longer, counted from when they were asked.
    private static readonly TimeSpan KeptClear = TimeSpan.FromSeconds(2.5);

    private static readonly TimeSpan LongestCanary = TimeSpan.FromSeconds(1);

    // A new coordinator hears of the other silos by their heartbeats.
    private static readonly TimeSpan HomeCanariesAfter = TimeSpan.FromSeconds(2);

    private readonly SuspectTable _suspects = new();
    private readonly Unrest _unrest = new();
    private readonly List<Canary> _planned = [];
    private readonly List<Canary> _ready = [];
    private readonly List<SiloRecord> _over = [];
    private readonly HashSet<LeaseName> _beginning = [];
    private int _overAsked;
    private bool _hasLost;
    private long _planVersion;
    private long _leasedTo;
    private long _mark;
    private long _wantedTo;
    private bool _isReachAsked;
    private bool _wasTimed;
    private long _vagueTo;
    private TimeSpan _startedAt;

    /// <summary>Gets the version of the newest plan of canaries that <see cref="StoreSuspects"/> asked to store; 0 when there was none.</summary>
    public long SuspectsVersion => _planVersion;

    /// <summary>Gets whether it waits to hear that a snapshot is stored.</summary>
    public bool AwaitsStore => _planVersion > 0 || IsMarked;

    private bool IsQuiet => _suspects.IsEmpty && _planned.Count == 0 && _ready.Count == 0;

    /// <summary>Gets the unit up to which leases may have been granted by the time a snapshot of now is the last one stored.</summary>
    private long Reach()
    {
        long from = Math.Max(_leasedTo, _wantedTo);
        if (_ledger is null || from == 0)
            return 0;
        double unit = _speed.UnitSeconds;
        double byTime = unit > 0 ? UnseenTime.TotalSeconds * Math.Max(1, UsableSlots) / unit : 0;
        double byLeases = UnseenLeases * Math.Max(1, UsableSlots) * Math.Max(_options.ChunkUnits ?? 1, _lastLeaseUnits);
        long to = from + (long)Math.Min(Math.Max(byTime, byLeases), MaxUnseenUnits);
        return Math.Min(_ledger.UnitCount, IsMarked ? Math.Max(to, _mark) : to);
    }

    private bool IsMarked => _mark < long.MaxValue;

    /// <summary>Whether a lease that begins at a unit may be granted; otherwise that it is wanted is stored.</summary>
    private bool IsInReach(long from, long units)
    {
        long to = Math.Min(from + units, _ledger!.UnitCount);
        if (to <= _mark)
            return true;
        _wantedTo = Math.Max(_wantedTo, to);
        if (!_isReachAsked)
            _out.Add(new StoreReach());
        _isReachAsked = true;
        return false;
    }

    private long InReach(long units) => Math.Min(units, _mark - _ledger!.Pending.Span[0].From);

    /// <summary>Goes on up to where a stored snapshot says; from the second one on that was stored when the time of a unit was known, as far as it likes,
    /// for that one was made with it, and the next comes before half a second has passed.</summary>
    private void RaiseMark(long leasedTo)
    {
        if (!IsMarked)
            return;
        _isReachAsked = false;
        bool isTimed = _speed.UnitSeconds > 0;
        _mark = isTimed && _wasTimed ? long.MaxValue : Math.Max(_mark, leasedTo);
        _wasTimed = isTimed;
    }

    private IEnumerable<SuspectRecord> Suspects() =>
        _suspects
            .Waiting.Select(waiting => new SuspectRecord(waiting.Range, waiting.Deaths, null))
            .Concat(_planned.Concat(_ready).Select(canary => new SuspectRecord(canary.Range, canary.Deaths, canary.Silo.Address)))
            .Concat(
                _leases
                    .Values.Where(lease => lease.Deaths > 0 || lease.IsSecond || lease.HasSecond)
                    .Select(lease => new SuspectRecord(lease.Range, lease.Deaths, lease.Silo.Address)
                    {
                        RanAlone = lease.IsAlone && (lease.HasBegun || _beginning.Contains(lease.Name)),
                    })
            );

    /// <summary>
    /// Whether silos combine nothing: processes end, it may be in that, and nobody has seen it end well. Then only coordinators combine, who record it
    /// from the second of them on.
    /// </summary>
    private bool LeavesApart => !HasCombined && !_options.KeepsResults && (_options.IsCareful || _hasLost);

    private void RestoreSuspects(JobSnapshot stored)
    {
        _vagueTo = stored.VagueTo;
        _hasLost = stored.HasSuspects;
        foreach (SuspectRecord suspect in stored.Suspects)
        {
            if (suspect.Silo is null)
                Suspect(suspect.Range, suspect.Deaths);
            else
                // It stays there until that silo says so or dies: it may be dying of it.
                Follow(
                    Silo(suspect.Silo),
                    new LeaseName(0, _nextNumber++),
                    suspect.Range,
                    _now,
                    suspect.Deaths,
                    isPresumed: true,
                    isAlone: suspect.RanAlone
                );
        }
    }

    /// <summary>A silo has said what it holds: what it names is followed by that name, what it does not name is not there.</summary>
    private void ForgetPresumed(SiloRecord silo, UnitRange range)
    {
        foreach (LeaseRecord lease in silo.Leases.Values.Where(static lease => lease.IsPresumed).ToArray())
        {
            if (lease.Range.Intersect(range).IsEmpty)
                continue;
            Forget(lease);
            ReturnUnits(lease.Range, lease.Deaths, lease.Overlaps);
        }
    }

    private void OnStarted()
    {
        _started = true;
        _startedAt = _now;
        if (_ledger is null)
            return;
        if (_leasesGranted > 0)
            Record.Account.Open(_now);
        foreach ((UnitRange range, int deaths) in _suspects.Waiting.ToArray())
        {
            if (!AreTooMany(deaths))
                continue;
            _suspects.Remove(range);
            LoseUnits(range, deaths, overlaps: true, silo: null);
        }

        // Which leases a coordinator had out when it died is not stored. Until they are suspects by name they do not run again.
        Suspect(new UnitRange(0, _vagueTo), 1);
        _vagueTo = 0;
    }

    // From two deaths on units run alone, and only one that was alone is given up.
    private int MostDeathsOfMany => Math.Clamp(_options.DeathsToPoison - 1, 1, 2);

    private bool AreTooMany(int deaths) => deaths - _unrest.MoreFor(deaths, _now) >= _options.DeathsToPoison;

    /// <summary>Counts one more death at which others were present too, or may have been.</summary>
    private int OneMore(int deaths) => Math.Max(deaths, Math.Min(deaths + 1, MostDeathsOfMany));

    private static bool IsSuspect(LeaseRecord lease) => lease.Deaths > 0 || lease.IsPresumed;

    private bool IsLone(UnitRange range, int deaths) => range.Count == 1 && deaths >= MostDeathsOfMany;

    /// <summary>Makes canaries of those units of a range that nobody works on.</summary>
    private void Suspect(UnitRange range, int deaths)
    {
        foreach (UnitRange pending in _ledger!.Pending.ToArray())
        {
            UnitRange suspect = pending.Intersect(range);
            if (suspect.IsEmpty)
                continue;
            _ledger.Pending.Remove(suspect);
            _suspects.Add(suspect, deaths);
        }
    }

    /// <summary>Takes back what ran on a silo whose process died.</summary>
    private void LoseLease(LeaseRecord lease)
    {
        RecordLoss(lease);
        Forget(lease);
        if (!lease.HasBegun)
        {
            // It was not there.
            ReturnUnits(lease.Range, lease.Deaths, lease.Overlaps);
            return;
        }

        _hasLost = true;
        UnitRange passed = lease.SeenStarted ? new UnitRange(lease.Range.From, lease.At) : default;
        ReturnUnits(passed, lease.Deaths, lease.Overlaps);
        UnitRange lost = lease.Range with { From = Math.Max(lease.Range.From, passed.To) };
        int deaths = lease.IsAlone ? lease.Deaths + 1 : OneMore(lease.Deaths);
        LoseUnits(lost, deaths, lease.Overlaps, lease.Silo.Address);
    }

    /// <summary>Takes units that were present when a process ended out of the ordinary work, wherever they are by now.</summary>
    private void LoseUnits(UnitRange range, int deaths, bool overlaps, string? silo)
    {
        ReturnUnits(range, 0, overlaps);
        CountForOthers(range);
        if (AreTooMany(deaths))
            Poison(range, deaths, silo);
        else
            Suspect(range, deaths);
    }

    /// <summary>
    /// Counts a death for units that somebody else has, or that wait already: they ran there twice at a time, or were taken back from a silo that was
    /// silent, and of which nobody knew yet that it had died.
    /// </summary>
    private void CountForOthers(UnitRange range)
    {
        foreach ((UnitRange waiting, int deaths) in _suspects.Waiting.ToArray())
            _suspects.Add(waiting.Intersect(range), OneMore(deaths));
        bool changed = false;
        foreach (List<Canary> list in new[] { _planned, _ready })
        {
            foreach (Canary canary in list.Where(canary => !canary.Range.Intersect(range).IsEmpty).ToArray())
            {
                list.Remove(canary);
                canary.Silo.Reserved = 0;
                _suspects.Add(canary.Range, OneMore(canary.Deaths));
            }
        }

        foreach (LeaseRecord other in _leases.Values)
        {
            int deaths = OneMore(other.Deaths);
            if (deaths == other.Deaths || other.Range.Intersect(range).IsEmpty)
                continue;
            other.Deaths = deaths;
            changed = true;
        }

        if (changed)
            _out.Add(new StoreSuspects(++_planVersion));
    }

    private void Poison(UnitRange range, int deaths, string? silo)
    {
        for (long unit = range.From; unit < range.To && Phase is JobPhase.Running or JobPhase.Paused; unit++)
        {
            if (!_ledger!.Pending.Contains(unit))
                continue;
            string message =
                $"unit {unit} was running when {deaths} processes ended, alone the last time; it is not run again. "
                + "Once its cause is mended 'orleanswork retry' runs it again; a job with onUnitFailure skip goes on without such units";
            GiveUp(new UnitFailureRecord(unit, deaths, "PoisonUnit", message, silo, ForGood: true), message);
        }
    }

    /// <summary>Chooses the next canaries and has them stored; only then are they sent.</summary>
    /// <remarks>
    /// What is stored of a canary that runs alone must say no more than the truth, or an innocent unit is given up after its coordinator
    /// died: it is stored when its silo has nothing else of this job or any other, and its end is stored before that silo gets anything else. And it goes to
    /// another silo than the coordinator's, where there is one: a coordinator that outlives a canary's silo knows whether it ran there.
    /// </remarks>
    private void PlanCanaries()
    {
        bool isNew = _planned.Count == 0 && PlanNext();
        if (isNew || _over.Count > _overAsked)
        {
            _overAsked = _over.Count;
            _out.Add(new StoreSuspects(++_planVersion));
        }
    }

    private bool PlanNext()
    {
        if (_suspects.IsEmpty)
        {
            foreach (SiloRecord silo in _silos.Values)
            {
                if (silo.Reserved == WholeSilo && !HasCanary(silo) && !_over.Contains(silo))
                    silo.Reserved = 0;
            }
        }
        else
        {
            PlanFromSuspects();
        }

        return _planned.Count > 0;
    }

    private void PlanFromSuspects()
    {
        int alone = _silos.Values.Count(static silo => silo.Reserved == WholeSilo);
        int mostAlone = Math.Max(1, _usableSilos / 2);
        foreach (SiloRecord silo in _silos.Values.OrderBy(static silo => silo.Leases.Count))
        {
            if (!MayLease(silo) || HasCanary(silo) || _over.Contains(silo) || IsHomeOfMany(silo) || _now < silo.NoCanaryUntil)
                continue;
            if (_suspects.MostDeaths >= MostDeathsOfMany)
            {
                bool reserved = silo.Reserved == WholeSilo;
                if (!reserved && alone >= mostAlone)
                    continue;
                alone += reserved ? 0 : 1;
                silo.Reserved = WholeSilo;
                if (silo.Leases.Count > 0 || _unplaced.Leases.Count > 0 || !IsClear(silo))
                    continue;
            }

            if (!_suspects.TryTake(out UnitRange taken, out int deaths))
                break;
            UnitRange range = CutAtAttempted(taken);
            _suspects.Add(taken with { From = range.To }, deaths);
            if (silo.Reserved != WholeSilo)
                silo.Reserved = 1;
            _planned.Add(new Canary(silo, range, deaths));
        }
    }

    private bool IsClear(SiloRecord silo)
    {
        if (_now < silo.ClearUntil)
            return true;
        if (!silo.IsAskedToClear)
        {
            silo.IsAskedToClear = true;
            _out.Add(new ClearSilo(silo.Address));
        }

        return false;
    }

    private void OnSiloCleared(SiloCleared cleared)
    {
        SiloRecord silo = Silo(cleared.Silo);
        silo.IsAskedToClear = false;
        if (cleared.IsClear)
            silo.ClearUntil = _now + KeptClear;
        else
            silo.NoCanaryUntil = _now + AfterNotClear;
    }

    private void OnSnapshotStored(SnapshotStored stored)
    {
        RaiseMark(stored.LeasedTo);
        if (stored.Version != _planVersion)
            return;
        if (_second is not null)
            _second = _second with { IsStored = true };
        foreach (SiloRecord silo in _over)
            silo.Reserved = 0;
        _over.Clear();
        _overAsked = 0;
        _ready.AddRange(_planned);
        _planned.Clear();
        AnswerAllWhoBegin(begins: true);
    }

    private void AnswerAllWhoBegin(bool begins)
    {
        foreach (LeaseName name in _beginning)
        {
            LeaseRecord lease = _leases[name];
            lease.HasBegun |= begins;
            _out.Add(new AnswerBegin(lease.Silo.Address, name, begins));
        }

        _beginning.Clear();
    }

    /// <summary>Has stored that a lone canary begins, before it does: a unit is given up only when its last death was one that it ran at.</summary>
    private void OnBeginAsked(BeginAsked asked)
    {
        if (
            Phase != JobPhase.Running
            || !_leases.TryGetValue(asked.Name, out LeaseRecord? lease)
            || (lease.Silo != _unplaced && lease.Silo.Address != asked.Silo)
        )
        {
            _out.Add(new AnswerBegin(asked.Silo, asked.Name, Begins: false));
            return;
        }

        Place(lease, Silo(asked.Silo));
        if (_beginning.Add(asked.Name))
            _out.Add(new StoreSuspects(++_planVersion));
    }

    private void GrantCanaries()
    {
        for (int place = _ready.Count - 1; place >= 0; place--)
        {
            Canary canary = _ready[place];
            UnitRange range = canary.Range;
            bool over = _ledger!.Committed.Covers(range);
            bool alone = canary.Silo.Reserved == WholeSilo;
            if (!over && canary.Silo is { Takes: true, Gone: false } && (!alone || _now < canary.Silo.ClearUntil))
            {
                if (!MayLease(canary.Silo) || AtMaxParallel || (!alone && canary.Silo.Room + canary.Silo.Reserved <= 0))
                    continue;
                _ready.RemoveAt(place);
                if (!alone)
                    canary.Silo.Reserved = 0;
                LeaseSize size = new(range.Count, CanaryBudget(range), LastRound: false);
                Lease(canary.Silo, range, size, GrantReason.Canary, AttemptOf(range.From), canary.Deaths);
                continue;
            }

            // Too late: others may be there again.
            _ready.RemoveAt(place);
            canary.Silo.Reserved = 0;
            if (!over)
                _suspects.Add(range, canary.Deaths);
        }
    }

    /// <summary>A canary costs a write, and its silo runs no other: so it is not cut short where it takes a second at most.</summary>
    private TimeSpan CanaryBudget(UnitRange range)
    {
        TimeSpan usual = _sizer.BudgetFor(UsableSlots);
        TimeSpan whole = Min(LongestCanary, TimeSpan.FromSeconds(Math.Min(2 * range.Count * Known(_speed.UnitSeconds), 60)));
        return usual > whole ? usual : whole;
    }

    /// <summary>Whether new leases must wait because nobody would know whether they reach the silo that is to run a canary alone.</summary>
    private bool WaitsForUnplaced => _unplaced.Leases.Count > 0 && _silos.Values.Any(static silo => silo.Reserved == WholeSilo);

    /// <summary>Lets the canaries of a silo go that were not sent yet.</summary>
    private void ForgetCanaries(SiloRecord silo)
    {
        silo.Reserved = 0;
        _over.Remove(silo);
        foreach (List<Canary> list in new[] { _planned, _ready })
        {
            foreach (Canary canary in list.Where(canary => canary.Silo == silo).ToArray())
            {
                list.Remove(canary);
                _suspects.Add(canary.Range, canary.Deaths);
            }
        }
    }

    /// <summary>Whether a canary should go elsewhere because the coordinator lives there; not once the silo is kept free for it.</summary>
    private bool IsHomeOfMany(SiloRecord silo) =>
        silo.Address == _options.Home
        && silo.Reserved != WholeSilo
        && (_usableSilos > 1 || (_now - _startedAt < HomeCanariesAfter && HasOthers));

    private bool HasOthers => _silos.Values.Any(other => other.Address != _options.Home && !other.Gone);

    private bool HasCanary(SiloRecord silo)
    {
        foreach (LeaseRecord lease in silo.Leases.Values)
        {
            if (lease.Deaths > 0)
                return true;
        }

        return IsFor(silo, _planned) || IsFor(silo, _ready);
    }

    private static bool IsFor(SiloRecord silo, List<Canary> canaries)
    {
        foreach (Canary canary in canaries)
        {
            if (canary.Silo == silo)
                return true;
        }

        return false;
    }

    private void CanaryIsOver(SiloRecord silo)
    {
        if (silo.Reserved == WholeSilo && !_over.Contains(silo))
            _over.Add(silo);
    }

    private sealed record Canary(SiloRecord Silo, UnitRange Range, int Deaths);
}
