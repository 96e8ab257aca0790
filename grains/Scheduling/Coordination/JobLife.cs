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
internal sealed partial class JobLife(CheckpointSchedule checkpoints, TimeSpan decomposeWait)
{
    /// <summary>How long somebody who needs the job to run waits for that.</summary>
    public static readonly TimeSpan RunWait = TimeSpan.FromSeconds(1);

    /// <summary>How often in a row a step may end its process before the job fails.</summary>
    public const int DeathsToFail = 3;

    /// <summary>The same, of a step that has been left before: then chance is more likely, or what ends processes is in some of its calls only.</summary>
    public const int DeathsToFailLater = 6;

    /// <summary>A step that has gone on for so long is no longer recorded as entered: what ends its process does so soon as a rule, and whoever takes long would
    /// be blamed for what others did.</summary>
    public static readonly TimeSpan Suspicious = TimeSpan.FromSeconds(10);

    /// <summary>How long a coordinator that its silo does not let into the kind's code waits until it asks again.</summary>
    public static readonly TimeSpan StepWait = TimeSpan.FromMilliseconds(200);

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
    private bool _isKindPrepared;
    private bool _listsItems;
    private TimeSpan? _recordAt;
    private int _counting;
    private bool _isCounted;
    private JobFailure? _failedCount;
    private int _current;
    private bool _hasRun;
    private bool _isHeld;
    private int _runOptions;
    private bool _isFull;
    private bool _isSwept;

    // Steps of the kind's code, where a process has ended in one.
    private KindStep? _wantedStep;
    private bool _isInStep;
    private TimeSpan _enteredAt;

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
        PreparingKind,
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

    /// <summary>Gets whether the submission that is to be recorded was sent before.</summary>
    public bool IsRepeated { get; private set; }

    /// <summary>Gets the newest request whose change is in the write of options under way, and all before it; those after it are not.</summary>
    public long OptionsUpTo { get; private set; }

    /// <summary>Gets the step that is to be stored as entered; null when none is.</summary>
    public KindStep? WantedStep => _wantedStep;

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

    private bool IsStarting => _step is > Step.Opening and < Step.Running;

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
        if (!MayCheckpoint || _writing is not null || checkpoints.DueAt(_isFull) is not { } due || (due > now && _wake <= due))
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
            case EntryRemoved when _step == Step.Reopening && !IsOver:
                Do(new OpenEntry());
                break;
            case EntryRemoved when _step == Step.Forgetting && !IsOver:
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
            case KindPrepared prepared when prepared.Step == _current && _step == Step.PreparingKind:
                (_isKindPrepared, _isInStep) = (true, false);
                if (_record!.Steps.Entered is null)
                    Split();
                else
                    _stepWrite = LifeWrite.StepLeft;
                break;
            case RunPrepared prepared when prepared.Step == _current && _step == Step.Preparing:
                Start();
                break;
            case StepWanted wanted when _hasRun:
                _wantedStep = wanted.Step;
                break;
            case StepLeft when _isInStep:
                _isInStep = false;
                break;
            case StepFailed failed:
                OnStepFailed(failed);
                break;
            case StepNotReached missed when missed.Step == _counting:
                _counting = 0;
                if (_step == Step.Counting)
                    TryAgain();
                break;
            case StepNotReached missed when missed.Step == _current && _step is Step.PreparingKind or Step.Listing or Step.Preparing:
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
            case OptionsAsked options:
                OnOptions(options);
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

    private bool Resumed => _record!.Epoch > 1;

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
        if (_writing is null && MayCheckpoint)
            Earliest(checkpoints.DueAt(_isFull));
        if (_writing is null && _step == Step.Running && _now < _retryAt && (_wantedStep is not null || _record!.Steps.Entered is not null))
            Earliest(_retryAt);
        if (_writing is null && _isInStep && _record!.Steps.Entered is not null)
            Earliest(_enteredAt + Suspicious > _retryAt ? _enteredAt + Suspicious : _retryAt);
        return wake;

        void Earliest(TimeSpan? time)
        {
            if (time is { } some && !(wake < some))
                wake = some;
        }
    }

    private void Do(LifeCommand command) => _commands.Add(command);
}
