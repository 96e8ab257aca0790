using OrleansWork.Scheduling.Failures;
using OrleansWork.Scheduling.Placement;
using OrleansWork.Scheduling.Recording;
using OrleansWork.Scheduling.Sizing;

namespace OrleansWork.Scheduling.Coordination;

/// <content>What is kept of what happened: decides nothing.</content>
internal sealed partial class JobMachine
{
    private readonly HashSet<string> _quarantined = new(StringComparer.Ordinal);
    private int _quarantineNoted;
    private string? _avoided;
    private bool _onlyFresh;
    private TimeSpan? _endedAt;

    /// <summary>Returns where the time of the job's slots went until then, or until its end.</summary>
    public AccountTotals AccountAt(TimeSpan now) => Record.Account.Totals(_endedAt is { } ended && ended < now ? ended : now);

    /// <summary>Returns the same by silos.</summary>
    public IEnumerable<(string Silo, AccountTotals Totals)> AccountBySilo(TimeSpan now)
    {
        IReadOnlyDictionary<int, AccountTotals> parts = Record.Account.BySilo(_endedAt is { } ended && ended < now ? ended : now);
        foreach (SiloRecord silo in _silos.Values)
        {
            if (parts.TryGetValue(silo.Index, out AccountTotals totals))
                yield return (silo.Address, totals);
        }
    }

    /// <summary>Gets the silos that the machine knows or knew, by its numbers of them.</summary>
    public IEnumerable<(int Number, string Address)> SiloNumbers => _silos.Values.Select(static silo => (silo.Index, silo.Address));

    /// <summary>Returns how many slots a silo has, or had, for the job.</summary>
    public int SlotsOf(int silo) => _silos.Values.FirstOrDefault(record => record.Index == silo)?.Slots ?? 0;

    /// <summary>Returns how much slower than the average slot a silo's slots are: 1 is average, and what is unknown.</summary>
    public double SlownessOf(int silo) => _speed.Slowness(silo);

    private GrantReason ReasonOf(SiloRecord silo, in LeaseSize size) =>
        _options.ChunkUnits is not null ? GrantReason.Fixed
        : size.LastRound ? GrantReason.LastRound
        : _sizer.IsProbing(silo == _unplaced ? AnySilo : silo.Index) ? GrantReason.Probe
        : GrantReason.Steady;

    private ChoiceRule RuleOf(SiloRecord silo, GrantReason reason) =>
        reason == GrantReason.Canary ? ChoiceRule.KeptForCanary
        : silo == _unplaced || _options.Spawned ? ChoiceRule.Offered
        : _places.Count == 1 ? ChoiceRule.OnlyOneWithRoom
        : _policy.Rule;

    private void RecordGrant(LeaseRecord lease, in LeaseSize size, GrantReason reason, LeaseRecord? first)
    {
        int silo = lease.Silo.Index;
        Record.Grants(silo, lease.Rule, _now);
        if (!Record.Keeps(silo, lease.PredictedSeconds, _now))
        {
            Record.Fold();
            return;
        }

        lease.Entry = Record.Keep(
            new LeaseEntry
            {
                Number = lease.Name.Number,
                Epoch = lease.Name.Epoch,
                From = lease.Range.From,
                To = lease.Range.To,
                DoneTo = lease.Range.From,
                SecondOf = first?.Name.Number ?? 0,
                Silo = silo,
                Slot = -1,
                Attempt = lease.Attempt,
                Reason = reason,
                Granted = _now,
                Arrived = _now,
                Started = TimeSpan.MinValue,
                Ended = TimeSpan.MinValue,
                Budget = lease.Budget,
                PredictedSeconds = (float)lease.PredictedSeconds,
                Decision = Decide(lease, size),
            }
        );
    }

    /// <summary>Keeps what was believed of the silos, the chosen one first.</summary>
    private long Decide(LeaseRecord lease, in LeaseSize size)
    {
        DecisionEntry decision = new()
        {
            Number = lease.Name.Number,
            Policy = _options.Policy,
            Rule = lease.Rule,
            Silos = _silos.Count,
            Size = size.Bounds,
        };
        if (lease.Silo != _unplaced)
            Add(lease.Silo, CandidateVerdict.Chosen);
        foreach (SiloRecord silo in _silos.Values)
        {
            if (silo != lease.Silo && !silo.Gone)
                Add(silo, VerdictOn(silo));
        }

        return Record.Decisions.Add(decision);

        void Add(SiloRecord silo, CandidateVerdict verdict)
        {
            if (decision.Count == DecisionEntry.MostCandidates)
                return;
            int inFlight = silo.Reported + silo.SentSince;
            decision.Of[decision.Count++] = new CandidateEntry
            {
                Silo = silo.Index,
                InFlight = inFlight,
                Slots = silo.Slots,
                SecondsPerUnit = (float)silo.Latency.Median((double)inFlight / silo.Slots, _now),
                Slowness = (float)_speed.Slowness(silo.Index),
                LoadAgeSeconds = silo.LoadAt is { } at ? (float)(_now - at).TotalSeconds : float.NaN,
                Verdict = verdict,
                Obstacle = silo.Obstacle,
            };
        }
    }

    private CandidateVerdict VerdictOn(SiloRecord silo)
    {
        if (!silo.Takes)
            return CandidateVerdict.TakesNone;
        if (!_blame.MayLease(silo.Index, _now))
            return CandidateVerdict.Quarantined;
        if (!silo.Breaker.Allows(_now))
            return CandidateVerdict.Unreachable;
        if (silo.BlockedUntil > _now)
            return CandidateVerdict.Pausing;
        if (silo.Room <= 0)
            return CandidateVerdict.Full;
        if (_succeeding > (silo.Succeeds ? 1 : 0) && ErrorGate.IsPast(silo.RecentFailures, silo.ErrorRate))
            return CandidateVerdict.Failing;
        if (string.Equals(silo.Address, _avoided, StringComparison.Ordinal))
            return CandidateVerdict.Avoided;
        return _onlyFresh && silo.LeasesSent > 0 ? CandidateVerdict.HasHadOne : CandidateVerdict.Ranked;
    }

    private void RecordAdopted(LeaseRecord lease)
    {
        Record.Grants(lease.Silo.Index, ChoiceRule.None, lease.Sent);
        lease.Entry = Record.Keep(
            new LeaseEntry
            {
                Number = lease.Name.Number,
                Epoch = lease.Name.Epoch,
                From = lease.Range.From,
                To = lease.Range.To,
                DoneTo = lease.Range.From,
                Silo = lease.Silo.Index,
                Slot = -1,
                Attempt = lease.Attempt,
                Reason = GrantReason.Adopted,
                Granted = lease.Sent,
                Arrived = lease.Sent,
                Started = TimeSpan.MinValue,
                Ended = TimeSpan.MinValue,
                Budget = lease.Budget,
                PredictedSeconds = float.NaN,
                Decision = -1,
            }
        );
    }

    private void RecordSeen(LeaseRecord lease, HeldRange held)
    {
        if (lease.StartedAt is not null)
            return;
        TimeSpan started = _now - held.Running;
        (lease.StartedAt, lease.Slot) = (started > lease.Sent ? started : lease.Sent, held.Slot);
        Record.Sees(lease.Entry, held.Slot, lease.StartedAt.Value);
    }

    private void RecordRun(LeaseRecord? lease, SiloRecord silo, LeaseReported report, long committed)
    {
        TimeSpan ended = _now - report.Ago;
        TimeSpan started = ended - report.Busy;
        TimeSpan sent = lease?.Sent ?? started;
        TimeSpan arrived = started - report.Queued;
        arrived = arrived > sent ? arrived : sent;
        started = started > arrived ? started : arrived;
        long units = report.Done.Count + (report.Failure is null ? 0 : 1);
        SlotUse use = new()
        {
            Silo = silo.Index,
            Slot = report.Slot,
            Sent = sent,
            Arrived = arrived,
            Started = started,
            Ended = ended > started ? ended : started,
            WaitedWhenSent = lease?.WaitedWhenSent ?? TimeSpan.Zero,
            CountedPart = units == 0 ? 0 : (double)committed / units,
            Reason = lease?.Reason ?? GrantReason.Adopted,
            IsSpeculation = lease is { IsSecond: true } or { HasSecond: true },
        };
        LeaseEnd end =
            report.Failure is not null ? LeaseEnd.Failed
            : committed == 0 && report.Done.Count > 0 ? LeaseEnd.Overtaken
            : lease is null || report.Done.To >= lease.Range.To ? LeaseEnd.Committed
            : LeaseEnd.Yielded;
        Record.Ran(lease?.Entry ?? -1, use, report.Done.To, report.Done.Count, end, _now);
    }

    private void RecordFailure(LeaseRecord lease, long unit, int attempt, FailureRecord cause, TimeSpan? again) =>
        Record.Fails(
            new FailedAttempt(
                _now,
                unit,
                attempt,
                lease.Name.Epoch,
                lease.Name.Number,
                lease.Silo.Address,
                cause.Type,
                cause.Message,
                again
            )
        );

    /// <summary>A silo died with the lease: what it did is lost.</summary>
    private void RecordLoss(LeaseRecord lease) => RecordUntilNow(lease, LeaseEnd.Lost, isSpeculation: false);

    private void RecordLetGo(LeaseRecord lease) => RecordLetGo(lease, Phase == JobPhase.Finishing ? LeaseEnd.Overtaken : LeaseEnd.Canceled);

    private void RecordLetGo(LeaseRecord lease, LeaseEnd end) =>
        RecordUntilNow(lease, end, isSpeculation: lease.IsSecond || lease.HasSecond);

    private void RecordUntilNow(LeaseRecord lease, LeaseEnd end, bool isSpeculation)
    {
        if (lease.StartedAt is not { } started || lease.Silo == _unplaced)
        {
            Record.Finish(lease.Entry, end, _now);
            return;
        }

        SlotUse use = new()
        {
            Silo = lease.Silo.Index,
            Slot = lease.Slot,
            Sent = lease.Sent,
            Arrived = lease.Sent,
            Started = started,
            Ended = _now > started ? _now : started,
            WaitedWhenSent = lease.WaitedWhenSent,
            IsSpeculation = isSpeculation,
        };
        Record.Ran(lease.Entry, use, lease.Range.From, units: 0, end, _now);
    }

    private void RecordChange(SiloRecord silo, SiloChanged change)
    {
        bool isNew = silo.Obstacle is Obstacle.Unheard or Obstacle.Gone;
        if (change.Takes && !silo.Takes && isNew && Record.Began is not null)
            Record.Note(MarkKind.Joined, silo.Address, text: null, _now);
        else if (change.Obstacle == Obstacle.Draining && silo.Obstacle == Obstacle.None)
            Record.Note(MarkKind.Draining, silo.Address, text: null, _now);
        else if (change.Obstacle == Obstacle.None && silo.Obstacle == Obstacle.Draining)
            Record.Note(MarkKind.Undrained, silo.Address, text: null, _now);
        silo.Obstacle = change.Obstacle;
    }

    private void RecordSlots(SiloRecord silo)
    {
        if (silo.Takes)
            Record.Account.Join(silo.Index, silo.Slots, _now);
        else if (silo.Leases.Count == 0)
            Record.Account.Leave(silo.Index, _now);
    }

    private void NoteState()
    {
        Record.Account.Waits(Phase == JobPhase.Running && _started && (!_ledger!.Pending.IsEmpty || !IsQuiet), _now);
        if (_quarantineNoted == _blame.Version)
            return;
        _quarantineNoted = _blame.Version;
        foreach (SiloRecord silo in _silos.Values)
        {
            bool isOut = !silo.Gone && _blame.QuarantinedUntil(silo.Index) is not null;
            if (isOut && _quarantined.Add(silo.Address))
                Record.Note(MarkKind.Quarantined, silo.Address, text: null, _now);
            else if (!isOut && _quarantined.Remove(silo.Address) && !silo.Gone)
                Record.Note(MarkKind.Released, silo.Address, text: null, _now);
        }
    }
}
