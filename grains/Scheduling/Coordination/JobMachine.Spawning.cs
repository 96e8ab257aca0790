using OrleansWork.Scheduling.Placement;

namespace OrleansWork.Scheduling.Coordination;

/// <content>Leases whose silo somebody else chooses.</content>
internal sealed partial class JobMachine
{
    // No silo's number: the sizer probes all silos as one, since nobody knows which of them a lease will reach.
    private const int AnySilo = -1;

    private readonly SiloRecord _unplaced = new("", AnySilo);
    private readonly EligibleSilos _eligible = new();
    private string[] _offered = [];
    private int _unclaimedRoom;

    private IEnumerable<SiloRecord> Holders => _silos.Values.Append(_unplaced);

    /// <summary>Counts the room of all open silos, less what is on its way to one of them.</summary>
    private void CountUnclaimedRoom()
    {
        _unclaimedRoom = -_unplaced.Leases.Count;
        if (_unplaced.BlockedUntil > _now)
            return;
        foreach (SiloRecord silo in _open)
            _unclaimedRoom += silo.Room;
    }

    /// <summary>Offers the silos among which the next lease may go, if they have room for one more together.</summary>
    private SiloRecord? Offer(ReadOnlySpan<SiloCandidate> candidates, in PlacementMoment moment)
    {
        if (_unclaimedRoom <= 0)
            return null;
        Span<int> eligible = _eligible.Of(candidates, moment);
        if (eligible.IsEmpty)
            return null;
        _offered = new string[eligible.Length];
        for (int i = 0; i < eligible.Length; i++)
            _offered[i] = _open[_places[eligible[i]]].Address;
        return _unplaced;
    }

    /// <summary>Takes a silo's word that a lease went to it.</summary>
    private void Place(LeaseRecord lease, SiloRecord silo)
    {
        if (lease.Silo != _unplaced)
            return;
        _unplaced.Leases.Remove(lease.Name);
        _unplaced.Breaker.Unsettled(lease.Trial);
        lease.Trial = 0;
        silo.Leases.Add(lease.Name, lease);
        silo.LeasesSent++;
        lease.Silo = silo;
        Record.Places(lease.Entry, silo.Index, _now);
        lease.PredictedSeconds *= _speed.Slowness(silo.Index);
    }

    /// <summary>Takes back a lease that nobody speaks of; when nobody knows where it was, it is suspect if a process died while it was out.</summary>
    private void TakeBackOverdue(LeaseRecord lease)
    {
        if (lease.Silo == _unplaced && _unplannedLossAt >= lease.Sent)
            LoseLease(lease);
        else
            TakeBack(lease);
    }

    private void GiveBackUnplaced(TimeSpan late)
    {
        GiveBackOverdue(_unplaced, late);
        foreach (LeaseRecord lease in _unplaced.Leases.Values.ToArray())
        {
            // By now the silo that has it, if any, would have named it in a heartbeat.
            if (lease.CallFailedAt is not { } failed || _now - failed <= _options.HeartbeatGrace + _options.HeartbeatGrace + late)
                continue;
            // It may be on a silo that has died and is not declared dead yet.
            if (
                _now - failed <= _options.SuspectPatience
                && _silos.Values.Any(silo => !silo.Gone && silo.LastHeard < failed + _options.HeartbeatGrace)
            )
                continue;
            TakeBackOverdue(lease);
        }
    }
}
