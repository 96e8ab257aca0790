using OrleansWork.Scheduling.Coordination;

namespace OrleansWork.Simulation;

/// <content>The catalogue, which gives places, and people, who ask.</content>
internal sealed partial class SimulatedJob
{
    private static readonly TimeSpan AskAgain = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(20);

    private readonly Dictionary<long, SimulatedOptions> _changes = [];
    private SimulatedOptions? _acknowledged;
    private int _changesMade;
    private bool _isHeld;
    private bool _asksToForget;
    private bool _isForgotten;
    private bool _submissionWasLost;
    private int _holds;
    private long _requests;

    private void AskCatalog(Activation mine, LifeCommand command) =>
        _cluster.At(
            _cluster.Delay(),
            () =>
            {
                bool fails = _cluster.Happens(Scenario.Faults.CatalogFails);
                bool works = !fails || _cluster.Random.Next(2) == 0;
                switch (command)
                {
                    case OpenEntry:
                        if (works)
                            _cluster.Catalog.Open(this);
                        Tell(mine, fails ? new EntryNotOpened("not reached") : new EntryOpened(Accepted: true));
                        break;
                    case AskPlace:
                        bool granted = works && _cluster.Catalog.AskPlace(this);
                        Tell(mine, fails ? new PlaceNotAnswered() : new PlaceAnswered(granted));
                        break;
                    case CloseEntry:
                        if (works && !Scenario.BreakPlace)
                            Close();
                        Tell(mine, new EntryClosed());
                        break;
                    case RemoveEntry:
                        if (works)
                            _cluster.Catalog.Close(this);
                        Tell(mine, fails ? new EntryNotRemoved("not reached") : new EntryRemoved());
                        break;
                    case GoOnElsewhere:
                        _cluster.Catalog.StartAgain(this);
                        break;
                }
            }
        );

    private void Close()
    {
        if (_stored.Job is { IsTerminal: false })
            throw new InvalidOperationException("The place was given back before the end was stored.");
        _cluster.Catalog.Close(this);
        EndIfDone();
    }

    private void EndIfDone()
    {
        HasEnded |= Scenario.RetriedAndForgotten
            ? _isForgotten && _stored.Job is null && !_cluster.Catalog.IsOpen(this)
            : _stored.Job is { IsTerminal: true } && !_cluster.Catalog.IsOpen(this);
        if (HasEnded)
            _endedAt ??= _cluster.Now;
    }

    internal void NeedRun(bool placed)
    {
        if (Resolve() is { } to)
            Send(to, id => new RunNeeded(id, placed), static _ => { });
    }

    internal void Submit() =>
        Ask(
            id => new SubmitAsked(id, Scenario.ItemBatches > 0) { IsRepeated = _submissionWasLost },
            answer =>
            {
                if (answer != LifeAnswer.Done)
                {
                    _submissionWasLost |= answer == LifeAnswer.Moves;
                    _cluster.At(AskAgain, Submit);
                    return;
                }

                if (_stored.Job is null)
                    throw new InvalidOperationException("The submission was acknowledged and is not stored.");
                _cluster.At(TimeSpan.FromSeconds(1), Watch);
                if (Scenario.People)
                {
                    _cluster.At(Moment(3), Hold);
                    _cluster.At(Moment(2), Probe);
                }

                if (Scenario.Changed)
                    _cluster.At(Moment(2), () => Change(SimulatedOptions.Any(_cluster.Random)));
                if (Scenario.Canceled)
                    _cluster.At(Moment(5), Cancel);
            }
        );

    private TimeSpan Moment(double seconds) => TimeSpan.FromSeconds(0.05 + (seconds * _cluster.Random.NextDouble()));

    private void Watch()
    {
        EndIfDone();
        if (HasEnded)
            return;
        if (Resolve() is { Life.NeedsStart: true })
            NeedRun(placed: false);
        if (Scenario.RetriedAndForgotten && !_isForgotten && (_asksToForget || _stored.Job is { IsTerminal: true }))
        {
            bool retries = !_asksToForget && _stored.Job!.Snapshot.Failures.Any(failure => failure.ForGood);
            _asksToForget = !retries;
            // Who has an ended job go on wants it to run.
            _isHeld = false;
            Ask(
                id => retries ? new RetryAsked(id) : new ForgetAsked(id),
                answer =>
                {
                    _isForgotten |= !retries && answer is LifeAnswer.Done or LifeAnswer.NoJob;
                    EndIfDone();
                    if (!retries && answer == LifeAnswer.Done && (_stored.Job is not null || _cluster.Catalog.IsOpen(this)))
                        throw new InvalidOperationException("The job was forgotten, and something of it is left.");
                    if (retries && answer == LifeAnswer.Done && _stored.Job is { Retries: 0 })
                        throw new InvalidOperationException("The retry was acknowledged and is not stored.");
                    _cluster.At(TimeSpan.FromSeconds(1), Watch);
                }
            );
            return;
        }

        _cluster.At(TimeSpan.FromSeconds(1), Watch);
    }

    private void Hold() =>
        Ask(
            id => new PauseAsked(id),
            answer =>
            {
                if (answer != LifeAnswer.Done)
                {
                    if (answer != LifeAnswer.HasEnded)
                        _cluster.At(Moment(1), Hold);
                    return;
                }

                if (_stored.Job is not { Phase: JobPhase.Paused })
                    throw new InvalidOperationException($"The pause was acknowledged, and {_stored.Job?.Phase} is stored.");
                _isHeld = true;
                _holds++;
                _cluster.At(Moment(4), LetGo);
            }
        );

    private void LetGo()
    {
        _isHeld = false;
        Ask(
            id => new ResumeAsked(id),
            answer =>
            {
                if (answer is not (LifeAnswer.Done or LifeAnswer.HasEnded))
                    _cluster.At(Moment(1), LetGo);
                else if (answer == LifeAnswer.Done && _stored.Job is { Phase: JobPhase.Paused })
                    throw new InvalidOperationException("The job was let go on, and is stored as held.");
                else if (answer == LifeAnswer.Done && _cluster.Now < Scenario.Faults.Ends)
                    _cluster.At(Moment(5), Hold);
            }
        );
    }

    /// <summary>Wants to know whether some silo is well, be it kept out or not.</summary>
    private void Probe()
    {
        if (HasEnded || _cluster.Now >= Scenario.Faults.Ends)
            return;
        SimulatedSilo silo = _cluster.Silos[_cluster.Random.Next(_cluster.Silos.Count)];
        _activation?.Run?.Give(new ProbeAsked(silo.Name));
        _cluster.At(Moment(2), Probe);
    }

    /// <summary>Gets the weight that the job has by its record.</summary>
    public int Weight => _stored.Job?.Options.Weight ?? Scenario.Weight;

    private void Change(SimulatedOptions wanted)
    {
        _acknowledged = null;
        Ask(
            id =>
            {
                _changes[id] = wanted;
                return new OptionsAsked(id, Changes: true);
            },
            answer =>
            {
                if (answer is not (LifeAnswer.Done or LifeAnswer.HasEnded))
                {
                    _cluster.At(Moment(1), () => Change(wanted));
                    return;
                }

                if (answer == LifeAnswer.HasEnded)
                    return;
                if (_stored.Job?.Options != wanted)
                    throw new InvalidOperationException($"{wanted} was acknowledged, and {_stored.Job?.Options} is stored.");
                _acknowledged = wanted;
                _changesMade++;
                if (_cluster.Now < Scenario.Faults.Ends)
                    _cluster.At(Moment(2), () => Change(SimulatedOptions.Any(_cluster.Random)));
            }
        );
    }

    private IEnumerable<SimulatedOptions> ChangesOf(Activation mine) =>
        mine.Requests.Keys.Where(id => id <= mine.Life.OptionsUpTo && _changes.ContainsKey(id)).Order().Select(id => _changes[id]);

    private void Cancel() =>
        Ask(
            id => new CancelAsked(id, "no longer wanted"),
            answer =>
            {
                if (answer is not (LifeAnswer.Done or LifeAnswer.HasEnded))
                    _cluster.At(Moment(1), Cancel);
                else if (_stored.Job is not { IsTerminal: true })
                    throw new InvalidOperationException($"The end was acknowledged, and {_stored.Job?.Phase} is stored.");
            }
        );

    internal void CheckHeld(JobRun run)
    {
        if (_isHeld && run.Owner == _activation && run.Owner.Tag == _stored.Tag)
            throw new InvalidOperationException("A lease was granted while the job was held.");
    }

    /// <summary>Checks that a lease is granted by the options that were acknowledged last; what is retried after a death or a failure has its own size.</summary>
    internal void CheckOptions(JobRun run, GrantLease lease)
    {
        if (_acknowledged?.Leases is not { } options || run.Owner != _activation || run.Owner.Tag != _stored.Tag)
            return;
        bool isRight =
            lease.Silo.Length == 0 == options.Spawned
            && (lease.Canary || (lease.Range.Count <= (options.ChunkUnits ?? long.MaxValue) && lease.Budget <= options.ChunkTime))
            && (options.MaxParallel is not { } most || run.Machine.LeasesInFlight <= most);
        if (!isRight)
            throw new InvalidOperationException(
                $"{lease} was granted while the options are {options}, {run.Machine.LeasesInFlight} in flight."
            );
    }

    /// <summary>Checks that whoever comes after a coordinator which has stored nothing of its run knows how far its leases may have reached.</summary>
    internal void CheckReach(JobRun run, GrantLease lease)
    {
        // Canaries are stored one by one.
        if (
            !lease.Canary
            && run.Owner.Tag == _stored.Tag
            && _stored.Job!.Snapshot is { LeasedTo: 0 } stored
            && lease.Range.To > stored.MayLeaseTo
        )
            throw new InvalidOperationException(
                $"{lease} was granted, and what is stored says that none reaches beyond {stored.MayLeaseTo}."
            );
    }

    /// <summary>Asks whichever coordinator there is, again until there is an answer.</summary>
    private void Ask(Func<long, LifeAsked> ask, Action<LifeAnswer> answered)
    {
        if (Resolve() is not { } to)
        {
            _cluster.At(AskAgain, () => Ask(ask, answered));
            return;
        }

        bool isAnswered = false;
        Send(to, ask, Answer);
        _cluster.At(
            CallTimeout,
            () =>
            {
                if (!isAnswered)
                    Answer(LifeAnswer.Moves);
            }
        );

        void Answer(LifeAnswer answer)
        {
            if (isAnswered)
                return;
            isAnswered = true;
            answered(answer);
        }
    }

    private void Send(Activation to, Func<long, LifeAsked> ask, Action<LifeAnswer> answered) =>
        _cluster.At(
            _cluster.Delay(),
            () =>
            {
                if (to.IsGone)
                {
                    answered(LifeAnswer.Moves);
                    return;
                }

                // An activation takes no calls before it has tried to read its record.
                if (!to.HasTried)
                {
                    Send(to, ask, answered);
                    return;
                }

                LifeAsked asked = ask(++_requests);
                if (asked is OptionsAsked)
                    asked = new OptionsAsked(asked.Request, _changes[asked.Request] != to.Read?.Options)
                    {
                        Version = to.Read?.OptionsVersion,
                    };
                if (asked is SubmitAsked && to.Life.Record is not null)
                {
                    answered(LifeAnswer.Done);
                    return;
                }

                to.Requests.Add(asked.Request, answered);
                if ((asked is PauseAsked && Scenario.BreakPause) || (asked is OptionsAsked && Scenario.BreakOptions))
                    answered(LifeAnswer.Done);
                Tell(to, asked);
            }
        );
}
