using OrleansWork.Protocol;
using OrleansWork.Scheduling.Coordination;
using Xunit;

namespace OrleansWork.Engine.Tests.Execution;

public sealed class BlockedUnitsTests
{
    [Theory]
    [InlineData("result")]
    [InlineData("wait")]
    [InlineData("get-result")]
    [InlineData("result-without-context")]
    [InlineData("after-configure-await")]
    [InlineData("nested")]
    [InlineData("run")]
    [InlineData("child")]
    [InlineData("wait-all")]
    [InlineData("sleep")]
    [InlineData("semaphore")]
    [InlineData("barrier")]
    public async Task AsyncUnitsThatBlock_AreSlowAtWorst(string how)
    {
        await using PoolHarness pool = new(o => o.AsyncSlots = 32);
        pool.AddJob("a", "blocking", new BlockingKind.Input(how), 1000);
        pool.AddJob("b", "blocking", new BlockingKind.Input("not"), 1000);
        LeaseReport[] reports = await Leases(pool, "a", 64);
        Assert.All(reports, report => Assert.Null(report.Failure));
        Assert.Equal(64, reports.Sum(report => report.DoneTo - report.From));
        Assert.Equal(1, (await pool.Run("b", 0, 1)).Reports[0].DoneTo);
    }

    [Theory]
    [InlineData("heeds")]
    [InlineData("heeds-result")]
    public async Task BlockedUnit_ThatPassesItsToken_IsWokenByIt(string how)
    {
        await using PoolHarness pool = new();
        pool.AddJob("a", "blocking", new BlockingKind.Input(how), 100);
        Task<ReportBatch>[] runs = [.. Enumerable.Range(0, 8).Select(i => Run(pool, "a", i))];
        for (int i = 0; i < 8; i++)
            await pool.Probe.WhenReached(i);
        pool.Control("a", LeaseSignal.Cancel);
        await Task.WhenAll(runs);
        await PoolHarness.Until(() => pool.Pool.Counters is { Held: 0, LostSlots: 0 }, "the permits to be free");
    }

    [Fact]
    public async Task BlockedUnit_TimedOut_FailsAsTimedOut()
    {
        await using PoolHarness pool = new();
        pool.AddJob("a", "blocking", new BlockingKind.Input("heeds-result"), 100, unitTimeout: TimeSpan.FromMilliseconds(50));
        LeaseReport report = (await Run(pool, "a", 0)).Reports[0];
        Assert.Equal("System.TimeoutException", report.Failure?.Type);
    }

    [Theory]
    [InlineData("ignores")]
    [InlineData("awaits")]
    public async Task Cancel_UnitsThatIgnoreIt_CostThePoolNothing(string how)
    {
        await using PoolHarness pool = new(o =>
        {
            o.AsyncSlots = 32;
            o.MaxLostSlots = 1;
            o.SlotLostAfter = TimeSpan.FromMilliseconds(100);
        });
        int lost = 0;
        pool.Pool.SlotsLost += _ => Interlocked.Increment(ref lost);
        pool.AddJob("a", "blocking", new BlockingKind.Input(how), 100);
        Task<ReportBatch>[] runs = [.. Enumerable.Range(0, 32).Select(i => Run(pool, "a", i))];
        for (int i = 0; i < 32; i++)
            await pool.Probe.WhenReached(i);
        pool.Control("a", LeaseSignal.Cancel);
        await Task.WhenAll(runs);
        await PoolHarness.Until(() => pool.Pool.Counters.LostSlots == 32, "the permits to be given up");

        pool.AddJob("b", "blocking", new BlockingKind.Input("result"), 100);
        Assert.Equal(40, (await Leases(pool, "b", 40)).Sum(report => report.DoneTo - report.From));
        Assert.Equal(32, pool.Pool.Load().Wait.Slots);
        Assert.Equal(0, lost);
        Assert.False(pool.Pool.IsDraining);

        // What was added goes once the units return.
        pool.Probe.Gate(-1).SetResult();
        await PoolHarness.Until(() => pool.Pool.AsyncThreads <= 2, "the added threads to go");
    }

    [Fact]
    public async Task Slots_ThatComeBack_AreNotLost()
    {
        await using PoolHarness pool = new(o =>
        {
            o.Slots = 1;
            o.MaxLostSlots = 1;
            o.SlotLostAfter = TimeSpan.FromMilliseconds(100);
        });
        int lost = 0;
        pool.Pool.SlotsLost += _ => Interlocked.Increment(ref lost);
        for (int i = 0; i < 4; i++)
        {
            pool.AddJob($"a{i}", "gated", new GatedKind.Input(10, IgnoreToken: true), 10);
            Task<ReportBatch> run = pool.Run($"a{i}", i, i + 1);
            await pool.Probe.WhenReached(i);
            pool.Control($"a{i}", LeaseSignal.Drop, ended: true);
            await run;
            await PoolHarness.Until(() => pool.Pool.Counters.LostSlots == i + 1, "the slot to be given up");
            pool.Probe.Gate(i).SetResult();
            await PoolHarness.Until(() => pool.Pool.Counters.Jobs == 0, "the unit to return");
        }

        Assert.Equal(0, lost);
        Assert.Equal(1, pool.Pool.Load().Compute.Slots);
        pool.AddJob("b", "spin", new SpinKind.Input(10), 10);
        Assert.Equal(10, (await pool.Run("b", 0, 10)).Reports[0].DoneTo);
    }

    [Fact]
    public async Task Slots_BeyondThoseReplaced_ComeBackToo()
    {
        await using PoolHarness pool = new(o =>
        {
            o.Slots = 3;
            o.MaxLostSlots = 1;
            o.SlotLostAfter = TimeSpan.FromMilliseconds(100);
        });
        pool.AddJob("a", "gated", new GatedKind.Input(10, IgnoreToken: true), 10);
        await DropRunning(pool, "a", 0, 3);
        await PoolHarness.Until(() => pool.Pool.Counters.LostSlots == 3, "the slots to be given up");
        Assert.Equal(1, pool.Pool.Load().Compute.Slots);
        for (int i = 0; i < 3; i++)
            pool.Probe.Gate(i).SetResult();
        await PoolHarness.Until(
            () => pool.Pool.Load().Compute.Slots == 3 && pool.Pool.Counters.Jobs == 0,
            "the slots, and the unit that was replaced, to come back"
        );
        pool.AddJob("b", "gated", new GatedKind.Input(20), 20);
        Task<ReportBatch>[] next = [.. Enumerable.Range(10, 3).Select(i => pool.Run("b", i, i + 1, number: i))];
        for (int i = 10; i < 13; i++)
        {
            await pool.Probe.WhenReached(i);
            pool.Probe.Gate(i).SetResult();
        }

        await Task.WhenAll(next);
    }

    [Theory]
    [InlineData("for-ever")]
    [InlineData("for-ever-finally")]
    public async Task Slots_OfManyUnitsThatOnlyWait_ComeBackAndCostNoSilo(string how)
    {
        await using PoolHarness pool = new(o =>
        {
            o.Slots = 4;
            o.MaxLostSlots = 1;
            o.SlotLostAfter = TimeSpan.FromMilliseconds(100);
        });
        int lost = 0;
        pool.Pool.SlotsLost += _ => Interlocked.Increment(ref lost);
        for (int round = 0; round < 3; round++)
        {
            string job = $"a{round}";
            pool.AddJob(job, "blocking-slot", new BlockingSlotKind.Input(how), 100);
            int first = round * 4;
            await DropRunning(pool, job, first, 4);
            await PoolHarness.Until(() => pool.Pool.Counters.LostSlots == first + 4, "the slots to be given up");
            await PoolHarness.Until(() => pool.Pool.Load().Compute.Slots == 4 && pool.Pool.Counters.Jobs == 0, "the units to come back");
        }

        Assert.Equal(0, lost);
        pool.AddJob("b", "spin", new SpinKind.Input(10), 10);
        Assert.Equal(10, (await pool.Run("b", 0, 10)).Reports[0].DoneTo);
    }

    [Fact]
    public async Task SlotsLost_ThatDoNotComeBack_GiveTheSiloUp()
    {
        await using PoolHarness pool = new(o =>
        {
            o.Slots = 2;
            o.MaxLostSlots = 1;
            o.SlotLostAfter = TimeSpan.FromMilliseconds(100);
        });
        TaskCompletionSource<int> lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
        pool.Pool.SlotsLost += count => lost.TrySetResult(count);
        pool.AddJob("a", "gated", new GatedKind.Input(10, IgnoreToken: true), 10);
        await DropRunning(pool, "a", 0, 2);
        Assert.Equal(2, await lost.Task.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken));
        for (int i = 0; i < 2; i++)
            pool.Probe.Gate(i).SetResult();
    }

    [Theory]
    [InlineData("run")]
    [InlineData("result")]
    [InlineData("interrupt")]
    [InlineData("foreground")]
    public async Task UnitsOnManySlots_ThatWaitOnThePoolOfTheProcess_End(string how)
    {
        await using PoolHarness pool = new(o => o.Slots = 32);
        pool.AddJob("a", "blocking-slot", new BlockingSlotKind.Input(how), 1000);
        LeaseReport[] reports = await Task.WhenAll(
            Enumerable.Range(0, 32).Select(async i => (await pool.Run("a", i * 4, (i * 4) + 4, number: i)).Reports[0])
        );
        // The interruption ends a wait of the unit's own thread, whoever waits next; it is nobody's failure.
        Assert.All(reports, report => Assert.Null(report.Failure));
        Assert.Equal(128, reports.Sum(report => report.DoneTo - report.From));
        Assert.Equal(4, (await pool.Run("a", 500, 504)).Reports[0].DoneTo - 500);
    }

    [Fact]
    public async Task Interruption_ThatAUnitLeaves_IsNotGivenToTheNext()
    {
        await using PoolHarness pool = new(o => o.Slots = 1);
        pool.AddJob("a", "blocking-slot", new BlockingSlotKind.Input("interrupt"), 100);
        pool.AddJob("b", "blocking-slot", new BlockingSlotKind.Input("sleep"), 100);
        for (int i = 0; i < 10; i++)
        {
            Assert.Null((await pool.Run("a", i, i + 1)).Reports[0].Failure);
            Assert.Null((await pool.Run("b", i, i + 1)).Reports[0].Failure);
        }
    }

    [Fact]
    public async Task FirstLeasesOfUnitsThatWait_AreAdmittedAmongTheirLike()
    {
        await using PoolHarness pool = new(o => o.AsyncSlots = 32);
        pool.AddJob("a", "waiting", new WaitingKind.Input(100), 100);
        Task<ReportBatch>[] runs = [.. Enumerable.Range(0, 32).Select(i => Run(pool, "a", i))];
        for (int i = 0; i < 32; i++)
        {
            await pool.Probe.WhenReached(i);
            pool.Probe.Gate(i).SetResult();
        }

        Assert.All(await Task.WhenAll(runs), batch => Assert.Equal(LeaseOutcome.Done, batch.Reports[0].Outcome));
        Assert.Equal(0, pool.Pool.Counters.Refused);
    }

    [Fact]
    public async Task WaitsLongerThanItsLimit_BehindLongerUnits_NoMoreAreAskedFor()
    {
        await using PoolHarness pool = new(o =>
        {
            o.Slots = 1;
            o.QueueLimit = TimeSpan.FromSeconds(1);
            o.DetachAfter = TimeSpan.FromSeconds(19);
        });
        pool.AddJob("a", "gated", new GatedKind.Input(10), 10);
        Task<ReportBatch> running = pool.Run("a", 0, 1, number: 1);
        await pool.Probe.WhenReached(0);
        ReportBatch refused = await pool.Run("a", 1, 2, number: 2);
        Assert.Equal((LeaseOutcome.Refused, 1), (refused.Reports[0].Outcome, refused.Share));
        Assert.Equal(1, pool.Pool.Load().Compute.Depth);
        pool.Probe.Gate(0).SetResult();
        await running;
    }

    /// <summary>Runs units on slots of their own, and ends their job when all have begun.</summary>
    private static async Task DropRunning(PoolHarness pool, string job, int first, int count)
    {
        Task<ReportBatch>[] runs = [.. Enumerable.Range(first, count).Select(i => pool.Run(job, i, i + 1, number: i))];
        for (int i = first; i < first + count; i++)
            await pool.Probe.WhenReached(i);
        pool.Control(job, LeaseSignal.Drop, ended: true);
        await Task.WhenAll(runs);
    }

    private static Task<ReportBatch> Run(PoolHarness pool, string job, long unit) =>
        pool
            .Pool.RunAsync(
                new LeaseBatch(job, 1, 1, PoolHarness.Coordinator, 5, 0, false, [new Lease(unit, unit, unit + 1, 60_000_000, 1)])
                {
                    AsyncSlots = 32,
                },
                mayRunHere: true
            )
            .AsTask()
            .WaitAsync(TimeSpan.FromSeconds(60));

    /// <summary>Runs leases of one unit each, as a coordinator would that asks again.</summary>
    private static async Task<LeaseReport[]> Leases(PoolHarness pool, string job, int units)
    {
        return await Task.WhenAll(Enumerable.Range(0, units).Select(One));

        LeaseReport? Late(int unit, int known) =>
            pool.Reports.SelectMany(batch => batch.Reports).Where(report => report.Number == unit).Skip(known).FirstOrDefault();

        async Task<LeaseReport> One(int unit)
        {
            for (int known = 0; ; await Task.Delay(5))
            {
                LeaseReport report = (await Run(pool, job, unit)).Reports[0];
                if (report.Outcome == LeaseOutcome.Detached)
                {
                    await PoolHarness.Until(() => Late(unit, known) is not null, "the report of a detached lease", seconds: 120);
                    report = Late(unit, known++)!;
                }

                // One that waited too long is handed back late.
                if (report.Outcome != LeaseOutcome.Refused)
                    return report;
            }
        }
    }
}
