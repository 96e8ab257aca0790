using OrleansWork.Scheduling.Estimation;
using OrleansWork.Scheduling.Ledger;
using OrleansWork.Scheduling.Recording;
using OrleansWork.Scheduling.Sizing;

namespace OrleansWork.Scheduling.Coordination;

/// <content>Units that run far too long while slots idle: the tail behind them is taken back, and they are run a second time elsewhere.</content>
/// <remarks>Backup tasks: Dean and Ghemawat, MapReduce, OSDI 2004.</remarks>
internal sealed partial class JobMachine
{
    private const int SamplesToSpeculate = 5;
    private const double SlowFactor = 3;

    private readonly MedianWindow _unitTimes = new();
    private SecondRun? _second;

    private bool NothingWaits => _ledger!.Pending.IsEmpty && _delayed.Count == 0 && IsQuiet;

    private void Speculate()
    {
        if (_second is not null)
        {
            SendSecond(_second);
            return;
        }

        if (!NothingWaits || _leases.Count == 0 || _unitTimes.Count < SamplesToSpeculate)
            return;
        int idle = UsableSlots - _leases.Count;
        if (idle <= 0)
            return;
        TimeSpan limit = TimeSpan.FromSeconds(SlowFactor * _unitTimes.Median);
        TimeSpan budget = _sizer.BudgetFor(UsableSlots);
        limit = limit > budget ? limit : budget;
        LeaseRecord? slowest = null;
        int second = 0;
        foreach (LeaseRecord lease in _leases.Values)
        {
            second += lease.IsSecond ? 1 : 0;
            if (lease.IsSecond || !lease.SeenStarted || lease.Deaths > 0 || lease.HasSecond || _now - lease.UnitSince <= limit)
                continue;
            if (lease.Range.Count > 1)
                AskForTail(lease);
            else if (slowest is null || lease.UnitSince < slowest.UnitSince)
                slowest = lease;
        }

        if (!_options.Speculates || slowest is null || second >= Math.Max(1, UsableSlots / 10))
            return;
        CollectOpenSilos();
        _open.Remove(slowest.Silo);
        if (_open.Count == 0 || AtMaxParallel || ChooseForSecond() is not { } silo)
            return;
        slowest.HasSecond = true;
        _second = new SecondRun(silo, slowest);
        _out.Add(new StoreSuspects(++_planVersion));
    }

    /// <summary>The silo of a second run is known before it is sent, whoever places the other leases.</summary>
    private SiloRecord? ChooseForSecond() =>
        _options.Spawned ? _open.MinBy(static silo => silo.Leases.Count) : Choose(lastRound: true, _unitTimes.Median, avoid: null);

    /// <summary>
    /// A unit that ends its process is slow to do so when it writes out a full stack: run a second time, it ends two at a time. So both silos are
    /// stored before the second run is sent, and a coordinator that comes after counts both.
    /// </summary>
    private void SendSecond(SecondRun second)
    {
        if (!second.IsStored)
            return;
        _second = null;
        LeaseRecord first = second.First;
        if (!_leases.TryGetValue(first.Name, out LeaseRecord? held) || held != first)
            return;
        if (first.Deaths == 0 && !AtMaxParallel && second.Silo.Room > 0 && MayLease(second.Silo))
        {
            LeaseSize one = new(1, _sizer.BudgetFor(UsableSlots), LastRound: false);
            Lease(second.Silo, first.Range, one, GrantReason.SecondAttempt, first.Attempt + 1, deaths: 0, first);
        }
        else
            first.HasSecond = false;
    }

    private IEnumerable<SuspectRecord> AboutToRunTwice() =>
        _second is { } second ? [new SuspectRecord(second.First.Range, second.First.Deaths, second.Silo.Address)] : [];

    private void AskForTail(LeaseRecord lease)
    {
        if (lease.YieldAskedAt is not null || lease.Name.Epoch != _epoch)
            return;
        lease.YieldAskedAt = _now;
        Signal(lease.Silo, LeaseSignal.Yield, [lease.Name]);
    }

    /// <summary>A lease told to yield ends with the unit it is at: what lies behind that can go elsewhere though the unit runs on.</summary>
    private void CutTail(LeaseRecord lease)
    {
        if (lease.YieldAskedAt is not { } asked || _now - asked < _options.HeartbeatGrace || !lease.SeenStarted || lease.HasSecond)
            return;
        UnitRange tail = lease.Range with { From = Math.Max(lease.Range.From, lease.At) + 1 };
        if (tail.IsEmpty)
            return;
        lease.Range = lease.Range with { To = tail.From };
        ReturnUnits(tail, lease.Deaths, lease.Overlaps);
    }

    /// <summary>Stops those who work on units that somebody else has committed.</summary>
    private void DropLosers(bool overlaps)
    {
        if (!overlaps && _overlapping == 0)
            return;
        foreach (LeaseRecord lease in _leases.Values.ToArray())
        {
            if (!_ledger!.Committed.Covers(lease.Range))
                continue;
            if (lease.SeenStarted || lease.IsSecond)
            {
                _attempts++;
                CountWaste(1);
            }

            Signal(lease.Silo, LeaseSignal.Drop, [lease.Name]);
            RecordLetGo(lease, LeaseEnd.Overtaken);
            Forget(lease);
        }
    }

    private sealed record SecondRun(SiloRecord Silo, LeaseRecord First)
    {
        public bool IsStored { get; init; }
    }
}
