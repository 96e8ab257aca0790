namespace OrleansWork.Scheduling.Coordination;

/// <content>One write at a time: which is next, and what follows it.</content>
internal sealed partial class JobLife
{
    private void WriteNext()
    {
        if (_writing is not null || _isSuperseded || _hasLeft)
            return;
        _writing = NextWrite();
        if (_writing is { } write)
            Do(new WriteRecord(write));
    }

    private LifeWrite? NextWrite()
    {
        if (_step == Step.Ending)
            return _now >= _retryAt ? LifeWrite.End : null;
        if (_leaving is { } reason)
            return reason == LeaveReason.SiloStops && _step == Step.Running ? LifeWrite.LastProgress : null;
        if (
            _step == Step.Opening
            && _recordAt is { } recordAt
            && (_listsItems || IsRepeated || _isCounted || _failedCount is not null || _now >= recordAt)
        )
            return LifeWrite.Record;
        if (_stepWrite is { } write && _now >= _retryAt)
            return write;
        while (_requests.First(LifeRequest.Pause, LifeRequest.Resume) is { } asked)
        {
            if (_record!.Phase == JobPhase.Paused != (asked == LifeRequest.Pause))
                return asked == LifeRequest.Pause ? LifeWrite.Paused : LifeWrite.Resumed;
            AnswerHold(asked, LifeAnswer.Done);
        }

        if (_requests.Newest(LifeRequest.Options) is { } newest)
        {
            OptionsUpTo = newest;
            return LifeWrite.Options;
        }

        if (NextStepWrite() is { } stepWrite)
            return stepWrite;
        // A snapshot has the partials as they are once the run has combined what it waits to combine.
        if (MayCheckpoint && checkpoints.TryBegin(_now, _isFull))
            return LifeWrite.Progress;
        return _isSwept ? LifeWrite.Swept : null;
    }

    private bool MayCheckpoint => _step == Step.Running && !_isInStep && _wantedStep is null;

    private LifeWrite? NextStepWrite()
    {
        if (_now < _retryAt || !(_step == Step.Running || (IsStarting && _isInStep)))
            return null;
        if (_record!.Steps.Entered is not null && (!_isInStep || _now - _enteredAt >= Suspicious))
            return LifeWrite.StepLeft;
        return _isInStep || _wantedStep is null ? null : LifeWrite.StepEntered;
    }

    private void OnStored(LifeRecord? record)
    {
        if (_writing is not { } write)
            return;
        _writing = null;
        _record = record;
        HoldRun();
        FollowOptions();
        (_failures, _retryAt) = (0, _now);
        checkpoints.Reaches(record?.LeasedTo ?? 0);
        switch (write)
        {
            case LifeWrite.Record:
                (_access, _step, _recordAt) = (Access.Read, Step.Idle, null);
                _epochIsMine = true;
                Answer(LifeRequest.Submit, LifeAnswer.Done);
                Do(new Publish(LifeMoment.Recorded));
                NeedRun(placed: false);
                break;
            case LifeWrite.Epoch when _step == Step.Beginning:
                _epochIsMine = true;
                _stepWrite = null;
                if (record!.Steps.Deaths >= (record.FatalStepWasLeft ? DeathsToFailLater : DeathsToFail))
                    EndWith(JobPhase.Failed, FailureOf(record));
                else
                    Split();
                break;
            case LifeWrite.StepEntered when _step == Step.Running:
                (_wantedStep, _isInStep, _enteredAt) = (null, true, _now);
                Do(new EnterStep());
                break;
            case LifeWrite.StepEntered when IsStarting:
                _stepWrite = null;
                _wantedStep = null;
                Enter(record!.Steps.Entered!.Value);
                break;
            case LifeWrite.StepLeft when _step == Step.PreparingKind && !_isInStep:
                _stepWrite = null;
                Split();
                break;
            case LifeWrite.NotPrepared when _step == Step.PreparingKind && record!.MayMove:
                _stepWrite = null;
                _step = Step.Idle;
                if (!IsOver)
                    Do(new MoveAway());
                break;
            case LifeWrite.NotPrepared when _step == Step.PreparingKind:
                TryAgain();
                break;
            case LifeWrite.Waits when _step == Step.GivingWay:
                _stepWrite = null;
                _step = Step.Idle;
                break;
            case LifeWrite.Units when _step == Step.Counting:
                (_stepWrite, _isInStep) = (null, false);
                Prepare();
                break;
            case LifeWrite.NoItems when _step == Step.Listing:
                _stepWrite = null;
                Enter(KindStep.Items);
                break;
            case LifeWrite.Items when _step == Step.Listing:
                _stepWrite = null;
                if (record!.IsCounted)
                {
                    _isInStep = false;
                    Prepare();
                }
                else if (!IsOver)
                    Do(new ListMore(_current));
                break;
            case LifeWrite.Paused or LifeWrite.Resumed:
                OnHeld(write == LifeWrite.Paused ? LifeRequest.Pause : LifeRequest.Resume);
                break;
            case LifeWrite.Options:
                OnOptionsStored();
                break;
            case LifeWrite.Progress:
                checkpoints.Stored();
                break;
            case LifeWrite.LastProgress:
                LeaveForGood();
                break;
            case LifeWrite.Swept:
                _isSwept = false;
                break;
            case LifeWrite.End:
                OnEndStored();
                break;
            case LifeWrite.Reopened:
                OnReopened();
                break;
            case LifeWrite.Deletion:
                (_access, _stepWrite) = (Access.NoJob, null);
                Do(new Publish(LifeMoment.Forgotten));
                Answer(LifeRequest.Forget, LifeAnswer.Done);
                BeSuperseded();
                break;
        }
    }

    private void OnNotStored(StoreFailure failure)
    {
        if (_writing is not { } write)
            return;
        _writing = null;
        if (write == LifeWrite.Progress && failure is StoreFailure.NotReached or StoreFailure.NotYet)
            checkpoints.Failed(_now);
        else if (write == LifeWrite.Progress)
            checkpoints.GivenUp();
        if (failure == StoreFailure.Superseded)
        {
            BeSuperseded();
            return;
        }

        switch (write)
        {
            case LifeWrite.Record or LifeWrite.Reopened:
                GiveUp();
                break;
            case LifeWrite.StepEntered or LifeWrite.StepLeft or LifeWrite.NotPrepared:
                Again();
                break;
            case LifeWrite.Epoch or LifeWrite.Waits when _step is Step.Beginning or Step.GivingWay:
                TryAgain();
                break;
            case LifeWrite.Units or LifeWrite.NoItems or LifeWrite.Items or LifeWrite.End:
                Again();
                break;
            case LifeWrite.Paused:
                AnswerHold(LifeRequest.Pause, LifeAnswer.NotStored);
                break;
            case LifeWrite.Resumed:
                AnswerHold(LifeRequest.Resume, LifeAnswer.NotStored);
                break;
            case LifeWrite.Options:
                AnswerOptions(LifeAnswer.NotStored);
                break;
            case LifeWrite.LastProgress:
                LeaveForGood();
                break;
            case LifeWrite.Swept:
                // The next coordinator deletes them.
                _isSwept = false;
                break;
            case LifeWrite.Deletion:
                _stepWrite = null;
                _step = Step.Ended;
                Answer(LifeRequest.Forget, LifeAnswer.NotStored);
                break;
        }
    }

    private static JobFailure FailureOf(LifeRecord record) =>
        new(
            "PoisonStep",
            $"{record.Steps.Fatal} of its kind ended the process of the silo that ran it, {record.Steps.Deaths} times in a row; it is not run again. "
                + "Look into the logs of the silos that ended, mend the kind and submit the job again",
            null,
            null
        )
        {
            IsOfKind = true,
        };
}
