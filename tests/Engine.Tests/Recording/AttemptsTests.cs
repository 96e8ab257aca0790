using OrleansWork.Engine.Recording;
using OrleansWork.Scheduling.Recording;
using Xunit;

namespace OrleansWork.Engine.Tests.Recording;

/// <summary>What is said of the attempts at a unit when some are not kept.</summary>
public sealed class AttemptsTests
{
    private static readonly JobStatus Succeeded = new()
    {
        Id = "j",
        Kind = "k",
        Version = 1,
        State = JobState.Succeeded,
        Options = new JobOptions(),
        Units = new UnitCounts(10, 10, 0, 0),
        Failures = [new UnitFailure(3, 2, "E", "second", "b")],
        Silos = [],
    };

    private static readonly TracedFailure Failure = new(500, 3, 2, 1, 9, "b", "E", "second", 700);

    [Fact]
    public void NoLeaseIsKept_NothingIsKnownAndThatIsSaid()
    {
        Assert.Equal((0L, false), Said(Attempts.Of(new ExplainedJob(Succeeded, null), 0)));
        Assert.Equal((0L, false), Said(Attempts.Of(new ExplainedJob(Succeeded, new RunTrace()), 0)));
        JobStatus queued = Succeeded with { State = JobState.Queued, Failures = [] };
        Assert.Equal((0L, true), Said(Attempts.Of(new ExplainedJob(queued, null), 0)));
    }

    [Fact]
    public void FailureWithoutItsLease_IsListedWithoutTimes()
    {
        UnitAttempts attempts = Attempts.Of(new ExplainedJob(Succeeded, new RunTrace { Failures = [Failure] }), 3);
        UnitAttempt only = Assert.Single(attempts.Items);
        Assert.Equal(
            (2, "b", null, null, "second", 9L),
            (only.Attempt, only.Silo, only.StartedAt, only.Seconds, only.Error!.Message, only.Lease)
        );
        Assert.Equal("it was tried again 200 ms later at the earliest", only.Then);
        Assert.False(attempts.Recorded);
    }

    [Fact]
    public void LeasesThatEndedBeforeTheUnit_AreNoAttempts()
    {
        RunTrace trace = new()
        {
            Silos = [new TracedSilo("a", 1, 1)],
            Leases =
            [
                Lease(1, LeaseEnd.Yielded, doneTo: 3, granted: 0),
                Lease(2, LeaseEnd.Lost, doneTo: 0, granted: 10),
                Lease(3, LeaseEnd.Overtaken, doneTo: 8, granted: 20),
                Lease(4, LeaseEnd.Committed, doneTo: 8, granted: 30),
            ],
        };
        UnitAttempts attempts = Attempts.Of(new ExplainedJob(Succeeded with { Failures = [] }, trace), 5);
        Assert.Equal([2, 3, 4], attempts.Items.Select(attempt => attempt.Lease));
        Assert.All(attempts.Items, attempt => Assert.Equal(1, attempt.Attempt));
        Assert.Equal(
            ["it was lost with its silo, and goes to another", "another lease committed it first", "its result was committed"],
            attempts.Items.Select(attempt => attempt.Then)
        );
        Assert.True(attempts.Recorded);
    }

    private static TracedLease Lease(long number, LeaseEnd end, long doneTo, double granted) =>
        new()
        {
            Number = number,
            Epoch = 1,
            From = 0,
            To = 8,
            DoneTo = doneTo,
            Attempt = 1,
            End = end,
            Granted = granted,
            Started = granted + 1,
            Ended = granted + 5,
        };

    private static (long Total, bool Recorded) Said(UnitAttempts attempts) => (attempts.Total, attempts.Recorded);
}
