using OrleansWork.Scheduling.Failures;

namespace OrleansWork.Scheduling.Coordination;

/// <summary>
/// The life of a coordinator, from its activation until it leaves: reading the record, taking a submission, waiting for a place, splitting the job, starting its
/// run, storing what comes of it, pausing, ending, opening again, forgetting, and leaving. What happens goes in, what is to be done comes out.
/// </summary>
/// <remarks>
/// <para>Pure, time handed in; not for two threads at once. What it keeps to, and what the simulator checks: one write at a time; nothing is published before it
/// is stored; a place is given back after the end is stored, and not before; nothing is written or started by one that is superseded or has left; every request
/// is answered once, and one that is answered as done is stored.</para>
/// <para>DESIGN sections 3 (faults) and 4.</para>
/// </remarks>
/// <param name="checkpoints">Says when a snapshot of the run is due.</param>
/// <param name="decomposeWait">How long a first record waits for the units to be counted, so that a small job needs one write less.</param>
public sealed class JobLife(CheckpointSchedule checkpoints, TimeSpan decomposeWait)
{
    /// <summary>How long somebody who needs the job to run waits for that.</summary>
    public static readonly TimeSpan RunWait = TimeSpan.FromSeconds(1);

    /// <summary>How long a request waits for storage, when the job is ending.</summary>
    public static readonly TimeSpan EndWait = TimeSpan.FromSeconds(15);

    private readonly LifeRequests _requests = new();
    private List<LifeCommand> _commands = [];
    private TimeSpan _now;
    private Access _access = Access.NotRead;
    private Step _step = Step.Idle;
    private int _steps;
    private TimeSpan? _wake;

    // The record, and what is being made of it.
    private LifeRecord? _record;
    private bool _isReading;
    private bool _isCorrupt;
    private LifeWrite? _writing;
    private LifeWrite? _stepWrite;
    private TimeSpan _retryAt;
    private int _failures;

    // On the way to the run.
    private bool _isNeeded;
    private bool _isPlaced;
    private bool _epochIsMine;
    private bool _listsItems;
    private TimeSpan? _recordAt;
    private int _counting;
    private bool _isCounted;
    private JobFailure? _failedCount;
    private int _current;
    private bool _hasRun;
    private bool _isHeld;
    private bool _isFull;
    private bool _isSwept;

    // Out of it.
    private bool _isSuperseded;
    private LeaveReason? _leaving;
    private bool _hasLeft;

    private enum Access
    {
        NotRead,
        Unreadable,
        NoJob,
        Read,
    }

    private enum Step
    {
        /// <summary>Nothing is under way; an open job waits to be asked for, or for its turn.</summary>
        Idle,
        Opening,
        AskingPlace,

        /// <summary>Something on the way to the run is tried again after a while.</summary>
        Waiting,
        GivingWay,
        Beginning,
        Counting,
        Listing,
        Preparing,
        Running,
        Ending,
        Closing,
        Ended,
        Reopening,
        Forgetting,
    }

    /// <summary>Gets the record as stored; null when there is none, or it is not read.</summary>
    public LifeRecord? Record => _record;

    /// <summary>Gets how the job ends, from when that is certain; null before.</summary>
    public (JobPhase Phase, JobFailure? Failure)? End { get; private set; }

    /// <summary>Gets whether the job's units are being found.</summary>
    public bool IsDecomposing => _step is Step.Counting or Step.Listing && _record is { Phase: not JobPhase.Paused };

    /// <summary>Gets whether the run goes on: it has started, and nothing ends it or takes its place.</summary>
    public bool IsRunning => _step == Step.Running && !IsOver;

    /// <summary>Gets whether this activation does nothing more for the job.</summary>
    public bool IsOver => _isSuperseded || _leaving is not null;

    /// <summary>Gets what a question is answered as long as nothing can be said of the job; null otherwise.</summary>
    public LifeAnswer? Missing =>
        _access switch
        {
            Access.NotRead => LifeAnswer.NotRead,
            Access.Unreadable => LifeAnswer.Unreadable,
            Access.NoJob => LifeAnswer.NoJob,
            _ => null,
        };

    /// <summary>Gets whether the job should run and nothing is on the way to that.</summary>
    public bool NeedsStart => !IsOver && _step is Step.Idle or Step.AskingPlace or Step.Waiting && _record is { IsTerminal: false };

    private bool IsStarting =>
        _step is Step.AskingPlace or Step.Waiting or Step.GivingWay or Step.Beginning or Step.Counting or Step.Listing or Step.Preparing;

    /// <summary>Takes what happened and appends what is to be done.</summary>
    /// <param name="happened">What happened.</param>
    /// <param name="now">Monotonic time; never before that of an earlier call.</param>
    /// <param name="commands">Where the commands go, in the order in which they are to be carried out.</param>
    public void Apply(LifeEvent happened, TimeSpan now, List<LifeCommand> commands)
    {
        (_now, _commands) = (now, commands);
        Take(happened);
        Advance();
    }

    /// <summary>Notes that units were committed.</summary>
    /// <param name="busySeconds">The time they took, which would be lost with them.</param>
    /// <param name="isFull">Whether what waits to be stored is as much as may be kept.</param>
    /// <param name="now">Monotonic time.</param>
    /// <param name="commands">Where the commands go.</param>
    public void Progressed(double busySeconds, bool isFull, TimeSpan now, List<LifeCommand> commands)
    {
        checkpoints.Progressed(busySeconds, now);
        _isFull = isFull;
        Look(now, commands);
    }

    /// <summary>Notes that leases were granted up to a unit.</summary>
    public void Leased(long to, TimeSpan now, List<LifeCommand> commands)
    {
        checkpoints.Leased(to, now);
        Look(now, commands);
    }

    /// <summary>Notes that something waits for the next snapshot to be stored.</summary>
    public void StoreWanted(TimeSpan now, List<LifeCommand> commands)
    {
        checkpoints.Wanted(now);
        Look(now, commands);
    }

    /// <summary>Says where it stands, for people who look for a fault.</summary>
    public override string ToString() =>
        $"{_access}, {_step}{(_writing is { } write ? $", writing {write}" : "")}{(_isSuperseded ? ", superseded" : "")}{(_hasLeft ? ", left" : "")}, wakes at {_wake:g}";

    private void Look(TimeSpan now, List<LifeCommand> commands)
    {
        // Several thousand times a second: most find a write under way, or a wake that is early enough.
        if (_step != Step.Running || _writing is not null || checkpoints.DueAt(_isFull) is not { } due || (due > now && _wake <= due))
            return;
        (_now, _commands) = (now, commands);
        Advance();
    }

    private void Take(LifeEvent happened)
    {
        if (_hasLeft && happened is not LifeAsked)
            return;
        switch (happened)
        {
            case Activated or RecordNeeded:
                Read();
                break;
            case RecordRead read:
                OnRead(read.Record is null ? Access.NoJob : Access.Read, read.Record);
                break;
            case RecordUnreadable unreadable:
                _isCorrupt = unreadable.ForGood;
                OnRead(Access.Unreadable, null);
                if (_isCorrupt && !IsOver)
                    Do(new CloseCorruptEntry());
                break;
            case RecordNotReached:
                _isReading = false;
                Again();
                break;
            case RunNeeded needed:
                OnRunNeeded(needed);
                break;
            case SubmitAsked submit:
                OnSubmit(submit);
                break;
            case EntryOpened opened:
                OnOpened(opened.Accepted);
                break;
            case EntryNotOpened when _step is Step.Opening or Step.Reopening:
                GiveUp();
                break;
            case PlaceAnswered place when _step == Step.AskingPlace:
                OnPlace(place.Granted);
                break;
            case PlaceNotAnswered when _step == Step.AskingPlace:
                TryAgain();
                break;
            case EntryClosed when _step == Step.Closing:
                _step = Step.Ended;
                break;
            case EntryRemoved when _step == Step.Reopening:
                Do(new OpenEntry());
                break;
            case EntryRemoved when _step == Step.Forgetting:
                _stepWrite = LifeWrite.Deletion;
                break;
            case EntryNotRemoved when _step == Step.Reopening:
                GiveUp();
                break;
            case EntryNotRemoved when _step == Step.Forgetting:
                _step = Step.Ended;
                Answer(LifeRequest.Forget, LifeAnswer.NotStored);
                break;
            case Stored stored:
                OnStored(stored.Record);
                break;
            case NotStored failed:
                OnNotStored(failed.Failure);
                break;
            case UnitsCounted counted when counted.Step == _counting:
                _isCounted = true;
                if (_step == Step.Counting)
                    _stepWrite = LifeWrite.Units;
                break;
            case ItemsListed listed when listed.Step == _current && _step == Step.Listing:
                _stepWrite = LifeWrite.Items;
                break;
            case RunPrepared prepared when prepared.Step == _current && _step == Step.Preparing:
                Start();
                break;
            case StepFailed failed:
                OnStepFailed(failed);
                break;
            case StepNotReached missed when missed.Step == _counting:
                _counting = 0;
                if (_step == Step.Counting)
                    TryAgain();
                break;
            case StepNotReached missed when missed.Step == _current && _step is Step.Listing or Step.Preparing:
                TryAgain();
                break;
            case RunEnded ended when _step == Step.Running:
                EndWith(ended.Phase, ended.Failure);
                break;
            case OrphansDeleted:
                _isSwept = true;
                break;
            case PauseAsked pause:
                OnHold(pause.Request, LifeRequest.Pause);
                break;
            case ResumeAsked resume:
                OnHold(resume.Request, LifeRequest.Resume);
                break;
            case CancelAsked cancel:
                OnCancel(cancel);
                break;
            case RetryAsked retry:
                OnRetry(retry.Request);
                break;
            case ForgetAsked forget:
                OnForget(forget.Request);
                break;
            case Superseded:
                BeSuperseded();
                break;
            case Deactivating leaving:
                OnDeactivating(leaving.Reason);
                break;
            case LeaveNow:
                _leaving ??= LeaveReason.Other;
                LeaveForGood();
                break;
            case Ticked:
                _wake = null;
                break;
        }
    }

    /// <summary>Does whatever the state as it is now asks for, beyond what one event led to.</summary>
    private void Advance()
    {
        if (_hasLeft)
            return;
        if (_step == Step.Waiting && _now >= _retryAt && !IsOver)
            Go();
        if (_access == Access.NotRead && _isNeeded && _now >= _retryAt)
            Read();
        if (_step is Step.Counting or Step.Listing && _record!.DeadlineAt <= _now)
            EndWith(JobPhase.Failed, new JobFailure("DeadlineExceeded", "its deadline passed before its units were known", null, null));
        foreach ((long id, LifeRequest asked) in _requests.TakeTimedOut(_now))
            Do(new AnswerRequest(id, asked == LifeRequest.Run ? LifeAnswer.Done : WhyNotYet()));
        if (!IsStarting && !_isNeeded)
            Answer(LifeRequest.Run, LifeAnswer.Done);
        if (_step == Step.Ended)
            GoOnAfterEnd();
        WriteNext();
        if (_leaving is not null && (_isSuperseded || (_writing is null && _step != Step.Ending)))
            LeaveForGood();
        Wake();
    }

    private LifeAnswer WhyNotYet() => _step == Step.Ending ? LifeAnswer.IsEnding : LifeAnswer.NotStored;

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
            && (_listsItems || _isCounted || _failedCount is not null || _now >= recordAt)
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

        if (_step == Step.Running && checkpoints.TryBegin(_now, _isFull))
            return LifeWrite.Progress;
        return _isSwept ? LifeWrite.Swept : null;
    }

    private void OnStored(LifeRecord? record)
    {
        if (_writing is not { } write)
            return;
        _writing = null;
        _record = record;
        HoldRun();
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
                Split();
                break;
            case LifeWrite.Waits when _step == Step.GivingWay:
                _stepWrite = null;
                _step = Step.Idle;
                break;
            case LifeWrite.Units when _step == Step.Counting:
                _stepWrite = null;
                Prepare();
                break;
            case LifeWrite.NoItems when _step == Step.Listing:
                _stepWrite = null;
                List();
                break;
            case LifeWrite.Items when _step == Step.Listing:
                _stepWrite = null;
                if (record!.IsCounted)
                    Prepare();
                else if (!IsOver)
                    Do(new ListMore(_current));
                break;
            case LifeWrite.Paused or LifeWrite.Resumed:
                OnHeld(write == LifeWrite.Paused ? LifeRequest.Pause : LifeRequest.Resume);
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
        if (write == LifeWrite.Progress && failure == StoreFailure.NotReached)
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
        if (!submit.ListsItems)
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
            List();
        else if (_failedCount is { } failure)
            EndWith(JobPhase.Failed, failure);
        else if (_isCounted)
            _stepWrite = LifeWrite.Units;
        else if (_counting == 0)
            Count();
    }

    private void Count() => Do(new CountUnits(_counting = ++_steps));

    private void List()
    {
        if (!IsOver)
            Do(new ListItems(_current = ++_steps));
    }

    private void Prepare()
    {
        if (IsOver)
            return;
        _step = Step.Preparing;
        Do(new PrepareRun(_current = ++_steps, Resumed));
    }

    private bool Resumed => _record!.Epoch > 1;

    private void Start()
    {
        if (IsOver)
            return;
        _step = Step.Running;
        _failures = 0;
        (_hasRun, _isHeld) = (true, _record!.Phase == JobPhase.Paused);
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
        else if (failed.Step == _current && _step is Step.Listing or Step.Preparing)
            EndWith(JobPhase.Failed, failed.Failure);
    }

    /// <summary>Tries the way to the run again after a while.</summary>
    private void TryAgain()
    {
        _step = Step.Waiting;
        _stepWrite = null;
        Again();
    }

    private void Again() => _retryAt = _now + BackOff.OfStorage.After(_failures++);

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

    private void EndWith(JobPhase phase, JobFailure? failure)
    {
        if (End is not null || IsOver)
            return;
        End = (phase, failure);
        _step = Step.Ending;
        _stepWrite = null;
        _isSwept = false;
        (_retryAt, _failures) = (_now, 0);
        Do(new StopListing());
        Do(new LetNoneBegin());
    }

    private void OnEndStored()
    {
        Do(new Publish(LifeMoment.Ended));
        _hasRun = false;
        Do(new ReleaseSilos());
        Close();
        Answer(LifeRequest.Cancel, LifeAnswer.Done);
        Answer(LifeRequest.Pause, LifeAnswer.HasEnded);
        Answer(LifeRequest.Resume, LifeAnswer.HasEnded);
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

    private void Wake()
    {
        TimeSpan? wake = NextWake();
        if (_hasLeft || wake == _wake)
            return;
        _wake = wake;
        if (wake is { } time)
            Do(new WakeLifeAt(time));
    }

    private TimeSpan? NextWake()
    {
        if (_isSuperseded || (_leaving is not null && _step != Step.Ending))
            return null;
        TimeSpan? wake = _requests.FirstTimeout;
        bool writes = _writing is null && (_step == Step.Ending || _stepWrite is not null);
        if (writes || _step == Step.Waiting || (_access == Access.NotRead && _isNeeded && !_isReading))
            Earliest(_retryAt);
        if (_writing is null && _step == Step.Opening)
            Earliest(_recordAt);
        if (_step is Step.Counting or Step.Listing)
            Earliest(_record!.DeadlineAt);
        if (_writing is null && _step == Step.Running)
            Earliest(checkpoints.DueAt(_isFull));
        return wake;

        void Earliest(TimeSpan? time)
        {
            if (time is { } some && !(wake < some))
                wake = some;
        }
    }

    private void Do(LifeCommand command) => _commands.Add(command);
}
