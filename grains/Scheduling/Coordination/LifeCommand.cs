namespace OrleansWork.Scheduling.Coordination;

/// <summary>Something to be done for a coordinator; what <see cref="JobLife"/> returns. Each that has an answer gets exactly one event.</summary>
internal abstract record LifeCommand;

/// <summary>Read the record: <see cref="RecordRead"/>, <see cref="RecordUnreadable"/> or <see cref="RecordNotReached"/>.</summary>
internal sealed record ReadRecord : LifeCommand;

/// <summary>Change the record: <see cref="Stored"/> or <see cref="NotStored"/>. One at a time.</summary>
internal sealed record WriteRecord(LifeWrite Write) : LifeCommand;

/// <summary>Have the catalogue take the job among the open ones: <see cref="EntryOpened"/> or <see cref="EntryNotOpened"/>.</summary>
internal sealed record OpenEntry : LifeCommand;

/// <summary>Ask the catalogue whether the job may run: <see cref="PlaceAnswered"/> or <see cref="PlaceNotAnswered"/>.</summary>
internal sealed record AskPlace : LifeCommand;

/// <summary>Tell the catalogue that the job has ended, which frees its place: <see cref="EntryClosed"/>, whatever comes of it.</summary>
internal sealed record CloseEntry : LifeCommand;

/// <summary>Tell the catalogue which priority the open job has now; nobody waits for that.</summary>
internal sealed record TellPriority : LifeCommand;

/// <summary>Tell the catalogue that nobody can read the job.</summary>
internal sealed record CloseCorruptEntry : LifeCommand;

/// <summary>Have the catalogue no longer list the ended job: <see cref="EntryRemoved"/> or <see cref="EntryNotRemoved"/>.</summary>
internal sealed record RemoveEntry : LifeCommand;

/// <summary>Have the catalogue start the job on another activation, even when this one is gone.</summary>
internal sealed record GoOnElsewhere : LifeCommand;

/// <summary>Move this activation to a silo that has the job's kind, if there is one.</summary>
internal sealed record MoveToKind : LifeCommand;

/// <summary>Prepare the kind for the job on this silo: <see cref="KindPrepared"/>, <see cref="StepFailed"/> or <see cref="StepNotReached"/>.</summary>
internal sealed record PrepareKind(int Step) : LifeCommand;

/// <summary>Move this activation to another silo that has the job's kind, if there is one: here it could not be prepared.</summary>
internal sealed record MoveAway : LifeCommand;

/// <summary>Count the units: <see cref="UnitsCounted"/>, <see cref="StepFailed"/> or <see cref="StepNotReached"/>.</summary>
internal sealed record CountUnits(int Step) : LifeCommand;

/// <summary>List the first items: <see cref="ItemsListed"/>, <see cref="StepFailed"/> or <see cref="StepNotReached"/>.</summary>
internal sealed record ListItems(int Step) : LifeCommand;

/// <summary>List the next items, now that those before are stored; answered like <see cref="ListItems"/>.</summary>
internal sealed record ListMore(int Step) : LifeCommand;

/// <summary>Stop listing items.</summary>
internal sealed record StopListing : LifeCommand;

/// <summary>Make the run from what is stored of it: <see cref="RunPrepared"/>, <see cref="StepFailed"/> or <see cref="StepNotReached"/>.</summary>
/// <param name="Step">The number of the command.</param>
/// <param name="Resumed">Whether an earlier coordinator ran it.</param>
internal sealed record PrepareRun(int Step, bool Resumed) : LifeCommand;

/// <summary>Start the run that was prepared; its end is <see cref="RunEnded"/>.</summary>
/// <param name="Resumed">Whether an earlier coordinator ran it.</param>
/// <param name="Paused">Whether it is held from its beginning.</param>
internal sealed record StartRun(bool Resumed, bool Paused) : LifeCommand;

/// <summary>Let the run enter the step that it waits to enter.</summary>
internal sealed record EnterStep : LifeCommand;

/// <summary>Hold the run: no more leases.</summary>
internal sealed record PauseRun : LifeCommand;

/// <summary>Let the run go on.</summary>
internal sealed record ResumeRun : LifeCommand;

/// <summary>Have the run, or the one that is prepared and about to start, grant leases by the options that are stored now.</summary>
internal sealed record ChangeRun : LifeCommand;

/// <summary>End the run: <see cref="RunEnded"/>.</summary>
internal sealed record CancelRun(string Reason) : LifeCommand;

/// <summary>Answer no to every silo that waits to begin a lease: what the answer promises would be stored by nobody.</summary>
internal sealed record LetNoneBegin : LifeCommand;

/// <summary>Let go of the run, if there is one; its end is no longer wanted.</summary>
internal sealed record DisposeRun : LifeCommand;

/// <summary>Tell the silos that may have leases of the job that it is over, and let go of the run.</summary>
internal sealed record ReleaseSilos : LifeCommand;

/// <summary>Delete what earlier coordinators left: <see cref="OrphansDeleted"/>, or nothing.</summary>
internal sealed record DeleteOrphans : LifeCommand;

/// <summary>Show watchers what has become of the job.</summary>
/// <param name="Moment">What that is.</param>
internal sealed record Publish(LifeMoment Moment) : LifeCommand;

/// <summary>Answer a request.</summary>
internal sealed record AnswerRequest(long Request, LifeAnswer Answer) : LifeCommand;

/// <summary>Ask for the end of this activation.</summary>
internal sealed record Leave : LifeCommand;

/// <summary>The activation may end.</summary>
internal sealed record Left : LifeCommand;

/// <summary>Send <see cref="Ticked"/> at this time and keep the activation until then; replaces an earlier wish.</summary>
internal sealed record WakeLifeAt(TimeSpan Time) : LifeCommand;
