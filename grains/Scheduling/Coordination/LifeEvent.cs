namespace OrleansWork.Scheduling.Coordination;

/// <summary>Something that happened to a coordinator; what <see cref="JobLife"/> takes.</summary>
internal abstract record LifeEvent;

/// <summary>Something is asked of a coordinator and answered by <see cref="AnswerRequest"/>, once.</summary>
/// <param name="Request">The number that the answer bears.</param>
internal abstract record LifeAsked(long Request) : LifeEvent;

/// <summary>An activation begins.</summary>
internal sealed record Activated : LifeEvent;

/// <summary>Somebody asks something that only the record can answer.</summary>
internal sealed record RecordNeeded : LifeEvent;

/// <summary>The record was read.</summary>
/// <param name="Record">What it says; null when there is none.</param>
internal sealed record RecordRead(LifeRecord? Record) : LifeEvent;

/// <summary>The record cannot be read by this build.</summary>
/// <param name="ForGood">Whether no build can.</param>
internal sealed record RecordUnreadable(bool ForGood) : LifeEvent;

/// <summary>Storage did not answer when the record was to be read.</summary>
internal sealed record RecordNotReached : LifeEvent;

/// <summary>Somebody needs the job to run.</summary>
/// <param name="Request">Answered when it runs, or cannot at present, or a second has passed.</param>
/// <param name="Placed">Whether the catalogue says so, which then has a place for it.</param>
internal sealed record RunNeeded(long Request, bool Placed) : LifeAsked(Request);

/// <summary>A checked submission is to be recorded; only without a record.</summary>
/// <param name="Request">Answered once it is recorded for certain.</param>
/// <param name="ListsItems">Whether its units come of items.</param>
internal sealed record SubmitAsked(long Request, bool ListsItems) : LifeAsked(Request)
{
    /// <summary>Gets whether it was sent before and not answered: that one may have ended the process that took it.</summary>
    public bool IsRepeated { get; init; }
}

/// <summary>The catalogue has taken the job among the open ones, or refuses to.</summary>
internal sealed record EntryOpened(bool Accepted) : LifeEvent;

/// <summary>The catalogue could not be reached to open the job.</summary>
/// <param name="Why">What a person is told of it.</param>
internal sealed record EntryNotOpened(string Why) : LifeEvent;

/// <summary>The catalogue says whether the job may run now.</summary>
internal sealed record PlaceAnswered(bool Granted) : LifeEvent;

/// <summary>The catalogue could not be asked for a place.</summary>
internal sealed record PlaceNotAnswered : LifeEvent;

/// <summary>The catalogue has been told, or not, that the job has ended.</summary>
internal sealed record EntryClosed : LifeEvent;

/// <summary>The catalogue no longer lists the ended job.</summary>
internal sealed record EntryRemoved : LifeEvent;

/// <summary>The catalogue could not be reached to remove the job.</summary>
/// <param name="Why">What a person is told of it.</param>
internal sealed record EntryNotRemoved(string Why) : LifeEvent;

/// <summary>The write under way is stored.</summary>
/// <param name="Record">The record now; null after its deletion.</param>
internal sealed record Stored(LifeRecord? Record) : LifeEvent;

/// <summary>The write under way is not stored for certain.</summary>
internal sealed record NotStored(StoreFailure Failure) : LifeEvent;

/// <summary>Its units are counted.</summary>
/// <param name="Step">The number of the command.</param>
internal sealed record UnitsCounted(int Step) : LifeEvent;

/// <summary>Some items are listed and can be written.</summary>
/// <param name="Step">The number of the command.</param>
internal sealed record ItemsListed(int Step) : LifeEvent;

/// <summary>The kind is prepared for the job on this silo.</summary>
/// <param name="Step">The number of the command.</param>
internal sealed record KindPrepared(int Step) : LifeEvent;

/// <summary>The run can be started.</summary>
/// <param name="Step">The number of the command.</param>
internal sealed record RunPrepared(int Step) : LifeEvent;

/// <summary>What leads to the run has failed, so the job fails.</summary>
/// <param name="Step">The number of the command.</param>
/// <param name="Failure">Why.</param>
internal sealed record StepFailed(int Step, JobFailure Failure) : LifeEvent;

/// <summary>Storage did not answer, so the step is to be done again.</summary>
/// <param name="Step">The number of the command.</param>
internal sealed record StepNotReached(int Step) : LifeEvent;

/// <summary>The run is about to enter a step of the kind's code, and waits for <see cref="EnterStep"/>.</summary>
internal sealed record StepWanted(KindStep Step) : LifeEvent;

/// <summary>The run has left that step.</summary>
internal sealed record StepLeft : LifeEvent;

/// <summary>The run has ended.</summary>
internal sealed record RunEnded(JobPhase Phase, JobFailure? Failure) : LifeEvent;

/// <summary>What earlier coordinators left is deleted.</summary>
internal sealed record OrphansDeleted : LifeEvent;

/// <summary>A person holds the job.</summary>
internal sealed record PauseAsked(long Request) : LifeAsked(Request);

/// <summary>A person no longer holds the job.</summary>
internal sealed record ResumeAsked(long Request) : LifeAsked(Request);

/// <summary>A person changes options that leases are granted by.</summary>
/// <param name="Request">Answered once the change is stored.</param>
/// <param name="Changes">Whether the options would be others than those stored.</param>
internal sealed record OptionsAsked(long Request, bool Changes) : LifeAsked(Request)
{
    /// <summary>Gets the version of the options that it was compared with; null when that is the record's as the life knows it. A write that was taken
    /// for failed may have been stored: then the run does not follow yet.</summary>
    public int? Version { get; init; }
}

/// <summary>A person ends the job.</summary>
internal sealed record CancelAsked(long Request, string Reason) : LifeAsked(Request);

/// <summary>A person has the failed units of an ended job done again.</summary>
internal sealed record RetryAsked(long Request) : LifeAsked(Request);

/// <summary>A person wants nothing of an ended job to stay.</summary>
internal sealed record ForgetAsked(long Request) : LifeAsked(Request);

/// <summary>Another coordinator is the one.</summary>
internal sealed record Superseded : LifeEvent;

/// <summary>The activation ends; it does so at <see cref="Left"/>.</summary>
internal sealed record Deactivating(LeaveReason Reason) : LifeEvent;

/// <summary>The activation has no more time to leave in order.</summary>
internal sealed record LeaveNow : LifeEvent;

/// <summary>The time of <see cref="WakeLifeAt"/> has come.</summary>
internal sealed record Ticked : LifeEvent;
