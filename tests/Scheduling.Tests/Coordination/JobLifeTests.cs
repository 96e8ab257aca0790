using CsCheck;
using OrleansWork.Scheduling.Coordination;
using Xunit;

namespace OrleansWork.Scheduling.Tests.Coordination;

public sealed class JobLifeTests
{
    private static readonly TimeSpan DecomposeWait = TimeSpan.FromMilliseconds(50);
    private static readonly LifeRecord Open = new(JobPhase.Running, 1, IsCounted: true) { IsCoordinated = true };

    private readonly JobLife _life = Make();
    private readonly List<LifeCommand> _commands = [];
    private TimeSpan _now = TimeSpan.FromHours(1);

    [Fact]
    public void Submit_CountedInTime_IsRecordedWithItsUnitsInOneWriteAndStarted()
    {
        Apply(new Activated());
        Apply(new RecordRead(null));
        Assert.Equal([new CountUnits(1), new OpenEntry()], Apply(new SubmitAsked(7, ListsItems: false)));
        Assert.Equal([new WakeLifeAt(_now + DecomposeWait)], Apply(new EntryOpened(Accepted: true)));
        Assert.Equal([new WriteRecord(LifeWrite.Record)], Apply(new UnitsCounted(1)));
        Assert.Equal([new AnswerRequest(7, LifeAnswer.Done), new Publish(LifeMoment.Recorded), new AskPlace()], Apply(new Stored(Open)));
        Assert.Equal([new PrepareKind(2)], Apply(new PlaceAnswered(Granted: true)));
        Assert.Equal([new PrepareRun(3, Resumed: false)], Apply(new KindPrepared(2)));
        Assert.Equal(new StartRun(Resumed: false, Paused: false), Apply(new RunPrepared(3))[0]);
        Assert.True(_life.IsRunning);
    }

    [Fact]
    public void Submit_CountingTakesLong_IsRecordedWithoutUnitsThatAreStoredLater()
    {
        Apply(new Activated());
        Apply(new RecordRead(null));
        Apply(new SubmitAsked(7, ListsItems: false));
        Apply(new EntryOpened(Accepted: true));
        _now += DecomposeWait;
        Assert.Contains(new WriteRecord(LifeWrite.Record), Apply(new Ticked()));
        Apply(new Stored(Open with { IsCounted = false }));
        Apply(new PlaceAnswered(Granted: true));
        Apply(new KindPrepared(2));
        Assert.True(_life.IsDecomposing);
        Assert.Equal([new WriteRecord(LifeWrite.Units)], Apply(new UnitsCounted(1)));
        Assert.Equal([new PrepareRun(3, Resumed: false)], Apply(new Stored(Open)));
    }

    [Fact]
    public void Submit_CountFails_IsRecordedAndFailsThen()
    {
        JobFailure failure = new("Ugly", "no", null, null);
        Apply(new Activated());
        Apply(new RecordRead(null));
        Apply(new SubmitAsked(7, ListsItems: false));
        Apply(new StepFailed(1, failure));
        Apply(new EntryOpened(Accepted: true));
        Apply(new Stored(Open with { IsCounted = false }));
        Apply(new PlaceAnswered(Granted: true));
        Assert.Contains(new WriteRecord(LifeWrite.End), Apply(new KindPrepared(2)));
        Assert.Equal((JobPhase.Failed, failure), _life.End);
    }

    [Fact]
    public void Start_AfterAnotherCoordinator_BeginsAnEpochAndSweepsWhatThatLeft()
    {
        Apply(new Activated());
        Apply(new RecordRead(Open));
        Assert.Equal([new WriteRecord(LifeWrite.Epoch)], Apply(new RunNeeded(1, Placed: true))[..1]);
        LifeRecord next = Open with { Epoch = 2, HasOrphans = true };
        Assert.Equal([new PrepareKind(1)], Apply(new Stored(next))[..1]);
        Assert.Equal([new PrepareRun(2, Resumed: true)], Apply(new KindPrepared(1))[..1]);
        Assert.Equal(
            [new StartRun(Resumed: true, Paused: false), new DeleteOrphans(), new AnswerRequest(1, LifeAnswer.Done)],
            Apply(new RunPrepared(2))
        );
        Assert.Equal([new WriteRecord(LifeWrite.Swept)], Apply(new OrphansDeleted()));
    }

    [Fact]
    public void Start_NoPlace_SaysThatNothingIsOutAndStartsWhenTheCatalogueSaysSo()
    {
        Run(until: new RecordRead(Open));
        Apply(new RunNeeded(1, Placed: false));
        Assert.Equal([new WriteRecord(LifeWrite.Waits)], Apply(new PlaceAnswered(Granted: false)));
        Assert.Equal([new AnswerRequest(1, LifeAnswer.Done)], Apply(new Stored(Open with { IsCoordinated = false }))[..1]);
        Assert.Equal([new WriteRecord(LifeWrite.Epoch)], Apply(new RunNeeded(2, Placed: true))[..1]);
    }

    [Fact]
    public void Start_StorageDoesNotAnswer_IsTriedAgainLaterAndLater()
    {
        Run(until: new RecordRead(Open));
        Apply(new RunNeeded(1, Placed: true));
        TimeSpan before = TimeSpan.Zero;
        for (int attempt = 0; attempt < 5; attempt++)
        {
            LifeCommand[] commands = Apply(new NotStored(StoreFailure.NotReached));
            TimeSpan wait = _life.ToString().Contains("Waiting", StringComparison.Ordinal) ? RetryAfter() : TimeSpan.Zero;
            Assert.True(wait >= before, $"Attempt {attempt} waited {wait} after {before}: {string.Join(", ", commands.AsEnumerable())}");
            before = wait;
        }

        TimeSpan RetryAfter()
        {
            TimeSpan began = _now;
            while (!Apply(new Ticked()).Contains(new WriteRecord(LifeWrite.Epoch)))
                _now += TimeSpan.FromMilliseconds(10);
            return _now - began;
        }
    }

    [Fact]
    public void Pause_Stored_HoldsTheRunAndOnlyThenIsAcknowledged()
    {
        Run();
        Assert.Equal([new WriteRecord(LifeWrite.Paused)], Apply(new PauseAsked(1))[..1]);
        Assert.Equal(
            [new PauseRun(), new AnswerRequest(1, LifeAnswer.Done)],
            Apply(new Stored(Open with { Phase = JobPhase.Paused }))[..2]
        );
    }

    [Fact]
    public void Pause_NotStored_IsRefused()
    {
        Run();
        Apply(new PauseAsked(1));
        Assert.Equal([new AnswerRequest(1, LifeAnswer.NotStored)], Apply(new NotStored(StoreFailure.NotReached))[..1]);
    }

    [Fact]
    public void Pause_StoredThoughTakenForFailed_HoldsTheRunAsSoonAsThatIsSeen()
    {
        Run();
        Apply(new PauseAsked(1));
        Apply(new NotStored(StoreFailure.NotReached));
        _life.StoreWanted(_now, _commands);
        Assert.Contains(new PauseRun(), Apply(new Stored(Open with { Phase = JobPhase.Paused })));
    }

    [Fact]
    public void PauseAndResume_AskedBesideEachOther_AreStoredInTheirOrder()
    {
        Run();
        Apply(new PauseAsked(1));
        Apply(new ResumeAsked(2));
        Apply(new PauseAsked(3));
        LifeRecord paused = Open with { Phase = JobPhase.Paused };
        LifeCommand[] first = Apply(new Stored(paused));
        Assert.Contains(new AnswerRequest(1, LifeAnswer.Done), first);
        Assert.DoesNotContain(new AnswerRequest(3, LifeAnswer.Done), first);
        Assert.Contains(new WriteRecord(LifeWrite.Resumed), first);
        Assert.Contains(new WriteRecord(LifeWrite.Paused), Apply(new Stored(Open)));
        Assert.Contains(new AnswerRequest(3, LifeAnswer.Done), Apply(new Stored(paused)));
    }

    [Fact]
    public void Options_Stored_TheRunFollowsAndOnlyThenTheyAreAcknowledged()
    {
        Run();
        Assert.Equal([new WriteRecord(LifeWrite.Options)], Apply(new OptionsAsked(1, Changes: true))[..1]);
        Assert.Equal(1, _life.OptionsUpTo);
        Assert.Equal(
            [new ChangeRun(), new TellPriority(), new AnswerRequest(1, LifeAnswer.Done), new Publish(LifeMoment.OptionsChanged)],
            Apply(new Stored(Open with { OptionsVersion = 1 }))[..4]
        );
    }

    [Fact]
    public void Options_AskedWhileOthersAreWritten_AreInTheNextWrite()
    {
        Run();
        Apply(new OptionsAsked(1, Changes: true));
        // It would change nothing of what is stored, and does once the other is.
        Assert.Empty(Answers(Apply(new OptionsAsked(2, Changes: false))));
        Assert.Empty(Answers(Apply(new OptionsAsked(3, Changes: true))));
        Assert.Equal(1, _life.OptionsUpTo);
        LifeCommand[] stored = Apply(new Stored(Open with { OptionsVersion = 1 }));
        Assert.Equal([new AnswerRequest(1, LifeAnswer.Done)], Answers(stored));
        Assert.Contains(new WriteRecord(LifeWrite.Options), stored);
        Assert.Equal(3, _life.OptionsUpTo);
        Assert.Equal(
            [new AnswerRequest(2, LifeAnswer.Done), new AnswerRequest(3, LifeAnswer.Done)],
            Answers(Apply(new Stored(Open with { OptionsVersion = 2 })))
        );
    }

    [Fact]
    public void Options_ThatChangeNothing_AreAnsweredWithoutAWrite()
    {
        Run();
        Assert.Equal([new TellPriority(), new AnswerRequest(1, LifeAnswer.Done)], Apply(new OptionsAsked(1, Changes: false))[..2]);
    }

    /// <summary>The write was taken for failed, and was stored: the run has not heard of it.</summary>
    [Fact]
    public void Options_ThatTheRecordHasAlready_AndTheRunNot_AreWritten()
    {
        Run();
        Assert.Equal([new WriteRecord(LifeWrite.Options)], Apply(new OptionsAsked(1, Changes: false) { Version = 1 })[..1]);
    }

    [Fact]
    public void Options_NotStored_AreRefused()
    {
        Run();
        Apply(new OptionsAsked(1, Changes: true));
        LifeCommand[] refused = Apply(new NotStored(StoreFailure.NotReached));
        Assert.Equal([new AnswerRequest(1, LifeAnswer.NotStored)], Answers(refused));
        Assert.DoesNotContain(new ChangeRun(), refused);
    }

    [Fact]
    public void Options_StoredThoughTakenForFailed_AreFollowedAsSoonAsThatIsSeen()
    {
        Run();
        Apply(new OptionsAsked(1, Changes: true));
        Apply(new NotStored(StoreFailure.NotReached));
        _life.StoreWanted(_now, _commands);
        Assert.Contains(new ChangeRun(), Apply(new Stored(Open with { OptionsVersion = 1 })));
        Assert.DoesNotContain(new ChangeRun(), Apply(new Stored(Open with { OptionsVersion = 1 })));
    }

    [Fact]
    public void Options_StoredWhileTheRunIsMade_AreFollowedFromItsStart()
    {
        LifeRecord second = Open with { Epoch = 2, OptionsVersion = 4 };
        Run(until: new RecordRead(second));
        Apply(new RunNeeded(100, Placed: true));
        Apply(new Stored(second));
        Apply(new KindPrepared(1));
        Apply(new OptionsAsked(1, Changes: true));
        Assert.DoesNotContain(new ChangeRun(), Apply(new Stored(second with { OptionsVersion = 5 })));
        Assert.Equal([new ChangeRun(), new StartRun(Resumed: true, Paused: false)], Apply(new RunPrepared(2))[..2]);
    }

    [Fact]
    public void Options_OfAJobThatWaitsForItsTurn_AreStoredAndTheCatalogueIsTold()
    {
        Run(until: new RecordRead(Open with { IsCoordinated = false }));
        Assert.Equal([new WriteRecord(LifeWrite.Options)], Apply(new OptionsAsked(1, Changes: true))[..1]);
        Assert.Equal(
            [new TellPriority(), new AnswerRequest(1, LifeAnswer.Done), new Publish(LifeMoment.OptionsChanged)],
            Apply(new Stored(Open with { IsCoordinated = false, OptionsVersion = 1 }))
        );
    }

    [Fact]
    public void Options_OfAnEndedJob_AreRefused()
    {
        Run(until: new RecordRead(Open with { Phase = JobPhase.Succeeded }));
        Assert.Equal([new AnswerRequest(1, LifeAnswer.HasEnded)], Apply(new OptionsAsked(1, Changes: false)));
    }

    [Fact]
    public void Options_TheJobEndsMeanwhile_AreRefused()
    {
        Run();
        Apply(new OptionsAsked(1, Changes: true));
        Apply(new OptionsAsked(2, Changes: true));
        Apply(new RunEnded(JobPhase.Succeeded, null));
        LifeCommand[] stored = Apply(new Stored(Open with { OptionsVersion = 1 }));
        Assert.Equal([new AnswerRequest(1, LifeAnswer.Done)], Answers(stored));
        Assert.Contains(new WriteRecord(LifeWrite.End), stored);
        Assert.Equal(
            [new AnswerRequest(2, LifeAnswer.HasEnded)],
            Answers(Apply(new Stored(Open with { Phase = JobPhase.Succeeded, OptionsVersion = 1 })))
        );
    }

    /// <summary>Whoever is told that a change is done finds it in the record; whatever the record has the run follows from the write on that shows it.</summary>
    [Fact]
    public void Options_AnyHistoryOfWrites_AcknowledgedOnesAreStoredAndTheRunFollows() =>
        Gen.Int[0, 9]
            .Array[0, 60]
            .Sample(
                history =>
                {
                    JobLifeTests bench = new();
                    bench.Run();
                    LifeRecord stored = Open with { Epoch = 2 };
                    SortedSet<long> open = [];
                    HashSet<long> inRecord = [];
                    LifeWrite? writing = null;
                    int followed = 0;
                    long request = 1_000;
                    foreach (int what in history)
                    {
                        bench._now += TimeSpan.FromMilliseconds(30);
                        LifeEvent? happened = what switch
                        {
                            0 or 1 or 2 => new OptionsAsked(++request, Changes: true),
                            3 => new OptionsAsked(++request, Changes: false),
                            4 => new PauseAsked(++request),
                            5 => new ResumeAsked(++request),
                            6 or 7 when writing is { } done => Write(done, isAnswered: true),
                            8 when writing is { } lost => Write(lost, isAnswered: false),
                            9 when writing is not null => new NotStored(StoreFailure.NotReached),
                            _ => null,
                        };
                        if (happened is null)
                            continue;
                        if (happened is Stored or NotStored)
                            writing = null;
                        if (happened is OptionsAsked { Changes: true } asked)
                            open.Add(asked.Request);
                        foreach (LifeCommand command in bench.Apply(happened))
                        {
                            if (command is WriteRecord write)
                                writing = write.Write;
                            else if (command is ChangeRun)
                                followed = stored.OptionsVersion;
                            else if (command is AnswerRequest answer && open.Remove(answer.Request) && answer.Answer == LifeAnswer.Done)
                                Assert.Contains(answer.Request, inRecord);
                        }

                        if (happened is Stored)
                            Assert.Equal(stored.OptionsVersion, followed);
                    }

                    LifeEvent Write(LifeWrite write, bool isAnswered)
                    {
                        if (write == LifeWrite.Options)
                        {
                            inRecord.UnionWith(open.Where(id => id <= bench._life.OptionsUpTo));
                            stored = stored with { OptionsVersion = stored.OptionsVersion + 1 };
                        }
                        else if (write is LifeWrite.Paused or LifeWrite.Resumed)
                            stored = stored with { Phase = write == LifeWrite.Paused ? JobPhase.Paused : JobPhase.Running };
                        return isAnswered ? new Stored(stored) : new NotStored(StoreFailure.NotReached);
                    }
                },
                iter: 5_000
            );

    private static IEnumerable<AnswerRequest> Answers(LifeCommand[] commands) => commands.OfType<AnswerRequest>();

    [Fact]
    public void End_NotStoredAtFirst_IsPublishedAndGivesItsPlaceBackOnceItIs()
    {
        Run();
        Assert.Contains(new WriteRecord(LifeWrite.End), Apply(new RunEnded(JobPhase.Succeeded, null)));
        Assert.DoesNotContain(Apply(new NotStored(StoreFailure.NotReached)), command => command is Publish or CloseEntry);
        _now += TimeSpan.FromSeconds(1);
        Assert.Contains(new WriteRecord(LifeWrite.End), Apply(new Ticked()));
        LifeCommand[] stored = Apply(new Stored(Open with { Phase = JobPhase.Succeeded }));
        Assert.Equal([new Publish(LifeMoment.Ended), new ReleaseSilos(), new CloseEntry()], stored);
    }

    [Fact]
    public void Cancel_StorageDoesNotAnswer_SaysSoAfterAWhile()
    {
        Run();
        Assert.Contains(new CancelRun("enough"), Apply(new CancelAsked(1, "enough")));
        Apply(new RunEnded(JobPhase.Canceled, null));
        Apply(new NotStored(StoreFailure.NotReached));
        _now += JobLife.EndWait;
        Assert.Contains(new AnswerRequest(1, LifeAnswer.IsEnding), Apply(new Ticked()));
    }

    [Fact]
    public void Retry_OfAnEndedJob_OpensItBeforeItIsStoredAndStartsIt()
    {
        LifeRecord ended = Open with { Phase = JobPhase.Failed };
        Run(until: new RecordRead(ended));
        Assert.Equal([new RemoveEntry()], Apply(new RetryAsked(1))[..1]);
        Assert.Equal([new OpenEntry()], Apply(new EntryRemoved())[..1]);
        Assert.Equal([new WriteRecord(LifeWrite.Reopened)], Apply(new EntryOpened(Accepted: true))[..1]);
        LifeCommand[] reopened = Apply(new Stored(Open with { Retries = 1 }));
        Assert.Equal([new Publish(LifeMoment.Reopened), new AnswerRequest(1, LifeAnswer.Done), new AskPlace()], reopened[..3]);
        Assert.Equal([new WriteRecord(LifeWrite.Epoch)], Apply(new PlaceAnswered(Granted: true))[..1]);
    }

    [Fact]
    public void Retry_TooManyJobsAreOpen_IsRefusedAndTheJobIsListedAsEndedAgain()
    {
        Run(until: new RecordRead(Open with { Phase = JobPhase.Failed }));
        Apply(new RetryAsked(1));
        Apply(new EntryRemoved());
        LifeCommand[] refused = Apply(new EntryOpened(Accepted: false));
        Assert.Equal([new AnswerRequest(1, LifeAnswer.TooManyOpen), new CloseEntry()], refused);
    }

    [Theory]
    [InlineData(LeaveReason.SiloStops, true, false)]
    [InlineData(LeaveReason.Moves, false, false)]
    [InlineData(LeaveReason.Other, false, true)]
    internal void Leave_WhileTheJobRuns_StoresWhatItKnowsOnlyWhereNobodyElseMayBeTheOne(LeaveReason reason, bool stores, bool goesOn)
    {
        Run();
        LifeCommand[] leaving = Apply(new Deactivating(reason));
        Assert.Equal(stores, leaving.Contains(new WriteRecord(LifeWrite.LastProgress)));
        Assert.Equal(goesOn, leaving.Contains(new GoOnElsewhere()));
        Assert.Equal(!stores, leaving.Contains(new Left()));
        if (stores)
            leaving = Apply(new Stored(Open with { IsCoordinated = false }));
        Assert.Equal([new DisposeRun(), new Left()], leaving[^2..]);
        Assert.Equal([new AnswerRequest(9, LifeAnswer.Moves)], Apply(new PauseAsked(9)));
    }

    [Fact]
    public void Superseded_WithARequestUnderWay_AnswersItAndWritesNothingMore()
    {
        Run();
        Apply(new PauseAsked(1));
        LifeCommand[] superseded = Apply(new NotStored(StoreFailure.Superseded));
        Assert.Contains(new AnswerRequest(1, LifeAnswer.Moves), superseded);
        Assert.Contains(new Leave(), superseded);
        _life.StoreWanted(_now, _commands);
        Assert.DoesNotContain(Apply(new RunEnded(JobPhase.Succeeded, null)), command => command is WriteRecord);
    }

    [Fact]
    public void Steps_AfterAProcessEnded_AreStoredBeforeTheyAreEntered()
    {
        LifeRecord careful = Open with { Epoch = 2, Steps = new StepRecord(null, 1, null) };
        Run(until: new RecordRead(Open));
        Apply(new RunNeeded(1, Placed: true));
        Assert.Equal([new WriteRecord(LifeWrite.StepEntered)], Apply(new Stored(careful))[..1]);
        Assert.Equal(KindStep.Prepare, _life.WantedStep);
        Assert.Contains(new PrepareKind(1), Apply(new Stored(careful with { Steps = careful.Steps.Enter(KindStep.Prepare) })));
        Assert.Equal([new WriteRecord(LifeWrite.StepLeft)], Apply(new KindPrepared(1))[..1]);
        Apply(new Stored(careful));
        Apply(new RunPrepared(2));
        Assert.Equal([new WriteRecord(LifeWrite.StepEntered)], Apply(new StepWanted(KindStep.Combine))[..1]);
        Assert.Contains(new EnterStep(), Apply(new Stored(careful with { Steps = careful.Steps.Enter(KindStep.Combine) })));
        Assert.Equal([new WriteRecord(LifeWrite.StepLeft)], Apply(new StepLeft())[..1]);
    }

    [Fact]
    public void Steps_ThirdDeathInOne_FailsTheJobAndSaysWhere()
    {
        Run(until: new RecordRead(Open));
        Apply(new RunNeeded(1, Placed: true));
        LifeRecord fatal = Open with { Epoch = 4, Steps = new StepRecord(null, 3, KindStep.Prepare) };
        Assert.Contains(new WriteRecord(LifeWrite.End), Apply(new Stored(fatal)));
        Assert.StartsWith("Prepare of its kind", _life.End?.Failure?.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Prepare_FailsHere_IsTriedOnAnotherSiloAndFailsTheJobOnTheSecond()
    {
        JobFailure failure = new("Ugly", "no", null, null);
        LifeRecord two = Open with { Epoch = 2, MayMove = true };
        Run(until: new RecordRead(Open));
        Apply(new RunNeeded(1, Placed: true));
        Apply(new Stored(two));
        Assert.Equal([new WriteRecord(LifeWrite.NotPrepared)], Apply(new StepFailed(1, failure))[..1]);
        Assert.Contains(new MoveAway(), Apply(new Stored(two with { PrepareFailures = 1 })));
        Apply(new RunNeeded(2, Placed: true));
        Assert.Contains(new WriteRecord(LifeWrite.End), Apply(new StepFailed(2, failure)));
    }

    [Fact]
    public void Counting_BeyondTheDeadline_FailsTheJob()
    {
        Run(until: new RecordRead(Open with { IsCounted = false, DeadlineAt = _now + TimeSpan.FromMinutes(1) }));
        Apply(new RunNeeded(1, Placed: true));
        Apply(new Stored(Open with { Epoch = 2, IsCounted = false, DeadlineAt = _now + TimeSpan.FromMinutes(1) }));
        Apply(new KindPrepared(1));
        _now += TimeSpan.FromMinutes(1);
        Assert.Contains(new WriteRecord(LifeWrite.End), Apply(new Ticked()));
        Assert.Equal("DeadlineExceeded", _life.End?.Failure?.Type);
    }

    /// <summary>Whatever happens, in whatever order: one write at a time, no request answered twice, nothing done by one that has left.</summary>
    [Fact]
    public void AnyEvents_InAnyOrder_KeepTheRules() =>
        Gen.Int[0, 34]
            .Array[0, 80]
            .Sample(
                history =>
                {
                    JobLife life = Make();
                    List<LifeCommand> commands = [];
                    HashSet<long> open = [];
                    bool writes = false;
                    bool reads = false;
                    bool hasLeft = false;
                    bool isOver = false;
                    int epoch = 1;
                    TimeSpan now = TimeSpan.Zero;
                    foreach (int what in history)
                    {
                        now += TimeSpan.FromMilliseconds(40 * (what % 7));
                        LifeEvent happened = Any(what, open.Count + (long)now.TotalMilliseconds * 100, ref epoch);
                        if ((happened is Stored or NotStored && !writes) || (happened is RecordRead or RecordNotReached && !reads))
                            continue;
                        writes &= happened is not (Stored or NotStored);
                        reads &= happened is not (RecordRead or RecordNotReached);
                        if (happened is LifeAsked asked && !open.Add(asked.Request))
                            continue;
                        life.Apply(happened, now, commands);
                        foreach (LifeCommand command in commands)
                        {
                            if (command is AnswerRequest answer)
                                Assert.True(open.Remove(answer.Request), $"{answer} comes twice.");
                            else
                                Assert.False(hasLeft, $"{command} comes after the end.");
                            if (command is WriteRecord)
                            {
                                Assert.False(writes, $"{command} comes while another write is under way.");
                                writes = true;
                            }

                            reads |= command is ReadRecord;
                            Assert.False(
                                isOver && command is StartRun or CountUnits or PrepareRun or OpenEntry,
                                $"{command} comes too late."
                            );
                            hasLeft |= command is Left;
                            isOver |= command is Leave or Left;
                        }

                        if (hasLeft)
                            Assert.Empty(open);
                        commands.Clear();
                    }
                },
                iter: 20_000
            );

    private static LifeEvent Any(int what, long request, ref int epoch) =>
        what switch
        {
            0 => new Activated(),
            1 => new RecordRead(null),
            2 => new RecordRead(Open),
            3 => new RecordNotReached(),
            4 => new RunNeeded(request, Placed: true),
            5 => new RunNeeded(request, Placed: false),
            6 => new SubmitAsked(request, ListsItems: false),
            7 => new SubmitAsked(request, ListsItems: true),
            8 => new EntryOpened(Accepted: true),
            9 => new EntryOpened(Accepted: false),
            10 => new PlaceAnswered(Granted: true),
            11 => new PlaceAnswered(Granted: false),
            12 => new PlaceNotAnswered(),
            13 => new EntryClosed(),
            14 => new EntryRemoved(),
            15 => new Stored(Open with { Epoch = ++epoch }),
            16 => new Stored(Open with { Phase = JobPhase.Succeeded }),
            17 => new NotStored(StoreFailure.NotReached),
            18 => new UnitsCounted(1),
            19 => new ItemsListed(1),
            20 => epoch % 2 == 0 ? new RunPrepared((epoch % 5) + 1) : new KindPrepared((epoch % 5) + 1),
            21 => new StepNotReached((epoch % 3) + 1),
            22 => new RunEnded(JobPhase.Succeeded, null),
            23 => new PauseAsked(request),
            24 => new ResumeAsked(request),
            25 => new CancelAsked(request, "enough"),
            26 => new RetryAsked(request),
            27 => new ForgetAsked(request),
            28 => new Ticked(),
            29 => new Deactivating(LeaveReason.SiloStops),
            30 => new NotStored(StoreFailure.Superseded),
            31 => new OptionsAsked(request, Changes: true),
            32 => new OptionsAsked(request, Changes: false),
            33 => new Stored(Open with { Epoch = ++epoch, OptionsVersion = epoch }),
            _ => new OrphansDeleted(),
        };

    private static JobLife Make() => new(new CheckpointSchedule(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(10)), DecomposeWait);

    private void Run(RecordRead? until = null)
    {
        Apply(new Activated());
        Apply(until ?? new RecordRead(Open));
        if (until is not null)
            return;
        Apply(new RunNeeded(100, Placed: true));
        Apply(new Stored(Open with { Epoch = 2 }));
        Apply(new KindPrepared(1));
        Apply(new RunPrepared(2));
        Assert.True(_life.IsRunning);
    }

    private LifeCommand[] Apply(LifeEvent happened)
    {
        _commands.Clear();
        _life.Apply(happened, _now, _commands);
        return [.. _commands];
    }
}
