using OrleansWork.Engine.Recording;
using OrleansWork.Scheduling.Placement;
using Xunit;

namespace OrleansWork.Engine.Tests.Recording;

public sealed class JobMeasuresTests
{
    private static readonly DateTimeOffset s_began = DateTimeOffset.UnixEpoch;

    [Fact]
    public void Of_TwoSilosOneHalfAsFast_SaysSpeedSharesAndTheLeastTime()
    {
        RunTrace trace = Trace(
            Silo("fast", slots: 2, slowness: 0.75, slotSeconds: 20, wasted: 0, busy: [10, 10]),
            Silo("slow", slots: 2, slowness: 1.5, slotSeconds: 20, wasted: 0, busy: [10, 10])
        );
        JobStatus status = Status(JobState.Succeeded, new SiloShare("fast", 200, 20, 20), new SiloShare("slow", 100, 10, 20));

        JobMeasures measures = JobMeasures.Of(status, trace, s_began.AddDays(1));

        Assert.Equal([0.1, 0.2], measures.Silos.Select(silo => silo.SecondsPerUnit!.Value));
        Assert.Equal([1.3333, 0.6667], measures.Silos.Select(silo => silo.Speed!.Value));
        Assert.Equal([0.6667, 0.3333], measures.Silos.Select(silo => silo.FairShare!.Value));
        // All slots worked all the time, so it could not have been quicker.
        Assert.Equal(10, measures.LowerBoundSeconds!.Value, 6);
        Assert.Equal(0, measures.Balance);
    }

    [Fact]
    public void LowerBound_LeavesOutWaste_AndTimeThatASiloWasAway()
    {
        RunTrace trace = Trace(
            Silo("a", slots: 1, slowness: 1, slotSeconds: 10, wasted: 2, busy: [10]),
            Silo("b", slots: 1, slowness: 1, slotSeconds: 6, wasted: 0, busy: [6])
        );
        JobStatus status = Status(JobState.Succeeded, new SiloShare("a", 10, 1, 10), new SiloShare("b", 6, 1, 6));

        // 8 s and 6 s of work on 1 and on 0.6 slots.
        Assert.Equal(14 / 1.6, JobMeasures.Of(status, trace, s_began).LowerBoundSeconds!.Value, 6);
    }

    [Fact]
    public void LowerBound_IsNoLessThanTheLongestLease()
    {
        TracedSilo silo = Silo("a", slots: 8, slowness: 1, slotSeconds: 80, wasted: 0, busy: [9, 1, 0, 0, 0, 0, 0, 0]) with
        {
            LeaseSeconds = [1, 9, 9, 9],
        };
        JobMeasures measures = JobMeasures.Of(Status(JobState.Succeeded, new SiloShare("a", 10, 2, 10)), Trace(silo), s_began);

        Assert.Equal(9, measures.LowerBoundSeconds);
        Assert.Equal(new LeaseSeconds(1, 9, 9, 9), measures.Silos[0].LeaseSeconds);
    }

    [Theory]
    [InlineData(JobState.Succeeded, 4_000d, 6d)]
    [InlineData(JobState.Running, 4_000d, 6d)]
    [InlineData(JobState.Running, null, null)]
    [InlineData(JobState.Failed, 4_000d, null)]
    [InlineData(JobState.Canceled, 4_000d, null)]
    public void LastRound_IsFromWhenNoUnitWaitedToTheEnd(JobState state, double? since, double? expected)
    {
        RunTrace trace = Trace() with { NothingWaitsSince = since };

        Assert.Equal(expected, JobMeasures.Of(Status(state), trace, s_began.AddSeconds(10)).LastRoundSeconds);
    }

    [Fact]
    public void Balance_IsTheVariationOverAllSlots_IdleOnesAmongThem()
    {
        RunTrace trace = Trace(Silo("a", 2, 1, 20, 0, [4, 0]));

        Assert.Equal(1, JobMeasures.Of(Status(JobState.Succeeded, new SiloShare("a", 1, 1, 4)), trace, s_began).Balance);
    }

    [Fact]
    public void Of_NoTrace_KnowsTheCountsAlone()
    {
        JobMeasures measures = JobMeasures.Of(Status(JobState.Succeeded, new SiloShare("a", 3, 2, 1.5)), trace: null, s_began);

        Assert.Equal(new SiloShareDetails("a", 3, 2, 1.5), Assert.Single(measures.Silos));
        Assert.Equal((null, null, null), (measures.LowerBoundSeconds, measures.LastRoundSeconds, measures.Balance));
    }

    [Fact]
    public void Of_SiloWithoutUnits_HasNoSpeed_AndSaysWhatItsRulesWere()
    {
        TracedSilo silo = Silo("a", 1, 1, 1, 0.5, [1]) with
        {
            Choices = new Dictionary<ChoiceRule, long> { [ChoiceRule.FastestOfCold] = 2, [ChoiceRule.Explored] = 1 },
        };
        SiloShareDetails of = JobMeasures.Of(Status(JobState.Running, new SiloShare("a", 0, 3, 0.5)), Trace(silo), s_began).Silos[0];

        Assert.Equal((null, null, 0.5, null), (of.Speed, of.SecondsPerUnit, of.WastedSeconds, of.LeaseSeconds));
        Assert.Equal(new Dictionary<string, long> { ["fastest-of-cold"] = 2, ["explored"] = 1 }, of.Placement);
    }

    private static RunTrace Trace(params TracedSilo[] silos) => new() { Base = s_began, Silos = silos };

    private static TracedSilo Silo(string name, int slots, double slowness, double slotSeconds, double wasted, double[] busy) =>
        new(name, slots, slowness)
        {
            BusyBySlot = busy,
            Account = new JobAccounting
            {
                SlotSeconds = slotSeconds,
                Compute = slotSeconds - wasted,
                WastedRetry = wasted,
            },
        };

    private static JobStatus Status(JobState state, params SiloShare[] silos) =>
        new()
        {
            Id = "job",
            Kind = "kind",
            State = state,
            Options = new JobOptions(),
            Units = new UnitCounts(300, 300, 0, 0),
            FinishedAt = state == JobState.Running ? null : s_began.AddSeconds(10),
            Silos = silos,
        };
}
