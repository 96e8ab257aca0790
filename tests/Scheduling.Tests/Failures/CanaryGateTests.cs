using OrleansWork.Scheduling.Failures;
using Xunit;

namespace OrleansWork.Scheduling.Tests.Failures;

public sealed class CanaryGateTests
{
    private readonly CanaryGate<Job> _gate = new();
    private readonly Job _mine = new();
    private readonly Job _other = new();

    [Fact]
    public void OrdinaryLeases_OfAllJobs_AreTaken()
    {
        _other.Take(LeaseCare.Canary, at: 0);
        Assert.False(Refuses(_mine, LeaseCare.None, at: 1));
    }

    [Fact]
    public void Canaries_OfDifferentJobs_DoNotMeet()
    {
        _other.Take(LeaseCare.Canary, at: 0);
        Assert.True(Refuses(_mine, LeaseCare.Canary, at: 1));
        Assert.False(Refuses(_other, LeaseCare.Canary, at: 1));
        _other.Leases.Clear();
        Assert.False(Refuses(_mine, LeaseCare.Canary, at: 2));
    }

    [Fact]
    public void LoneCanary_MeetsNothingOfOthers()
    {
        _other.Take(LeaseCare.None, at: 0);
        Assert.True(Refuses(_mine, LeaseCare.Alone, at: 1));
        _other.Leases.Clear();
        Assert.False(Refuses(_mine, LeaseCare.Alone, at: 2));
        _mine.Take(LeaseCare.Alone, at: 2);
        Assert.True(Refuses(_other, LeaseCare.None, at: 3));
        Assert.False(Refuses(_mine, LeaseCare.None, at: 3));
    }

    [Fact]
    public void AskedToKeepClear_TakesNothingOfOthersForAWhileAfter()
    {
        Assert.True(Clears(_mine, at: 0));
        Assert.True(Refuses(_other, LeaseCare.None, at: CanaryGate<Job>.KeptClearMicros - 1));
        Assert.False(Refuses(_other, LeaseCare.None, at: CanaryGate<Job>.KeptClearMicros));
    }

    [Fact]
    public void KeptClearForOne_IsNotForAnother()
    {
        Assert.True(Clears(_mine, at: 0));
        Assert.False(Clears(_other, at: 1));
        _mine.HasEnded = true;
        Assert.True(Clears(_other, at: 2));
        Assert.True(Refuses(_mine, LeaseCare.None, at: 3));
    }

    [Fact]
    public void WhatHasRunForLong_IsNoHarm()
    {
        _other.Take(LeaseCare.Canary, at: 0);
        Assert.True(Refuses(_mine, LeaseCare.Alone, at: CanaryGate<Job>.SuspiciousMicros - 1));
        Assert.False(Refuses(_mine, LeaseCare.Alone, at: CanaryGate<Job>.SuspiciousMicros));
    }

    [Fact]
    public void LoneCanaryThatRunsForLong_LetsOthersIn()
    {
        Assert.False(Refuses(_mine, LeaseCare.Alone, at: 0));
        _mine.Take(LeaseCare.Alone, at: 0);
        Assert.True(Refuses(_other, LeaseCare.None, at: CanaryGate<Job>.SuspiciousMicros - 1));
        Assert.False(Refuses(_other, LeaseCare.None, at: CanaryGate<Job>.SuspiciousMicros));
    }

    [Fact]
    public void StepOfAnother_WaitsUntilALoneCanaryIsOverAndThatCanBeStored()
    {
        Assert.False(Refuses(_mine, LeaseCare.Alone, at: 0));
        _mine.Take(LeaseCare.Alone, at: 0);
        Assert.False(TryEnter(_other, at: 5_000_000));
        Assert.True(TryEnter(_mine, at: 5_000_000));
        _mine.Leases.Clear();
        Assert.False(TryEnter(_other, at: 5_000_000 + CanaryGate<Job>.ToldMicros - 1));
        Assert.True(TryEnter(_other, at: 5_000_000 + CanaryGate<Job>.ToldMicros));
    }

    [Fact]
    public void LoneCanary_WaitsUntilAllStepsOfOthersAreLeft()
    {
        Assert.True(TryEnter(_other, at: 0));
        Assert.True(TryEnter(_other, at: 1));
        Assert.False(Clears(_mine, at: 2));
        Assert.True(Refuses(_mine, LeaseCare.Alone, at: 2));
        Assert.False(Refuses(_mine, LeaseCare.Canary, at: 2));
        _gate.Leave(_other);
        Assert.False(Clears(_mine, at: 3));
        _gate.Leave(_other);
        Assert.True(Clears(_mine, at: 4));
    }

    [Fact]
    public void RecordedStep_HasNoOthersBesideIt()
    {
        Assert.True(TryEnter(_other, at: 0));
        Assert.False(TryEnter(_mine, at: 1, isRecorded: true));
        _gate.Leave(_other);
        Assert.True(TryEnter(_mine, at: 2, isRecorded: true));
        Assert.False(_gate.IsQuiet);
        Assert.False(TryEnter(_other, at: 3));
        Assert.True(TryEnter(_mine, at: 3));
        _gate.Leave(_mine);
        _gate.Leave(_mine);
        Assert.True(_gate.IsQuiet);
        Assert.True(TryEnter(_other, at: 4));
    }

    [Fact]
    public void StepThatGoesOnForLong_LetsLoneCanariesIn()
    {
        Assert.True(TryEnter(_other, at: 0));
        Assert.False(Clears(_mine, at: CanaryGate<Job>.SuspiciousMicros - 1));
        Assert.True(Clears(_mine, at: CanaryGate<Job>.SuspiciousMicros));
    }

    private bool TryEnter(Job job, long at, bool isRecorded = false) => _gate.TryEnter(job, [_mine, _other], at, isRecorded);

    private bool Refuses(Job job, LeaseCare care, long at) => _gate.Refuses(care, job, [_mine, _other], at);

    private bool Clears(Job job, long at) => _gate.Clears(job, [_mine, _other], at);

    private sealed class Job : IGatedJob
    {
        public List<(LeaseCare Care, long At)> Leases { get; } = [];

        public bool HasEnded { get; set; }

        public void Take(LeaseCare care, long at) => Leases.Add((care, at));

        public bool Holds(LeaseCare care, long arrivedAfterMicros) =>
            Leases.Exists(lease => lease.Care >= care && lease.At > arrivedAfterMicros);
    }
}
