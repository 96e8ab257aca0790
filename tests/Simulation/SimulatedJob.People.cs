using OrleansWork.Scheduling.Coordination;

namespace OrleansWork.Simulation;

/// <content>The catalogue, which gives places, and people, who ask.</content>
public sealed partial class SimulatedJob
{
    private static readonly TimeSpan AskAgain = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan LongestPlace = TimeSpan.FromMinutes(2);

    private readonly Catalog _catalog;
    private bool _isHeld;
    private bool _asksToForget;
    private bool _isForgotten;
    private int _holds;
    private long _requests;

    private enum Entry
    {
        None,
        Open,
        Closed,
    }

    private void AskCatalog(Activation mine, LifeCommand command) =>
        At(
            Delay(),
            () =>
            {
                bool fails = Happens(_scenario.Faults.CatalogFails);
                bool works = !fails || _random.Next(2) == 0;
                switch (command)
                {
                    case OpenEntry:
                        if (works)
                            _catalog.Entry = Entry.Open;
                        Tell(mine, fails ? new EntryNotOpened() : new EntryOpened(Accepted: true));
                        break;
                    case AskPlace:
                        if (works && _catalog.Entry == Entry.Open && _now >= _catalog.FullUntil)
                            _catalog.IsPlaced = true;
                        Tell(mine, fails ? new PlaceNotAnswered() : new PlaceAnswered(_catalog.IsPlaced));
                        break;
                    case CloseEntry:
                        if (works && !_scenario.BreakPlace)
                            Close();
                        Tell(mine, new EntryClosed());
                        break;
                    case RemoveEntry:
                        if (works)
                            (_catalog.Entry, _catalog.IsPlaced) = (Entry.None, false);
                        Tell(mine, fails ? new EntryNotRemoved() : new EntryRemoved());
                        break;
                    case GoOnElsewhere when _catalog.IsPlaced:
                        NeedRun(placed: true);
                        break;
                }
            }
        );

    private void Close()
    {
        if (_stored.Job is { IsTerminal: false })
            throw new InvalidOperationException("The place was given back before the end was stored.");
        (_catalog.Entry, _catalog.IsPlaced) = (Entry.Closed, false);
        EndIfDone();
    }

    private void EndIfDone()
    {
        bool isDone = _scenario.RetriedAndForgotten
            ? _isForgotten && _stored.Job is null && _catalog.Entry == Entry.None
            : _stored.Job is { IsTerminal: true } && _catalog.Entry == Entry.Closed;
        if (isDone)
            _ended = _now;
    }

    /// <summary>Looks for jobs that should run; what a shard does when it starts, when silos die and now and then.</summary>
    private void Scan()
    {
        if (_catalog.Entry == Entry.Open && _stored.Job is not null)
        {
            if (_now - _storedEndAt > LongestPlace)
                throw new InvalidOperationException($"The place is kept {_now - _storedEndAt:g} after the end was stored.");
            _catalog.IsPlaced |= _now >= _catalog.FullUntil;
            if (_catalog.IsPlaced)
                NeedRun(placed: true);
        }

        EndIfDone();
        At(TimeSpan.FromSeconds(1), Scan);
    }

    private void NeedRun(bool placed)
    {
        if (Resolve() is { } to)
            Send(to, id => new RunNeeded(id, placed), static _ => { });
    }

    private void Submit() =>
        Ask(
            id => new SubmitAsked(id, _scenario.ItemBatches > 0),
            answer =>
            {
                if (answer != LifeAnswer.Done)
                {
                    At(AskAgain, Submit);
                    return;
                }

                if (_stored.Job is null)
                    throw new InvalidOperationException("The submission was acknowledged and is not stored.");
                At(TimeSpan.FromSeconds(1), Watch);
                if (_scenario.People)
                    At(Moment(3), Hold);
                if (_scenario.Canceled)
                    At(Moment(5), Cancel);
            }
        );

    private TimeSpan Moment(double seconds) => TimeSpan.FromSeconds(0.05 + (seconds * _random.NextDouble()));

    private void Watch()
    {
        if (_activation is { Life.NeedsStart: true })
            NeedRun(placed: false);
        if (_scenario.RetriedAndForgotten && !_isForgotten && (_asksToForget || _stored.Job is { IsTerminal: true }))
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
                    if (!retries && answer == LifeAnswer.Done && (_stored.Job is not null || _catalog.Entry != Entry.None))
                        throw new InvalidOperationException("The job was forgotten, and something of it is left.");
                    if (retries && answer == LifeAnswer.Done && _stored.Job is { Retries: 0 })
                        throw new InvalidOperationException("The retry was acknowledged and is not stored.");
                    At(TimeSpan.FromSeconds(1), Watch);
                }
            );
            return;
        }

        At(TimeSpan.FromSeconds(1), Watch);
    }

    private void Hold() =>
        Ask(
            id => new PauseAsked(id),
            answer =>
            {
                if (answer != LifeAnswer.Done)
                {
                    if (answer != LifeAnswer.HasEnded)
                        At(Moment(1), Hold);
                    return;
                }

                if (_stored.Job is not { Phase: JobPhase.Paused })
                    throw new InvalidOperationException($"The pause was acknowledged, and {_stored.Job?.Phase} is stored.");
                _isHeld = true;
                _holds++;
                At(Moment(4), LetGo);
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
                    At(Moment(1), LetGo);
                else if (answer == LifeAnswer.Done && _stored.Job is { Phase: JobPhase.Paused })
                    throw new InvalidOperationException("The job was let go on, and is stored as held.");
                else if (answer == LifeAnswer.Done && _now < _scenario.Faults.Ends)
                    At(Moment(5), Hold);
            }
        );
    }

    private void Cancel() =>
        Ask(
            id => new CancelAsked(id, "no longer wanted"),
            answer =>
            {
                if (answer is not (LifeAnswer.Done or LifeAnswer.HasEnded))
                    At(Moment(1), Cancel);
                else if (_stored.Job is not { IsTerminal: true })
                    throw new InvalidOperationException($"The end was acknowledged, and {_stored.Job?.Phase} is stored.");
            }
        );

    private void CheckHeld(JobRun run)
    {
        if (_isHeld && run.Owner == _activation && run.Owner.Tag == _stored.Tag)
            throw new InvalidOperationException("A lease was granted while the job was held.");
    }

    /// <summary>Asks whichever coordinator there is, again until there is an answer.</summary>
    private void Ask(Func<long, LifeAsked> ask, Action<LifeAnswer> answered)
    {
        if (Resolve() is not { } to)
        {
            At(AskAgain, () => Ask(ask, answered));
            return;
        }

        bool isAnswered = false;
        Send(to, ask, Answer);
        At(
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
        At(
            Delay(),
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
                if (asked is SubmitAsked && to.Life.Record is not null)
                {
                    answered(LifeAnswer.Done);
                    return;
                }

                to.Requests.Add(asked.Request, answered);
                if (asked is PauseAsked && _scenario.BreakPause)
                    answered(LifeAnswer.Done);
                Tell(to, asked);
            }
        );

    private sealed class Catalog
    {
        public Entry Entry { get; set; }
        public bool IsPlaced { get; set; }
        public TimeSpan FullUntil { get; init; }
    }
}
