using System.Text;
using System.Text.Json;
using OrleansWork.Engine.Tests.Support;
using Xunit;

namespace OrleansWork.Engine.Tests.Coordination;

/// <summary>Jobs of absurd and legal sizes and options: each is a row like any other, and ends when it is told to.</summary>
public sealed class AbsurdJobTests : IAsyncLifetime
{
    private const long Most = 1L << 62;
    private static readonly TimeSpan Long = TimeSpan.FromHours(10_000);
    private TestSilos _silos = null!;

    public async ValueTask InitializeAsync() => _silos = await TestSilos.StartAsync(2);

    public async ValueTask DisposeAsync() => await _silos.DisposeAsync();

    [Fact]
    public async Task Jobs_AbsurdAndLegal_AreShownListedAndCanceled()
    {
        Dictionary<string, JobOptions> cases = new()
        {
            ["all-in-one-lease"] = new()
            {
                ChunkUnits = Most,
                UnitTimeout = Long,
                Deadline = Long,
            },
            ["more-than-all"] = new()
            {
                ChunkUnits = long.MaxValue,
                MaxParallel = int.MaxValue,
                MaxAttempts = 100,
                Priority = 9,
            },
            ["spawned"] = new()
            {
                ChunkUnits = Most,
                Execution = ExecutionMode.Spawned,
                ChunkTime = TimeSpan.FromMilliseconds(100),
                Partial = true,
                Deadline = Long,
            },
            ["sized"] = new()
            {
                ChunkTime = TimeSpan.FromMilliseconds(1),
                Placement = PlacementPolicy.LeastLoaded,
                MaxParallel = 1,
                Seed = long.MinValue,
            },
            ["skips"] = new()
            {
                OnUnitFailure = OnUnitFailure.Skip,
                UnitTimeout = Long,
                Placement = PlacementPolicy.Random,
            },
        };
        List<JobHandle> jobs = [];
        foreach ((string id, JobOptions options) in cases)
        {
            string kind = id == "skips" ? "wait" : "synthetic";
            string input = $$"""{"units":{{Most}},"microseconds":{{(id == "skips" ? "1e12" : "100")}}}""";
            jobs.Add(await _silos.Client.SubmitAsync(kind, Encoding.UTF8.GetBytes(input), options, id, TestSilos.Ceiling));
        }

        // Estimates need some leases; then they are asked for again every half a second.
        foreach (JobHandle job in jobs.Where(job => job.Id != "skips"))
            await _silos.UntilAsync(
                async () => (await job.GetStatusAsync(TestSilos.Ceiling)).EtaSeconds is not null,
                $"an estimate of {job.Id}"
            );
        Page<JobSummary> page = await _silos.Client.ListJobsAsync(new JobQuery(), TestSilos.Ceiling);
        Assert.Equal(cases.Keys.Order(), page.Items.Select(job => job.Id).Order());
        Assert.All(page.Items, job => Assert.Equal((Most, null), (job.Units.Total, job.Error)));
        Assert.Null(page.Warnings);
        foreach (JobHandle job in jobs)
        {
            JobDetails details = await job.GetDetailsAsync(TestSilos.Ceiling);
            Assert.Null(details.Error);
            Assert.Equal(JsonValueKind.Object, JsonSerializer.SerializeToElement(details).ValueKind);
            Assert.Equal(JobState.Canceled, (await job.CancelAsync("enough", TestSilos.Ceiling)).State);
        }
    }

    [Fact]
    public async Task Job_OfAKindThatIsNowhere_SaysSoAndCanBeCanceled()
    {
        SharedGrainStorage storage = new();
        string bench = Guid.NewGuid().ToString("N");
        await using (TestSilos before = await TestSilos.StartAsync(1, jobs: jobs => jobs.AddJob<HeldKind>(), storage: storage))
        {
            await before.Client.SubmitAsync(
                "held",
                Encoding.UTF8.GetBytes($$"""{"bench":"{{bench}}"}"""),
                null,
                "homeless",
                TestSilos.Ceiling
            );
        }

        Bench.Of(bench).Gate.Set();
        await using TestSilos after = await TestSilos.StartAsync(1, storage: storage);
        JobHandle job = after.Client.GetJob("homeless");
        await after.UntilAsync(
            async () => (await job.GetStatusAsync(TestSilos.Ceiling)).Waiting?.Contains("held version 1", StringComparison.Ordinal) == true,
            "the job says what it waits for"
        );
        JobHandle other = await after.Client.SubmitAsync("sum", """{"numbers":[1,2]}"""u8.ToArray(), null, "other", TestSilos.Ceiling);
        Assert.Equal("3", Encoding.UTF8.GetString((await other.ResultAsync(TestSilos.Ceiling)).Content));
        Page<JobSummary> page = await after.Client.ListJobsAsync(new JobQuery(), TestSilos.Ceiling);
        Assert.Equal(["homeless", "other"], page.Items.Select(item => item.Id).Order());
        Assert.Equal("held", (await job.GetDetailsAsync(TestSilos.Ceiling)).Kind);
        Assert.Equal(JobState.Canceled, (await job.CancelAsync(null, TestSilos.Ceiling)).State);
    }
}
