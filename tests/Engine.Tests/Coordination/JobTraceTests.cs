using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using Orleans.Hosting;
using OrleansWork.Engine.Telemetry;
using OrleansWork.Engine.Tests.Support;
using OrleansWork.Protocol;
using Xunit;

namespace OrleansWork.Engine.Tests.Coordination;

/// <summary>The spans of jobs over a cluster of two silos: job, lease at the coordinator, lease on its silo.</summary>
/// <remarks>Whoever listens does so in the whole process, so that nothing else runs beside it.</remarks>
[CollectionDefinition(nameof(JobTraceTests), DisableParallelization = true)]
[Collection(nameof(JobTraceTests))]
public sealed class JobTraceTests(JobTraceTests.ListenedSilos silos) : IClassFixture<JobTraceTests.ListenedSilos>
{
    private const string Callers = "OrleansWork.Engine.Tests.Callers";

    [Theory]
    [InlineData("""{"units":600,"microseconds":500}""", null, ExecutionMode.Pooled)]
    [InlineData("""{"units":2000,"microseconds":10}""", 1L, ExecutionMode.Pooled)]
    [InlineData("""{"units":12,"microseconds":300000,"mode":"sleep"}""", 1L, ExecutionMode.Pooled)]
    [InlineData("""{"units":60,"microseconds":1000}""", 2L, ExecutionMode.Spawned)]
    public async Task Job_OnTwoSilos_IsOneTree(string input, long? chunk, ExecutionMode execution)
    {
        using Recorder recorder = new("OrleansWork");
        JobOptions options = new() { ChunkUnits = chunk, Execution = execution };
        JobHandle job = await SubmitAsync("synthetic", input, options);
        JobResult result = await job.ResultAsync(TestSilos.Ceiling);
        Activity root = await recorder.JobAsync(job.Id);
        Activity[] leases = recorder.Of(job.Id, ActivityKind.Client);
        Activity[] runs = recorder.Of(job.Id, ActivityKind.Server);

        Assert.Equal(
            ("synthetic", "succeeded", default),
            (root.GetTagItem(Spans.KindTag), root.GetTagItem(Spans.OutcomeTag), root.ParentSpanId)
        );
        Assert.All(
            leases,
            lease =>
                Assert.Equal(
                    (root.TraceId, root.SpanId, $"/#/jobs/{job.Id}"),
                    (lease.TraceId, lease.ParentSpanId, lease.GetTagItem(Spans.PageTag))
                )
        );
        Dictionary<ActivitySpanId, Activity> bySpan = leases.ToDictionary(lease => lease.SpanId);
        foreach (Activity run in runs)
        {
            Activity lease = bySpan[run.ParentSpanId];
            foreach (string tag in (string[])[Spans.LeaseTag, Spans.SiloTag, Spans.FromTag, Spans.ToTag, Spans.DoneToTag, Spans.OutcomeTag])
                Assert.Equal(lease.GetTagItem(tag), run.GetTagItem(tag));
            Assert.True(run.Duration <= lease.Duration, $"{run.Duration} on the silo, {lease.Duration} at the coordinator");
        }

        Assert.Equal(leases.Count(lease => lease.GetTagItem(Spans.OutcomeTag) is "done"), runs.Length);
        Assert.Equal(2, runs.Select(run => run.GetTagItem(Spans.SiloTag)).Distinct().Count());
        Assert.Equal(
            result.Status.Units.Done,
            runs.Sum(run => (long)run.GetTagItem(Spans.DoneToTag)! - (long)run.GetTagItem(Spans.FromTag)!)
        );
        LeaseBatch[] messages = silos.MessagesOf(job.Id);
        Assert.All(messages, batch => Assert.Equal(batch.Leases.Length, batch.Trace!.Spans.Length));
        if (chunk == 1 && input.Contains("10}", StringComparison.Ordinal))
            Assert.Contains(messages, batch => batch.Leases.Length > 1);
        if (input.Contains("sleep", StringComparison.Ordinal))
            Assert.All(leases.Where(lease => lease.GetTagItem(Spans.OutcomeTag) is "done"), lease => Assert.Single(lease.Events));
    }

    [Fact]
    public async Task Unit_ThatFails_MarksBothSpansOfItsLease()
    {
        using Recorder recorder = new("OrleansWork");
        JobHandle job = await SubmitAsync("failing", $$"""{"bench":"{{Guid.NewGuid():N}}"}""", new JobOptions());
        await job.ResultAsync(TestSilos.Ceiling);
        await recorder.JobAsync(job.Id);
        foreach (ActivityKind kind in (ActivityKind[])[ActivityKind.Client, ActivityKind.Server])
        {
            Activity failed = Assert.Single(recorder.Of(job.Id, kind), span => span.Status == ActivityStatusCode.Error);
            Assert.Contains("bad digit", failed.StatusDescription, StringComparison.Ordinal);
            Assert.Equal("failed", failed.GetTagItem(Spans.OutcomeTag));
        }
    }

    [Fact]
    public async Task Job_OfACallerWhoIsTraced_IsAPartOfThatTrace()
    {
        using Recorder recorder = new("OrleansWork", Callers);
        using ActivitySource callers = new(Callers);
        using Activity caller = callers.StartActivity("submit")!;
        JobHandle job = await SubmitAsync("synthetic", """{"units":100,"microseconds":1000}""", new JobOptions());
        await job.ResultAsync(TestSilos.Ceiling);
        Activity root = await recorder.JobAsync(job.Id);
        Assert.Equal((caller.TraceId, caller.SpanId), (root.TraceId, root.ParentSpanId));
        Assert.All(recorder.Of(job.Id, ActivityKind.Server), run => Assert.Equal(caller.TraceId, run.TraceId));
    }

    [Fact]
    public async Task Job_ThatNobodyRecords_HasNoSpansAndItsMessagesNameNone()
    {
        JobHandle job = await SubmitAsync("synthetic", """{"units":100,"microseconds":1000}""", new JobOptions());
        await job.ResultAsync(TestSilos.Ceiling);
        LeaseBatch[] messages = silos.MessagesOf(job.Id);
        Assert.NotEmpty(messages);
        Assert.All(messages, batch => Assert.Null(batch.Trace));
    }

    private Task<JobHandle> SubmitAsync(string kind, string input, JobOptions options) =>
        silos.Client.SubmitAsync(kind, Encoding.UTF8.GetBytes(input), options, cancellationToken: TestSilos.Ceiling);

    /// <summary>Two silos whose messages with leases are kept.</summary>
    public sealed class ListenedSilos : IAsyncLifetime
    {
        private readonly ConcurrentQueue<LeaseBatch> _messages = new();
        private TestSilos? _silos;

        internal IComputeClient Client => _silos!.Client;

        public async ValueTask InitializeAsync() =>
            _silos = await TestSilos.StartAsync(
                2,
                options => options.Engine(engine => engine.DetachAfter = TimeSpan.FromMilliseconds(100)),
                jobs => jobs.AddJob<FailingKind>(),
                host: silo => silo.AddOutgoingGrainCallFilter(NoteAsync)
            );

        public ValueTask DisposeAsync() => _silos?.DisposeAsync() ?? ValueTask.CompletedTask;

        internal LeaseBatch[] MessagesOf(string job) => [.. _messages.Where(batch => batch.JobId == job)];

        private Task NoteAsync(IOutgoingGrainCallContext context)
        {
            if (context.Request.GetArgumentCount() == 1 && context.Request.GetArgument(0) is LeaseBatch batch)
                _messages.Enqueue(batch);
            return context.Invoke();
        }
    }

    /// <summary>Keeps the spans of some sources.</summary>
    private sealed class Recorder : IDisposable
    {
        private readonly ConcurrentQueue<Activity> _ended = new();
        private readonly ActivityListener _listener;

        public Recorder(params string[] sources)
        {
            _listener = new ActivityListener
            {
                ShouldListenTo = source => sources.Contains(source.Name, StringComparer.Ordinal),
                Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
                ActivityStopped = _ended.Enqueue,
            };
            ActivitySource.AddActivityListener(_listener);
        }

        public Activity[] Of(string job, ActivityKind kind) =>
            [
                .. _ended.Where(span =>
                    span.Source.Name == "OrleansWork"
                    && span.OperationName == Spans.Lease
                    && span.Kind == kind
                    && span.GetTagItem(Spans.JobTag) is string of
                    && of == job
                ),
            ];

        /// <summary>Waits for the span of a job, which ends after all of its leases' at the coordinator.</summary>
        public async Task<Activity> JobAsync(string job)
        {
            CancellationToken ceiling = TestSilos.Ceiling;
            while (true)
            {
                if (
                    _ended.FirstOrDefault(span =>
                        span.OperationName == Spans.Job && span.GetTagItem(Spans.JobTag) is string of && of == job
                    ) is
                    { } found
                )
                    return found;
                await Task.Delay(10, ceiling);
            }
        }

        public void Dispose() => _listener.Dispose();
    }
}
