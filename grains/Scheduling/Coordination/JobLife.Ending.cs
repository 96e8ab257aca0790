namespace OrleansWork.Scheduling.Coordination;

/// <content>The end of the job, what may follow it, and the end of the coordinator.</content>
internal sealed partial class JobLife
{
    private void EndWith(JobPhase phase, JobFailure? failure)
    {
        if (End is not null || IsOver)
            return;
        End = (phase, failure);
        _step = Step.Ending;
        (_stepWrite, _wantedStep, _isInStep, _isSwept) = (null, null, false, false);
        (_retryAt, _failures) = (_now, 0);
        Do(new StopListing());
        Do(new LetNoneBegin());
    }

    private void OnEndStored()
    {
        Do(new Publish(LifeMoment.Ended));
        (_hasRun, _isKindPrepared) = (false, false);
        Do(new ReleaseSilos());
        Close();
        Answer(LifeRequest.Cancel, LifeAnswer.Done);
        Answer(LifeRequest.Pause, LifeAnswer.HasEnded);
        Answer(LifeRequest.Resume, LifeAnswer.HasEnded);
        Answer(LifeRequest.Options, LifeAnswer.HasEnded);
    }

    private void Close()
    {
        _step = Step.Closing;
        _isPlaced = false;
        Do(new CloseEntry());
    }

    private void GoOnAfterEnd()
    {
        if (IsOver)
            return;
        if (_requests.Any(LifeRequest.Retry))
        {
            _step = Step.Reopening;
            Do(new RemoveEntry());
        }
        else if (_requests.Any(LifeRequest.Forget))
        {
            _step = Step.Forgetting;
            Do(new RemoveEntry());
        }
    }

    private void OnReopened()
    {
        _stepWrite = null;
        End = null;
        _epochIsMine = false;
        (_counting, _isCounted, _failedCount) = (0, false, null);
        _step = Step.Idle;
        Do(new Publish(LifeMoment.Reopened));
        Answer(LifeRequest.Retry, LifeAnswer.Done);
        Answer(LifeRequest.Forget, LifeAnswer.HasNotEnded);
        NeedRun(placed: false);
    }

    /// <summary>Ends this activation after a write whose fate is unknown: the next one reads what is stored.</summary>
    private void GiveUp()
    {
        Answer(LifeRequest.Submit, LifeAnswer.NotStored);
        Answer(LifeRequest.Retry, LifeAnswer.NotStored);
        BeSuperseded();
    }

    private void BeSuperseded()
    {
        if (_isSuperseded)
            return;
        _isSuperseded = true;
        Do(new StopListing());
        // A grain that is asked something does not go.
        Do(new LetNoneBegin());
        AnswerAll();
        Do(new Leave());
    }

    private void OnDeactivating(LeaveReason reason)
    {
        if (_leaving is not null)
            return;
        Do(new StopListing());
        bool isBusy = IsStarting || _isNeeded || _isSuperseded || _step is Step.Running or Step.Ending;
        if (isBusy && reason == LeaveReason.Other && _record is { IsTerminal: false })
            Do(new GoOnElsewhere());
        _leaving = reason;
        // Where another may be the one already, every lease that this one still grants is in its way.
        if (reason != LeaveReason.SiloStops && _step == Step.Running)
            DropRun();
    }

    private void LeaveForGood()
    {
        if (_hasLeft)
            return;
        _hasLeft = true;
        AnswerAll();
        DropRun();
        Do(new Left());
    }

    private void DropRun()
    {
        _hasRun = false;
        Do(new DisposeRun());
    }
}
