using Microsoft.Extensions.Time.Testing;
using OrleansWork.Engine.Execution;
using OrleansWork.Engine.Tests.Support;
using OrleansWork.Protocol;
using OrleansWork.Scheduling.Coordination;
using OrleansWork.Scheduling.Failures;
using Xunit;

namespace OrleansWork.Engine.Tests.Execution;

public sealed class ComputePoolTests
{
    [Fact]
    public async Task Run_WholeRange_ReturnsItsNodesAndIsNotHeld()
    {
        await using PoolHarness pool = new();
        pool.AddJob("a", "spin", new SpinKind.Input(100), 100);
        ReportBatch batch = await pool.Run("a", 0, 100);
        LeaseReport report = Assert.Single(batch.Reports);
        Assert.Equal((LeaseOutcome.Done, 0, 100), (report.Outcome, report.From, report.DoneTo));
        Assert.Equal([7], report.Nodes.Select(node => (int)node.Level));
        Assert.Equal(4950, BitConverter.ToInt64(report.Nodes[0].Bytes));
        Assert.Empty(pool.Held);
        Assert.Equal(0, batch.Load.Compute.Running + batch.Load.Compute.Queued);
        Assert.Equal(1, pool.Described);
    }

    [Fact]
    public async Task Run_BudgetOfTenUnits_ReturnsAboutTen()
    {
        await using PoolHarness pool = new();
        pool.AddJob("a", "spin", new SpinKind.Input(1000, 5), 1000);
        LeaseReport report = (await pool.Run("a", 0, 1000, budgetMs: 50)).Reports[0];
        Assert.Equal(LeaseOutcome.Done, report.Outcome);
        Assert.Null(report.Failure);
        // The clock runs on while the machine does other things, so fewer may be done; more would mean that the budget is not kept.
        Assert.InRange(report.DoneTo, 2, 12);
    }

    [Fact]
    public async Task Run_NoBudgetAtAll_StillRunsOneUnit()
    {
        await using PoolHarness pool = new();
        pool.AddJob("a", "spin", new SpinKind.Input(1000, 20), 1000);
        LeaseReport report = (await pool.Run("a", 5, 1000, budgetMs: 0)).Reports[0];
        Assert.Equal(6, report.DoneTo);
    }

    [Fact]
    public async Task Yield_RunningLease_ReturnsThePrefixAtTheNextUnit()
    {
        await using PoolHarness pool = new();
        pool.AddJob("a", "gated", new GatedKind.Input(1000, OpenBelow: 10), 1000);
        Task<ReportBatch> run = pool.Run("a", 0, 1000);
        await pool.Probe.WhenReached(10);
        pool.Control("a", LeaseSignal.Yield);
        Assert.False(run.IsCompleted);
        pool.Probe.Gate(10).SetResult();
        LeaseReport report = (await run).Reports[0];
        Assert.Equal((LeaseOutcome.Done, 11), (report.Outcome, report.DoneTo));
    }

    [Fact]
    public async Task Yield_OtherLeaseNamed_ChangesNothing()
    {
        await using PoolHarness pool = new();
        pool.AddJob("a", "gated", new GatedKind.Input(20, OpenBelow: 10), 20);
        Task<ReportBatch> run = pool.Run("a", 0, 20, number: 4);
        await pool.Probe.WhenReached(10);
        pool.Control("a", LeaseSignal.Yield, leases: new LeaseName(1, 5));
        for (int unit = 10; unit < 20; unit++)
            pool.Probe.Gate(unit).SetResult();
        Assert.Equal(20, (await run).Reports[0].DoneTo);
    }

    [Fact]
    public async Task Cancel_RunningUnit_AnswersAtOnceAndCancelsItsToken()
    {
        await using PoolHarness pool = new();
        pool.AddJob("a", "gated", new GatedKind.Input(10), 10);
        Task<ReportBatch> run = pool.Run("a", 0, 10);
        await pool.Probe.WhenReached(0);
        pool.Control("a", LeaseSignal.Cancel);
        LeaseReport report = (await run).Reports[0];
        Assert.Equal((LeaseOutcome.Done, 0), (report.Outcome, report.DoneTo));
        Assert.Null(report.Failure);
        await PoolHarness.Until(() => pool.Pool.Counters.Held == 0, "the slot to be free");
    }

    [Fact]
    public async Task Cancel_QueuedLease_IsHandedBackWithoutRunning()
    {
        await using PoolHarness pool = new(o => o.Slots = 1);
        pool.AddJob("a", "gated", new GatedKind.Input(10), 10);
        Task<ReportBatch> first = pool.Run("a", 0, 1, number: 1);
        await pool.Probe.WhenReached(0);
        Task<ReportBatch> second = pool.Run("a", 1, 2, number: 2);
        pool.Control("a", LeaseSignal.Cancel, leases: new LeaseName(1, 2));
        LeaseReport report = (await second).Reports[0];
        Assert.Equal((LeaseOutcome.Done, 1L), (report.Outcome, report.DoneTo));
        Assert.False(first.IsCompleted);
        Assert.False(pool.Probe.Reached.ContainsKey(1));
    }

    [Fact]
    public async Task Run_UnitLongerThanDetachAfter_IsDetachedAndReportsLater()
    {
        await using PoolHarness pool = new(o =>
        {
            o.DetachAfter = TimeSpan.FromMilliseconds(50);
            o.TickPeriod = TimeSpan.FromMilliseconds(2);
        });
        pool.AddJob("a", "gated", new GatedKind.Input(4), 4);
        LeaseReport detached = (await pool.Run("a", 0, 1)).Reports[0];
        Assert.Equal((LeaseOutcome.Detached, 0L), (detached.Outcome, detached.DoneTo));
        HeldLease held = Assert.Single(pool.Held);
        Assert.True(held.Started);
        Assert.Equal(1, pool.Pool.Counters.Held);
        pool.Probe.Gate(0).SetResult();
        await PoolHarness.Until(() => !pool.Reports.IsEmpty, "the report");
        LeaseReport report = pool.Reports.First().Reports[0];
        Assert.Equal((LeaseOutcome.Done, 1L, 1), (report.Outcome, report.DoneTo, report.Nodes.Length));
        await PoolHarness.Until(() => pool.Held.IsEmpty, "the lease to be let go");
    }

    [Fact]
    public async Task Report_NotTaken_IsSentAgainUntilItIs()
    {
        await using PoolHarness pool = new(o => o.DetachAfter = TimeSpan.FromMilliseconds(30));
        int tries = 0;
        pool.OnReport = _ =>
            Interlocked.Increment(ref tries) switch
            {
                1 => Task.FromResult(false),
                2 => Task.FromException<bool>(new TimeoutException("gone")),
                _ => Task.FromResult(true),
            };
        pool.AddJob("a", "gated", new GatedKind.Input(4), 4);
        await pool.Run("a", 0, 1);
        pool.Probe.Gate(0).SetResult();
        await PoolHarness.Until(() => tries == 1, "the first try");
        Assert.NotEmpty(pool.Held);
        Assert.True(pool.Pool.Counters.KeptBytes > 0);
        await PoolHarness.Until(() => pool.Held.IsEmpty, "the report to be taken");
        Assert.Equal(3, tries);
        Assert.Equal(0, pool.Pool.Counters.KeptBytes);
        Assert.Single(pool.Reports);
    }

    [Fact]
    public async Task Report_DroppedWhileKept_IsForgotten()
    {
        await using PoolHarness pool = new(o => o.DetachAfter = TimeSpan.FromMilliseconds(30));
        pool.OnReport = _ => Task.FromResult(false);
        pool.AddJob("a", "gated", new GatedKind.Input(4), 4);
        await pool.Run("a", 0, 1, number: 9);
        pool.Probe.Gate(0).SetResult();
        await PoolHarness.Until(() => pool.Pool.Counters.KeptBytes > 0, "the result to be kept");
        pool.Control("a", LeaseSignal.Drop, leases: new LeaseName(1, 9));
        Assert.Empty(pool.Held);
        Assert.Equal(0, pool.Pool.Counters.KeptBytes);
    }

    [Fact]
    public async Task Report_BeyondKeptBytes_IsReportedLost()
    {
        await using PoolHarness pool = new(o =>
        {
            o.DetachAfter = TimeSpan.FromMilliseconds(30);
            o.MaxKeptBytes = 4;
        });
        pool.AddJob("a", "gated", new GatedKind.Input(4), 4);
        await pool.Run("a", 0, 1);
        pool.Probe.Gate(0).SetResult();
        await PoolHarness.Until(() => !pool.Reports.IsEmpty, "the report");
        LeaseReport report = pool.Reports.First().Reports[0];
        Assert.Equal((LeaseOutcome.Lost, 0L), (report.Outcome, report.DoneTo));
        Assert.Equal(1, pool.Pool.Counters.LostResults);
    }

    [Fact]
    public async Task Report_OlderThanKeepResultsFor_IsLostAndCounted()
    {
        await using PoolHarness pool = new(o =>
        {
            o.DetachAfter = TimeSpan.FromMilliseconds(30);
            o.KeepResultsFor = TimeSpan.FromMilliseconds(250);
        });
        pool.OnReport = _ => Task.FromResult(false);
        pool.AddJob("a", "gated", new GatedKind.Input(4), 4);
        await pool.Run("a", 0, 1);
        pool.Probe.Gate(0).SetResult();
        await PoolHarness.Until(() => pool.Pool.Counters.LostResults == 1, "the result to be given up");
        Assert.Empty(pool.Held);
    }

    [Fact]
    public async Task Adopt_RunningLease_DetachesItFromItsOldCallAndReportsToTheNewCoordinator()
    {
        await using PoolHarness pool = new();
        pool.AddJob("a", "gated", new GatedKind.Input(4), 4);
        Task<ReportBatch> old = pool.Run("a", 0, 1, number: 3);
        await pool.Probe.WhenReached(0);
        SiloAddress next = SiloAddress.New(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 9), 9);
        HeldLease held = Assert.Single(pool.Pool.Adopt(new AdoptRequest("a", 1, 2, next)));
        Assert.Equal((1, 3L, true), (held.Epoch, held.Number, held.Started));
        Assert.Equal(LeaseOutcome.Detached, (await old).Reports[0].Outcome);
        Assert.Contains(next, pool.Pool.HeldLeases().Keys);
        Assert.Empty(pool.Held);
        pool.Probe.Gate(0).SetResult();
        await PoolHarness.Until(() => !pool.Reports.IsEmpty, "the report");
        Assert.Equal((1, 3L, LeaseOutcome.Done), Named(pool.Reports.First().Reports[0]));
        static (int, long, LeaseOutcome) Named(LeaseReport report) => (report.Epoch, report.Number, report.Outcome);
    }

    [Fact]
    public async Task Command_OldEpoch_IsRefused()
    {
        await using PoolHarness pool = new();
        pool.AddJob("a", "gated", new GatedKind.Input(10), 10);
        Task<ReportBatch> run = pool.Run("a", 0, 1, epoch: 5);
        await pool.Probe.WhenReached(0);
        Assert.Equal(LeaseOutcome.Fenced, (await pool.Run("a", 1, 2, epoch: 4)).Reports[0].Outcome);
        pool.Control("a", LeaseSignal.Cancel, epoch: 4);
        Assert.Empty(pool.Pool.Adopt(new AdoptRequest("a", 1, 4, PoolHarness.Coordinator)));
        Assert.False(run.IsCompleted);
        pool.Probe.Gate(0).SetResult();
        Assert.Equal(1, (await run).Reports[0].DoneTo);
    }

    [Fact]
    public async Task Run_IncarnationNobodyKnows_IsFenced()
    {
        await using PoolHarness pool = new();
        Assert.Equal(LeaseOutcome.Fenced, (await pool.Run("nobody", 0, 1)).Reports[0].Outcome);
    }

    [Fact]
    public async Task Run_CoordinatorDoesNotDescribe_IsRefusedAndAskedAgainLater()
    {
        await using PoolHarness pool = new();
        pool.AddJob("a", "spin", new SpinKind.Input(10), 10);
        pool.OnDescribe = _ => throw new TimeoutException("silent");
        Assert.Equal(LeaseOutcome.Refused, (await pool.Run("a", 0, 10)).Reports[0].Outcome);
        pool.OnDescribe = null;
        Assert.Equal(10, (await pool.Run("a", 0, 10)).Reports[0].DoneTo);
    }

    [Fact]
    public async Task Run_KindNotHere_IsUnpreparedAndSaysSo()
    {
        await using PoolHarness pool = new();
        pool.AddJob("a", "elsewhere", new SpinKind.Input(10), 10);
        LeaseReport report = (await pool.Run("a", 0, 10)).Reports[0];
        Assert.Equal(LeaseOutcome.Unprepared, report.Outcome);
        Assert.Contains("elsewhere version 1", report.Failure!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Prepare_Fails_OneLeaseSaysSoAndTheNextTriesAgain()
    {
        await using PoolHarness pool = new();
        TaskCompletionSource describe = new();
        pool.OnDescribe = _ => describe.Task;
        pool.Probe.FailPreparations = 1;
        pool.AddJob("a", "spin", new SpinKind.Input(10), 10);
        Task<ReportBatch> first = pool.Run("a", 0, 5, number: 1);
        Task<ReportBatch> second = pool.Run("a", 5, 10, number: 2);
        describe.SetResult();
        LeaseReport[] reports = [(await first).Reports[0], (await second).Reports[0]];
        Assert.Equal([LeaseOutcome.Refused, LeaseOutcome.Unprepared], reports.Select(report => report.Outcome).Order());
        FailureRecord failure = reports.Single(report => report.Outcome == LeaseOutcome.Unprepared).Failure!;
        Assert.Equal(("System.InvalidOperationException", "Prepare: no model"), (failure.Type, failure.Message));
        Assert.Equal(10, (await pool.Run("a", 0, 10)).Reports[0].DoneTo);
        Assert.Equal(2, pool.Probe.Prepared);
        await PoolHarness.Until(() => pool.Probe.Disposed == 1, "the failed instance to be disposed");
    }

    [Fact]
    public async Task Prepare_MoreThatNeverReturnThanServiceThreads_OtherJobsAreStillPrepared()
    {
        await using PoolHarness pool = new(o => o.SlotLostAfter = TimeSpan.FromMilliseconds(100));
        foreach (string stuck in (string[])["a", "b"])
        {
            pool.AddJob(stuck, "stuck", new StuckKind.Input(), 1);
            _ = pool.Run(stuck, 0, 1);
        }

        await PoolHarness.Until(() => pool.Probe.Prepared == 2, "both service threads to be kept");
        pool.AddJob("c", "spin", new SpinKind.Input(10), 10);
        Assert.Equal(10, (await pool.Run("c", 0, 10)).Reports[0].DoneTo);
    }

    [Theory]
    [InlineData(true, 0)]
    [InlineData(false, 1)]
    public async Task Prepare_LongerThanItsTimeout_IsUnpreparedAndCostsASlotIfItIgnoresIt(bool heeds, int lost)
    {
        await using PoolHarness pool = new(o =>
        {
            o.PrepareTimeout = TimeSpan.FromSeconds(1);
            // One that heeds it has as long as a busy machine may take.
            o.SlotLostAfter = heeds ? TimeSpan.FromSeconds(30) : TimeSpan.FromMilliseconds(100);
        });
        pool.AddJob("a", "stuck", new StuckKind.Input(heeds), 1);
        LeaseReport report = (await pool.Run("a", 0, 1)).Reports[0];
        Assert.Equal((LeaseOutcome.Unprepared, "System.TimeoutException"), (report.Outcome, report.Failure?.Type));
        Assert.Contains("PrepareAsync of stuck did not end within 1s (PrepareTimeout)", report.Failure!.Message, StringComparison.Ordinal);
        Assert.Equal(lost, pool.Pool.Counters.LostSlots);
        Assert.Equal(lost, pool.Measure("orleanswork.slots.lost")["service"]);
    }

    [Fact]
    public async Task JobEnded_WhileItIsPrepared_CancelsThePreparation()
    {
        await using PoolHarness pool = new();
        pool.AddJob("a", "stuck", new StuckKind.Input(Heeds: true), 1);
        _ = pool.Run("a", 0, 1);
        await PoolHarness.Until(() => pool.Probe.Prepared == 1, "the preparation to begin");
        pool.Control("a", LeaseSignal.Drop, ended: true);
        await PoolHarness.Until(() => pool.Pool.Counters.Jobs == 0, "the job to be let go");
    }

    [Fact]
    public async Task Run_WaitsLongerThanQueueLimit_IsRefused()
    {
        await using PoolHarness pool = new(o =>
        {
            o.Slots = 1;
            // Long enough for the first lease to be prepared on a busy machine, which counts as waiting too.
            o.QueueLimit = TimeSpan.FromSeconds(2);
            o.DetachAfter = TimeSpan.FromSeconds(19);
        });
        pool.AddJob("a", "gated", new GatedKind.Input(10), 10);
        Task<ReportBatch> running = pool.Run("a", 0, 1, number: 1);
        await pool.Probe.WhenReached(0);
        LeaseReport report = (await pool.Run("a", 1, 2, number: 2)).Reports[0];
        Assert.Equal(LeaseOutcome.Refused, report.Outcome);
        Assert.False(pool.Probe.Reached.ContainsKey(1));
        Assert.False(running.IsCompleted);
    }

    [Fact]
    public async Task Run_BeyondTheShare_IsRefusedAtOnce()
    {
        await using PoolHarness pool = new();
        pool.AddJob("a", "gated", new GatedKind.Input(1000), 1000);
        Task<ReportBatch>[] runs = [.. Enumerable.Range(0, 20).Select(i => pool.Run("a", i, i + 1, number: i))];
        LeaseReport[] refused = await Task.WhenAll(runs.Where(run => run.IsCompleted).Select(async run => (await run).Reports[0]));
        // Two slots: a depth of three when round trips are nothing against leases of 50 ms.
        Assert.Equal(17, refused.Length);
        Assert.All(refused, report => Assert.Equal(LeaseOutcome.Refused, report.Outcome));
        ReportBatch answer = await runs.First(run => run.IsCompleted);
        Assert.Equal(3, answer.Share);
        Assert.Equal(3, pool.Pool.Counters.PeakCompute);
    }

    [Fact]
    public async Task Run_SecondJobWhileFirstSaturates_WaitsForAFewOfItsLeasesOnly()
    {
        await using PoolHarness pool = new();
        pool.AddJob("a", "spin", new SpinKind.Input(100_000, 5), 100_000);
        pool.AddJob("b", "spin", new SpinKind.Input(100, 1), 100);
        using CancellationTokenSource stop = new();
        Task[] flood = [.. Enumerable.Range(0, 8).Select(i => Flood(i))];
        await PoolHarness.Until(() => pool.Pool.Counters.UnitsDone > 10, "the first job to fill the pool");
        long before = pool.Pool.Counters.UnitsDone;
        LeaseReport report = (await pool.Run("b", 0, 1)).Reports[0];
        Assert.Equal(LeaseOutcome.Done, report.Outcome);

        // A lease of 50 ms holds ten units of 5 ms at most, however slow the machine: two leases on each slot, and the reports on their way.
        Assert.InRange(pool.Pool.Counters.UnitsDone - before, 1, 60);
        await stop.CancelAsync();
        await Task.WhenAll(flood);

        async Task Flood(int number)
        {
            while (!stop.IsCancellationRequested)
            {
                ReportBatch batch = await pool.Run("a", 0, 1000, budgetMs: 50, number: number);
                if (batch.Reports[0].Outcome == LeaseOutcome.Refused)
                    await Task.Delay(5);
            }
        }
    }

    [Fact]
    public async Task Run_FiveHundredJobsAtOnce_NeverExceedTheCap()
    {
        await using PoolHarness pool = new();
        for (int i = 0; i < 500; i++)
            pool.AddJob($"job{i}", "spin", new SpinKind.Input(10), 10);
        await Task.WhenAll(Enumerable.Range(0, 500).Select(i => Finish($"job{i}")));
        PoolCounters counters = pool.Pool.Counters;
        Assert.InRange(counters.PeakCompute, 1, counters.PeakComputeCap);
        Assert.Equal(0, counters.Held);
        Assert.Equal(5_000, counters.UnitsDone);

        async Task Finish(string job)
        {
            long from = 0;
            while (from < 10)
            {
                LeaseReport report = (await pool.Run(job, from, from + 1, roundTripMicros: 1_000)).Reports[0];
                from = report.DoneTo;
                if (report.Outcome == LeaseOutcome.Refused)
                    await Task.Delay(1);
            }
        }
    }

    [Fact]
    public async Task Run_BatchWithOneSlowLease_IsAnsweredAfterTheFirstAndTheRestFollows()
    {
        await using PoolHarness pool = new();
        pool.AddJob("a", "gated", new GatedKind.Input(10, OpenBelow: 1), 10);
        ReportBatch batch = await pool.RunMany("a", [new Lease(1, 0, 1, 1_000_000, 1), new Lease(2, 1, 2, 1_000_000, 1)]);
        Assert.Equal([LeaseOutcome.Done, LeaseOutcome.Detached], batch.Reports.Select(report => report.Outcome));
        pool.Probe.Gate(1).SetResult();
        await PoolHarness.Until(() => !pool.Reports.IsEmpty, "the second report");
        Assert.Equal((2L, 2L), (pool.Reports.First().Reports[0].Number, pool.Reports.First().Reports[0].DoneTo));
    }

    [Fact]
    public async Task UnitTimeout_UnitThatListens_FailsAloneAndThePrefixCounts()
    {
        await using PoolHarness pool = new();
        pool.AddJob("a", "gated", new GatedKind.Input(10, OpenBelow: 3), 10, unitTimeout: TimeSpan.FromMilliseconds(50));
        LeaseReport report = (await pool.Run("a", 0, 10)).Reports[0];
        Assert.Equal((LeaseOutcome.Done, 3L), (report.Outcome, report.DoneTo));
        Assert.Equal(("System.TimeoutException", 3L), (report.Failure!.Type, report.Failure.Unit));
        Assert.Contains("50ms", report.Failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task UnitTimeout_UnitThatIgnoresIt_CostsItsSlotWhichIsReplaced()
    {
        await using PoolHarness pool = new(o =>
        {
            o.Slots = 1;
            o.SlotLostAfter = TimeSpan.FromMilliseconds(100);
        });
        pool.AddJob("a", "gated", new GatedKind.Input(10, IgnoreToken: true), 10, unitTimeout: TimeSpan.FromMilliseconds(50));
        pool.AddJob("b", "spin", new SpinKind.Input(10), 10);
        LeaseReport report = (await pool.Run("a", 0, 10)).Reports[0];
        Assert.Equal(("System.TimeoutException", 0L, 0L), (report.Failure!.Type, report.Failure.Unit, report.DoneTo));
        Assert.Equal(1, pool.Pool.Counters.LostSlots);
        Assert.Equal(10, (await pool.Run("b", 0, 10)).Reports[0].DoneTo);
        Assert.Equal(1, pool.Pool.Load().Compute.Slots);
        Assert.Equal(
            new Dictionary<string, int>
            {
                ["compute"] = 1,
                ["wait"] = 0,
                ["service"] = 0,
            },
            pool.Measure("orleanswork.slots.lost")
        );
    }

    [Fact]
    public async Task Run_AsyncUnits_WaitOnPermitsNotOnSlots()
    {
        await using PoolHarness pool = new(o =>
        {
            o.Slots = 1;
            o.AsyncSlots = 16;
        });
        pool.AddJob("a", "waiting", new WaitingKind.Input(100), 100);
        pool.AddJob("b", "spin", new SpinKind.Input(10), 10);
        pool.Probe.Gate(99).SetResult();
        await pool.Run("a", 99, 100);
        Task<ReportBatch>[] runs = [.. Enumerable.Range(0, 16).Select(i => pool.Run("a", i, i + 1, number: i))];
        await PoolHarness.Until(() => pool.Probe.Concurrent == 16, "16 units waiting at once");
        Assert.Equal(16, pool.Pool.Load().Wait.Running);
        Assert.Equal(10, (await pool.Run("b", 0, 10)).Reports[0].DoneTo);
        for (int i = 0; i < 16; i++)
            pool.Probe.Gate(i).SetResult();
        Assert.All(await Task.WhenAll(runs), batch => Assert.Equal(batch.Reports[0].From + 1, batch.Reports[0].DoneTo));
        Assert.All(pool.Probe.Events, name => Assert.StartsWith("orleanswork async", name, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Cancel_AsyncUnit_EndsItAndFreesItsPermit()
    {
        await using PoolHarness pool = new();
        pool.AddJob("a", "waiting", new WaitingKind.Input(100), 100);
        Task<ReportBatch> run = pool.Run("a", 0, 1);
        await pool.Probe.WhenReached(0);
        pool.Control("a", LeaseSignal.Cancel);
        Assert.Equal(0, (await run).Reports[0].DoneTo);
        await PoolHarness.Until(() => pool.Pool.Counters.Held == 0 && pool.Probe.Concurrent == 0, "the permit to be free");
    }

    [Fact]
    public async Task JobEnded_LetsGoOfTheInstance()
    {
        await using PoolHarness pool = new();
        pool.AddJob("a", "spin", new SpinKind.Input(10), 10);
        await pool.Run("a", 0, 10);
        Assert.Equal(1, pool.Pool.Counters.Jobs);
        pool.Control("a", LeaseSignal.Drop, ended: true);
        await PoolHarness.Until(() => pool.Probe.Disposed == 1, "the instance to be disposed");
        Assert.Equal(0, pool.Pool.Counters.Jobs);
    }

    [Fact]
    public async Task JobEnded_WhileAUnitRuns_LetsGoOnlyAfterIt()
    {
        await using PoolHarness pool = new();
        pool.AddJob("a", "gated", new GatedKind.Input(10, IgnoreToken: true), 10);
        Task<ReportBatch> run = pool.Run("a", 0, 1);
        await pool.Probe.WhenReached(0);
        pool.Control("a", LeaseSignal.Drop, ended: true);
        Assert.Equal(0, (await run).Reports[0].DoneTo);
        Assert.Equal(1, pool.Pool.Counters.Jobs);
        pool.Probe.Gate(0).SetResult();
        await PoolHarness.Until(() => pool.Pool.Counters is { Jobs: 0, Held: 0 }, "the job to be let go");
    }

    [Fact]
    public async Task IdleJob_AfterKeepJobsFor_IsLetGo()
    {
        await using PoolHarness pool = new(o => o.KeepJobsFor = TimeSpan.FromMilliseconds(100));
        pool.AddJob("a", "spin", new SpinKind.Input(10), 10);
        await pool.Run("a", 0, 10);
        await PoolHarness.Until(() => pool.Probe.Disposed == 1, "the instance to be disposed");
        Assert.Equal(10, (await pool.Run("a", 0, 10)).Reports[0].DoneTo);
    }

    [Fact]
    public async Task LoneCanary_ItsCoordinatorIsAskedBeforeItBegins_AndSaidNotToHaveStarted()
    {
        await using PoolHarness pool = new();
        TaskCompletionSource<bool> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        pool.OnBegin = _ => answer.Task;
        pool.AddJob("a", "gated", new GatedKind.Input(10), 10);
        Task<ReportBatch> lone = pool.RunMany("a", [new Lease(7, 1, 2, 1_000_000, 1) { Canary = true, Alone = true }]);
        await PoolHarness.Until(() => !pool.Begun.IsEmpty, "the question");
        BeginRequest asked = Assert.Single(pool.Begun);
        Assert.Equal((1UL, new LeaseName(1, 7), PoolHarness.Self), (asked.Incarnation, asked.Lease, asked.Silo));
        Assert.False(Assert.Single(pool.Held).Started);
        answer.SetResult(true);
        await pool.Probe.WhenReached(1);
        Assert.True(Assert.Single(pool.Held).Started);
        pool.Probe.Gate(1).SetResult();
        LeaseReport report = (await lone).Reports[0];
        Assert.Equal((LeaseOutcome.Done, 2), (report.Outcome, report.DoneTo));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task LoneCanary_MayNotBeginOrNobodyAnswers_IsHandedBackAndItsPlaceIsFree(bool throws)
    {
        await using PoolHarness pool = new();
        pool.OnBegin = _ => throws ? Task.FromException<bool>(new TimeoutException()) : Task.FromResult(false);
        pool.AddJob("a", "spin", new SpinKind.Input(10), 10);
        ReportBatch refused = await pool.RunMany("a", [new Lease(7, 1, 2, 1_000_000, 1) { Canary = true, Alone = true }]);
        Assert.Equal((LeaseOutcome.Refused, 1), (refused.Reports[0].Outcome, refused.Reports[0].DoneTo));
        Assert.Empty(pool.Held);
        Assert.Equal((0, 0), (refused.Load.Compute.Running, refused.Load.Compute.Queued));
        Assert.Equal(2, (await pool.Run("a", 1, 2, number: 8)).Reports[0].DoneTo);
    }

    [Fact]
    public async Task Canary_WhileAnotherJobHasOne_IsRefused()
    {
        await using PoolHarness pool = new();
        pool.AddJob("a", "gated", new GatedKind.Input(10), 10);
        pool.AddJob("b", "spin", new SpinKind.Input(10), 10);
        Task<ReportBatch> first = pool.RunMany("a", [Canary(1)]);
        await pool.Probe.WhenReached(0);
        Assert.Equal(LeaseOutcome.Refused, (await pool.RunMany("b", [Canary(2)])).Reports[0].Outcome);
        Assert.Equal(1, (await pool.Run("b", 1, 2, number: 3)).Reports[0].DoneTo - 1);
        pool.Probe.Gate(0).SetResult();
        await first;
        Assert.Equal(1, (await pool.RunMany("b", [Canary(4)])).Reports[0].DoneTo);

        static Lease Canary(long number) => new(number, 0, 1, 1_000_000, 1) { Canary = true };
    }

    [Fact]
    public async Task Clear_WhileAnotherJobRuns_IsNotClearYetAndTakesNothingElse()
    {
        await using PoolHarness pool = new();
        pool.AddJob("a", "gated", new GatedKind.Input(10), 10);
        pool.AddJob("b", "gated", new GatedKind.Input(10), 10);
        pool.AddJob("c", "spin", new SpinKind.Input(10), 10);
        Task<ReportBatch> first = pool.Run("a", 0, 1);
        await pool.Probe.WhenReached(0);
        Assert.False(pool.Clear("b"));
        Assert.Equal(LeaseOutcome.Refused, (await pool.Run("c", 0, 1)).Reports[0].Outcome);
        Assert.False(pool.Clear("c"));
        pool.Probe.Gate(0).SetResult();
        await first;
        Assert.True(pool.Clear("b"));

        Task<ReportBatch> lone = pool.RunMany("b", [new Lease(1, 1, 2, 1_000_000, 1) { Canary = true, Alone = true }]);
        await pool.Probe.WhenReached(1);
        Assert.Equal(LeaseOutcome.Refused, (await pool.Run("c", 0, 1)).Reports[0].Outcome);
        pool.Probe.Gate(1).SetResult();
        Assert.Equal(2, (await lone).Reports[0].DoneTo);
        pool.Control("b", LeaseSignal.Drop, ended: true);
        Assert.Equal(1, (await pool.Run("c", 0, 1)).Reports[0].DoneTo);
    }

    [Fact]
    public async Task Clear_NothingCame_TakesOthersAfterFourSeconds()
    {
        FakeTimeProvider time = new();
        await using PoolHarness pool = new(time: time);
        pool.AddJob("c", "spin", new SpinKind.Input(10), 10);
        Assert.True(pool.Clear("b"));
        time.Advance(TimeSpan.FromSeconds(3.9));
        Assert.Equal(LeaseOutcome.Refused, (await pool.Run("c", 0, 1)).Reports[0].Outcome);
        time.Advance(TimeSpan.FromSeconds(0.2));
        Assert.Equal(1, (await pool.Run("c", 0, 1)).Reports[0].DoneTo);
    }

    [Fact]
    public async Task Starved_RefusesNewLeasesUntilItIsNot()
    {
        await using PoolHarness pool = new();
        pool.AddJob("a", "spin", new SpinKind.Input(10), 10);
        pool.Pool.IsStarved = true;
        ReportBatch refused = await pool.Run("a", 0, 10);
        Assert.Equal((LeaseOutcome.Refused, true), (refused.Reports[0].Outcome, refused.Load.Starved));
        pool.Pool.IsStarved = false;
        Assert.Equal(10, (await pool.Run("a", 0, 10)).Reports[0].DoneTo);
    }

    [Fact]
    public async Task Drain_RefusesNewLeasesAndHandsRunningOnesBack()
    {
        await using PoolHarness pool = new();
        pool.AddJob("a", "spin", new SpinKind.Input(10_000, 2), 10_000);
        Task<ReportBatch> run = pool.Run("a", 0, 10_000);
        await PoolHarness.Until(() => pool.Probe.Concurrent > 0, "a unit to run");
        pool.Pool.Drain();
        Assert.InRange((await run).Reports[0].DoneTo, 1, 9_999);
        ReportBatch refused = await pool.Run("a", 0, 1);
        Assert.Equal((LeaseOutcome.Refused, true), (refused.Reports[0].Outcome, refused.Load.Draining));
        pool.Pool.Undrain();
        Assert.Equal(1, (await pool.Run("a", 0, 1)).Reports[0].DoneTo);

        // A silo that is stopping does not come back.
        await pool.Pool.DrainAsync(CancellationToken.None);
        pool.Pool.Undrain();
        Assert.Equal(LeaseOutcome.Refused, (await pool.Run("a", 0, 1)).Reports[0].Outcome);
    }

    [Fact]
    public async Task Fence_StartsNothingUntilUnfenced_WhoeverDrainsMeanwhile()
    {
        await using PoolHarness pool = new();
        pool.AddJob("a", "spin", new SpinKind.Input(10_000, 2), 10_000);
        Task<ReportBatch> run = pool.Run("a", 0, 10_000);
        await PoolHarness.Until(() => pool.Probe.Concurrent > 0, "a unit to run");
        pool.Pool.Fence();
        Assert.InRange((await run).Reports[0].DoneTo, 1, 9_999);
        pool.Pool.Drain();
        pool.Pool.Undrain();
        ReportBatch refused = await pool.Run("a", 0, 1);
        Assert.Equal((LeaseOutcome.Refused, true), (refused.Reports[0].Outcome, refused.Load.Draining));

        pool.Pool.Drain();
        pool.Pool.Unfence();
        Assert.Equal(LeaseOutcome.Refused, (await pool.Run("a", 0, 1)).Reports[0].Outcome);
        pool.Pool.Undrain();
        Assert.Equal(1, (await pool.Run("a", 0, 1)).Reports[0].DoneTo);
    }

    [Fact]
    public async Task Run_MemoryIsFull_IsRefusedAndTheLoadSaysWhy()
    {
        EngineOptions options = null!;
        await using PoolHarness pool = new(own => options = own);
        pool.AddJob("a", "spin", new SpinKind.Input(10), 10);
        Assert.False((await pool.Run("a", 0, 1)).Load.IsMemoryFull);
        (options.MemoryLowWater, options.MemoryHighWater) = (1e-7, 2e-7);
        pool.Pool.SampleVitals();
        ReportBatch refused = await pool.Run("a", 1, 2);
        Assert.Equal((LeaseOutcome.Refused, true), (refused.Reports[0].Outcome, refused.Load.IsMemoryFull));
    }

    [Fact]
    public async Task Quick_ShortUnits_RunInTheCallersTurn()
    {
        await using PoolHarness pool = new();
        pool.AddJob("a", "spin", new SpinKind.Input(100_000), 100_000);
        await pool.Run("a", 0, 10_000);
        // The mean still holds runs of code that was not compiled yet, or that the machine had interrupted: a few leases bring it down.
        CancellationToken ceiling = TestSilos.Ceiling;
        Task<ReportBatch> quick;
        bool ranInTurn;
        do
        {
            await pool.Run("a", 0, 10_000);
            quick = pool.Run("a", 0, 1000, quick: true);
            ranInTurn = quick.IsCompletedSuccessfully;
            await quick;
        } while (!ranInTurn && !ceiling.IsCancellationRequested);

        Assert.True(ranInTurn);
        Assert.Equal(1000, (await quick).Reports[0].DoneTo);
        Assert.Equal(0, pool.Pool.Counters.Held);
    }
}
