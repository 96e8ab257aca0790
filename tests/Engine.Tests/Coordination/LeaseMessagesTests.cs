using System.Collections.Immutable;
using CsCheck;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;
using Orleans.Serialization;
using OrleansWork.Engine.Coordination;
using OrleansWork.Engine.Storage;
using OrleansWork.Protocol;
using OrleansWork.Scheduling.Coordination;
using OrleansWork.Scheduling.Failures;
using OrleansWork.Scheduling.Ledger;
using OrleansWork.Scheduling.Reduction;
using Xunit;

namespace OrleansWork.Engine.Tests.Coordination;

/// <summary>What the machine says and hears, as messages and back.</summary>
public sealed class LeaseMessagesTests
{
    private static readonly Serializer s_serializer = new ServiceCollection()
        .AddSerializer()
        .BuildServiceProvider()
        .GetRequiredService<Serializer>();

    private static readonly Gen<FailureRecord?> s_failures =
        from isThere in Gen.Bool
        from unit in Gen.Long[0, long.MaxValue].Nullable()
        from text in Gen.String
        from stack in Gen.String.Null()
        from permanent in Gen.Bool
        from failsJob in Gen.Bool
        select isThere ? new FailureRecord(unit, text, text, stack, permanent) { FailsJob = failsJob } : null;

    [Fact]
    public void Report_AnyFailureAndOutcome_ArrivesAsItWasSent() =>
        Gen.Select(s_failures, Gen.Enum<LeaseOutcome>(), Gen.Long[0, 1 << 40], Gen.Int[0, 1000])
            .Sample(
                (failure, outcome, from, done) =>
                {
                    LeaseReport sent = new(3, 7, outcome, from, from + done, [], failure, 5, 11);
                    LeaseReport came = s_serializer.Deserialize<LeaseReport>(s_serializer.SerializeToArray(sent))!;
                    LeaseReported heard = LeaseMessages.ToReported(came, "silo", [], TimeSpan.FromSeconds(1), share: 4, callTime: null);
                    Assert.Equal(failure, heard.Failure);
                    Assert.Equal((new LeaseName(3, 7), outcome, new UnitRange(from, from + done)), (heard.Name, heard.Outcome, heard.Done));
                    Assert.Equal(outcome == LeaseOutcome.Done ? TimeSpan.FromSeconds(1) : null, heard.Overhead);
                    Assert.Equal((TimeSpan.FromMicroseconds(11), 4), (heard.Busy, heard.Share));
                }
            );

    [Fact]
    public void Report_ThatAnswersACall_EndedHalfOfTheWayAgoBesideWhatItWasHeldBack()
    {
        LeaseReport report = new(1, 1, LeaseOutcome.Done, 0, 1, [], null, QueueMicros: 2_000, BusyMicros: 10_000)
        {
            Slot = 3,
            HeldMicros = 4_000,
        };
        LeaseReported answered = LeaseMessages.ToReported(report, "silo", [], null, 0, callTime: TimeSpan.FromMilliseconds(22));
        LeaseReported told = LeaseMessages.ToReported(report, "silo", [], null, 0, callTime: null);

        Assert.Equal((TimeSpan.FromMilliseconds(4 + 3), TimeSpan.FromMilliseconds(4)), (answered.Ago, told.Ago));
        Assert.Equal((3, TimeSpan.FromMilliseconds(2)), (answered.Slot, answered.Queued));
    }

    [Fact]
    public void Report_AnOutcomeOfALaterVersion_IsThatOfALeaseThatDidNotRun()
    {
        LeaseReport report = new(1, 1, (LeaseOutcome)99, 0, 0, [], null, 0, 0);
        Assert.Equal(LeaseOutcome.Fenced, LeaseMessages.ToReported(report, "silo", [], null, 0, callTime: null).Outcome);
    }

    [Fact]
    public void Signal_NamesItsLeases_AndARelease_None()
    {
        JobManifest job = new()
        {
            JobId = "j",
            Kind = "k",
            Input = StoredPayload.OfInline([]),
            OptionsJson = [],
            Incarnation = 5,
            Epoch = 2,
        };
        ControlRequest sent = LeaseMessages.ToSignal(job, LeaseSignal.Yield, [new LeaseName(1, 9), new LeaseName(2, 1)]);
        ControlRequest came = s_serializer.Deserialize<ControlRequest>(s_serializer.SerializeToArray(sent))!;
        Assert.Equal(("j", 5UL, 2, LeaseSignal.Yield, false), (came.JobId, came.Incarnation, came.Epoch, came.Signal, came.JobEnded));
        Assert.Equal([new LeaseName(1, 9), new LeaseName(2, 1)], came.Leases);
        ControlRequest release = LeaseMessages.ToRelease(job);
        Assert.Equal((LeaseSignal.Drop, true, 0), (release.Signal, release.JobEnded, release.Leases.Length));
    }

    [Fact]
    public void Grant_AndWhatIsHeld_KeepTheirCare()
    {
        GrantLease grant = new("silo", 4, new UnitRange(10, 11), TimeSpan.FromMilliseconds(50), 2, null)
        {
            Canary = true,
            Alone = true,
            LeavesApart = true,
        };
        Lease lease = LeaseMessages.ToLease(grant);
        Assert.Equal((4L, 10L, 11L, 50_000L, 2), (lease.Number, lease.From, lease.To, lease.BudgetMicros, lease.Attempt));
        Assert.Equal((true, true, true), (lease.Canary, lease.Alone, lease.LeavesApart));
        HeldRange held = LeaseMessages.ToHeld(new HeldLease("j", 1, 3, 4, 10, 20, 15, Started: true, RunningMicros: 7) { Alone = true });
        Assert.Equal(
            new HeldRange(new LeaseName(3, 4), new UnitRange(10, 20), true, 15, TimeSpan.FromMicroseconds(7)) { Alone = true },
            held
        );
    }
}
