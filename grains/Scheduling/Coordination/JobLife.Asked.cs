namespace OrleansWork.Scheduling.Coordination;

/// <content>What people ask of it.</content>
internal sealed partial class JobLife
{
    private void OnHold(long request, LifeRequest asked)
    {
        if (IsRefused(request))
            return;
        if (_record!.IsTerminal)
            Do(new AnswerRequest(request, LifeAnswer.HasEnded));
        else
            _requests.Add(request, asked, _now + EndWait);
    }

    private void OnHeld(LifeRequest asked)
    {
        AnswerHold(asked, LifeAnswer.Done);
        Do(new Publish(LifeMoment.Held));
        if (asked == LifeRequest.Resume)
            NeedRun(placed: false);
    }

    /// <summary>Has the run do what the record says, also where a write turns out to be stored that was taken for failed.</summary>
    private void HoldRun()
    {
        bool isHeld = _record is { Phase: JobPhase.Paused };
        if (!_hasRun || isHeld == _isHeld)
            return;
        _isHeld = isHeld;
        Do(isHeld ? new PauseRun() : new ResumeRun());
    }

    private void AnswerHold(LifeRequest asked, LifeAnswer answer)
    {
        foreach (long id in _requests.TakeUntil(asked, asked == LifeRequest.Pause ? LifeRequest.Resume : LifeRequest.Pause))
            Do(new AnswerRequest(id, answer));
    }

    private void OnOptions(OptionsAsked asked)
    {
        if (IsRefused(asked.Request))
            return;
        if (_record!.IsTerminal)
            Do(new AnswerRequest(asked.Request, LifeAnswer.HasEnded));
        else if (asked.Changes || (asked.Version is { } version && version != _record.OptionsVersion) || _requests.Any(LifeRequest.Options))
            _requests.Add(asked.Request, LifeRequest.Options, _now + EndWait);
        else
        {
            // Whoever asks again may have been left without an answer by a coordinator that stored it, and told nobody more.
            Do(new TellPriority());
            Do(new AnswerRequest(asked.Request, LifeAnswer.Done));
        }
    }

    private void OnOptionsStored()
    {
        if (_record!.IsTerminal)
        {
            AnswerOptions(LifeAnswer.HasEnded);
            return;
        }

        Do(new TellPriority());
        AnswerOptions(LifeAnswer.Done);
        Do(new Publish(LifeMoment.OptionsChanged));
    }

    /// <summary>Has the run go on with the options that the record has, also where a write turns out to be stored that was taken for failed.</summary>
    private void FollowOptions()
    {
        if (!_hasRun || _record is not { } record || record.OptionsVersion == _runOptions)
            return;
        _runOptions = record.OptionsVersion;
        Do(new ChangeRun());
    }

    private void AnswerOptions(LifeAnswer answer)
    {
        foreach (long id in _requests.TakeUpTo(LifeRequest.Options, OptionsUpTo))
            Do(new AnswerRequest(id, answer));
    }

    private void OnCancel(CancelAsked cancel)
    {
        if (IsRefused(cancel.Request))
            return;
        if (_record!.IsTerminal)
        {
            Do(new AnswerRequest(cancel.Request, _record.Phase == JobPhase.Canceled ? LifeAnswer.Done : LifeAnswer.HasEnded));
            return;
        }

        _requests.Add(cancel.Request, LifeRequest.Cancel, _now + EndWait);
        if (_step == Step.Running)
            Do(new CancelRun(cancel.Reason));
        else
            EndWith(JobPhase.Canceled, new JobFailure("Canceled", cancel.Reason, null, null));
    }

    private void OnRetry(long request)
    {
        if (IsRefused(request))
            return;
        // Asking twice is no error.
        if (!_record!.IsTerminal)
            Do(new AnswerRequest(request, _record.Retries > 0 ? LifeAnswer.Done : LifeAnswer.HasNotEnded));
        else
            _requests.Add(request, LifeRequest.Retry, until: null);
    }

    private void OnForget(long request)
    {
        if (IsRefused(request))
            return;
        if (!_record!.IsTerminal)
            Do(new AnswerRequest(request, LifeAnswer.HasNotEnded));
        else
            _requests.Add(request, LifeRequest.Forget, until: null);
    }

    private bool IsRefused(long request)
    {
        LifeAnswer? why = Missing ?? (IsOver ? LifeAnswer.Moves : null);
        if (why == LifeAnswer.NotRead)
            Read();
        if (why is { } answer)
            Do(new AnswerRequest(request, answer));
        return why is not null;
    }

    private LifeAnswer WhyNotYet() => _step == Step.Ending ? LifeAnswer.IsEnding : LifeAnswer.NotStored;

    private void Answer(LifeRequest asked, LifeAnswer answer)
    {
        foreach (long id in _requests.Take(asked))
            Do(new AnswerRequest(id, answer));
    }

    private void AnswerAll()
    {
        foreach (long id in _requests.TakeAll())
            Do(new AnswerRequest(id, LifeAnswer.Moves));
    }
}
