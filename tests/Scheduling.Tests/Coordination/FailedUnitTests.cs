using OrleansWork.Scheduling.Coordination;
using OrleansWork.Scheduling.Ledger;
using Xunit;

namespace OrleansWork.Scheduling.Tests.Coordination;

public sealed class FailedUnitTests
{
    [Fact]
    public void Skip_UnitFailsOnEveryAttempt_TheResultIsFoldedAroundTheHole()
    {
        MachineBench bench = new(new JobMachineOptions { ChunkUnits = 1, SkipsFailedUnits = true }, units: 4, "a", "b");
        Run(bench, fails: unit => unit == 1);
        Assert.Equal(JobPhase.Finishing, bench.Machine.Phase);
        UnitFailureRecord failed = Assert.Single(bench.Machine.Failures);
        Assert.Equal((1, 3, true), (failed.Unit, failed.Attempts, failed.ForGood));
        Assert.True(bench.Machine.Snapshot().HasHoles);
    }

    [Fact]
    public void Skip_TheHeldNodesAreCopied_SoThatTheHoleCanBeFilledLater()
    {
        MachineBench bench = new(
            new JobMachineOptions
            {
                ChunkUnits = 1,
                SkipsFailedUnits = true,
                MaxAttempts = 1,
            },
            units: 4,
            "a"
        );
        JobCommand[] commands = Run(bench, fails: unit => unit == 1);
        Assert.Equal(2, commands.OfType<CopyPartial>().Count());
        Assert.Equal(2, bench.Machine.Snapshot().Nodes.Count);
    }

    /// <summary>A lease that was thought lost may report when its unit has been given up.</summary>
    [Fact]
    public void Skip_UnitIsDoneAfterItWasGivenUp_IsCountedAndNoLongerListedAsFailedForGood()
    {
        JobMachineOptions options = new()
        {
            ChunkUnits = 1,
            SkipsFailedUnits = true,
            MaxAttempts = 1,
        };
        MachineBench bench = new(options, units: 6, "a", "b");
        GrantLease first = bench.Granted()[0];
        bench.Fails(first);
        Assert.True(Assert.Single(bench.Machine.Failures).ForGood);
        bench.Done(first);
        Assert.False(Assert.Single(bench.Machine.Failures).ForGood);
        Assert.Equal(1, bench.Machine.DoneUnits);
    }

    [Fact]
    public void Retry_TheSiloRefusesIt_IsTheSameAttemptElsewhere()
    {
        MachineBench bench = FailedOnce();
        GrantLease retry = RunAll(bench, until: 1)[^1];
        bench.Happens(
            new LeaseReported(
                retry.Silo,
                new LeaseName(1, retry.Number),
                LeaseOutcome.Refused,
                default,
                [],
                null,
                TimeSpan.Zero,
                null,
                Share: 0
            )
        );
        AssertIsSecondAttempt(RunAll(bench));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("a")]
    public void Retry_TheNextCoordinatorRunsIt_IsTheAttemptThatItIs(string? died)
    {
        MachineBench bench = FailedOnce();
        bench.Restart(bench.Machine.Snapshot(), died, "b");
        AssertIsSecondAttempt(RunAll(bench));
    }

    private static List<GrantLease> RunAll(MachineBench bench, long? until = null)
    {
        List<GrantLease> all = [];
        for (int turn = 0; turn < 100 && bench.Machine.Phase == JobPhase.Running; turn++)
        {
            foreach (GrantLease lease in bench.StoreAndTakeGrants())
            {
                all.Add(lease);
                if (lease.Range.From == until)
                    return all;
                bench.Done(lease);
            }

            bench.Wait(TimeSpan.FromSeconds(0.2));
        }

        return all;
    }

    private static MachineBench FailedOnce()
    {
        MachineBench bench = new(new JobMachineOptions { ChunkUnits = 4 }, units: 40, "a");
        bench.Fails(bench.Granted()[0], unit: 1);
        return bench;
    }

    private static void AssertIsSecondAttempt(IEnumerable<GrantLease> granted)
    {
        GrantLease lease = Assert.Single(granted, lease => lease.Range.From <= 1 && 1 < lease.Range.To);
        Assert.Equal((new UnitRange(1, 2), 2), (lease.Range, lease.Attempt));
    }

    [Fact]
    public void Skip_NoUnitSucceeds_TheJobFails()
    {
        MachineBench bench = new(
            new JobMachineOptions
            {
                ChunkUnits = 1,
                SkipsFailedUnits = true,
                MaxAttempts = 1,
            },
            units: 3,
            "a"
        );
        Run(bench, fails: _ => true);
        Assert.Equal(JobPhase.Failed, bench.Machine.Phase);
        Assert.Equal("NoUnitSucceeded", bench.Failure!.Type);
    }

    [Fact]
    public void Skip_MoreFailedUnitsThanAllowed_TheJobFails()
    {
        JobMachineOptions options = new()
        {
            ChunkUnits = 1,
            SkipsFailedUnits = true,
            MaxAttempts = 1,
            MaxFailedUnits = 5,
        };
        MachineBench bench = new(options, units: 100, "a");
        Run(bench, fails: unit => unit % 2 == 0);
        Assert.Equal((JobPhase.Failed, "TooManyFailedUnits"), (bench.Machine.Phase, bench.Failure!.Type));
        Assert.Equal(6, bench.Machine.Failures.Count);
    }

    [Fact]
    public void Failure_OfAUnitBehindTheDonePrefix_IsHeldAgainstThatUnitAndTheRestRunsAgain()
    {
        MachineBench bench = new(new JobMachineOptions { ChunkUnits = 8 }, units: 8, "a");
        bench.Fails(Assert.Single(bench.Granted()), unit: 5, permanent: true);
        bench.Take<EndJob>();
        Assert.Equal(5, bench.Failure!.Unit);
        Assert.Equal(5, Assert.Single(bench.Machine.Failures).Unit);
    }

    [Fact]
    public void Deadline_Passed_TheJobFailsAndItsLeasesAreCancelled()
    {
        MachineBench bench = new(new JobMachineOptions { ChunkUnits = 1, DeadlineAt = TimeSpan.FromSeconds(101) }, units: 5, "a");
        bench.Done(bench.Granted()[0]);
        bench.Wait(TimeSpan.FromSeconds(0.5));
        Assert.Equal(JobPhase.Running, bench.Machine.Phase);
        bench.Wait(TimeSpan.FromSeconds(0.6));
        Assert.Contains(bench.Take<SignalLeases>(), signal => signal.Signal == LeaseSignal.Cancel);
        Assert.Equal(JobPhase.Failed, bench.Machine.Phase);
    }

    [Fact]
    public void Deadline_PassedWithPartial_TheJobFinishesWithWhatItHas()
    {
        JobMachineOptions options = new()
        {
            ChunkUnits = 1,
            DeadlineAt = TimeSpan.FromSeconds(101),
            Partial = true,
        };
        MachineBench bench = new(options, units: 5, "a");
        bench.Done(bench.Granted()[0]);
        bench.Wait(TimeSpan.FromSeconds(2));
        Assert.NotNull(Assert.Single(bench.Take<MakeResult>()).Handle);
        bench.Happens(new ResultMade());
        Assert.Equal(JobPhase.Succeeded, bench.Machine.Phase);
        Assert.Equal(1, bench.Machine.DoneUnits);
    }

    [Fact]
    public void Deadline_PassedWithPartialBeforeAnyUnit_TheJobFails()
    {
        MachineBench bench = new(new JobMachineOptions { DeadlineAt = TimeSpan.FromSeconds(101), Partial = true }, units: 5, "a");
        bench.Wait(TimeSpan.FromSeconds(2));
        Assert.Equal(JobPhase.Failed, bench.Machine.Phase);
    }

    [Fact]
    public void Silo_FailsWhatOthersComplete_GetsNoMoreLeasesButTheLastSiloAlwaysDoes()
    {
        JobMachineOptions options = new() { ChunkUnits = 1, MaxAttempts = 100 };
        MachineBench bench = new(options, units: 200, "good", "bad");
        Queue<GrantLease> granted = new(bench.Granted());
        int toBad = 0;
        while (bench.Machine.Phase == JobPhase.Running)
        {
            if (!granted.TryDequeue(out GrantLease? lease))
            {
                bench.Wait(TimeSpan.FromMilliseconds(50));
            }
            else if (lease.Silo == "bad")
            {
                toBad++;
                bench.Fails(lease);
            }
            else
            {
                bench.Done(lease);
            }

            foreach (GrantLease next in bench.Granted())
                granted.Enqueue(next);
        }

        Assert.InRange(toBad, 1, 20);
        Assert.Equal(JobPhase.Finishing, bench.Machine.Phase);
    }

    private static JobCommand[] Run(MachineBench bench, Func<long, bool> fails)
    {
        List<JobCommand> all = [];
        while (bench.Machine.Phase == JobPhase.Running)
        {
            JobCommand[] commands = bench.Take<JobCommand>();
            all.AddRange(commands);
            GrantLease[] granted = [.. commands.OfType<GrantLease>()];
            foreach (GrantLease lease in granted)
            {
                if (fails(lease.Range.From))
                    bench.Fails(lease);
                else
                    bench.Done(lease);
            }

            if (granted.Length == 0)
                bench.Wait(TimeSpan.FromSeconds(1));
        }

        all.AddRange(bench.Take<JobCommand>());
        return [.. all];
    }
}
