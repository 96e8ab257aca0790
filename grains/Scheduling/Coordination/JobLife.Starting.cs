using OrleansWork.Scheduling.Failures;

namespace OrleansWork.Scheduling.Coordination;

/// <content>From the record to the run.</content>
internal sealed partial class JobLife
{
    private void Read()
    {
        if (_isReading || _access != Access.NotRead || _hasLeft)
            return;
        _isReading = true;
        Do(new ReadRecord());
    }

    private void OnRead(Access access, LifeRecord? record)
    {
        _isReading = false;
        (_access, _record, _failures, _retryAt) = (access, record, 0, _now);
        checkpoints.Reaches(record?.LeasedTo ?? 0);
        bool needed = _isNeeded;
        _isNeeded = false;
        if (record is { IsTerminal: true })
        {
            _step = Step.Ended;
            if (needed && !IsOver)
                Close();
        }
        else if (needed && record is not null)
            Go();
    }

    private void OnRunNeeded(RunNeeded needed)
    {
        if (IsOver)
        {
            Do(new AnswerRequest(needed.Request, LifeAnswer.Moves));
            return;
        }

        bool waits = needed.Placed || NeedsStart || _access == Access.NotRead;
        if (_access is Access.NotRead || _record is { IsTerminal: false })
            NeedRun(needed.Placed);
        else if (needed.Placed && _isCorrupt)
            Do(new CloseCorruptEntry());
        else if (needed.Placed && _step == Step.Ended)
            Close();
        if (waits && (IsStarting || _isNeeded))
            _requests.Add(needed.Request, LifeRequest.Run, _now + RunWait);
        else
            Do(new AnswerRequest(needed.Request, Missing ?? LifeAnswer.Done));
    }

    private void NeedRun(bool placed)
    {
        _isPlaced |= placed;
        if (_access == Access.NotRead)
        {
            _isNeeded = true;
            Read();
        }
        else if (_step == Step.Idle || (placed && _step == Step.AskingPlace))
            Go();
    }

    /// <summary>Goes towards the run, from where its way begins.</summary>
    private void Go()
    {
        if (IsOver)
            return;
        if (!_isPlaced)
        {
            _step = Step.AskingPlace;
            Do(new AskPlace());
        }
        else if (!_record!.KindIsHere)
        {
            // A silo without the kind cannot combine its partials: the coordinator goes where the kind is.
            _step = Step.Idle;
            Do(new MoveToKind());
        }
        else if (_epochIsMine && _record.IsCoordinated)
            Split();
        else
        {
            _step = Step.Beginning;
            _stepWrite = LifeWrite.Epoch;
        }
    }

    private void OnPlace(bool granted)
    {
        _isPlaced = granted;
        if (granted)
            Go();
        else if (_record!.IsCoordinated)
        {
            // It waits for its turn and has nothing out that could be suspect some day.
            _step = Step.GivingWay;
            _stepWrite = LifeWrite.Waits;
        }
        else
            _step = Step.Idle;
    }

    private void OnSubmit(SubmitAsked submit)
    {
        Read();
        if (IsOver || _step != Step.Idle || _access != Access.NoJob)
        {
            LifeAnswer why = _access is Access.NotRead or Access.Unreadable && !IsOver ? Missing!.Value : LifeAnswer.Moves;
            Do(new AnswerRequest(submit.Request, why));
            return;
        }

        _step = Step.Opening;
        _requests.Add(submit.Request, LifeRequest.Submit, until: null);
        (_listsItems, _isCounted, _failedCount, _recordAt) = (submit.ListsItems, false, null, null);
        IsRepeated = submit.IsRepeated;
        // One that may have ended a process is recorded first, so that it does not go on with that.
        if (!submit.ListsItems && !IsRepeated)
            Count();
        Do(new OpenEntry());
    }

    private void OnOpened(bool accepted)
    {
        if (_step == Step.Opening)
        {
            _recordAt = _now + decomposeWait;
            if (accepted)
                return;
            _recordAt = null;
            _counting = 0;
            _step = Step.Idle;
            Answer(LifeRequest.Submit, LifeAnswer.TooManyOpen);
        }
        else if (_step == Step.Reopening && accepted)
            _stepWrite = LifeWrite.Reopened;
        else if (_step == Step.Reopening)
        {
            Answer(LifeRequest.Retry, LifeAnswer.TooManyOpen);
            Close();
        }
    }

    private void Split()
    {
        if (IsOver)
            return;
        if (!_isKindPrepared)
        {
            _step = Step.PreparingKind;
            Enter(KindStep.Prepare);
            return;
        }

        if (_record!.IsCounted)
        {
            Prepare();
            return;
        }

        _step = _record.ListsItems ? Step.Listing : Step.Counting;
        Do(new Publish(LifeMoment.Decomposing));
        if (_record.ListsItems && _record.HasItems)
            _stepWrite = LifeWrite.NoItems;
        else if (_record.ListsItems)
            Enter(KindStep.Items);
        else if (_failedCount is { } failure)
            EndWith(JobPhase.Failed, failure);
        else if (_isCounted)
            _stepWrite = LifeWrite.Units;
        else if (_counting == 0)
            Enter(KindStep.CountUnits);
    }

    /// <summary>Enters a step of the kind's code; where a process of a coordinator has ended, only once that is stored.</summary>
    private void Enter(KindStep step)
    {
        if (IsOver)
            return;
        bool isSuspect = _record!.Steps.IsCareful && !(step == KindStep.Prepare && _record.HasLeased);
        if (isSuspect && _record.Steps.Entered != step)
        {
            _wantedStep = step;
            _stepWrite = LifeWrite.StepEntered;
            return;
        }

        (_isInStep, _enteredAt) = (isSuspect, _now);
        if (step == KindStep.CountUnits)
            Count();
        else if (step == KindStep.Items)
            Do(new ListItems(_current = ++_steps));
        else
            Do(new PrepareKind(_current = ++_steps));
    }

    private void Count() => Do(new CountUnits(_counting = ++_steps));

    private void Prepare()
    {
        if (IsOver)
            return;
        _step = Step.Preparing;
        _runOptions = _record!.OptionsVersion;
        Do(new PrepareRun(_current = ++_steps, Resumed));
    }

    private void Start()
    {
        if (IsOver)
            return;
        _step = Step.Running;
        _failures = 0;
        (_hasRun, _isHeld) = (true, _record!.Phase == JobPhase.Paused);
        // Before it grants its first lease: they may have been changed, and that acknowledged, since it was prepared.
        FollowOptions();
        Do(new StartRun(Resumed, _isHeld));
        if (Resumed && _record.HasOrphans)
            Do(new DeleteOrphans());
    }

    private void OnStepFailed(StepFailed failed)
    {
        if (failed.Step == _counting)
        {
            _failedCount = failed.Failure;
            if (_step == Step.Counting)
                EndWith(JobPhase.Failed, failed.Failure);
        }
        else if (failed.Step == _current && _step == Step.PreparingKind && _record!.PrepareFailures + 1 < _record.MostPrepareFailures)
        {
            _isInStep = false;
            _stepWrite = LifeWrite.NotPrepared;
        }
        else if (failed.Step == _current && _step is Step.PreparingKind or Step.Listing or Step.Preparing)
            EndWith(JobPhase.Failed, failed.Failure);
    }

    /// <summary>Tries the way to the run again after a while.</summary>
    private void TryAgain()
    {
        _step = Step.Waiting;
        (_stepWrite, _wantedStep, _isInStep) = (null, null, false);
        Again();
    }

    private void Again() => _retryAt = _now + BackOff.OfStorage.After(_failures++);
}
