using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansWork.Engine.Coordination;
using OrleansWork.Engine.Execution;
using OrleansWork.Protocol;
using OrleansWork.Scheduling.Coordination;
using OrleansWork.Scheduling.Ledger;
using Xunit;

namespace OrleansWork.Engine.Tests.Execution;

/// <summary>No call of user code sees what another one left on the thread, on any path, nor what the caller has.</summary>
public sealed class CleanContextTests
{
    public static TheoryData<string> Ways => [.. Traces.Ways];

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Units_OnASlot_SeeNothingOfOthers(string way)
    {
        await using PoolHarness pool = new(o => o.Slots = 1);
        pool.AddJob("dirty", "traces", new TracesKind.Input(way), 100);
        pool.AddJob("other", "traces", new TracesKind.Input(way), 100);
        Traces.LeaveInCaller();
        Assert.Equal("", Text(await pool.Run("dirty", 0, 100)));
        Assert.Equal("", Text(await pool.Run("dirty", 0, 100)));
        Assert.Equal("", Text(await pool.Run("other", 0, 100)));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Units_InBlocks_SeeNothingOfOthers(string way)
    {
        await using PoolHarness pool = new();
        pool.AddJob("a", "rare-traces", new RareTracesKind.Input(way, 100_000), 100_000);
        Assert.True(pool.Registry.TryGet("rare-traces", 1, out KindRuntime? kind));
        JobSession session = new("a", 1, "silo", NullLogger.Instance, TimeProvider.System)
        {
            Class = new WorkClass(1, "compute", TimeSpan.FromSeconds(5)),
        };
        await using JobInstance instance = kind.CreateInstance(pool.Describe("a").InputJson);
        PreparedJob job = instance.CreateJob(new JobContext("a", 1, pool.Describe("a"), session, 1 << 20));
        List<string> seen = [];
        List<int> executions = [];
        Thread slot = new(() =>
        {
            CleanContext.Enter();
            for (int lease = 0; lease < 2; lease++)
            {
                job.Turn.Observe(1_000_000, 1_000_000);
                LeaseResult result = job.Run(new LeaseWork(session, new Lease(lease, 90_000, 90_080, 60_000_000, 1), 1, 0));
                seen.Add(Text(result.Nodes));
                executions.Add(pool.Probe.Concurrent);
            }
        });
        slot.Start();
        slot.Join();
        Assert.All(seen, text => Assert.Equal("", text));

        // That something was left is seen at the end of the blocks: then all is run again, and from then on one by one.
        Assert.Equal([160, 240], executions);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Units_InTheCallersTurn_SeeNothingOfItAndLeaveItAsItWas(string way)
    {
        await using PoolHarness pool = new(o => o.Slots = 1);
        pool.AddJob("a", "rare-traces", new RareTracesKind.Input(way, 100_000), 100_000);
        for (int i = 0; i < 40; i++)
            await pool.Run("a", 0, 10_000);

        // A thread of its own: what is left there would otherwise be the test runner's.
        TaskCompletionSource<(string Before, string After, bool Here, string Text)> done = new();
        Thread turn = new(() =>
        {
            Traces.LeaveInCaller();
            string before = Traces.Seen();
            Task<ReportBatch> run = pool.Run("a", 90_000, 90_010, quick: true);
            bool here = run.IsCompletedSuccessfully;
            string after = Traces.Seen();
            _ = TellAsync();

            async Task TellAsync() => done.SetResult((before, after, here, Text(await run)));
        });
        turn.Start();
        (string Before, string After, bool Here, string Text) seen = await done.Task.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal("culture ui-culture async-local activity", seen.Before);
        Assert.Equal(seen.Before, seen.After);
        Assert.True(seen.Here);
        Assert.Equal("", seen.Text);
        Assert.Equal("", Text(await pool.Run("a", 90_000, 90_010)));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task AsyncUnits_SeeNothingOfOthers(string way)
    {
        await using PoolHarness pool = new(o => o.Slots = 1);
        foreach (bool waits in (bool[])[false, true])
        {
            pool.AddJob($"a{waits}", "async-traces", new AsyncTracesKind.Input(way, waits), 100);
            Traces.LeaveInCaller();
            Assert.Equal("", Text(await pool.Run($"a{waits}", 0, 50, number: 1)));
            Assert.Equal("", Text(await pool.Run($"a{waits}", 50, 100, number: 2)));
        }

        pool.AddJob("b", "async-traces", new AsyncTracesKind.Input(way, Waits: true), 100);
        Assert.Equal("", Text(await pool.Run("b", 0, 100)));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task CodeOfNoUnit_SeesNothingOfOthersNorOfItsCaller(string way)
    {
        await using PoolHarness pool = new(o => o.ServiceThreads = 1);
        Traces.LeaveInCaller();
        foreach (string job in (string[])["a", "b"])
        {
            pool.AddJob(job, "traces", new TracesKind.Input(way), 100);
            await pool.Run(job, 0, 1);
            pool.Control(job, LeaseSignal.Drop, ended: true);
        }

        await PoolHarness.Until(() => pool.Probe.Events.Count == 4, "both to be let go");
        Assert.All(pool.Probe.Events, seen => Assert.EndsWith(" saw ", seen, StringComparison.Ordinal));

        using UserCode code = new(new EngineOptions { ServiceThreads = 1 });
        for (int i = 0; i < 3; i++)
            Assert.Equal("", await code.RunAsync("Test", Look, CancellationToken.None));

        string Look()
        {
            string seen = Traces.Seen();
            Traces.Leave(way);
            return seen;
        }
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Combine_InTheCoordinatorsTurn_SeesNothingOfItAndLeavesItAsItWas(bool atTheTurnsEnd)
    {
        using UserCode code = new(new EngineOptions());
        ConcurrentQueue<string> seen = new();
        TracingStore store = new(seen);
        await using PartialLane lane = new(store, code, failure => seen.Enqueue(failure.Message));
        ConcurrentExclusiveSchedulerPair turns = new();
        while (!seen.Contains("in a turn"))
        {
            await Task.Factory.StartNew(Combine, CancellationToken.None, TaskCreationOptions.None, turns.ExclusiveScheduler);
            await lane.EncodeAsync([0]);
        }

        Assert.All(seen.Distinct(), text => Assert.Contains(text, (string[])["", "in a turn"]));

        void Combine()
        {
            Traces.LeaveInCaller();
            string before = Traces.Seen();
            if (atTheTurnsEnd)
                lane.Hold();
            for (int i = 0; i < 100; i++)
                lane.Combine(0, 1, 2);
            lane.Copy(2, 3);
            lane.Release();
            Assert.Equal(before, Traces.Seen());
            Assert.Same(turns.ExclusiveScheduler, TaskScheduler.Current);
        }
    }

    private static string Text(ReportBatch batch)
    {
        LeaseReport report = Assert.Single(batch.Reports);
        Assert.Null(report.Failure);
        return Text(report.Nodes);
    }

    private static string Text(ImmutableArray<NodePartial> nodes) =>
        string.Concat(nodes.Select(node => JsonSerializer.Deserialize<string>(node.Bytes)));

    /// <summary>A store that says what it sees when it is asked to run user code.</summary>
    private sealed class TracingStore(ConcurrentQueue<string> seen) : PartialStore
    {
        private int _combined;

        public override int Count => 0;

        public override CombineFinding Combining { get; } = new();

        public override string? FindGrouping(IReadOnlyList<(UnitRange Units, byte[] Bytes)> neighbours) => null;

        public override void Put(long handle, byte[] bytes) { }

        public override void Combine(long left, long right, long result)
        {
            // To combine must seem cheap at first.
            if (++_combined > 300)
                Look();
        }

        public override void Drop(long handle) { }

        public override byte[] Encode(long handle)
        {
            Look();
            return [];
        }

        public override ResultPayload Finish(long? handle) => new([], "");

        private void Look()
        {
            seen.Enqueue(Traces.Seen());
            bool isOnServiceThread = Thread.CurrentThread.Name?.StartsWith("orleanswork service", StringComparison.Ordinal) == true;
            if (!isOnServiceThread)
                seen.Enqueue(TaskScheduler.Current == TaskScheduler.Default ? "in a turn" : "the scheduler of the turn");
            Traces.Leave("culture");
            Traces.Leave("thread-name");
        }
    }
}
